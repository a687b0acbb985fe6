/* ingest_batch: what an event transaction locks and reads */
#include "ingest/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "db/db.h"
#include "db/query.h"
#include "ingest/known.h"
#include "store/standing.h"

enum {
	LOCK_APP,
	LOCK_APPS,
	LOCK_1_USER,
	LOCK_4_USERS,
	LOCK_16_USERS,
	LOCK_64_USERS,
	LOCK_256_USERS,
	STANDINGS,
	STATEMENTS
};

/*
 * Creates the users or, where they exist, changes nothing; either way the rows
 * are locked, in the order of the values, and come back. Selecting a missing
 * row FOR UPDATE instead would lock a gap and deadlock two first events.
 */
#define USER_1   "(?, ?, 0, 0, 0, ?, 0)"
#define USER_4   USER_1 "," USER_1 "," USER_1 "," USER_1
#define USER_16  USER_4 "," USER_4 "," USER_4 "," USER_4
#define USER_64  USER_16 "," USER_16 "," USER_16 "," USER_16
#define USER_256 USER_64 "," USER_64 "," USER_64 "," USER_64
#define LOCK_USERS(values)                                             \
	"INSERT INTO user (application_id, username, events, entries," \
	" replays, created_at, last_event) VALUES " values             \
	" ON DUPLICATE KEY UPDATE events = events"                     \
	" RETURNING events, entries, last_event, IFNULL(ahead, 0),"    \
	" IFNULL(OCTET_LENGTH(standing), 0),"                          \
	" IF(OCTET_LENGTH(standing) > 4096, NULL, standing)"

static const char *const texts[STATEMENTS] = {
    [LOCK_APP] = "SELECT 0, version, stamp, classic FROM application"
                 " WHERE id = ? AND NOT closed LOCK IN SHARE MODE",
    [LOCK_APPS] =
        "SELECT k.i, a.version, a.stamp, a.classic FROM JSON_TABLE(?, '$[*]' COLUMNS ("
        " i INT PATH '$[0]', a INT UNSIGNED PATH '$[1]')) k"
        " STRAIGHT_JOIN application a FORCE INDEX (PRIMARY) ON a.id = k.a"
        " AND NOT a.closed"
        " LOCK IN SHARE MODE",
    [LOCK_1_USER] = LOCK_USERS(USER_1),
    [LOCK_4_USERS] = LOCK_USERS(USER_4),
    [LOCK_16_USERS] = LOCK_USERS(USER_16),
    [LOCK_64_USERS] = LOCK_USERS(USER_64),
    [LOCK_256_USERS] = LOCK_USERS(USER_256),
    /* Of users who are locked, whose standings are larger. */
    [STANDINGS] = "SELECT k.n, u.standing FROM JSON_TABLE(?, '$[*]' COLUMNS ("
                  " n INT PATH '$[0]', a INT UNSIGNED PATH '$[1]',"
                  " u VARCHAR(380) CHARACTER SET ascii PATH '$[2]')) k"
                  " STRAIGHT_JOIN user u FORCE INDEX (PRIMARY)"
                  " ON u.application_id = k.a AND u.username = UNHEX(k.u)",
};
const struct statement_set ingest_statements = {texts, STATEMENTS};

/* Of one statement: bytes of keys that it is asked for. */
enum { KEYS_TEXT_MAX = 64 << 20 };

/* How many users each locking statement takes, largest first. */
static const struct {
	size_t users;
	size_t statement;
} lock_sizes[] = {{256, LOCK_256_USERS}, {64, LOCK_64_USERS},
    {16, LOCK_16_USERS}, {4, LOCK_4_USERS}, {1, LOCK_1_USER}};

enum { LOCK_SIZES = sizeof(lock_sizes) / sizeof(lock_sizes[0]) };

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
		app->stamp = query_take_int(&query);
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
			user->rules = sorted[i]->app;
		}
		sorted[i]->user = batch->user_count - 1;
	}
}

static void
take_user(struct query *query, struct arena *arena, struct batch_user *user)
{
	user->events = query_take_int(query);
	user->entries = query_take_int(query);
	user->last_event = query_take_int(query);
	user->ahead = query_take_int(query);
	user->standing_size = (size_t)query_take_int(query);
	user->standing = query_take_bytes(query, arena);
}

/* Up to size users from first on; short of that, the last one again. */
static void
send_lock(struct batch *batch, struct query *query, size_t statement,
    size_t first, size_t size)
{
	const size_t last = batch->user_count - 1;
	struct batch_user *user;
	size_t i;

	query_begin(query, batch->db, SET_INGEST, statement);
	for (i = first; i < first + size; i++) {
		user = &batch->users[i < last ? i : last];
		query_int(query, user->application);
		query_text(query, user->username);
		query_int(query, batch->now);
	}
	query_send(query);
}

static enum error
take_lock(struct batch *batch, struct query *query, size_t first)
{
	size_t i;

	query_run(query);
	for (i = first; i < batch->user_count && query_next(query); i++)
		take_user(query, batch->arena, &batch->users[i]);
	return query_end(query);
}

/*
 * The smallest that takes all that are left, else the largest; of that no more
 * than a quarter is to be repetitions.
 */
static size_t
lock_kind(size_t left)
{
	size_t kind = left > 3 * lock_sizes[0].users / 4 ? 0 : 1;

	while (kind < LOCK_SIZES - 1 && lock_sizes[kind + 1].users >= left)
		kind++;
	return kind;
}

/* The question which events are known is sent after the last lock. */
enum error
batch_lock_users(struct batch *batch, struct known_events *known)
{
	size_t first, size, kind;
	enum error error = OK, found;
	struct query query;

	collect_users(batch);
	for (first = 0; error == OK; first += size) {
		kind = lock_kind(batch->user_count - first);
		size = lock_sizes[kind].users;
		send_lock(
		    batch, &query, lock_sizes[kind].statement, first, size);
		if (first + size >= batch->user_count)
			break;
		error = take_lock(batch, &query, first);
	}
	if (error != OK)
		return error;
	known_send(batch, known);
	error = take_lock(batch, &query, first);
	found = known_take(batch, known);
	return error == OK ? found : error;
}

/* The users whose standings are still to be read: [number,app,"name"] each. */
static const char *
standings_to_read(const struct batch *batch)
{
	struct str text = str_new(batch->arena, KEYS_TEXT_MAX);
	const struct batch_user *user;
	size_t i;

	for (i = 0; i < batch->user_count; i++) {
		user = &batch->users[i];
		if (!user->wanted || user->standing_size == 0 ||
		    user->standing.data != NULL)
			continue;
		str_addf(&text, "%c[%zu,%lld,\"", text.len == 0 ? '[' : ',', i,
		    (long long)user->application);
		str_add_hex(&text, user->username);
		str_adds(&text, "\"]");
	}
	if (text.len == 0)
		return NULL;
	str_addc(&text, ']');
	return text.data;
}

static enum error
read_standings(struct batch *batch)
{
	const char *keys = standings_to_read(batch);
	struct query query;
	int64_t n;

	if (keys == NULL)
		return OK;
	query_begin(&query, batch->db, SET_INGEST, STANDINGS);
	query_text(&query, keys);
	query_run(&query);
	while (query_next(&query)) {
		n = query_take_int(&query);
		batch->users[n].standing =
		    query_take_bytes(&query, batch->arena);
	}
	return query_end(&query);
}

static enum error
open_user(struct arena *arena, struct batch_user *user)
{
	state_init(&user->state, arena);
	/* A user who has just been made has none yet. */
	return (user->standing_size == 0 && user->events == 0) ||
	        standing_unpack(&user->state, user->standing)
	    ? OK
	    : db_damaged("user", user->application, user->username);
}

enum error
batch_open_users(struct batch *batch)
{
	enum error error = read_standings(batch);
	size_t i;

	for (i = 0; i < batch->user_count && error == OK; i++)
		if (batch->users[i].wanted)
			error = open_user(batch->arena, &batch->users[i]);
	return error;
}
