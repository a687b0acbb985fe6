/* ingest_write: what an event transaction writes */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "db/db.h"
#include "db/query.h"
#include "ingest/batch.h"
#include "store/award.h"
#include "store/standing.h"

enum {
	INSERT_EVENTS,
	WRITE_USERS,
	DELETE_USERS,
	MARK_SCALES,
	MARK_BADGES,
	STATEMENTS
};

#define MARK(table)                                                      \
	"UPDATE JSON_TABLE(?, '$[*]' COLUMNS ("                          \
	" a INT UNSIGNED PATH '$[0]', i BIGINT PATH '$[1]')) k"          \
	" STRAIGHT_JOIN " table " t FORCE INDEX (PRIMARY) ON t.id = k.i" \
	" AND t.application_id = k.a SET t.given = TRUE"

static const char *const texts[STATEMENTS] = {
    [INSERT_EVENTS] =
        "INSERT INTO event (application_id, id, previous, number, version,"
        " timestamp, timestamp_given, timestamp_sent, username, event_id,"
        " event_type, awards, properties, ahead)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULLIF(?, 0))",
    /* The rows are there; as an INSERT, one run is enough for all of them. */
    [WRITE_USERS] =
        "INSERT INTO user (application_id, username, events, entries,"
        " replays, created_at, last_event, standing, ahead)"
        " VALUES (?, ?, ?, ?, ?, 0, ?, ?, NULLIF(?, 0))"
        " ON DUPLICATE KEY UPDATE events = VALUES(events),"
        " entries = VALUES(entries), replays = replays + VALUES(replays),"
        " last_event = VALUES(last_event), standing = VALUES(standing),"
        " ahead = VALUES(ahead)",
    [DELETE_USERS] = "DELETE FROM user WHERE application_id = ?"
                     " AND username = ? AND events = 0",
    [MARK_SCALES] = MARK("point_scale"),
    [MARK_BADGES] = MARK("badge"),
};
const struct statement_set ingest_write_statements = {texts, STATEMENTS};

/* Bytes of one statement: well below the server's max_allowed_packet. */
enum { PIECE_SIZE_MAX = 4 << 20, KEYS_TEXT_MAX = 64 << 20 };

/* Of a bulk statement, as the array that it is bound to: one of the three. */
struct column {
	int64_t *ints;
	const char **texts;
	struct bytes *bytes;
};

struct rows {
	struct bulk bulk;
	size_t statement;
	bool sent;
	size_t count;
	size_t max;
	struct column *columns; /* in the statement's order */
	size_t column_count;
};

/* types: one letter a column, 'i', 't' or 'b', in the statement's order. */
static void
rows_init(struct rows *rows, struct batch *batch, const char *types, size_t max)
{
	struct column *column;

	*rows = (struct rows) {.max = max, .column_count = strlen(types)};
	rows->columns = arena_array(
	    batch->arena, rows->column_count, sizeof(*rows->columns));
	for (column = rows->columns; *types != '\0'; types++, column++)
		if (*types == 'i')
			column->ints =
			    arena_array(batch->arena, max + 1, sizeof(int64_t));
		else if (*types == 't')
			column->texts =
			    arena_array(batch->arena, max + 1, sizeof(char *));
		else
			column->bytes = arena_array(
			    batch->arena, max + 1, sizeof(struct bytes));
}

/* One piece of the rows. */
static void
rows_bind(struct rows *rows, struct batch *batch, size_t first, size_t count)
{
	size_t i;

	bulk_begin(&rows->bulk, batch->db, batch->arena, SET_INGEST_WRITE,
	    rows->statement, count);
	for (i = 0; i < rows->column_count; i++)
		if (rows->columns[i].ints != NULL)
			bulk_int(&rows->bulk, rows->columns[i].ints + first);
		else if (rows->columns[i].texts != NULL)
			bulk_text(&rows->bulk, rows->columns[i].texts + first);
		else
			bulk_bytes(&rows->bulk, rows->columns[i].bytes + first);
}

static size_t
row_size(const struct rows *rows, size_t n)
{
	size_t size = rows->column_count * sizeof(int64_t), i;

	for (i = 0; i < rows->column_count; i++)
		if (rows->columns[i].texts != NULL &&
		    rows->columns[i].texts[n] != NULL)
			size += strlen(rows->columns[i].texts[n]);
		else if (rows->columns[i].bytes != NULL)
			size += rows->columns[i].bytes[n].len;
	return size;
}

/* How many rows from first on fit into one piece: one at least. */
static size_t
piece_of(const struct rows *rows, size_t first)
{
	size_t size = 0, n;

	for (n = first; n < rows->count; n++) {
		size += row_size(rows, n);
		if (n > first && size > PIECE_SIZE_MAX)
			break;
	}
	return n - first;
}

/*
 * What is too large for one piece is not sent ahead, and nothing behind it:
 * answers come in the order of the statements.
 */
static void
rows_send(struct rows *rows, struct batch *batch, size_t statement)
{
	rows->statement = statement;
	batch->ahead &= piece_of(rows, 0) == rows->count;
	rows->sent = batch->ahead;
	if (!rows->sent)
		return;
	rows_bind(rows, batch, 0, rows->count);
	bulk_send(&rows->bulk);
}

static enum error
rows_write(struct rows *rows, struct batch *batch)
{
	enum error error = OK;
	size_t first, count;

	if (rows->sent)
		return bulk_run(&rows->bulk);
	for (first = 0; first < rows->count && error == OK; first += count) {
		count = piece_of(rows, first);
		rows_bind(rows, batch, first, count);
		error = bulk_run(&rows->bulk);
	}
	return error;
}

static void
send_events(struct batch *batch, struct rows *rows)
{
	size_t i, n;

	rows_init(rows, batch, "iiiiiiittttbti", batch->item_count);
	for (i = 0; i < batch->item_count; i++) {
		const struct batch_item *item = &batch->items[i];
		const struct event *event = &item->event->event;

		if (!item->write)
			continue;
		n = rows->count++;
		rows->columns[0].ints[n] = item->app->application;
		rows->columns[1].ints[n] = event->row;
		rows->columns[2].ints[n] = item->previous;
		rows->columns[3].ints[n] = item->number;
		rows->columns[4].ints[n] = item->app->version;
		rows->columns[5].ints[n] = event->timestamp;
		rows->columns[6].ints[n] = event->timestamp_given;
		rows->columns[7].texts[n] = event->timestamp_sent;
		rows->columns[8].texts[n] = event->username;
		rows->columns[9].texts[n] = event->id;
		rows->columns[10].texts[n] = event->event_type;
		rows->columns[11].bytes[n] = awards_pack(batch->arena,
		    item->awards, item->award_count, item->entries_before);
		rows->columns[12].texts[n] = event->properties;
		rows->columns[13].ints[n] = event->ahead;
	}
	rows_send(rows, batch, INSERT_EVENTS);
}

/* What a rule has given for the first time. */
struct given {
	int64_t application;
	int64_t id; /* of a point scale or a badge */
};

struct givens {
	struct given *list;
	size_t count;
};

static int
compare_givens(const void *left, const void *right)
{
	const struct given *a = left, *b = right;

	if (a->application != b->application)
		return a->application < b->application ? -1 : 1;
	return (a->id > b->id) - (a->id < b->id);
}

static void
add_given(struct givens *givens, int64_t application, int64_t id)
{
	if (id != 0)
		givens->list[givens->count++] =
		    (struct given) {application, id};
}

/* Each once; locked in the order of their ids, as everybody does. */
static const char *
givens_text(struct arena *arena, struct givens *givens)
{
	struct str text = str_new(arena, KEYS_TEXT_MAX);
	size_t i;

	qsort(
	    givens->list, givens->count, sizeof(*givens->list), compare_givens);
	for (i = 0; i < givens->count; i++)
		if (i == 0 ||
		    compare_givens(&givens->list[i - 1], &givens->list[i]) != 0)
			str_addf(&text, "%c[%lld,%lld]", i == 0 ? '[' : ',',
			    (long long)givens->list[i].application,
			    (long long)givens->list[i].id);
	str_addc(&text, ']');
	return text.data;
}

static enum error
mark(struct batch *batch, size_t statement, struct givens *givens)
{
	struct query query;

	if (givens->count == 0)
		return OK;
	query_begin(&query, batch->db, SET_INGEST_WRITE, statement);
	query_text(&query, givens_text(batch->arena, givens));
	return query_finish(&query);
}

/* Whether all that the award's rule refers to is known to be marked. */
static bool *
mark_of(const struct batch_item *item, size_t award)
{
	const struct app_rules *app = item->app;

	return &app->given[item->awards[award].rule - app->rules];
}

/* What the item gave and is not known to be marked. */
static void
collect_givens(
    struct batch *batch, const struct batch_item *item, struct givens givens[])
{
	const struct reference *reference;
	const struct rule *rule;
	enum reference_kind kind;
	size_t at, i;

	for (i = 0; i < item->award_count; i++) {
		if (*mark_of(item, i))
			continue;
		batch->given[batch->given_count++] = mark_of(item, i);
		rule = item->awards[i].rule;
		at = 0;
		while ((reference = rule_reference(rule, &at, &kind)) != NULL)
			add_given(&givens[kind], item->app->application,
			    reference->id);
	}
}

/* Nearly always none: for more there is no need to have memory. */
static size_t
count_unmarked(const struct batch *batch)
{
	const struct batch_item *item = batch->items;
	const struct batch_item *end = item + batch->item_count;
	size_t count = 0, i;

	for (; item < end; item++)
		for (i = 0; item->write && i < item->award_count; i++)
			count += !*mark_of(item, i);
	return count;
}

/* Once for each rule, and then never again: see app_rules.given. */
static enum error
mark_all_given(struct batch *batch)
{
	const size_t awards = count_unmarked(batch) + 1;
	const size_t references = awards * rule_reference_max();
	struct givens givens[] = {
	    [REFERENCE_POINT_SCALE] = {arena_array(
	        batch->arena, references, sizeof(struct given))},
	    [REFERENCE_BADGE] = {arena_array(
	        batch->arena, references, sizeof(struct given))},
	};
	enum error error;
	size_t i;

	batch->given = arena_array(batch->arena, awards, sizeof(*batch->given));
	for (i = 0; i < batch->item_count; i++)
		if (batch->items[i].write)
			collect_givens(batch, &batch->items[i], givens);
	error = mark(batch, MARK_SCALES, &givens[REFERENCE_POINT_SCALE]);
	return error == OK ? mark(batch, MARK_BADGES, &givens[REFERENCE_BADGE])
	                   : error;
}

static void
add_user(struct rows *rows, const struct batch_user *user)
{
	size_t n = rows->count++;

	rows->columns[0].ints[n] = user->application;
	rows->columns[1].texts[n] = user->username;
	rows->columns[2].ints[n] = user->events;
	rows->columns[3].ints[n] = user->entries;
	rows->columns[4].ints[n] = user->replays;
	rows->columns[5].ints[n] = user->last_event;
	rows->columns[6].bytes[n] =
	    standing_pack(&user->state, user->rules->rules, user->rules->count);
	rows->columns[7].ints[n] = user->ahead;
}

/* A user without events was made by this transaction, for a refused event. */
static void
send_users(struct batch *batch, struct rows *kept, struct rows *empty)
{
	size_t i, n;

	rows_init(kept, batch, "itiiiibi", batch->user_count);
	rows_init(empty, batch, "it", batch->user_count);
	for (i = 0; i < batch->user_count; i++) {
		const struct batch_user *user = &batch->users[i];

		if (user->events != 0 || user->standing_size != 0) {
			if (user->wanted)
				add_user(kept, user);
			continue;
		}
		n = empty->count++;
		empty->columns[0].ints[n] = user->application;
		empty->columns[1].texts[n] = user->username;
	}
	rows_send(kept, batch, WRITE_USERS);
	rows_send(empty, batch, DELETE_USERS);
}

/* All is sent before the first answer is waited for; each is waited for. */
enum error
batch_write(struct batch *batch)
{
	struct rows events, users, empty;
	struct rows *const sent[] = {&events, &users, &empty};
	enum error error = OK, result;
	size_t i;

	batch->ahead = true;
	send_events(batch, &events);
	send_users(batch, &users, &empty);
	for (i = 0; i < sizeof(sent) / sizeof(sent[0]); i++) {
		result = error == OK || sent[i]->sent
		    ? rows_write(sent[i], batch)
		    : OK;
		if (error == OK)
			error = result;
	}
	return error == OK ? mark_all_given(batch) : error;
}
