/* user: users with their balances and badges, and their ledgers */
#include "store/user.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/str.h"
#include "store/db.h"
#include "store/event.h"
#include "store/statements.h"

enum { FIND, LIST, BALANCES, BADGES, POINTS, LEDGER, STATEMENTS };

#define COLUMNS \
	"SELECT id, username, events, created_at, last_event_at FROM user "
#define KEYS                                                   \
	"FROM JSON_TABLE(?, '$[*]' COLUMNS (i FOR ORDINALITY," \
	" u BIGINT PATH '$')) k "

static const char *const texts[STATEMENTS] = {
    [FIND] = COLUMNS "WHERE application_id = ? AND username = ?",
    [LIST] = COLUMNS "WHERE application_id = ? AND username > ?"
                     " ORDER BY username LIMIT ?",
    [BALANCES] = "SELECT k.i, s.id, s.name, s.description, s.created_at,"
                 " s.updated_at, b.points " KEYS
                 "STRAIGHT_JOIN balance b ON b.application_id = ?"
                 " AND b.user_id = k.u"
                 " STRAIGHT_JOIN point_scale s ON s.id = b.point_scale_id"
                 " ORDER BY k.i, s.id",
    [BADGES] = "SELECT k.i, b.id, b.name, b.description, b.created_at,"
               " b.updated_at " KEYS
               "STRAIGHT_JOIN user_badge w ON w.application_id = ?"
               " AND w.user_id = k.u"
               " STRAIGHT_JOIN badge b ON b.id = w.badge_id"
               " ORDER BY k.i, w.event, b.id",
    [POINTS] = "SELECT u.id, COALESCE(b.points, 0) FROM point_scale s"
               " LEFT JOIN user u ON u.application_id = s.application_id"
               " AND u.username = ?"
               " LEFT JOIN balance b ON b.application_id = s.application_id"
               " AND b.user_id = u.id AND b.point_scale_id = s.id"
               " WHERE s.application_id = ? AND s.name = ?",
    [LEDGER] = "SELECT l.number, s.name, l.points, l.balance, r.name,"
               " e.event_id, e.id FROM ledger l"
               " STRAIGHT_JOIN point_scale s ON s.id = l.point_scale_id"
               " STRAIGHT_JOIN rule r ON r.id = l.rule_id"
               " STRAIGHT_JOIN event e ON e.application_id = l.application_id"
               " AND e.id = l.event"
               " WHERE l.application_id = ? AND l.user_id = ? AND l.number < ?"
               " ORDER BY l.number DESC LIMIT ?",
};
const struct statement_set user_statements = {texts, STATEMENTS};

enum { KEYS_TEXT_MAX = 1 << 20 };

static void
take_user(struct query *query, struct arena *arena, struct user *user)
{
	user->id = query_take_int(query);
	user->username = query_take_text(query, arena);
	user->events = query_take_int(query);
	user->created_at = query_take_int(query);
	user->last_event_at = query_take_int(query);
}

enum error
user_find(struct db *db, struct arena *arena, int64_t application,
    const char *username, struct user *user_out)
{
	struct user user = {0};
	struct query query;
	enum error error;

	query_begin(&query, db, SET_USER, FIND);
	query_int(&query, application);
	query_text(&query, username);
	query_run(&query);
	if (query_next(&query))
		take_user(&query, arena, &user);
	error = query_end(&query);
	if (error == OK && user.id == 0)
		error = ERR_USER_NOT_FOUND;
	if (error == OK)
		*user_out = user;
	return error;
}

/* The users' ids as a JSON array. */
static const char *
user_keys(struct arena *arena, const struct user *users, size_t count)
{
	struct str keys = str_new(arena, KEYS_TEXT_MAX);
	size_t i;

	for (i = 0; i < count; i++)
		str_addf(&keys, "%c%lld", i == 0 ? '[' : ',',
		    (long long)users[i].id);
	str_addc(&keys, ']');
	return keys.data;
}

static enum error
load_balances(struct db *db, struct arena *arena, int64_t application,
    const char *keys, struct user *users)
{
	struct scale_balance *balance;
	struct query query;
	struct user *user;

	query_begin(&query, db, SET_USER, BALANCES);
	query_text(&query, keys);
	query_int(&query, application);
	query_run(&query);
	balance = arena_array(arena, query_rows(&query) + 1, sizeof(*balance));
	for (; query_next(&query); balance++) {
		user = &users[query_take_int(&query) - 1];
		if (user->balance_count++ == 0)
			user->balances = balance;
		named_take(&query, arena, &balance->point_scale);
		balance->points = query_take_int(&query);
	}
	return query_end(&query);
}

static enum error
load_badges(struct db *db, struct arena *arena, int64_t application,
    const char *keys, struct user *users)
{
	struct query query;
	struct named *badge;
	struct user *user;

	query_begin(&query, db, SET_USER, BADGES);
	query_text(&query, keys);
	query_int(&query, application);
	query_run(&query);
	badge = arena_array(arena, query_rows(&query) + 1, sizeof(*badge));
	for (; query_next(&query); badge++) {
		user = &users[query_take_int(&query) - 1];
		if (user->badge_count++ == 0)
			user->badges = badge;
		named_take(&query, arena, badge);
	}
	return query_end(&query);
}

static enum error
load_gains(struct db *db, struct arena *arena, int64_t application,
    struct user *users, size_t count)
{
	const char *keys = user_keys(arena, users, count);
	enum error error = OK;

	if (count > 0)
		error = load_balances(db, arena, application, keys, users);
	if (error == OK && count > 0)
		error = load_badges(db, arena, application, keys, users);
	return error;
}

enum error
user_get(struct db *db, struct arena *arena, int64_t application,
    const char *username, struct user *user_out)
{
	struct user user;
	enum error error = user_find(db, arena, application, username, &user);

	if (error == OK)
		error = load_gains(db, arena, application, &user, 1);
	if (error == OK)
		*user_out = user;
	return error;
}

enum error
user_list(struct db *db, struct arena *arena, int64_t application,
    const char *after, int64_t limit, struct user **users_out,
    size_t *count_out)
{
	struct query query;
	struct user *users;
	size_t count = 0;
	enum error error;

	query_begin(&query, db, SET_USER, LIST);
	query_int(&query, application);
	query_text(&query, after);
	query_int(&query, limit);
	query_run(&query);
	users = arena_array(arena, query_rows(&query) + 1, sizeof(*users));
	while (query_next(&query))
		take_user(&query, arena, &users[count++]);
	error = query_end(&query);
	if (error == OK)
		error = load_gains(db, arena, application, users, count);
	if (error != OK)
		return error;
	*users_out = users;
	*count_out = count;
	return OK;
}

enum error
user_points(struct db *db, int64_t application, const char *username,
    const char *point_scale, int64_t *points_out)
{
	enum error error, found = ERR_POINT_SCALE_NOT_FOUND;
	struct query query;
	int64_t points = 0;

	query_begin(&query, db, SET_USER, POINTS);
	query_text(&query, username);
	query_int(&query, application);
	query_text(&query, point_scale);
	query_run(&query);
	if (query_next(&query)) {
		found = query_take_int(&query) == 0 ? ERR_USER_NOT_FOUND : OK;
		points = query_take_int(&query);
	}
	error = query_end(&query);
	if (error == OK)
		error = found;
	if (error == OK)
		*points_out = points;
	return error;
}

enum error
user_ledger(struct db *db, struct arena *arena, int64_t application,
    const char *username, int64_t before, int64_t limit,
    struct ledger_entry **entries_out, size_t *count_out)
{
	struct ledger_entry *entries;
	struct query query;
	struct user user;
	size_t count = 0;
	enum error error = user_find(db, arena, application, username, &user);

	if (error != OK)
		return error;
	query_begin(&query, db, SET_USER, LEDGER);
	query_int(&query, application);
	query_int(&query, user.id);
	query_int(&query, before);
	query_int(&query, limit);
	query_run(&query);
	entries = arena_array(arena, query_rows(&query) + 1, sizeof(*entries));
	for (; query_next(&query); count++) {
		entries[count].number = query_take_int(&query);
		entries[count].point_scale = query_take_text(&query, arena);
		entries[count].points = query_take_int(&query);
		entries[count].balance = query_take_int(&query);
		entries[count].rule = query_take_text(&query, arena);
		entries[count].event = query_take_text(&query, arena);
		entries[count].created_at =
		    query_take_int(&query) / EVENT_WRITERS;
	}
	error = query_end(&query);
	if (error != OK)
		return error;
	*entries_out = entries;
	*count_out = count;
	return OK;
}
