/* migrate: the schema's version, and the way to the newest */
#ifndef DB_MIGRATE_H
#define DB_MIGRATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct arena;
struct db;

/* The version this program is built for: the number of migrations in sql/. */
int64_t migrate_newest(void);

/*
 * OK if the database has exactly this program's migrations, each with the same
 * checksum and finished, else ERR_SCHEMA_MISMATCH.
 */
enum error migrate_check(struct db *db) MUST_CHECK;

/* "1:checksum,2:checksum": the migrations that are finished. */
enum error migrate_list(
    struct db *db, struct arena *arena, const char **list_out) MUST_CHECK;

/* Whether such a list has the first version migrations of this program. */
bool migrate_knows(struct arena *arena, int64_t version, const char *list);

/* Whether one of the migrations makes a table of that name. */
bool migrate_makes(struct arena *arena, const char *table);

/*
 * What is there: *version_out is the number of the newest finished migration, 0
 * where there is none; *why_out says in a sentence what keeps this program from
 * using the database and what mends it, NULL if nothing does.
 */
enum error migrate_status(struct db *db, struct arena *arena,
    int64_t *version_out, const char **why_out) MUST_CHECK;

/* Whether somebody is at migrate_run just now. */
enum error migrate_is_running(struct db *db, bool *running_out) MUST_CHECK;

/*
 * Brings the database to the newest version under GET_LOCK. Calls progress with
 * a line for each step. An interrupted run is gone on with by the next: what is
 * done is recorded statement by statement, and every statement may run twice.
 * Refuses (ERR_SCHEMA_MISMATCH, *why_out) a database with tables of others, a
 * newer schema, or a migration whose text has changed.
 */
enum error migrate_run(struct db *db, struct arena *arena,
    void (*progress)(const char *line, void *context), void *context,
    const char **why_out) MUST_CHECK;

/*
 * Locks migrations of this database out, until migrate_unlock or the end of the
 * connection. ERR_LOCK_TIMEOUT if another has that lock for so many seconds, or
 * (still_locked) if the connection has it no more.
 */
enum error
migrate_lock(struct db *db, struct arena *arena, int seconds) MUST_CHECK;
enum error migrate_still_locked(struct db *db, struct arena *arena) MUST_CHECK;
void migrate_unlock(struct db *db);

#endif
