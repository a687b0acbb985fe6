/* event: what was stored of events, and what they gave */
#include "store/event.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "store/db.h"
#include "store/statements.h"
#include "store/user.h"

enum { FIND, LIST, LIST_PERIOD, LIST_USER, ENTRIES, BADGES, STATEMENTS };

/*
 * Lists of keys go to the server as one JSON parameter: one statement, prepared
 * once, for any number of them. Bytes are in hexadecimal, so what a client
 * sent is never part of the JSON's syntax.
 */
#define COLUMNS(properties)                                                \
	"SELECT e.application_id, e.id, e.event_id, u.username,"           \
	" e.event_type, e.timestamp, e.timestamp_given, e.timestamp_sent," \
	" " properties ", e.user_id, e.first_entry, e.entries, e.badges"
#define LIST_FROM(index)                         \
	COLUMNS("e.properties")                  \
	" FROM event e FORCE INDEX (" index ")"  \
	" STRAIGHT_JOIN user u FORCE INDEX (id)" \
	" ON u.id = e.user_id AND u.application_id = e.application_id"
#define FILTER                                             \
	" WHERE e.application_id = ? AND e.timestamp >= ?" \
	" AND e.timestamp < ? AND (? IS NULL OR e.event_type = ?)"

static const char *const texts[STATEMENTS] = {
    [FIND] = COLUMNS("IF(OCTET_LENGTH(e.properties) > k.p, '!',"
                     " e.properties)") " FROM JSON_TABLE(?, '$[*]' COLUMNS ("
                                       " a INT UNSIGNED PATH '$[0]',"
                                       " i VARCHAR(380) CHARACTER SET ascii"
                                       " PATH '$[1]',"
                                       " p BIGINT PATH '$[2]')) k"
                                       " STRAIGHT_JOIN event e"
                                       " ON e.application_id = k.a"
                                       " AND e.event_id = UNHEX(k.i)"
                                       " STRAIGHT_JOIN user u FORCE INDEX (id)"
                                       " ON u.id = e.user_id"
                                       " AND u.application_id ="
                                       " e.application_id",
    [LIST] = LIST_FROM("PRIMARY") FILTER " AND e.id < ?"
                                         " ORDER BY e.id DESC LIMIT ?",
    [LIST_PERIOD] =
        LIST_FROM("timestamp") FILTER " AND e.timestamp <= ?"
                                      " AND (e.timestamp < ? OR e.id < ?)"
                                      " ORDER BY e.timestamp DESC, e.id DESC"
                                      " LIMIT ?",
    [LIST_USER] = LIST_FROM("number") FILTER " AND e.id < ? AND e.user_id = ?"
                                             " ORDER BY e.number DESC LIMIT ?",
    /* Both have the columns of an award; a bare NULL would be a number. */
    [ENTRIES] = "SELECT k.i, r.id, r.name, s.name, l.points, l.balance,"
                " CAST(NULL AS CHAR)"
                " FROM JSON_TABLE(?, '$[*]' COLUMNS (i INT PATH '$[0]',"
                " a INT UNSIGNED PATH '$[1]', u BIGINT PATH '$[2]',"
                " n INT UNSIGNED PATH '$[3]')) k"
                " STRAIGHT_JOIN ledger l ON l.application_id = k.a"
                " AND l.user_id = k.u AND l.number = k.n"
                " STRAIGHT_JOIN rule r ON r.id = l.rule_id"
                " STRAIGHT_JOIN point_scale s ON s.id = l.point_scale_id",
    [BADGES] = "SELECT k.i, r.id, r.name, CAST(NULL AS CHAR), 0, 0, b.name"
               " FROM JSON_TABLE(?, '$[*]' COLUMNS (i INT PATH '$[0]',"
               " a INT UNSIGNED PATH '$[1]', u BIGINT PATH '$[2]',"
               " e BIGINT PATH '$[3]')) k"
               " STRAIGHT_JOIN user_badge w ON w.application_id = k.a"
               " AND w.user_id = k.u AND w.event = k.e"
               " STRAIGHT_JOIN rule r ON r.id = w.rule_id"
               " STRAIGHT_JOIN badge b ON b.id = w.badge_id",
};
const struct statement_set event_statements = {texts, STATEMENTS};

enum { KEYS_TEXT_MAX = 64 << 20, PROPERTIES_ALL = 1 << 30 };

int64_t
event_received_at(const struct event *event)
{
	return event->row / EVENT_WRITERS;
}

static void
take_event(
    struct query *query, struct arena *arena, struct stored_event *stored)
{
	struct event *event = &stored->event;

	stored->application = query_take_int(query);
	event->row = query_take_int(query);
	event->id = query_take_text(query, arena);
	event->username = query_take_text(query, arena);
	event->event_type = query_take_text(query, arena);
	event->timestamp = query_take_int(query);
	event->timestamp_given = query_take_bool(query);
	event->timestamp_sent = query_take_text(query, arena);
	event->properties = query_take_text(query, arena);
	event->user = query_take_int(query);
	event->first_entry = query_take_int(query);
	event->entries = query_take_int(query);
	event->badges = query_take_int(query);
}

/* An award while it is put together from its ledger row and its badge row. */
struct draft {
	size_t event;
	int64_t rule;
	struct given_award award;
};

struct drafts {
	struct draft *list;
	size_t count;
};

/* Runs one of the statements ENTRIES and BADGES. */
static enum error
take_drafts(struct db *db, struct arena *arena, size_t statement,
    struct str *keys, struct drafts *drafts)
{
	struct query query;
	struct draft *draft;

	if (keys->len == 0)
		return OK;
	str_addc(keys, ']');
	query_begin(&query, db, SET_EVENT, statement);
	query_text(&query, keys->data);
	query_run(&query);
	while (query_next(&query)) {
		draft = &drafts->list[drafts->count++];
		draft->event = (size_t)query_take_int(&query);
		draft->rule = query_take_int(&query);
		draft->award.rule = query_take_text(&query, arena);
		draft->award.point_scale = query_take_text(&query, arena);
		draft->award.points = query_take_int(&query);
		draft->award.balance = query_take_int(&query);
		draft->award.badge = query_take_text(&query, arena);
	}
	return query_end(&query);
}

/*
 * By event, then in the order of the rules' creation, points before the badge.
 */
static int
compare_drafts(const void *left, const void *right)
{
	const struct draft *a = left, *b = right;

	if (a->event != b->event)
		return a->event < b->event ? -1 : 1;
	if (a->rule != b->rule)
		return a->rule < b->rule ? -1 : 1;
	return (a->award.point_scale == NULL) - (b->award.point_scale == NULL);
}

/* Hands the sorted drafts to their events; one rule's two are one award. */
static void
assemble(
    struct arena *arena, struct drafts *drafts, struct stored_event *events)
{
	struct draft *draft, *last = NULL;
	struct event *event;
	size_t i;

	for (i = 0; i < drafts->count; i++) {
		draft = &drafts->list[i];
		event = &events[draft->event].event;
		if (event->awards == NULL)
			event->awards = arena_array(arena,
			    (size_t)(event->entries + event->badges),
			    sizeof(*event->awards));
		if (last != NULL && last->event == draft->event &&
		    last->rule == draft->rule)
			event->awards[event->award_count - 1].badge =
			    draft->award.badge;
		else
			event->awards[event->award_count++] = draft->award;
		last = draft;
	}
}

static void
add_award_key(struct str *keys, size_t place, const struct stored_event *event,
    int64_t key)
{
	str_addf(keys, "%c[%zu,%lld,%lld,%lld]", keys->len == 0 ? '[' : ',',
	    place, (long long)event->application, (long long)event->event.user,
	    (long long)key);
}

/* Ledger rows and badges of the events. */
static size_t
count_awards(const struct stored_event *events, size_t count)
{
	size_t total = 0, i;

	for (i = 0; i < count; i++)
		total +=
		    (size_t)(events[i].event.entries + events[i].event.badges);
	return total;
}

/* Reads what the events gave: from the ledger, and from the badges won. */
static enum error
load_awards(struct db *db, struct arena *arena, struct stored_event *events,
    size_t count)
{
	const size_t total = count_awards(events, count);
	struct str entries = str_new(arena, KEYS_TEXT_MAX);
	struct str badges = str_new(arena, KEYS_TEXT_MAX);
	struct drafts drafts = {0};
	enum error error;
	int64_t n;
	size_t i;

	if (total > db_rows_max(db))
		return ERR_BODY_TOO_LARGE;
	for (i = 0; i < count; i++) {
		const struct event *event = &events[i].event;

		for (n = 0; n < event->entries; n++)
			add_award_key(
			    &entries, i, &events[i], event->first_entry + n);
		if (event->badges > 0)
			add_award_key(&badges, i, &events[i], event->row);
	}
	drafts.list = arena_array(arena, total + 1, sizeof(*drafts.list));
	error = take_drafts(db, arena, ENTRIES, &entries, &drafts);
	if (error == OK)
		error = take_drafts(db, arena, BADGES, &badges, &drafts);
	if (error != OK)
		return error;
	qsort(drafts.list, drafts.count, sizeof(*drafts.list), compare_drafts);
	assemble(arena, &drafts, events);
	return OK;
}

/* Runs a query for events and reads what they gave. */
static enum error
take_events(struct query *query, struct arena *arena,
    struct stored_event **events_out, size_t *count_out)
{
	struct stored_event *events;
	size_t count = 0;
	enum error error;

	query_run(query);
	events = arena_array(arena, query_rows(query) + 1, sizeof(*events));
	while (query_next(query))
		take_event(query, arena, &events[count++]);
	error = query_end(query);
	if (error == OK)
		error = load_awards(query->db, arena, events, count);
	if (error != OK)
		return error;
	*events_out = events;
	*count_out = count;
	return OK;
}

static void
add_key(struct str *keys, const struct event_key *key)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *c;

	str_addf(keys, "%c[%lld,\"", keys->len == 0 ? '[' : ',',
	    (long long)key->application);
	for (c = key->id; *c != '\0'; c++) {
		str_addc(keys, digits[(unsigned char)*c >> 4]);
		str_addc(keys, digits[(unsigned char)*c & 15]);
	}
	str_addf(keys, "\",%zu]", key->properties_max);
}

enum error
event_find(struct db *db, struct arena *arena, const struct event_key *keys,
    size_t key_count, struct stored_event **events_out, size_t *count_out)
{
	struct str text = str_new(arena, KEYS_TEXT_MAX);
	struct query query;
	size_t i;

	*count_out = 0;
	if (key_count == 0)
		return OK;
	for (i = 0; i < key_count; i++)
		add_key(&text, &keys[i]);
	str_addc(&text, ']');
	query_begin(&query, db, SET_EVENT, FIND);
	query_text(&query, text.data);
	return take_events(&query, arena, events_out, count_out);
}

enum error
event_get(struct db *db, struct arena *arena, int64_t application,
    const char *id, struct event *event_out)
{
	const struct event_key key = {application, id, PROPERTIES_ALL};
	struct stored_event *events;
	size_t count;
	enum error error;

	error = event_find(db, arena, &key, 1, &events, &count);
	if (error != OK)
		return error;
	if (count == 0)
		return ERR_EVENT_NOT_FOUND;
	*event_out = events[0].event;
	return OK;
}

static void
begin_list(struct query *query, struct db *db, size_t statement,
    const struct event_filter *filter)
{
	query_begin(query, db, SET_EVENT, statement);
	query_int(query, filter->application);
	query_int(query, filter->from);
	query_int(query, filter->to);
	query_text(query, filter->event_type);
	query_text(query, filter->event_type);
}

static enum error
list_user(struct db *db, struct arena *arena, const struct event_filter *filter,
    struct stored_event **events_out, size_t *count_out)
{
	struct query query;
	int64_t user;
	enum error error =
	    user_find(db, filter->application, filter->username, &user);

	*count_out = 0;
	if (error != OK)
		return error == ERR_USER_NOT_FOUND ? OK : error;
	begin_list(&query, db, LIST_USER, filter);
	query_int(&query, filter->before);
	query_int(&query, user);
	query_int(&query, filter->limit);
	return take_events(&query, arena, events_out, count_out);
}

static enum error
list_all(struct db *db, struct arena *arena, const struct event_filter *filter,
    struct stored_event **events_out, size_t *count_out)
{
	struct query query;

	begin_list(&query, db, filter->by_time ? LIST_PERIOD : LIST, filter);
	if (filter->by_time) {
		query_int(&query, filter->before_time);
		query_int(&query, filter->before_time);
	}
	query_int(&query, filter->before);
	query_int(&query, filter->limit);
	return take_events(&query, arena, events_out, count_out);
}

enum error
event_list(struct db *db, struct arena *arena,
    const struct event_filter *filter, struct event **events_out,
    size_t *count_out)
{
	struct stored_event *stored;
	struct event *events;
	size_t count, i;
	enum error error = filter->username != NULL
	    ? list_user(db, arena, filter, &stored, &count)
	    : list_all(db, arena, filter, &stored, &count);

	if (error != OK)
		return error;
	events = arena_array(arena, count + 1, sizeof(*events));
	for (i = 0; i < count; i++)
		events[i] = stored[i].event;
	*events_out = events;
	*count_out = count;
	return OK;
}

static bool
same_text(const char *left, const char *right)
{
	if (left == NULL || right == NULL)
		return left == right;
	return strcmp(left, right) == 0;
}

/* Members in another order say the same. */
static bool
same_properties(const char *left, const char *right)
{
	struct json_object *a, *b;
	bool same;

	if (same_text(left, right))
		return true;
	if (left == NULL || right == NULL)
		return false;
	a = json_tokener_parse(left);
	b = json_tokener_parse(right);
	same = json_object_equal(a, b) != 0;
	json_object_put(a);
	json_object_put(b);
	return same;
}

bool
event_same_content(const struct event *stored, const struct event *sent)
{
	return strcmp(stored->username, sent->username) == 0 &&
	    strcmp(stored->event_type, sent->event_type) == 0 &&
	    stored->timestamp_given == sent->timestamp_given &&
	    (!sent->timestamp_given || stored->timestamp == sent->timestamp) &&
	    same_text(stored->timestamp_sent, sent->timestamp_sent) &&
	    same_properties(stored->properties, sent->properties);
}
