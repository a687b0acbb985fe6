/* ingest_batch: the statements of an event transaction */
#include "store/ingest_batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "store/db.h"
#include "store/statements.h"

enum {
	LOCK_APP,
	LOCK_APPS,
	LOCK_1_USER,
	LOCK_4_USERS,
	LOCK_16_USERS,
	LOCK_64_USERS,
	STATE_FIRST,
	READ_BALANCES = STATE_FIRST,
	READ_COUNTS,
	READ_BADGES,
	INSERT_EVENTS,
	INSERT_ENTRIES,
	WRITE_BALANCES,
	WRITE_COUNTS,
	INSERT_BADGES,
	UPDATE_USERS,
	DELETE_USERS,
	STATEMENTS
};

/*
 * Creates the users or, where they exist, changes nothing; either way the rows
 * are locked, in the order of the values, and come back. Selecting a missing
 * row FOR UPDATE instead would lock a gap and deadlock two first events.
 */
#define USER_1  "(?, ?, 0, 0, 0, ?, 0)"
#define USER_4  USER_1 "," USER_1 "," USER_1 "," USER_1
#define USER_16 USER_4 "," USER_4 "," USER_4 "," USER_4
#define USER_64 USER_16 "," USER_16 "," USER_16 "," USER_16
#define LOCK_USERS(values)                                             \
	"INSERT INTO user (application_id, username, events, entries," \
	" replays, created_at, last_event_at) VALUES " values          \
	" ON DUPLICATE KEY UPDATE events = events"                     \
	" RETURNING id, events, entries, last_event_at"
#define READ_STATE(ref, value, table)                                      \
	"SELECT k.i, k.r, t." value " FROM JSON_TABLE(?, '$[*]' COLUMNS (" \
	" i INT PATH '$[0]', a INT UNSIGNED PATH '$[1]',"                  \
	" u BIGINT PATH '$[2]', r INT UNSIGNED PATH '$[3]')) k"            \
	" STRAIGHT_JOIN " table " t ON t.application_id = k.a"             \
	" AND t.user_id = k.u AND t." ref " = k.r"

static const char *const texts[STATEMENTS] = {
    [LOCK_APP] = "SELECT 0, version, classic FROM application WHERE id = ?"
                 " LOCK IN SHARE MODE",
    [LOCK_APPS] =
        "SELECT k.i, a.version, a.classic FROM JSON_TABLE(?, '$[*]' COLUMNS ("
        " i INT PATH '$[0]', a INT UNSIGNED PATH '$[1]')) k"
        " STRAIGHT_JOIN application a ON a.id = k.a LOCK IN SHARE MODE",
    [LOCK_1_USER] = LOCK_USERS(USER_1),
    [LOCK_4_USERS] = LOCK_USERS(USER_4),
    [LOCK_16_USERS] = LOCK_USERS(USER_16),
    [LOCK_64_USERS] = LOCK_USERS(USER_64),
    [READ_BALANCES] = READ_STATE("point_scale_id", "points", "balance"),
    [READ_COUNTS] = READ_STATE("rule_id", "count", "rule_count"),
    [READ_BADGES] = READ_STATE("badge_id", "badge_id", "user_badge"),
    [INSERT_EVENTS] =
        "INSERT INTO event (application_id, id, user_id, number, version,"
        " first_entry, entries, badges, timestamp, timestamp_given,"
        " timestamp_sent, event_id, event_type, properties)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [INSERT_ENTRIES] = "INSERT INTO ledger (application_id, user_id, number,"
                       " point_scale_id, points, balance, event, rule_id)"
                       " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    [WRITE_BALANCES] =
        "INSERT INTO balance (application_id, user_id, point_scale_id,"
        " points) VALUES (?, ?, ?, ?)"
        " ON DUPLICATE KEY UPDATE points = VALUES(points)",
    [WRITE_COUNTS] =
        "INSERT INTO rule_count (application_id, user_id, rule_id, count)"
        " VALUES (?, ?, ?, ?)"
        " ON DUPLICATE KEY UPDATE count = VALUES(count)",
    [INSERT_BADGES] =
        "INSERT INTO user_badge (application_id, user_id, badge_id,"
        " event, rule_id) VALUES (?, ?, ?, ?, ?)",
    [UPDATE_USERS] =
        "UPDATE user SET events = ?, entries = ?, last_event_at = ?,"
        " replays = replays + ? WHERE application_id = ? AND username = ?",
    [DELETE_USERS] = "DELETE FROM user WHERE application_id = ?"
                     " AND username = ? AND events = 0",
};
const struct statement_set ingest_statements = {texts, STATEMENTS};

/*
 * Of one statement: bytes of keys that it is asked for, and rows that it
 * writes.
 */
enum { KEYS_TEXT_MAX = 64 << 20, KEYS_TEXT_FULL = 1 << 20, ROWS_MAX = 20000 };

/* How many users each locking statement takes, largest first. */
static const struct {
	size_t users;
	size_t statement;
} lock_sizes[] = {{64, LOCK_64_USERS}, {16, LOCK_16_USERS}, {4, LOCK_4_USERS},
    {1, LOCK_1_USER}};

static const char *
app_keys(const struct batch *batch)
{
	struct str keys = str_new(batch->arena, KEYS_TEXT_MAX);
	size_t i;

	for (i = 0; i < batch->app_count; i++)
		str_addf(&keys, "%c[%zu,%lld]", i == 0 ? '[' : ',', i,
		    (long long)batch->apps[i].id);
	str_addc(&keys, ']');
	return keys.data;
}

enum error
batch_lock_apps(struct batch *batch)
{
	struct batch_app *app;
	struct query query;

	/* Nearly always there is one, and that is faster without a list. */
	if (batch->app_count == 1) {
		query_begin(&query, batch->db, SET_INGEST, LOCK_APP);
		query_int(&query, batch->apps[0].id);
	} else {
		query_begin(&query, batch->db, SET_INGEST, LOCK_APPS);
		query_text(&query, app_keys(batch));
	}
	query_run(&query);
	while (query_next(&query)) {
		app = &batch->apps[query_take_int(&query)];
		app->version = query_take_int(&query);
		app->classic = query_take_bool(&query);
	}
	return query_end(&query);
}

static int
compare_items(const void *left, const void *right)
{
	const struct batch_item *a = *(struct batch_item *const *)left;
	const struct batch_item *b = *(struct batch_item *const *)right;

	if (a->app->application != b->app->application)
		return a->app->application < b->app->application ? -1 : 1;
	return strcmp(a->event->event.username, b->event->event.username);
}

/* The users of the items, each once, in the order of their keys. */
static void
collect_users(struct batch *batch)
{
	struct batch_item **sorted =
	    arena_array(batch->arena, batch->item_count, sizeof(*sorted));
	struct batch_user *user;
	size_t i;

	for (i = 0; i < batch->item_count; i++)
		sorted[i] = &batch->items[i];
	qsort(sorted, batch->item_count, sizeof(*sorted), compare_items);
	batch->users =
	    arena_array(batch->arena, batch->item_count, sizeof(*batch->users));
	for (i = 0; i < batch->item_count; i++) {
		if (i == 0 || compare_items(&sorted[i - 1], &sorted[i]) != 0) {
			user = &batch->users[batch->user_count++];
			user->application = sorted[i]->app->application;
			user->username = sorted[i]->event->event.username;
		}
		sorted[i]->user = batch->user_count - 1;
	}
}

/* Locks up to size users from first on; short of that, the last one again. */
static enum error
lock_some(struct batch *batch, size_t statement, size_t first, size_t size)
{
	struct batch_user *user;
	struct query query;
	size_t i;

	query_begin(&query, batch->db, SET_INGEST, statement);
	for (i = first; i < first + size; i++) {
		user =
		    &batch
		         ->users[i < batch->user_count ? i
		                                       : batch->user_count - 1];
		query_int(&query, user->application);
		query_text(&query, user->username);
		query_int(&query, batch->now);
	}
	query_run(&query);
	for (i = first; i < batch->user_count && query_next(&query); i++) {
		user = &batch->users[i];
		user->id = query_take_int(&query);
		user->events = query_take_int(&query);
		user->entries = query_take_int(&query);
		user->last_event_at = query_take_int(&query);
	}
	return query_end(&query);
}

enum error
batch_lock_users(struct batch *batch)
{
	size_t first = 0, left, kind;
	enum error error = OK;

	collect_users(batch);
	while (first < batch->user_count && error == OK) {
		left = batch->user_count - first;
		/*
		 * The smallest that takes all that are left, else the largest.
		 */
		for (kind = 0; kind < 3 && lock_sizes[kind + 1].users >= left;)
			kind++;
		error = lock_some(batch, lock_sizes[kind].statement, first,
		    lock_sizes[kind].users);
		first += lock_sizes[kind].users;
	}
	return error;
}

/* Adds a key [index, application, user, ref] unless it was asked for before. */
static void
want(struct batch *batch, struct str *keys, enum state_kind kind,
    const struct batch_item *item, int64_t ref)
{
	const struct batch_user *user = &batch->users[item->user];

	if (ref == 0 || user->events == 0 ||
	    !state_want(&batch->state, kind, (int64_t)item->user, ref))
		return;
	str_addf(keys, "%c[%zu,%lld,%lld,%lld]", keys->len == 0 ? '[' : ',',
	    item->user, (long long)user->application, (long long)user->id,
	    (long long)ref);
}

static void
want_item(struct batch *batch, struct str keys[STATE_KINDS],
    const struct batch_item *item)
{
	size_t i;

	for (i = 0; i < item->rule_count; i++) {
		const struct rule *rule = item->rules[i];

		if (!rule->enabled)
			continue;
		want(batch, &keys[STATE_COUNT], STATE_COUNT, item, rule->id);
		want(batch, &keys[STATE_BALANCE], STATE_BALANCE, item,
		    rule->point_scale_id);
		want(batch, &keys[STATE_BADGE], STATE_BADGE, item,
		    rule->badge_id);
	}
}

/* Reads the values of the keys so far, and begins a new list. */
static enum error
read_state(struct batch *batch, enum state_kind kind, struct str *keys)
{
	struct query query;
	int64_t user, ref, value;

	if (keys->len == 0)
		return OK;
	str_addc(keys, ']');
	query_begin(&query, batch->db, SET_INGEST, STATE_FIRST + kind);
	query_text(&query, keys->data);
	query_run(&query);
	while (query_next(&query)) {
		user = query_take_int(&query);
		ref = query_take_int(&query);
		value = query_take_int(&query);
		state_set(&batch->state, kind, user, ref, value);
	}
	keys->len = 0;
	return query_end(&query);
}

/* Reads those lists that are long enough; at the end, all. */
static enum error
read_states(struct batch *batch, struct str keys[STATE_KINDS], size_t enough)
{
	enum error error = OK;
	size_t i;

	for (i = 0; i < STATE_KINDS && error == OK; i++)
		if (keys[i].len >= enough)
			error = read_state(batch, (enum state_kind)i, &keys[i]);
	return error;
}

enum error
batch_load_state(struct batch *batch)
{
	struct str keys[STATE_KINDS];
	enum error error = OK;
	size_t i;

	state_init(&batch->state, batch->arena);
	for (i = 0; i < STATE_KINDS; i++)
		keys[i] = str_new(batch->arena, KEYS_TEXT_MAX);
	for (i = 0; i < batch->item_count && error == OK; i++) {
		want_item(batch, keys, &batch->items[i]);
		error = read_states(batch, keys, KEYS_TEXT_FULL);
	}
	return error == OK ? read_states(batch, keys, 1) : error;
}

/* The columns of a bulk statement, as arrays that it is bound to in order. */
enum { BULK_COLUMNS_MAX = 14 };
struct rows {
	struct bulk bulk;
	size_t count;
	size_t max;
	size_t columns;
	int64_t *ints[BULK_COLUMNS_MAX];
	const char **texts[BULK_COLUMNS_MAX];
};

/* types: one letter a column, 'i' or 't', in the order of the statement. */
static void
rows_init(struct rows *rows, struct batch *batch, const char *types, size_t max)
{
	size_t i;

	*rows = (struct rows) {.max = max, .columns = strlen(types)};
	for (i = 0; i < rows->columns; i++)
		if (types[i] == 'i')
			rows->ints[i] =
			    arena_array(batch->arena, max + 1, sizeof(int64_t));
		else
			rows->texts[i] =
			    arena_array(batch->arena, max + 1, sizeof(char *));
}

/*
 * One piece of the rows: a statement stays below the server's
 * max_allowed_packet.
 */
static enum error
rows_write_some(struct rows *rows, struct batch *batch, size_t statement,
    size_t first, size_t count)
{
	size_t i;

	bulk_begin(
	    &rows->bulk, batch->db, batch->arena, SET_INGEST, statement, count);
	for (i = 0; i < rows->columns; i++)
		if (rows->ints[i] != NULL)
			bulk_int(&rows->bulk, rows->ints[i] + first);
		else
			bulk_text(&rows->bulk, rows->texts[i] + first);
	return bulk_run(&rows->bulk);
}

static enum error
rows_write(struct rows *rows, struct batch *batch, size_t statement)
{
	enum error error = OK;
	size_t first, count;

	for (first = 0; first < rows->count && error == OK; first += count) {
		count = rows->count - first;
		if (count > ROWS_MAX)
			count = ROWS_MAX;
		error = rows_write_some(rows, batch, statement, first, count);
	}
	return error;
}

static enum error
insert_events(struct batch *batch)
{
	struct rows rows;
	size_t i, n;

	rows_init(&rows, batch, "iiiiiiiiiitttt", batch->item_count);
	for (i = 0; i < batch->item_count; i++) {
		const struct batch_item *item = &batch->items[i];
		const struct event *event = &item->event->event;

		if (!item->write)
			continue;
		n = rows.count++;
		rows.ints[0][n] = item->app->application;
		rows.ints[1][n] = event->row;
		rows.ints[2][n] = batch->users[item->user].id;
		rows.ints[3][n] = item->number;
		rows.ints[4][n] = item->app->version;
		rows.ints[5][n] = event->first_entry;
		rows.ints[6][n] = event->entries;
		rows.ints[7][n] = event->badges;
		rows.ints[8][n] = event->timestamp;
		rows.ints[9][n] = event->timestamp_given;
		rows.texts[10][n] = event->timestamp_sent;
		rows.texts[11][n] = event->id;
		rows.texts[12][n] = event->event_type;
		rows.texts[13][n] = event->properties;
	}
	return rows_write(&rows, batch, INSERT_EVENTS);
}

static void
add_entry(struct rows *rows, const struct batch *batch,
    const struct batch_item *item, const struct award *award, int64_t number)
{
	size_t n = rows->count++;

	rows->ints[0][n] = item->app->application;
	rows->ints[1][n] = batch->users[item->user].id;
	rows->ints[2][n] = number;
	rows->ints[3][n] = award->rule->point_scale_id;
	rows->ints[4][n] = award->rule->points;
	rows->ints[5][n] = award->balance;
	rows->ints[6][n] = item->event->event.row;
	rows->ints[7][n] = award->rule->id;
}

static void
add_badge(struct rows *rows, const struct batch *batch,
    const struct batch_item *item, const struct award *award)
{
	size_t n = rows->count++;

	rows->ints[0][n] = item->app->application;
	rows->ints[1][n] = batch->users[item->user].id;
	rows->ints[2][n] = award->rule->badge_id;
	rows->ints[3][n] = item->event->event.row;
	rows->ints[4][n] = award->rule->id;
}

static enum error
insert_awards(struct batch *batch)
{
	struct rows entries, badges;
	size_t total = 0, i, k;
	enum error error;

	for (i = 0; i < batch->item_count; i++)
		total += batch->items[i].award_count;
	rows_init(&entries, batch, "iiiiiiii", total);
	rows_init(&badges, batch, "iiiii", total);
	for (i = 0; i < batch->item_count; i++) {
		const struct batch_item *item = &batch->items[i];
		int64_t number = item->event->event.first_entry;

		if (!item->write)
			continue;
		for (k = 0; k < item->award_count; k++) {
			if (item->awards[k].rule->point_scale_id != 0)
				add_entry(&entries, batch, item,
				    &item->awards[k], number++);
			if (item->awards[k].badge_won)
				add_badge(
				    &badges, batch, item, &item->awards[k]);
		}
	}
	error = rows_write(&entries, batch, INSERT_ENTRIES);
	if (error == OK)
		error = rows_write(&badges, batch, INSERT_BADGES);
	return error;
}

/* Balances or counts that have changed. Badges have rows of their own. */
static enum error
write_state(struct batch *batch, enum state_kind kind, size_t statement)
{
	const struct state_slot *slot;
	const struct batch_user *user;
	struct rows rows;
	size_t n;

	rows_init(&rows, batch, "iiii", batch->state.used);
	for (slot = batch->state.first_changed; slot != NULL;
	     slot = slot->next_changed) {
		if (slot->kind != kind)
			continue;
		n = rows.count++;
		user = &batch->users[slot->user];
		rows.ints[0][n] = user->application;
		rows.ints[1][n] = user->id;
		rows.ints[2][n] = slot->ref;
		rows.ints[3][n] = slot->value;
	}
	return rows_write(&rows, batch, statement);
}

/* A user without events was made by this transaction, for a refused event. */
static enum error
write_users(struct batch *batch)
{
	struct rows kept, empty;
	enum error error;
	size_t i, n;

	rows_init(&kept, batch, "iiiiit", batch->user_count);
	rows_init(&empty, batch, "it", batch->user_count);
	for (i = 0; i < batch->user_count; i++) {
		const struct batch_user *user = &batch->users[i];

		if (user->events == 0) {
			n = empty.count++;
			empty.ints[0][n] = user->application;
			empty.texts[1][n] = user->username;
			continue;
		}
		n = kept.count++;
		kept.ints[0][n] = user->events;
		kept.ints[1][n] = user->entries;
		kept.ints[2][n] = user->last_event_at;
		kept.ints[3][n] = user->replays;
		kept.ints[4][n] = user->application;
		kept.texts[5][n] = user->username;
	}
	error = rows_write(&kept, batch, UPDATE_USERS);
	if (error == OK)
		error = rows_write(&empty, batch, DELETE_USERS);
	return error;
}

enum error
batch_write(struct batch *batch)
{
	enum error error = insert_events(batch);

	if (error == OK)
		error = insert_awards(batch);
	if (error == OK)
		error = write_state(batch, STATE_BALANCE, WRITE_BALANCES);
	if (error == OK)
		error = write_state(batch, STATE_COUNT, WRITE_COUNTS);
	if (error == OK)
		error = write_users(batch);
	return error;
}
