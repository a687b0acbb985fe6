/* user: users with their balances and badges, and their ledgers */
#include "store/user.h"

#include "base/arena.h"
#include "store/db.h"
#include "store/event.h"
#include "store/statements.h"

enum { FIND, ONE, LIST, POINTS, LEDGER, STATEMENTS };

/*
 * One statement, because in READ COMMITTED each is a snapshot of its own: a
 * user's events and what they gave are told of as they were at one moment. First
 * comes the user, then the balances, then the badges in the order of winning.
 */
enum part { PART_USER, PART_BALANCE, PART_BADGE };
#define WHOLE(users)                                                               \
	"SELECT 0 AS part, u.id, u.username, '', u.created_at,"                    \
	" u.last_event_at, u.events, u.username AS whose, 0 AS place FROM (" users \
	") u UNION ALL SELECT 1, s.id, s.name, s.description,"                     \
	" s.created_at, s.updated_at, b.points, u.username, s.id FROM (" users     \
	") u STRAIGHT_JOIN balance b ON b.application_id = u.application_id"       \
	" AND b.user_id = u.id"                                                    \
	" STRAIGHT_JOIN point_scale s ON s.id = b.point_scale_id"                  \
	" UNION ALL SELECT 2, b.id, b.name, b.description,"                        \
	" b.created_at, b.updated_at, 0, u.username, w.event FROM (" users         \
	") u STRAIGHT_JOIN user_badge w ON"                                        \
	" w.application_id = u.application_id AND w.user_id = u.id"                \
	" STRAIGHT_JOIN badge b ON b.id = w.badge_id"                              \
	" ORDER BY whose, part, place, 2"
#define COLUMNS                                                    \
	"SELECT application_id, id, username, events, created_at," \
	" last_event_at FROM user "

static const char *const texts[STATEMENTS] = {
    [FIND] = "SELECT id FROM user WHERE application_id = ? AND username = ?",
    [ONE] = WHOLE(COLUMNS "WHERE application_id = ? AND username = ?"),
    [LIST] = WHOLE(COLUMNS "WHERE application_id = ? AND username > ?"
                           " ORDER BY username LIMIT ?"),
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

enum { WHOLE_USES = 3 }; /* times that WHOLE has its users in it */

enum error
user_find(
    struct db *db, int64_t application, const char *username, int64_t *id_out)
{
	struct query query;
	int64_t id = 0;
	enum error error;

	query_begin(&query, db, SET_USER, FIND);
	query_int(&query, application);
	query_text(&query, username);
	query_run(&query);
	if (query_next(&query))
		id = query_take_int(&query);
	error = query_end(&query);
	if (error == OK && id == 0)
		error = ERR_USER_NOT_FOUND;
	if (error == OK)
		*id_out = id;
	return error;
}

static struct user
user_of(const struct named *named, int64_t events)
{
	return (struct user) {.id = named->id,
	    .username = named->name,
	    .events = events,
	    .created_at = named->created_at,
	    .last_event_at = named->updated_at};
}

static void
add_balance(struct user *user, struct scale_balance *place,
    const struct named *named, int64_t points)
{
	*place = (struct scale_balance) {*named, points};
	if (user->balance_count++ == 0)
		user->balances = place;
}

static void
add_badge(struct user *user, struct named *place, const struct named *named)
{
	*place = *named;
	if (user->badge_count++ == 0)
		user->badges = place;
}

/* The users of a statement made by WHOLE, once it has run. */
static enum error
take_users(struct query *query, struct arena *arena, struct user **users_out,
    size_t *count_out)
{
	const size_t rows = query_rows(query);
	struct user *users = arena_array(arena, rows + 1, sizeof(*users));
	struct scale_balance *balance =
	    arena_array(arena, rows + 1, sizeof(*balance));
	struct named *badge = arena_array(arena, rows + 1, sizeof(*badge)),
	             named;
	size_t count = 0;
	enum error error;
	int64_t number, part;

	while (query_next(query)) {
		part = query_take_int(query);
		named_take(query, arena, &named);
		number = query_take_int(query);
		if (part == PART_USER)
			users[count++] = user_of(&named, number);
		else if (part == PART_BALANCE)
			add_balance(
			    &users[count - 1], balance++, &named, number);
		else
			add_badge(&users[count - 1], badge++, &named);
	}
	error = query_end(query);
	if (error != OK)
		return error;
	*users_out = users;
	*count_out = count;
	return OK;
}

enum error
user_get(struct db *db, struct arena *arena, int64_t application,
    const char *username, struct user *user_out)
{
	struct query query;
	struct user *users;
	size_t count = 0, i;
	enum error error;

	query_begin(&query, db, SET_USER, ONE);
	for (i = 0; i < WHOLE_USES; i++) {
		query_int(&query, application);
		query_text(&query, username);
	}
	query_run(&query);
	error = take_users(&query, arena, &users, &count);
	if (error == OK && count == 0)
		error = ERR_USER_NOT_FOUND;
	if (error == OK)
		*user_out = users[0];
	return error;
}

enum error
user_list(struct db *db, struct arena *arena, int64_t application,
    const char *after, int64_t limit, struct user **users_out,
    size_t *count_out)
{
	struct query query;
	size_t i;

	query_begin(&query, db, SET_USER, LIST);
	for (i = 0; i < WHOLE_USES; i++) {
		query_int(&query, application);
		query_text(&query, after);
		query_int(&query, limit);
	}
	query_run(&query);
	return take_users(&query, arena, users_out, count_out);
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
	int64_t user;
	size_t count = 0;
	enum error error = user_find(db, application, username, &user);

	if (error != OK)
		return error;
	query_begin(&query, db, SET_USER, LEDGER);
	query_int(&query, application);
	query_int(&query, user);
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
