/* ctl: what the commands of palmaresctl share */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/json.h"
#include "base/str.h"
#include "db/db.h"
#include "db/tx.h"
#include "store/application.h"
#include "work/settings.h"

/* What the program ends with, and what commands return. */
enum { CTL_FINE, CTL_FAILED, CTL_USAGE };

enum ctl_option {
	OPTION_APP,
	OPTION_APP_KEY,
	OPTION_CHECK,
	OPTION_CLASSIC,
	OPTION_DESCRIPTION,
	OPTION_FORCE,
	OPTION_LABEL,
	OPTION_PUBLISHABLE,
	OPTION_SECRET,
	OPTION_TIME_ZONE,
	OPTION_YES,
	OPTIONS
};

/* A run of the program. All its memory is in the arena. */
struct ctl {
	struct arena *arena;
	const char *config;
	bool json;
	const char *options[OPTIONS]; /* NULL: not given; "" for a flag */
	char **arguments;             /* those behind the command's words */
	int argument_count;
	struct settings settings; /* once ctl_open was called */
	struct db_counters counters;
	struct db *db; /* NULL until ctl_open was called */
	struct str document;
};

int migrate_command(struct ctl *ctl);
int app_create_command(struct ctl *ctl);
int app_list_command(struct ctl *ctl);
int app_show_command(struct ctl *ctl);
int app_delete_command(struct ctl *ctl);
int app_clean_command(struct ctl *ctl);
int key_create_command(struct ctl *ctl);
int key_list_command(struct ctl *ctl);
int key_revoke_command(struct ctl *ctl);
int backup_command(struct ctl *ctl);
int restore_command(struct ctl *ctl);
int verify_command(struct ctl *ctl);
int doctor_command(struct ctl *ctl);

/*
 * Say on standard error what is wrong and what to do; answer the exit status.
 */
int ctl_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
int ctl_misuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for an error of the store; doing completes "cannot …". */
int ctl_store_fault(struct ctl *ctl, enum error error, const char *doing);

/* Each answers CTL_FINE, or says what is wrong and answers the exit status. */

/* Reads the settings and makes ctl->db, unconnected. */
int ctl_open(struct ctl *ctl) MUST_CHECK;
/* Makes a connection for commands that need the schema. */
int ctl_connect(struct ctl *ctl) MUST_CHECK;
/*
 * The application with this name, this appKey, or "appKey=" and it. Fails where
 * the text is the name of one and the appKey of another.
 */
int ctl_application(struct ctl *ctl, const char *text,
    struct application *application_out) MUST_CHECK;
/* Connects, and finds the application that is the first argument. */
int ctl_connect_application(
    struct ctl *ctl, struct application *application_out) MUST_CHECK;
/* A whole number from 1 to INT64_MAX; what names it in the message. */
int
ctl_number(const char *what, const char *text, int64_t *number_out) MUST_CHECK;
/* A text of at most max characters without controls; may be empty. */
int ctl_text(const char *what, const char *text, long max) MUST_CHECK;

/* How long a transaction of a command may try. */
struct tx_options ctl_tx_options(void);

/* Writes the one JSON document of a command; then ctl_write prints it. */
struct json_writer ctl_json(struct ctl *ctl);
void ctl_write(struct ctl *ctl);

/*
 * Prints rows of cells, the first one being the head, in columns that are as
 * wide as they need to be.
 */
void ctl_table(const char *const *cells, size_t columns, size_t rows);

/* "1.5 MB", in the arena. */
const char *ctl_size(struct ctl *ctl, int64_t bytes);

/* "2026-11-22T09:00:00Z", in the arena. */
const char *ctl_time(struct ctl *ctl, int64_t time);

#endif
