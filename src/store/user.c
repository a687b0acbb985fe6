/* user: users with their balances and badges, and their ledgers */
#include "store/user.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "store/db.h"
#include "store/event.h"
#include "store/names.h"
#include "store/standing.h"
#include "store/statements.h"

enum { NEWEST, ONE, LIST, POINTS, STATEMENTS };

#define COLUMNS \
	"SELECT username, events, created_at, last_event, standing FROM user "

static const char *const texts[STATEMENTS] = {
    [NEWEST] = "SELECT last_event FROM user"
               " WHERE application_id = ? AND username = ?",
    [ONE] = COLUMNS "WHERE application_id = ? AND username = ?",
    [LIST] = COLUMNS "WHERE application_id = ? AND username > ?"
                     " ORDER BY username LIMIT ?",
    [POINTS] = "SELECT s.id, u.username IS NOT NULL, u.standing"
               " FROM point_scale s"
               " LEFT JOIN user u ON u.application_id = s.application_id"
               " AND u.username = ?"
               " WHERE s.application_id = ? AND s.name = ?",
};
const struct statement_set user_statements = {texts, STATEMENTS};

enum error
user_newest(struct db *db, int64_t application, const char *username,
    int64_t before, int64_t *row_out)
{
	enum error error, found = ERR_USER_NOT_FOUND;
	struct query query;
	int64_t row = 0;

	query_begin(&query, db, SET_USER, NEWEST);
	query_int(&query, application);
	query_text(&query, username);
	query_run(&query);
	if (query_next(&query)) {
		found = OK;
		row = query_take_int(&query);
	}
	error = query_end(&query);
	if (error == OK)
		error = found;
	if (error == OK && before != INT64_MAX)
		error = event_previous(db, application, username, before, &row);
	if (error == OK)
		*row_out = row;
	return error;
}

/* A user as the row tells, before things have names. */
struct stored_user {
	struct user user;
	struct state state;
};

static enum error
take_user(struct query *query, struct arena *arena, int64_t application,
    struct stored_user *stored)
{
	struct user *user = &stored->user;

	user->username = query_take_text(query, arena);
	user->events = query_take_int(query);
	user->created_at = query_take_int(query);
	user->last_event_at = query_take_int(query) / EVENT_WRITERS;
	state_init(&stored->state, arena);
	return standing_unpack(&stored->state, query_take_bytes(query, arena))
	    ? OK
	    : db_damaged("user", application, user->username);
}

static const struct state_slots *
slots_of(const struct stored_user *stored, enum state_kind kind)
{
	return &stored->state.kinds[kind];
}

static void
want_names(
    struct names *names, int64_t application, const struct stored_user *stored)
{
	const struct state_slots *balances = slots_of(stored, STATE_BALANCE);
	const struct state_slots *badges = slots_of(stored, STATE_BADGE);
	size_t i;

	for (i = 0; i < balances->count; i++)
		names_want(names, NAME_POINT_SCALE, application,
		    balances->list[i].ref);
	for (i = 0; i < badges->count; i++)
		names_want(names, NAME_BADGE, application, badges->list[i].ref);
}

/* Balances in the order of the scales' creation, badges in that of winning. */
static enum error
name_user(
    const struct names *names, int64_t application, struct stored_user *stored)
{
	const struct state_slots *balances = slots_of(stored, STATE_BALANCE);
	const struct state_slots *badges = slots_of(stored, STATE_BADGE);
	struct user *user = &stored->user;
	bool complete = true;
	struct named *named;
	size_t i;

	user->balance_count = balances->count;
	user->balances = arena_array(
	    names->arena, balances->count + 1, sizeof(*user->balances));
	for (i = 0; i < balances->count; i++) {
		named = &user->balances[i].point_scale;
		*named = names_get(names, NAME_POINT_SCALE, application,
		    balances->list[i].ref);
		user->balances[i].points = balances->list[i].value;
		complete &= named->name != NULL;
	}
	user->badge_count = badges->count;
	user->badges =
	    arena_array(names->arena, badges->count + 1, sizeof(*user->badges));
	for (i = 0; i < badges->count; i++) {
		named = &user->badges[badges->list[i].value - 1];
		*named = names_get(
		    names, NAME_BADGE, application, badges->list[i].ref);
		complete &= named->name != NULL;
	}
	return complete ? OK : db_damaged("user", application, user->username);
}

static enum error
name_users(struct db *db, struct arena *arena, int64_t application,
    struct stored_user *stored, size_t count)
{
	struct names names;
	enum error error;
	size_t i;

	names_init(&names, arena);
	for (i = 0; i < count; i++)
		want_names(&names, application, &stored[i]);
	error = names_load(&names, db);
	for (i = 0; i < count && error == OK; i++)
		error = name_user(&names, application, &stored[i]);
	return error;
}

/* The users that a query answers. */
static enum error
take_users(struct query *query, struct arena *arena, int64_t application,
    struct user **users_out, size_t *count_out)
{
	enum error error, damage = OK;
	struct stored_user *stored;
	struct user *users;
	size_t count = 0, i;

	query_run(query);
	stored = arena_array(arena, query_rows(query) + 1, sizeof(*stored));
	while (damage == OK && query_next(query))
		damage = take_user(query, arena, application, &stored[count++]);
	error = query_end(query);
	if (error == OK)
		error = damage;
	if (error == OK)
		error =
		    name_users(query->db, arena, application, stored, count);
	if (error != OK)
		return error;
	users = arena_array(arena, count + 1, sizeof(*users));
	for (i = 0; i < count; i++)
		users[i] = stored[i].user;
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
	size_t count;
	enum error error;

	query_begin(&query, db, SET_USER, ONE);
	query_int(&query, application);
	query_text(&query, username);
	error = take_users(&query, arena, application, &users, &count);
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

	query_begin(&query, db, SET_USER, LIST);
	query_int(&query, application);
	query_text(&query, after);
	query_int(&query, limit);
	return take_users(&query, arena, application, users_out, count_out);
}

/* The points of the user whom the query is at, if there is one. */
static enum error
take_points(struct query *query, struct arena *arena, int64_t application,
    const char *username, int64_t *points)
{
	const int64_t scale = query_take_int(query);
	struct state state;

	if (!query_take_bool(query))
		return ERR_USER_NOT_FOUND;
	state_init(&state, arena);
	if (!standing_unpack(&state, query_take_bytes(query, arena)))
		return db_damaged("user", application, username);
	*points = state_get(&state, STATE_BALANCE, scale);
	return OK;
}

enum error
user_points(struct db *db, struct arena *arena, int64_t application,
    const char *username, const char *point_scale, int64_t *points_out)
{
	enum error error, found = ERR_POINT_SCALE_NOT_FOUND;
	struct query query;
	int64_t points = 0;

	query_begin(&query, db, SET_USER, POINTS);
	query_text(&query, username);
	query_int(&query, application);
	query_text(&query, point_scale);
	query_run(&query);
	if (query_next(&query))
		found =
		    take_points(&query, arena, application, username, &points);
	error = query_end(&query);
	if (error == OK)
		error = found;
	if (error == OK)
		*points_out = points;
	return error;
}

/* A ledger while it is read. */
struct reading {
	struct db *db;
	int64_t application;
	struct ledger_place before;
	struct stored_award **awards; /* of the entries */
	size_t limit;
	int64_t piece;
	int64_t next; /* the event to go on with, 0: that was all */
	struct ledger *ledger;
};

/* The event's entries before the place, the last one first. */
static void
read_event(struct reading *reading, struct stored_event *event)
{
	struct stored_awards *awards = &event->awards;
	int64_t number =
	    awards->entries_before + (int64_t)awards_entries(awards);
	struct ledger *ledger = reading->ledger;
	size_t i = awards->count;

	while (i-- > 0 && ledger->count < reading->limit) {
		if (awards->list[i].point_scale == 0)
			continue;
		if (number < reading->before.number) {
			reading->awards[ledger->count] = &awards->list[i];
			ledger->entries[ledger->count++] =
			    (struct ledger_entry) {.number = number,
			        .points = awards->list[i].points,
			        .balance = awards->list[i].balance,
			        .event = event->event.id,
			        .row = event->event.row,
			        .created_at = event_received_at(&event->event)};
		}
		number--;
	}
}

static enum error
read_piece(struct reading *reading, struct arena *arena, const char *username)
{
	struct stored_event *events;
	size_t count, i;
	enum error error = event_chain(reading->db, arena, reading->application,
	    NULL, reading->next, reading->piece, &events, &count);

	reading->next = 0;
	reading->piece = event_next_piece(reading->piece);
	/* A cursor may be of somebody else's ledger. */
	if (error == OK && count > 0 &&
	    strcmp(events[0].event.username, username) != 0)
		return ERR_INVALID_CURSOR;
	for (i = 0; error == OK && i < count &&
	     reading->ledger->count < reading->limit;
	     i++) {
		error = event_unpack(arena, &events[i]);
		if (error == OK)
			read_event(reading, &events[i]);
		reading->next = events[i].event.previous;
	}
	return error;
}

static enum error
name_entries(const struct reading *reading, struct arena *arena)
{
	const int64_t application = reading->application;
	struct ledger *ledger = reading->ledger;
	struct ledger_entry *entry;
	struct names names;
	enum error error;
	size_t i;

	names_init(&names, arena);
	for (i = 0; i < ledger->count; i++) {
		names_want(
		    &names, NAME_RULE, application, reading->awards[i]->rule);
		names_want(&names, NAME_POINT_SCALE, application,
		    reading->awards[i]->point_scale);
	}
	error = names_load(&names, reading->db);
	for (i = 0; i < ledger->count && error == OK; i++) {
		entry = &ledger->entries[i];
		entry->rule = names_get(
		    &names, NAME_RULE, application, reading->awards[i]->rule)
		                  .name;
		entry->point_scale = names_get(&names, NAME_POINT_SCALE,
		    application, reading->awards[i]->point_scale)
		                         .name;
		if (entry->rule == NULL || entry->point_scale == NULL)
			error = db_damaged("event", application, entry->event);
	}
	return error;
}

enum error
user_ledger(struct db *db, struct arena *arena, int64_t application,
    const char *username, struct ledger_place before, int64_t limit,
    struct ledger *ledger_out)
{
	const int64_t until = clock_monotonic() + EVENT_CHAIN_TIME;
	struct ledger ledger = {.entries = arena_array(arena, (size_t)limit + 1,
	                            sizeof(*ledger.entries))};
	struct reading reading = {.db = db,
	    .application = application,
	    .before = before,
	    .awards =
	        arena_array(arena, (size_t)limit + 1, sizeof(*reading.awards)),
	    .limit = (size_t)limit,
	    .piece = limit < EVENT_CHAIN_MAX ? limit : EVENT_CHAIN_MAX,
	    .ledger = &ledger};
	enum error error =
	    user_newest(db, application, username, INT64_MAX, &reading.next);

	if (before.row != 0)
		reading.next = before.row;
	/* Each page gets on by one piece at least. */
	if (error == OK && reading.next != 0)
		error = read_piece(&reading, arena, username);
	while (error == OK && reading.next != 0 &&
	    ledger.count < reading.limit && clock_monotonic() < until)
		error = read_piece(&reading, arena, username);
	if (error == OK)
		error = name_entries(&reading, arena);
	if (error != OK)
		return error;
	if (ledger.count < reading.limit)
		ledger.cut_at =
		    (struct ledger_place) {reading.next, before.number};
	*ledger_out = ledger;
	return OK;
}
