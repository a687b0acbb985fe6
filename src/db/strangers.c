/* strangers: what stands in the database and no migration has made */
#include "db/strangers.h"

#include <string.h>

#include "base/arena.h"
#include "db/db.h"
#include "db/migrate.h"
#include "db/restore.h"

#define TRIGGERS                            \
	" FROM information_schema.triggers" \
	" WHERE trigger_schema = DATABASE()"
#define EVENTS                            \
	" FROM information_schema.events" \
	" WHERE event_schema = DATABASE()"
#define ROUTINES                            \
	" FROM information_schema.routines" \
	" WHERE routine_schema = DATABASE()"
#define NO_TABLES                          \
	" FROM information_schema.tables"  \
	" WHERE table_schema = DATABASE()" \
	" AND table_type IN ('VIEW', 'SEQUENCE')"
#define QUOTED(name) "'`', REPLACE(" name ", '`', '``'), '`'"

static const char active[] =
    "SELECT GROUP_CONCAT(what ORDER BY what SEPARATOR ', ') FROM ("
    "SELECT CONCAT('trigger ', trigger_name) AS what" TRIGGERS
    " UNION ALL SELECT CONCAT('event ', event_name)" EVENTS ") t";

static const char passive[] =
    "SELECT GROUP_CONCAT(what ORDER BY what SEPARATOR ', ') FROM ("
    "SELECT CONCAT(LOWER(routine_type), ' ', routine_name) AS what" ROUTINES
    " UNION ALL SELECT CONCAT(LOWER(table_type), ' ', table_name)" NO_TABLES
    ") t";

static const char tables[] =
    "SELECT GROUP_CONCAT(table_name ORDER BY table_name SEPARATOR '\n')"
    " FROM information_schema.tables WHERE table_schema = DATABASE()"
    " AND table_type NOT IN ('VIEW', 'SEQUENCE')";

static const char count[] =
    "SELECT (SELECT COUNT(*)" TRIGGERS ") + (SELECT COUNT(*)" EVENTS
    ") + (SELECT COUNT(*)" ROUTINES ")";

/* Events first, for they act while the others go. */
static const char next_to_drop[] =
    "SELECT text FROM ("
    "SELECT 1 AS n, CONCAT('DROP EVENT ', " QUOTED(
        "event_name") ") AS text" EVENTS
                      " UNION ALL SELECT 2, CONCAT('DROP ', routine_type, ' ', " QUOTED(
                          "routine_name") ")" ROUTINES
                                          " UNION ALL SELECT 3, CONCAT('DROP ', table_type, ' ', " QUOTED(
                                              "table_name") ")" NO_TABLES
                                                            ") t ORDER BY n LIMIT 1";

static bool
is_ours(struct arena *arena, const char *table)
{
	return strcmp(table, "schema_version") == 0 ||
	    strcmp(table, RESTORE_TABLE) == 0 || migrate_makes(arena, table);
}

/* Adds the tables that no migration makes to a list, which may be NULL. */
static enum error
add_tables(struct db *db, struct arena *arena, const char **list)
{
	const char *names = NULL, *table;
	enum error error = db_text_value(db, arena, tables, &names);
	char *rest = names == NULL ? NULL : arena_strdup(arena, names);

	while (error == OK && (table = strsep(&rest, "\n")) != NULL)
		if (!is_ours(arena, table))
			*list = arena_printf(arena, "%s%stable %s",
			    *list == NULL ? "" : *list,
			    *list == NULL ? "" : ", ", table);
	return error;
}

enum error
strangers_find(
    struct db *db, struct arena *arena, struct strangers *strangers_out)
{
	struct strangers found = {NULL, NULL};
	enum error error = db_text_value(db, arena, active, &found.active);

	if (error == OK)
		error = db_text_value(db, arena, passive, &found.passive);
	if (error == OK)
		error = add_tables(db, arena, &found.passive);
	if (error == OK)
		*strangers_out = found;
	return error;
}

enum error
strangers_count(struct db *db, struct arena *arena, int64_t *count_out)
{
	return db_text_number(db, arena, count, count_out);
}

enum error
strangers_drop(struct db *db, struct arena *arena)
{
	const char *text = NULL;
	enum error error;

	do {
		error = db_text_value(db, arena, next_to_drop, &text);
		if (error == OK && text != NULL)
			error = db_text(db, text);
	} while (error == OK && text != NULL);
	return error;
}
