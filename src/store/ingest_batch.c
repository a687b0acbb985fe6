/* ingest_batch: what an event transaction locks and reads */
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
};
const struct statement_set ingest_statements = {texts, STATEMENTS};

/* Of one statement: bytes of keys that it is asked for. */
enum { KEYS_TEXT_MAX = 64 << 20, KEYS_TEXT_FULL = 1 << 20 };

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
