/* verify_read: what verify reads: rows in the order of users, and rules */
#include "past/verify_read.h"

#include <stdio.h>

#include "base/arena.h"
#include "db/query.h"
#include "store/rule_cache.h"

enum {
	PAGE_FIRST,
	COUNT_FIRST = PAGE_FIRST + VERIFY_TABLES,
	SCALES = COUNT_FIRST + VERIFY_TABLES,
	BADGES,
	RULES,
	REVISIONS,
	REFERENCES,
	DUPLICATES,
	STATEMENTS
};

/* A page of rows behind a key: a range of the index, not an offset. */
#define PAGE(columns, table, key)                                 \
	"SELECT " columns " FROM " table " FORCE INDEX (PRIMARY)" \
	" WHERE application_id = ? AND " key " > ?"               \
	" AND CRC32(username) % ? = ? ORDER BY " key " LIMIT ?"
#define COUNT(table) "SELECT COUNT(*) FROM " table " WHERE application_id = ?"

static const char *const texts[STATEMENTS] = {
    [PAGE_FIRST + VERIFY_USERS] = PAGE(
        "username, last_event, events, IFNULL(ahead, 0), entries, standing",
        "user", "username"),
    [PAGE_FIRST + VERIFY_EVENTS] =
        PAGE("username, id, number, IFNULL(ahead, 0), previous, version,"
             " event_id, event_type, timestamp, timestamp_given, properties,"
             " awards",
            "event", "id"),
    [COUNT_FIRST + VERIFY_USERS] = COUNT("user"),
    [COUNT_FIRST + VERIFY_EVENTS] = COUNT("event"),
    [SCALES] = "SELECT id, name, 0, given FROM point_scale"
               " WHERE application_id = ? ORDER BY id",
    [BADGES] = "SELECT id, name, 0, given FROM badge"
               " WHERE application_id = ? ORDER BY id",
    [RULES] = "SELECT id, name, deleted, 0 FROM rule"
              " WHERE application_id = ? ORDER BY id",
    [REVISIONS] = "SELECT v.rule_id, v.document, v.since, v.until"
                  " FROM rule_revision v WHERE v.application_id = ?"
                  " ORDER BY v.rule_id, v.since",
    [REFERENCES] = "SELECT rule_id, kind, ref_id FROM rule_reference"
                   " WHERE application_id = ? ORDER BY rule_id,"
                   " kind, ref_id",
    [DUPLICATES] = "SELECT event_id FROM event FORCE INDEX (event_id)"
                   " WHERE application_id = ?"
                   " GROUP BY event_id HAVING COUNT(*) > 1",
};
const struct statement_set verify_statements = {texts, STATEMENTS};

/* Rows of a page: an event may have 256 KiB of properties. */
enum { PAGE_ROWS = 256 };

const char *
verify_table_name(enum verify_table table)
{
	static const char *const names[VERIFY_TABLES] = {
	    [VERIFY_USERS] = "user",
	    [VERIFY_EVENTS] = "event",
	};

	return names[table];
}

void
reader_begin(struct verify_reader *reader, enum verify_table table)
{
	reader->table = table;
	reader->count = reader->at = 0;
	reader->ended = false;
	reader->last_row = INT64_MIN;
	reader->last_name[0] = '\0';
}

static void
take_user(struct query *query, struct arena *arena, struct verify_row *row)
{
	row->user.entries = query_take_int(query);
	row->user.standing = query_take_bytes(query, arena);
}

static void
take_event(struct query *query, struct arena *arena, struct verify_row *row)
{
	row->event.previous = query_take_int(query);
	row->event.version = query_take_int(query);
	row->event.id = query_take_text(query, arena);
	row->event.type = query_take_text(query, arena);
	row->event.timestamp = query_take_int(query);
	row->event.timestamp_given = query_take_bool(query);
	row->event.properties = query_take_text(query, arena);
	row->event.awards = query_take_bytes(query, arena);
}

static void
take_row(struct verify_reader *reader, struct query *query)
{
	struct verify_row *row = &reader->rows[reader->count++];

	row->username = query_take_text(query, reader->arena);
	row->row = query_take_int(query);
	row->number = query_take_int(query);
	row->ahead = query_take_int(query);
	if (reader->table == VERIFY_USERS)
		take_user(query, reader->arena, row);
	else
		take_event(query, reader->arena, row);
	reader->last_row = row->row;
	snprintf(
	    reader->last_name, sizeof(reader->last_name), "%s", row->username);
}

static void
read_page(struct verify_reader *reader)
{
	struct query query;

	arena_reset(reader->arena);
	reader->rows =
	    arena_array(reader->arena, PAGE_ROWS, sizeof(*reader->rows));
	reader->count = reader->at = 0;
	query_begin(&query, reader->db, SET_VERIFY, PAGE_FIRST + reader->table);
	query_int(&query, reader->application);
	if (reader->table == VERIFY_USERS)
		query_text(&query, reader->last_name);
	else
		query_int(&query, reader->last_row);
	query_int(&query, reader->parts);
	query_int(&query, reader->part);
	query_int(&query, PAGE_ROWS);
	query_run(&query);
	while (query_next(&query))
		take_row(reader, &query);
	reader->error = query_end(&query);
	reader->ended = reader->count < PAGE_ROWS;
}

const struct verify_row *
reader_next(struct verify_reader *reader)
{
	if (reader->error == OK && reader->at == reader->count &&
	    !reader->ended)
		read_page(reader);
	if (reader->error != OK || reader->at == reader->count)
		return NULL;
	return &reader->rows[reader->at++];
}

struct verify_thing *
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
		thing->given = query_take_bool(&query);
	}
	return query_end(&query);
}

static enum error
load_revisions(struct db *db, struct arena *arena, int64_t application,
    struct verify_catalog *catalog)
{
	struct query query;
	struct arena *scratch;
	size_t rows, i;
	int64_t id;

	scratch = rule_scratch_new();
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
		id = query_take_int(&query);
		catalog->periods[i].damaged =
		    !rule_take(&query, scratch, arena, &catalog->revisions[i]);
		arena_reset(scratch);
		catalog->revisions[i].id = id;
		rule_compile(&catalog->revisions[i], arena);
		catalog->periods[i].since = query_take_int(&query);
		catalog->periods[i].until = query_take_int(&query);
	}
	catalog->count = i;
	arena_free(scratch);
	catalog->set = rule_set_new(arena, catalog->revisions, catalog->count);
	return query_end(&query);
}

static enum error
load_references(struct db *db, struct arena *arena, int64_t application,
    struct verify_catalog *catalog)
{
	struct verify_reference *reference;
	struct query query;

	query_begin(&query, db, SET_VERIFY, REFERENCES);
	query_int(&query, application);
	query_run(&query);
	catalog->references = arena_array(
	    arena, query_rows(&query) + 1, sizeof(*catalog->references));
	catalog->reference_count = 0;
	while (query_next(&query)) {
		reference = &catalog->references[catalog->reference_count++];
		reference->rule = query_take_int(&query);
		reference->kind = query_take_int(&query);
		reference->ref = query_take_int(&query);
	}
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
		error = load_references(db, arena, application, &catalog);
	if (error == OK)
		*catalog_out = catalog;
	return error;
}

/* Adds those that were in force at the version, and answers their number. */
static size_t
add_in_force(struct verify_catalog *catalog, const struct rule *const *rules,
    size_t count, int64_t version, size_t *at)
{
	const struct verify_period *period;
	size_t first = *at, i;

	for (i = 0; i < count; i++) {
		period = &catalog->periods[rules[i] - catalog->revisions];
		if (period->since <= version &&
		    (period->until == 0 || version < period->until))
			catalog->in_force[(*at)++] = rules[i];
	}
	return *at - first;
}

struct rules_met
catalog_in_force(struct verify_catalog *catalog, struct arena *arena,
    const struct occurrence *event, int64_t version)
{
	const struct found_rules found =
	    rule_set_find(catalog->set, arena, event);
	const struct rules_met all = found_rules_list(&found, arena);
	struct rules_met met = {.rules = catalog->in_force};
	size_t at = 0;

	met.count = add_in_force(catalog, all.rules, all.count, version, &at);
	met.milestones = catalog->in_force + at;
	met.milestone_count = add_in_force(
	    catalog, all.milestones, all.milestone_count, version, &at);
	return met;
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
verify_duplicates(struct db *db, struct arena *arena, int64_t application,
    const char ***ids_out, size_t *count_out)
{
	struct query query;
	const char **ids;
	size_t count = 0;
	enum error error;

	query_begin(&query, db, SET_VERIFY, DUPLICATES);
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
