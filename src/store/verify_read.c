/* verify_read: what verify reads: rows in the order of users, and rules */
#include "store/verify_read.h"

#include <assert.h>

#include "base/arena.h"
#include "store/rule_cache.h"
#include "store/statements.h"

enum {
	PAGE_FIRST,
	COUNT_FIRST = PAGE_FIRST + VERIFY_TABLES,
	SCALES = COUNT_FIRST + VERIFY_TABLES,
	BADGES,
	RULES,
	REVISIONS,
	NEXT_APPLICATION,
	DUPLICATES_FIRST,
	STATEMENTS = DUPLICATES_FIRST + UNIQUES
};

/* A page of rows behind (user, key): a range of the index, not an offset. */
#define PAGE(columns, index, user, key)                              \
	"SELECT " columns " FROM " index " WHERE application_id = ?" \
	" AND (" user " > ? OR (" user " = ? AND " key " > ?))"      \
	" ORDER BY " user ", " key " LIMIT ?"
#define COUNT(table) "SELECT COUNT(*) FROM " table " WHERE application_id = ?"
#define FIRST(table) \
	"SELECT MIN(application_id) a FROM " table " WHERE application_id > ?"

static const char *const texts[STATEMENTS] = {
    /* A user's name is no part of the order: one id has but one row. */
    [PAGE_FIRST + VERIFY_USERS] =
        "SELECT id, 0, events, entries, last_event_at, username"
        " FROM user FORCE INDEX (id) WHERE application_id = ?"
        " AND (id > ? OR (id = ? AND 0 > ?)) ORDER BY id LIMIT ?",
    [PAGE_FIRST + VERIFY_EVENTS] =
        PAGE("user_id, number, id, version, first_entry, entries, badges,"
             " event_id, event_type, properties",
            "event FORCE INDEX (number)", "user_id", "number"),
    [PAGE_FIRST + VERIFY_LEDGER] =
        PAGE("user_id, number, point_scale_id, points, balance, event,"
             " rule_id",
            "ledger FORCE INDEX (PRIMARY)", "user_id", "number"),
    [PAGE_FIRST + VERIFY_BALANCES] = PAGE("user_id, point_scale_id, points",
        "balance FORCE INDEX (PRIMARY)", "user_id", "point_scale_id"),
    [PAGE_FIRST + VERIFY_COUNTS] = PAGE("user_id, rule_id, count",
        "rule_count FORCE INDEX (PRIMARY)", "user_id", "rule_id"),
    [PAGE_FIRST + VERIFY_BADGES] = PAGE("user_id, badge_id, event, rule_id",
        "user_badge FORCE INDEX (PRIMARY)", "user_id", "badge_id"),
    [COUNT_FIRST + VERIFY_USERS] = COUNT("user"),
    [COUNT_FIRST + VERIFY_EVENTS] = COUNT("event"),
    [COUNT_FIRST + VERIFY_LEDGER] = COUNT("ledger"),
    [COUNT_FIRST + VERIFY_BALANCES] = COUNT("balance"),
    [COUNT_FIRST + VERIFY_COUNTS] = COUNT("rule_count"),
    [COUNT_FIRST + VERIFY_BADGES] = COUNT("user_badge"),
    [SCALES] = "SELECT id, name, 0 FROM point_scale"
               " WHERE application_id = ? ORDER BY id",
    [BADGES] = "SELECT id, name, 0 FROM badge"
               " WHERE application_id = ? ORDER BY id",
    [RULES] = "SELECT id, name, deleted FROM rule"
              " WHERE application_id = ? ORDER BY id",
    [REVISIONS] = "SELECT " RULE_COLUMNS ", v.since, v.until"
                  " FROM rule_revision v WHERE v.application_id = ?"
                  " ORDER BY v.rule_id, v.since",
    /* Each part is one look into an index. */
    [NEXT_APPLICATION] =
        "SELECT MIN(a) FROM (SELECT MIN(id) a FROM application"
        " WHERE id > ?"
        " UNION ALL " FIRST("user") " UNION ALL " FIRST("event") " UNION ALL " FIRST("ledger") " UNION ALL " FIRST(
            "balance") " UNION ALL " FIRST("rule_count") " UNION ALL " FIRST("user_badge") ") t",
    [DUPLICATES_FIRST + UNIQUE_USERS] =
        "SELECT CAST(id AS CHAR) FROM user FORCE INDEX (id)"
        " WHERE application_id = ? GROUP BY id HAVING COUNT(*) > 1",
    [DUPLICATES_FIRST + UNIQUE_EVENTS] =
        "SELECT event_id FROM event FORCE INDEX (event_id)"
        " WHERE application_id = ? GROUP BY event_id HAVING COUNT(*) > 1",
};
const struct statement_set verify_statements = {texts, STATEMENTS};

/* Columns behind the first two: numbers, then texts. */
static const struct {
	const char *name;
	size_t ints;
	size_t texts;
} tables[VERIFY_TABLES] = {
    [VERIFY_USERS] = {"user", 3, 1},
    [VERIFY_EVENTS] = {"event", 5, 3},
    [VERIFY_LEDGER] = {"ledger", 5, 0},
    [VERIFY_BALANCES] = {"balance", 1, 0},
    [VERIFY_COUNTS] = {"rule_count", 1, 0},
    [VERIFY_BADGES] = {"user_badge", 2, 0},
};

/* Rows of a page: an event may have 256 KiB of properties. */
enum { PAGE_ROWS = 256, PAGE_ARENA_MAX = 1 << 30 };

const char *
verify_table_name(enum verify_table table)
{
	return tables[table].name;
}

void
reader_init(struct verify_reader *reader, struct db *db)
{
	size_t i;

	*reader = (struct verify_reader) {.db = db};
	for (i = 0; i < VERIFY_TABLES; i++)
		reader->streams[i].arena = arena_new(PAGE_ARENA_MAX);
}

void
reader_free(struct verify_reader *reader)
{
	size_t i;

	for (i = 0; i < VERIFY_TABLES; i++)
		arena_free(reader->streams[i].arena);
}

void
reader_begin(struct verify_reader *reader, int64_t application)
{
	size_t i;

	reader->application = application;
	for (i = 0; i < VERIFY_TABLES; i++)
		reader->streams[i] = (struct verify_stream) {
		    .arena = reader->streams[i].arena,
		};
}

static void
take_row(struct query *query, struct arena *arena, enum verify_table table,
    struct verify_row *row)
{
	size_t i;

	row->user = query_take_int(query);
	row->key = query_take_int(query);
	for (i = 0; i < tables[table].ints; i++)
		row->ints[i] = query_take_int(query);
	for (i = 0; i < tables[table].texts; i++)
		row->texts[i] = query_take_text(query, arena);
}

static void
read_page(struct verify_reader *reader, enum verify_table table)
{
	struct verify_stream *stream = &reader->streams[table];
	struct query query;

	arena_reset(stream->arena);
	stream->rows =
	    arena_array(stream->arena, PAGE_ROWS, sizeof(*stream->rows));
	stream->count = stream->at = 0;
	query_begin(&query, reader->db, SET_VERIFY, PAGE_FIRST + table);
	query_int(&query, reader->application);
	query_int(&query, stream->user);
	query_int(&query, stream->user);
	query_int(&query, stream->key);
	query_int(&query, PAGE_ROWS);
	query_run(&query);
	while (query_next(&query))
		take_row(&query, stream->arena, table,
		    &stream->rows[stream->count++]);
	reader->error = query_end(&query);
	stream->ended = stream->count < PAGE_ROWS;
	if (stream->count > 0) {
		stream->user = stream->rows[stream->count - 1].user;
		stream->key = stream->rows[stream->count - 1].key;
	}
}

const struct verify_row *
reader_row(struct verify_reader *reader, enum verify_table table)
{
	struct verify_stream *stream = &reader->streams[table];

	if (reader->error == OK && stream->at == stream->count &&
	    !stream->ended)
		read_page(reader, table);
	if (reader->error != OK || stream->at == stream->count)
		return NULL;
	return &stream->rows[stream->at];
}

void
reader_next(struct verify_reader *reader, enum verify_table table)
{
	assert(reader->streams[table].at < reader->streams[table].count);
	reader->streams[table].at++;
}

const struct verify_thing *
things_find(const struct verify_things *things, int64_t id)
{
	size_t low = 0, high = things->count, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (things->list[middle].id == id)
			return &things->list[middle];
		if (things->list[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static enum error
load_things(struct db *db, struct arena *arena, int64_t application,
    size_t statement, struct verify_things *things)
{
	struct verify_thing *thing;
	struct query query;

	query_begin(&query, db, SET_VERIFY, statement);
	query_int(&query, application);
	query_run(&query);
	things->list =
	    arena_array(arena, query_rows(&query) + 1, sizeof(*things->list));
	things->count = 0;
	while (query_next(&query)) {
		thing = &things->list[things->count++];
		thing->id = query_take_int(&query);
		thing->name = query_take_text(&query, arena);
		thing->deleted = query_take_bool(&query);
	}
	return query_end(&query);
}

static enum error
load_revisions(struct db *db, struct arena *arena, int64_t application,
    struct verify_catalog *catalog)
{
	struct query query;
	size_t rows, i;

	query_begin(&query, db, SET_VERIFY, REVISIONS);
	query_int(&query, application);
	query_run(&query);
	rows = query_rows(&query) + 1;
	catalog->revisions =
	    arena_array(arena, rows, sizeof(*catalog->revisions));
	catalog->periods = arena_array(arena, rows, sizeof(*catalog->periods));
	catalog->in_force =
	    arena_array(arena, rows, sizeof(*catalog->in_force));
	catalog->awards = arena_array(arena, rows, sizeof(*catalog->awards));
	for (i = 0; query_next(&query); i++) {
		rule_take(&query, arena, &catalog->revisions[i]);
		catalog->periods[i].since = query_take_int(&query);
		catalog->periods[i].until = query_take_int(&query);
	}
	catalog->count = i;
	catalog->set = rule_set_new(arena, catalog->revisions, catalog->count);
	return query_end(&query);
}

enum error
catalog_load(struct db *db, struct arena *arena, int64_t application,
    struct verify_catalog *catalog_out)
{
	struct verify_catalog catalog;
	enum error error;

	error = load_things(db, arena, application, SCALES, &catalog.scales);
	if (error == OK)
		error = load_things(
		    db, arena, application, BADGES, &catalog.badges);
	if (error == OK)
		error =
		    load_things(db, arena, application, RULES, &catalog.rules);
	if (error == OK)
		error = load_revisions(db, arena, application, &catalog);
	if (error == OK)
		*catalog_out = catalog;
	return error;
}

size_t
catalog_in_force(
    struct verify_catalog *catalog, const char *event_type, int64_t version)
{
	const struct verify_period *period;
	const struct rule *const *rules;
	size_t found = 0, count, i;

	/*
	 * The set keeps the order of the revisions, and so that of the rules.
	 */
	rules = rule_set_find(catalog->set, event_type, &count);
	for (i = 0; i < count; i++) {
		period = &catalog->periods[rules[i] - catalog->revisions];
		if (period->since <= version &&
		    (period->until == 0 || version < period->until))
			catalog->in_force[found++] = rules[i];
	}
	return found;
}

enum error
verify_next_application(struct db *db, int64_t after, int64_t *application_out)
{
	struct query query;
	int64_t application = 0;
	enum error error;
	size_t i;

	query_begin(&query, db, SET_VERIFY, NEXT_APPLICATION);
	for (i = 0; i < 1 + VERIFY_TABLES; i++)
		query_int(&query, after);
	query_run(&query);
	if (query_next(&query))
		application = query_take_int(&query);
	error = query_end(&query);
	if (error == OK)
		*application_out = application;
	return error;
}

enum error
verify_count(struct db *db, enum verify_table table, int64_t application,
    int64_t *count_out)
{
	struct query query;
	int64_t count = 0;
	enum error error;

	query_begin(&query, db, SET_VERIFY, COUNT_FIRST + table);
	query_int(&query, application);
	query_run(&query);
	if (query_next(&query))
		count = query_take_int(&query);
	error = query_end(&query);
	if (error == OK)
		*count_out = count;
	return error;
}

enum error
verify_duplicates(struct db *db, struct arena *arena, enum verify_unique unique,
    int64_t application, const char ***ids_out, size_t *count_out)
{
	struct query query;
	const char **ids;
	size_t count = 0;
	enum error error;

	query_begin(&query, db, SET_VERIFY, DUPLICATES_FIRST + unique);
	query_int(&query, application);
	query_run(&query);
	ids = arena_array(arena, query_rows(&query) + 1, sizeof(*ids));
	while (query_next(&query))
		ids[count++] = query_take_text(&query, arena);
	error = query_end(&query);
	if (error != OK)
		return error;
	*ids_out = ids;
	*count_out = count;
	return OK;
}
