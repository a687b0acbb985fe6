/* restore: what a backup has to know of the database, and how it comes back */
#ifndef DB_RESTORE_H
#define DB_RESTORE_H

#include <stdint.h>

#include "base/error.h"

struct arena;
struct db;

/*
 * A table of this name says that what else is in the database is not whole:
 * migrate_check and migrate_status refuse it then. It is made before the first
 * table of a restore and dropped behind the last. A row in it says that the
 * database was empty when it was made, so that what is there may be dropped.
 */
#define RESTORE_TABLE "restore_unfinished"
#define RESTORE_MARK                                                   \
	"SELECT 1 FROM information_schema.tables WHERE table_schema =" \
	" DATABASE() AND table_name = '" RESTORE_TABLE "'"

/* All of them need no schema: db_connect_bare is enough. */

/* What there is to back up. */
struct backup_source {
	int64_t version;  /* of the schema */
	const char *list; /* of its migrations */
	/*
	 * The names of all tables, one a line, schema_version last: without it
	 * nobody takes what has been loaded by hand for the whole.
	 */
	const char *tables;
	const char *why; /* no backup can be made; NULL if one can */
};

/*
 * An older schema than this program's is one to go back to. No backup is made
 * of a newer one, of half a migration, and of tables that are not InnoDB's: no
 * snapshot holds them.
 */
enum error backup_look(struct db *db, struct arena *arena,
    struct backup_source *source_out) MUST_CHECK;

/* How many marks there are, 1 or none: a restore is under way, or has died. */
enum error restore_marks(
    struct db *db, struct arena *arena, int64_t *marks_out) MUST_CHECK;

/*
 * How many things are in the way of a restore: none in an empty database, none
 * in one with the mark, of which restore_begin finds out more, and none of the
 * tables that migrations have made and that have no row. Views, triggers,
 * events and routines always are.
 */
enum error restore_obstacles(
    struct db *db, struct arena *arena, int64_t *obstacles_out) MUST_CHECK;

/*
 * Makes room for a restore: sets the mark, closes all other connections of the
 * account to the database, so that palmaresd looks at its schema again before
 * it uses it, and drops what is no obstacle. ERR_SCHEMA_MISMATCH where there
 * are obstacles; then there is no mark either.
 */
enum error restore_begin(struct db *db, struct arena *arena) MUST_CHECK;

/* Takes the mark away: the database is whole. */
enum error restore_end(struct db *db) MUST_CHECK;

/* Closes the connections again, and drops all there is, the mark last. */
enum error restore_undo(struct db *db, struct arena *arena) MUST_CHECK;

#endif
