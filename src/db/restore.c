/* restore: what a backup has to know of the database, and how it comes back */
#include "db/restore.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "db/db.h"
#include "db/migrate.h"
#include "db/strangers.h"

#define TABLES                                                            \
	" FROM information_schema.tables WHERE table_schema = DATABASE()" \
	" AND table_type = 'BASE TABLE'"

static enum error
find_tables(struct db *db, struct arena *arena, struct backup_source *source)
{
	return db_text_value(db, arena,
	    "SELECT GROUP_CONCAT(table_name"
	    " ORDER BY table_name = 'schema_version', table_name"
	    " SEPARATOR '\n')" TABLES,
	    &source->tables);
}

static enum error
refuse_half_a_migration(
    struct db *db, struct arena *arena, struct backup_source *source)
{
	int64_t begun;
	enum error error = db_text_number(db, arena,
	    "SELECT COUNT(*) FROM schema_version WHERE done <> statements",
	    &begun);

	if (error == OK && begun != 0)
		source->why = "a migration has begun and not ended: run"
		              " 'palmaresctl migrate', it goes on from there";
	return error;
}

static enum error
refuse_other_engines(
    struct db *db, struct arena *arena, struct backup_source *source)
{
	const char *names = NULL;
	enum error error = db_text_value(db, arena,
	    "SELECT GROUP_CONCAT(table_name, ' (', engine, ')'"
	    " ORDER BY table_name SEPARATOR ', ')" TABLES
	    " AND engine <> 'InnoDB'",
	    &names);

	if (error == OK && names != NULL)
		source->why = arena_printf(arena,
		    "tables that are not InnoDB's would not be of the same"
		    " moment: %s: ALTER TABLE … ENGINE=InnoDB",
		    names);
	return error;
}

enum error
backup_look(
    struct db *db, struct arena *arena, struct backup_source *source_out)
{
	struct backup_source source = {.version = 0};
	enum error error =
	    migrate_status(db, arena, &source.version, &source.why);

	if (error == OK && source.version != 0)
		error = migrate_list(db, arena, &source.list);
	if (error == OK && source.version != 0 &&
	    migrate_knows(arena, source.version, source.list)) {
		source.why = NULL;
		error = refuse_half_a_migration(db, arena, &source);
	}
	if (error == OK && source.why == NULL)
		error = refuse_other_engines(db, arena, &source);
	if (error == OK)
		error = find_tables(db, arena, &source);
	if (error == OK)
		*source_out = source;
	return error;
}

enum error
restore_marks(struct db *db, struct arena *arena, int64_t *marks_out)
{
	return db_text_number(
	    db, arena, "SELECT COUNT(*) FROM (" RESTORE_MARK ") t", marks_out);
}

/*
 * Whether what is there may be dropped. Only a mark that has a row says so:
 * until then nobody has looked whether the database is empty, see mark().
 */
static enum error
may_drop(struct db *db, struct arena *arena, bool *may_out)
{
	int64_t marks, rows = 0;
	enum error error = restore_marks(db, arena, &marks);

	if (error == OK && marks != 0)
		error = db_text_number(
		    db, arena, "SELECT COUNT(*) FROM " RESTORE_TABLE, &rows);
	if (error == OK)
		*may_out = rows != 0;
	return error;
}

/*
 * Whether migrations of this program made the database, and none of another:
 * others have tables of these names, too.
 */
static enum error
is_ours(struct db *db, struct arena *arena, bool *is_out)
{
	const char *columns = NULL, *list = "";
	int64_t version = 0;
	bool alike;
	enum error error = db_text_value(db, arena,
	    "SELECT GROUP_CONCAT(column_name ORDER BY ordinal_position)"
	    " FROM information_schema.columns"
	    " WHERE table_schema = DATABASE()"
	    " AND table_name = 'schema_version'",
	    &columns);

	alike = columns != NULL &&
	    strcmp(columns,
	        "version,name,checksum,statements,done,applied_at") == 0;
	if (error == OK && alike)
		error = db_text_number(
		    db, arena, "SELECT COUNT(*) FROM schema_version", &version);
	if (error == OK && alike)
		error = migrate_list(db, arena, &list);
	if (error == OK)
		*is_out = alike && migrate_knows(arena, version, list);
	return error;
}

/* Not a table that a migration has made and nobody has written to since. */
static enum error
is_obstacle(struct db *db, struct arena *arena, bool ours, const char *table,
    int64_t *is_out)
{
	if (ours && strcmp(table, "schema_version") == 0)
		*is_out = 0;
	else if (!ours || !migrate_makes(arena, table))
		*is_out = 1;
	else
		return db_text_number(db, arena,
		    arena_printf(
		        arena, "SELECT EXISTS(SELECT 1 FROM `%s`)", table),
		    is_out);
	return OK;
}

static enum error
count_obstacles(struct db *db, struct arena *arena, int64_t *obstacles_out)
{
	const char *names = NULL, *table;
	int64_t obstacle = 0, found = 0;
	bool ours = false;
	char *rest;
	enum error error = is_ours(db, arena, &ours);

	if (error == OK)
		error = strangers_count(db, arena, &found);
	if (error == OK)
		error = db_text_value(db, arena,
		    "SELECT GROUP_CONCAT(table_name SEPARATOR '\n')"
		    " FROM information_schema.tables"
		    " WHERE table_schema = DATABASE()"
		    " AND table_name <> '" RESTORE_TABLE "'",
		    &names);
	rest = names == NULL ? NULL : arena_strdup(arena, names);
	while (error == OK && (table = strsep(&rest, "\n")) != NULL) {
		error = is_obstacle(db, arena, ours, table, &obstacle);
		found += obstacle;
	}
	if (error == OK)
		*obstacles_out = found;
	return error;
}

enum error
restore_obstacles(struct db *db, struct arena *arena, int64_t *obstacles_out)
{
	int64_t marks;
	enum error error = restore_marks(db, arena, &marks);

	if (error != OK)
		return error;
	if (marks == 0)
		return count_obstacles(db, arena, obstacles_out);
	*obstacles_out = 0;
	return OK;
}

/* One that has gone meanwhile is no error. */
static enum error
close_connection(struct db *db, struct arena *arena, int64_t id)
{
	return db_text(db,
	    arena_printf(arena,
	        "BEGIN NOT ATOMIC"
	        " DECLARE CONTINUE HANDLER FOR 1094 BEGIN END;"
	        " KILL CONNECTION %lld; END",
	        (long long)id));
}

#define OTHERS                                               \
	" FROM information_schema.processlist p"             \
	" JOIN information_schema.processlist own"           \
	" ON own.id = CONNECTION_ID() AND p.user = own.user" \
	" WHERE p.db = DATABASE() AND p.id <> own.id"

enum { CLOSE_SECONDS = 60, PAUSE_MICROSECONDS = 5000 };

/* One that is in the middle of a statement may still finish it. */
static enum error
wait_closed(struct db *db, struct arena *arena, int64_t last)
{
	const int64_t deadline = clock_monotonic() + CLOSE_SECONDS * 1000000LL;
	int64_t left;
	enum error error;

	for (;;) {
		error = db_text_number(db, arena,
		    arena_printf(arena,
		        "SELECT COUNT(*)" OTHERS " AND p.id <= %lld",
		        (long long)last),
		    &left);
		if (error != OK || left == 0)
			return error;
		if (clock_monotonic() > deadline)
			return ERR_LOCK_TIMEOUT;
		usleep(PAUSE_MICROSECONDS);
	}
}

/* Those of now: who connects later sees the mark. */
static enum error
close_others(struct db *db, struct arena *arena)
{
	int64_t id = 0, last = 0;
	enum error error =
	    db_text_number(db, arena, "SELECT MAX(p.id)" OTHERS, &last);

	while (error == OK && id < last) {
		error = db_text_number(db, arena,
		    arena_printf(arena,
		        "SELECT MIN(p.id)" OTHERS
		        " AND p.id > %lld AND p.id <= %lld",
		        (long long)id, (long long)last),
		    &id);
		if (error != OK || id == 0)
			break;
		error = close_connection(db, arena, id);
	}
	return error == OK ? wait_closed(db, arena, last) : error;
}

/* All but the mark: a dump may have brought more than tables. */
static enum error
drop_all(struct db *db, struct arena *arena)
{
	const char *names = NULL;
	enum error error = strangers_drop(db, arena);

	if (error == OK)
		error = db_text_value(db, arena,
		    "SELECT GROUP_CONCAT('`', REPLACE(table_name, '`', '``'),"
		    " '`') FROM information_schema.tables"
		    " WHERE table_schema = DATABASE()"
		    " AND table_name <> '" RESTORE_TABLE "'",
		    &names);
	/* Tables refer to each other. */
	if (error == OK)
		error = db_text(db, "SET SESSION foreign_key_checks = 0");
	if (error == OK && names != NULL)
		error = db_text(
		    db, arena_printf(arena, "DROP TABLE IF EXISTS %s", names));
	return error;
}

static enum error
refuse_obstacles(struct db *db, struct arena *arena)
{
	int64_t obstacles;
	enum error error = count_obstacles(db, arena, &obstacles);

	return error == OK && obstacles != 0 ? ERR_SCHEMA_MISMATCH : error;
}

/*
 * From its first statement on, whoever connects sees that the database is not
 * to be used; with its second, what is there may be dropped. In between,
 * somebody may have written a first row, so it looks twice.
 */
static enum error
mark(struct db *db, struct arena *arena)
{
	enum error cleared, error = refuse_obstacles(db, arena);

	if (error == OK)
		error = db_text(db,
		    "CREATE TABLE IF NOT EXISTS " RESTORE_TABLE
		    " (it_begins_anew INT) ENGINE=InnoDB"
		    " DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin");
	if (error == OK)
		error = close_others(db, arena);
	if (error == OK)
		error = refuse_obstacles(db, arena);
	if (error == OK)
		error = db_text(db, "INSERT INTO " RESTORE_TABLE " VALUES (1)");
	if (error == OK)
		return OK;
	cleared = restore_end(db);
	return cleared == OK ? error : cleared;
}

enum error
restore_begin(struct db *db, struct arena *arena)
{
	bool may;
	enum error error = may_drop(db, arena, &may);

	if (error == OK)
		error = may ? close_others(db, arena) : mark(db, arena);
	return error == OK ? drop_all(db, arena) : error;
}

enum error
restore_undo(struct db *db, struct arena *arena)
{
	enum error error = close_others(db, arena);

	if (error == OK)
		error = drop_all(db, arena);
	return error == OK ? restore_end(db) : error;
}

enum error
restore_end(struct db *db)
{
	return db_text(db, "DROP TABLE IF EXISTS " RESTORE_TABLE);
}
