/* event: what was stored of events, and what they gave */
#include "store/event.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/str.h"
#include "db/db.h"
#include "db/query.h"
#include "store/user.h"

enum {
	FIND,
	AWARDS,
	LIST,
	LIST_PERIOD,
	CHAIN,
	CHAIN_AWARDS,
	PREVIOUS,
	STATEMENTS
};

/*
 * Lists of keys go to the server as one JSON parameter: one statement, prepared
 * once, for any number of them. Bytes are in hexadecimal, so what a client
 * sent is never part of the JSON's syntax. Text that is too long for its column
 * there is cut off: one byte more than any id has, so that it is none.
 */
#define COLUMNS(sent, properties, awards)                          \
	"SELECT e.application_id, e.id, e.event_id, e.username,"   \
	" e.event_type, e.timestamp, e.timestamp_given, " sent "," \
	" " properties ", " awards                                 \
	", IFNULL(OCTET_LENGTH(e.awards), 0), e.previous"          \
	", IFNULL(e.ahead, 0)"
#define LIST_FROM(index)                                                   \
	COLUMNS("e.timestamp_sent", "e.properties", "e.awards")            \
	" FROM event e FORCE INDEX (" index ") WHERE e.application_id = ?" \
	" AND e.timestamp >= ? AND e.timestamp < ?"                        \
	" AND (? IS NULL OR e.event_type = ?)"

/*
 * Each step is one look into the primary key.
 *
 * Where lists of keys are joined, the index is named: from 11.0 on the server
 * reads the whole application for each key while its statistics, which are of a
 * while ago, say that one has a row or two.
 */
#define CHAIN_OF(columns)                                                    \
	"WITH RECURSIVE chain AS (SELECT CAST(? AS SIGNED) AS id, 1 AS n"    \
	" UNION ALL SELECT p.previous, c.n + 1 FROM chain c"                 \
	" STRAIGHT_JOIN event p ON p.application_id = ? AND p.id = c.id"     \
	" WHERE c.n < ?) " columns " FROM chain"                             \
	" STRAIGHT_JOIN event e ON e.application_id = ? AND e.id = chain.id" \
	" ORDER BY chain.n"
#define IF_PASSES(column)                                   \
	"IF(e.timestamp >= ? AND e.timestamp < ? AND (? IS" \
	" NULL OR e.event_type = ?), " column ", NULL)"

/* Of events that are looked up by their ids. */
#define KNOWN_PROPERTIES \
	"IF(OCTET_LENGTH(e.properties) > k.p, '!', e.properties)"
#define KNOWN_AWARDS "IF(OCTET_LENGTH(e.awards) > ?, NULL, e.awards)"
#define KNOWN_BY_KEYS                                      \
	" FROM JSON_TABLE(?, '$[*]' COLUMNS ("             \
	" a INT UNSIGNED PATH '$[0]',"                     \
	" i VARCHAR(382) CHARACTER SET ascii PATH '$[1]'," \
	" p BIGINT PATH '$[2]')) k STRAIGHT_JOIN event e"  \
	" FORCE INDEX (event_id)"                          \
	" ON e.application_id = k.a AND e.event_id = UNHEX(k.i)"

static const char *const texts[STATEMENTS] = {
    [FIND] = COLUMNS("e.timestamp_sent", KNOWN_PROPERTIES, KNOWN_AWARDS)
        KNOWN_BY_KEYS,
    [AWARDS] = "SELECT k.n, e.awards FROM JSON_TABLE(?, '$[*]' COLUMNS ("
               " n INT PATH '$[0]', a INT UNSIGNED PATH '$[1]',"
               " i BIGINT PATH '$[2]')) k STRAIGHT_JOIN event e"
               " FORCE INDEX (PRIMARY) ON e.application_id = k.a"
               " AND e.id = k.i",
    [LIST] = LIST_FROM("PRIMARY") " AND e.id < ? ORDER BY e.id DESC LIMIT ?",
    [LIST_PERIOD] =
        LIST_FROM("timestamp") " AND e.timestamp <= ?"
                               " AND (e.timestamp < ? OR e.id < ?)"
                               " ORDER BY e.timestamp DESC, e.id DESC LIMIT ?",
    [CHAIN] = CHAIN_OF(COLUMNS(IF_PASSES("e.timestamp_sent"),
        IF_PASSES("e.properties"), IF_PASSES("e.awards"))),
    [CHAIN_AWARDS] = CHAIN_OF(
        COLUMNS("CAST(NULL AS CHAR)", "CAST(NULL AS CHAR)", "e.awards")),
    [PREVIOUS] = "SELECT IF(username = ?, previous, 0) FROM event"
                 " WHERE application_id = ? AND id = ?",
};
const struct statement_set event_statements = {texts, STATEMENTS};

enum {
	KEYS_TEXT_MAX = 64 << 20,
	PROPERTIES_ALL = 1 << 30,
	AWARDS_ALL = 1 << 30,
};

/* Bytes of an award in an answer, without its names. */
enum { AWARD_SIZE = 150 };

/*
 * Half of what an answer may have: one event more, of which no part of the API
 * takes more than 4 MiB, has a place in the other half.
 */
const struct event_budget event_page_budget = {
    .text = 16 << 20, .awards = 1 << 16};

int64_t
event_received_at(const struct event *event)
{
	return event->row / EVENT_WRITERS - event->ahead;
}

size_t
event_award_size(size_t names)
{
	return AWARD_SIZE + 2 * names;
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
	stored->packed = query_take_bytes(query, arena);
	stored->awards_size = (size_t)query_take_int(query);
	event->previous = query_take_int(query);
	event->ahead = query_take_int(query);
}

bool
event_budget_is_spent(const struct event_budget *budget)
{
	return budget->text <= 0 || budget->awards <= 0;
}

/*
 * Runs a query for at most max events, as far as the budget goes. Their awards
 * are still to be unpacked.
 */
static enum error
take_page(struct query *query, struct arena *arena, int64_t max,
    struct event_budget *budget, struct stored_event **events_out,
    size_t *count_out)
{
	struct stored_event *events =
	    arena_array(arena, (size_t)max + 1, sizeof(*events));
	size_t count = 0, taken = 0;
	enum error error;

	query_stream(query);
	while (!event_budget_is_spent(budget) && query_next(query)) {
		take_event(query, arena, &events[count]);
		budget->text -= (int64_t)(query->text - taken);
		budget->awards -= (int64_t)awards_count(events[count++].packed);
		budget->events++;
		taken = query->text;
	}
	/* The next page goes on where the time was up. */
	if (query->error == ERR_TOO_SLOW && count > 0) {
		query->error = OK;
		budget->text = 0;
	}
	error = query_end(query);
	if (error != OK)
		return error;
	*events_out = events;
	*count_out = count;
	return OK;
}

/* Runs a query for events that are asked for by their ids. */
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
	if (error != OK)
		return error;
	*events_out = events;
	*count_out = count;
	return OK;
}

static void
add_key(struct str *keys, const struct event_key *key)
{
	str_addf(keys, "%c[%lld,\"", keys->len == 0 ? '[' : ',',
	    (long long)key->application);
	str_add_hex(keys, key->id);
	str_addf(keys, "\",%zu]", key->properties_max);
}

void
event_find_send(struct db *db, struct arena *arena,
    const struct event_key *keys, size_t key_count, size_t awards_max,
    struct query *query_out)
{
	struct str text = str_new(arena, KEYS_TEXT_MAX);
	size_t i;

	for (i = 0; i < key_count; i++)
		add_key(&text, &keys[i]);
	str_addc(&text, ']');
	query_begin(query_out, db, SET_EVENT, FIND);
	query_int(query_out, (int64_t)awards_max);
	query_text(query_out, text.data);
	query_send(query_out);
}

enum error
event_find_take(struct query *query, struct arena *arena,
    struct stored_event **events_out, size_t *count_out)
{
	return take_events(query, arena, events_out, count_out);
}

/* Which of them have not brought their awards along: [number,app,row] each. */
static const char *
awards_to_read(
    struct arena *arena, const struct stored_event *events, size_t count)
{
	struct str text = str_new(arena, KEYS_TEXT_MAX);
	size_t i;

	for (i = 0; i < count; i++)
		if (events[i].wanted && events[i].awards_size > 0 &&
		    events[i].packed.data == NULL)
			str_addf(&text, "%c[%zu,%lld,%lld]",
			    text.len == 0 ? '[' : ',', i,
			    (long long)events[i].application,
			    (long long)events[i].event.row);
	if (text.len == 0)
		return NULL;
	str_addc(&text, ']');
	return text.data;
}

static enum error
read_awards(struct db *db, struct arena *arena, struct stored_event *events,
    size_t count)
{
	const char *keys = awards_to_read(arena, events, count);
	struct query query;
	int64_t n;

	if (keys == NULL)
		return OK;
	query_begin(&query, db, SET_EVENT, AWARDS);
	query_text(&query, keys);
	query_run(&query);
	while (query_next(&query)) {
		n = query_take_int(&query);
		events[n].packed = query_take_bytes(&query, arena);
	}
	return query_end(&query);
}

enum error
event_find_awards(struct db *db, struct arena *arena,
    struct stored_event *events, size_t count)
{
	enum error error = read_awards(db, arena, events, count);

	return error == OK ? event_name_awards(db, arena, events, count)
	                   : error;
}

enum error
event_get(struct db *db, struct arena *arena, int64_t application,
    const char *id, struct event *event_out)
{
	const struct event_key key = {application, id, PROPERTIES_ALL};
	struct stored_event *events;
	struct query query;
	size_t count;
	enum error error;

	event_find_send(db, arena, &key, 1, AWARDS_ALL, &query);
	error = event_find_take(&query, arena, &events, &count);
	if (error == OK)
		error = event_find_awards(db, arena, events, count);
	if (error != OK)
		return error;
	if (count == 0)
		return ERR_EVENT_NOT_FOUND;
	*event_out = events[0].event;
	return OK;
}

static void
bind_filter(struct query *query, const struct event_filter *filter)
{
	query_int(query, filter->from);
	query_int(query, filter->to);
	query_text(query, filter->event_type);
	query_text(query, filter->event_type);
}

/* A list while it grows. */
struct growing_list {
	struct stored_event *events;
	size_t count;
	struct event_budget budget;
	/* Of one user's. */
	int64_t piece;
	int64_t next; /* the row to go on with, 0: that was all */
	int64_t last; /* the last that was looked at */
};

static enum error
list_all(struct db *db, struct arena *arena, const struct event_filter *filter,
    struct growing_list *list)
{
	struct query query;

	query_begin(
	    &query, db, SET_EVENT, filter->by_time ? LIST_PERIOD : LIST);
	query_int(&query, filter->application);
	bind_filter(&query, filter);
	if (filter->by_time) {
		query_int(&query, filter->before_time);
		query_int(&query, filter->before_time);
	}
	query_int(&query, filter->before);
	query_int(&query, filter->limit);
	return take_page(&query, arena, filter->limit, &list->budget,
	    &list->events, &list->count);
}

enum error
event_chain(struct db *db, struct arena *arena, int64_t application,
    const struct event_filter *filter, int64_t first, int64_t count,
    struct event_budget *budget, struct stored_event **events_out,
    size_t *count_out)
{
	struct query query;

	query_begin(
	    &query, db, SET_EVENT, filter != NULL ? CHAIN : CHAIN_AWARDS);
	query_int(&query, first);
	query_int(&query, application);
	query_int(&query, count);
	if (filter != NULL) {
		bind_filter(&query, filter);
		bind_filter(&query, filter);
		bind_filter(&query, filter);
	}
	query_int(&query, application);
	return take_page(&query, arena, count, budget, events_out, count_out);
}

enum error
event_previous(struct db *db, int64_t application, const char *username,
    int64_t row, int64_t *previous_out)
{
	struct query query;
	int64_t previous = 0;
	enum error error;

	query_begin(&query, db, SET_EVENT, PREVIOUS);
	query_text(&query, username);
	query_int(&query, application);
	query_int(&query, row);
	query_run(&query);
	if (query_next(&query))
		previous = query_take_int(&query);
	error = query_end(&query);
	if (error == OK)
		*previous_out = previous;
	return error;
}

static bool
passes(const struct event_filter *filter, const struct event *event)
{
	return event->timestamp >= filter->from &&
	    event->timestamp < filter->to &&
	    (filter->event_type == NULL ||
	        strcmp(event->event_type, filter->event_type) == 0);
}

enum { FIRST_PIECE = 16 };

int64_t
event_first_piece(int64_t limit)
{
	return limit < FIRST_PIECE ? limit : FIRST_PIECE;
}

int64_t
event_next_piece(int64_t piece, const struct event_budget *budget)
{
	const int64_t text = event_page_budget.text - budget->text;
	const int64_t fit = budget->text / (text / (budget->events + 1) + 1);
	const int64_t wanted =
	    2 * piece < EVENT_CHAIN_MAX ? 2 * piece : EVENT_CHAIN_MAX;

	return fit < 1 ? 1 : fit < wanted ? fit : wanted;
}

/* Goes on with a piece of the chain. */
static enum error
list_piece(struct db *db, struct arena *arena,
    const struct event_filter *filter, struct growing_list *list)
{
	struct stored_event *events;
	size_t count, i;
	enum error error = event_chain(db, arena, filter->application, filter,
	    list->next, list->piece, &list->budget, &events, &count);

	list->next = 0;
	list->piece = event_next_piece(list->piece, &list->budget);
	for (i = 0;
	     error == OK && i < count && list->count < (size_t)filter->limit;
	     i++) {
		list->last = events[i].event.row;
		list->next = events[i].event.previous;
		if (passes(filter, &events[i].event))
			list->events[list->count++] = events[i];
	}
	return error;
}

static enum error
list_user(struct db *db, struct arena *arena, const struct event_filter *filter,
    struct growing_list *list)
{
	const int64_t until = clock_monotonic() + EVENT_CHAIN_TIME;
	enum error error = user_newest(db, filter->application,
	    filter->username, filter->before, &list->next);

	if (error == ERR_USER_NOT_FOUND)
		return OK;
	list->events = arena_array(
	    arena, (size_t)filter->limit + 1, sizeof(*list->events));
	list->piece = event_first_piece(filter->limit);
	/* Each page gets on by one piece at least. */
	while (error == OK && list->next != 0 &&
	    list->count < (size_t)filter->limit &&
	    !event_budget_is_spent(&list->budget) &&
	    (list->last == 0 || clock_monotonic() < until))
		error = list_piece(db, arena, filter, list);
	return error;
}

enum error
event_list(struct db *db, struct arena *arena,
    const struct event_filter *filter, struct event_list *list_out)
{
	struct growing_list list = {.budget = event_page_budget};
	enum error error = filter->username != NULL
	    ? list_user(db, arena, filter, &list)
	    : list_all(db, arena, filter, &list);
	size_t i;

	if (error == OK)
		error = event_name_awards(db, arena, list.events, list.count);
	if (error != OK)
		return error;
	list_out->events =
	    arena_array(arena, list.count + 1, sizeof(*list_out->events));
	for (i = 0; i < list.count; i++)
		list_out->events[i] = list.events[i].event;
	list_out->count = list.count;
	list_out->cut_at = list.next != 0 && list.count < (size_t)filter->limit
	    ? list.last
	    : 0;
	list_out->more =
	    list_out->cut_at != 0 || event_budget_is_spent(&list.budget);
	return OK;
}
