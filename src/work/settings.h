/* settings: palmares.conf as a struct */
#ifndef WORK_SETTINGS_H
#define WORK_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "db/db.h"

struct arena;

/* Every member is one setting; palmares.conf(5) says what it means. */
struct settings {
	const char *socket;
	int64_t socket_mode;
	int64_t workers;
	int64_t threads;
	int64_t backlog;
	int64_t drain_seconds;
	int64_t log_level; /* enum log_level */
	bool core_dumps;
	const char *database_file; /* more of [database]; "" or missing: none */
	struct db_settings database;
	const char *password_place; /* the file that has it; NULL: none */
	const char *password_file;
	int64_t connections;
	int64_t batch_events;
	int64_t queue_events;
	int64_t max_clock_skew; /* seconds */
	bool classic_autocreate;
};

enum { WORKERS_MAX = 64, CLOCK_SKEW_MAX = 365 * 86400 };

/*
 * Reads the file (NULL: the defaults), the database file and the password file
 * that it names. NULL if all is well, else a message for the person who wrote
 * it.
 */
const char *settings_load(struct arena *arena, const char *path,
    struct settings *settings_out) __attribute__((warn_unused_result));

#endif
