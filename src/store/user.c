/* user: users with their balances and badges */
#include "store/user.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "db/db.h"
#include "db/query.h"
#include "db/tx.h"
#include "store/event.h"
#include "store/key.h"
#include "store/names.h"
#include "store/standing.h"
#include "store/view.h"

enum { NEWEST, READ_1, READ_4, READ_16, READ_64, STATEMENTS };

/* The stamp comes also where there is none of these users. */
#define READ(names)                                              \
	"SELECT a.stamp, u.username IS NOT NULL, " USER_COLUMNS  \
	" FROM application a LEFT JOIN user u"                   \
	" ON u.application_id = ? AND u.username IN (" names ")" \
	" WHERE a.id = ?"
#define NAMES_4  "?, ?, ?, ?"
#define NAMES_16 NAMES_4 "," NAMES_4 "," NAMES_4 "," NAMES_4

static const char *const texts[STATEMENTS] = {
    [NEWEST] = "SELECT last_event FROM user"
               " WHERE application_id = ? AND username = ?",
    [READ_1] = READ("?"),
    [READ_4] = READ(NAMES_4),
    [READ_16] = READ(NAMES_16),
    [READ_64] = READ(NAMES_16 "," NAMES_16 "," NAMES_16 "," NAMES_16),
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

const char *
user_take(struct query *query, struct arena *arena, struct user_row *row)
{
	const char *username = query_take_text(query, arena);

	row->events = query_take_int(query);
	row->created_at = query_take_int(query);
	row->last_event = query_take_int(query);
	row->ahead = query_take_int(query);
	row->standing = query_take_bytes(query, arena);
	return username;
}

/* Bytes of what a user has: of more, no answer could tell. */
enum { STANDING_MAX = 1 << 20 };

/* A user whose things have no names yet. */
struct stored_user {
	struct user user;
	struct state state;
};

static enum error
unpack_user(const struct user_row *row, struct arena *arena,
    int64_t application, const char *username, struct stored_user *stored)
{
	if (row->standing.len > STANDING_MAX)
		return ERR_BODY_TOO_LARGE;
	stored->user.username = username;
	stored->user.events = row->events;
	stored->user.created_at = row->created_at;
	stored->user.last_event_at =
	    row->last_event / EVENT_WRITERS - row->ahead;
	state_init(&stored->state, arena);
	return standing_unpack(&stored->state, row->standing)
	    ? OK
	    : db_damaged("user", application, username);
}

static const struct state_slots *
slots_of(const struct stored_user *stored, enum state_kind kind)
{
	return &stored->state.kinds[kind];
}

static int
compare_places(const void *left, const void *right)
{
	const struct state_slot *a = left, *b = right;

	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	return (a->ref > b->ref) - (a->ref < b->ref);
}

/* The badges in the order of winning; false if one does not exist. */
static bool
name_badges(const struct names *names, struct arena *arena, int64_t application,
    const struct state_slots *badges, struct user *user)
{
	struct state_slot *won =
	    arena_array(arena, badges->count + 1, sizeof(*won));
	bool complete = true;
	size_t i;

	user->badge_count = badges->count;
	user->badges =
	    arena_array(arena, badges->count + 1, sizeof(*user->badges));
	if (badges->count > 0)
		memcpy(won, badges->list, badges->count * sizeof(*won));
	qsort(won, badges->count, sizeof(*won), compare_places);
	for (i = 0; i < badges->count; i++) {
		user->badges[i] =
		    names_get(names, NAME_BADGE, application, won[i].ref);
		complete &= user->badges[i].name != NULL;
	}
	return complete;
}

/* Balances in the order of the scales' creation, badges in that of winning. */
static enum error
name_user(const struct names *names, struct arena *arena, int64_t application,
    struct stored_user *stored)
{
	const struct state_slots *balances = slots_of(stored, STATE_BALANCE);
	struct user *user = &stored->user;
	bool complete = true;
	struct named *named;
	size_t i;

	user->balance_count = balances->count;
	user->balances =
	    arena_array(arena, balances->count + 1, sizeof(*user->balances));
	for (i = 0; i < balances->count; i++) {
		named = &user->balances[i].point_scale;
		*named = names_get(names, NAME_POINT_SCALE, application,
		    balances->list[i].ref);
		user->balances[i].points = balances->list[i].value;
		complete &= named->name != NULL;
	}
	complete &= name_badges(
	    names, arena, application, slots_of(stored, STATE_BADGE), user);
	return complete ? OK : db_damaged("user", application, user->username);
}

static void
want_all(const struct stored_user *stored, enum state_kind state,
    struct names *names, enum name_kind kind, int64_t application)
{
	const struct state_slots *slots = slots_of(stored, state);
	size_t i;

	for (i = 0; i < slots->count; i++)
		names_want(names, kind, application, slots->list[i].ref);
}

enum error
user_load_names(const struct user_row *row, struct db *db, struct arena *arena,
    int64_t application, const char *username, struct names *names_out)
{
	struct stored_user stored;
	enum error error =
	    unpack_user(row, arena, application, username, &stored);

	if (error == OK &&
	    slots_of(&stored, STATE_BALANCE)->count +
	            slots_of(&stored, STATE_BADGE)->count >
	        NAMES_TOLD_COUNT)
		error = ERR_BODY_TOO_LARGE;
	if (error != OK)
		return error;
	names_init(names_out, arena);
	want_all(
	    &stored, STATE_BALANCE, names_out, NAME_POINT_SCALE, application);
	want_all(&stored, STATE_BADGE, names_out, NAME_BADGE, application);
	return names_load_told(names_out, db);
}

/* How many users each statement reads; short of that, the last one again. */
static const struct {
	size_t users;
	size_t statement;
} read_sizes[] = {{1, READ_1}, {4, READ_4}, {16, READ_16}, {64, READ_64}};

/* Reads of one application, by one statement. */
struct group {
	struct views *views;
	int64_t application;
	bool exists; /* the application */
	int64_t stamp;
	struct view *view;
	struct user_read *reads[USER_READS_MAX];
	size_t count;
};

static void
bind_group(struct query *query, struct db *db, const struct group *group)
{
	size_t kind = 0, i;

	while (read_sizes[kind].users < group->count)
		kind++;
	query_begin(query, db, SET_USER, read_sizes[kind].statement);
	query_int(query, group->application);
	for (i = 0; i < read_sizes[kind].users; i++)
		query_text(query,
		    group->reads[i < group->count ? i : group->count - 1]
		        ->username);
	query_int(query, group->application);
}

/* For all who asked for the row's user. */
static void
take_found(struct query *query, struct group *group)
{
	struct arena *arena = group->reads[0]->arena;
	struct user_row row;
	const char *username = user_take(query, arena, &row);
	struct user_read *read;
	size_t i;

	for (i = 0; i < group->count; i++) {
		read = group->reads[i];
		if (strcmp(read->username, username) != 0)
			continue;
		read->found = true;
		read->row = row;
		if (read->arena != arena)
			read->row.standing.data = arena_copy(
			    read->arena, row.standing.data, row.standing.len);
	}
}

static enum error
read_group(struct db *db, struct group *group)
{
	struct query query;
	size_t i;

	group->exists = false;
	for (i = 0; i < group->count; i++) {
		group->reads[i]->error = OK;
		group->reads[i]->found = false;
	}
	bind_group(&query, db, group);
	query_run(&query);
	while (query_next(&query)) {
		group->exists = true;
		group->stamp = query_take_int(&query);
		if (query_take_bool(&query))
			take_found(&query, group);
	}
	return query_end(&query);
}

/* The one that belongs to the rows; the group had none, or an older one. */
static void
find_view(struct group *group)
{
	if (group->view != NULL)
		view_release(group->view);
	group->view = !group->exists
	    ? NULL
	    : views_find(group->views, group->application, group->stamp);
}

/* Whether a read wants names that the view does not tell. */
static bool
wants_names(const struct group *group)
{
	size_t i = 0;

	while (i < group->count && !group->reads[i]->names_wanted)
		i++;
	return i < group->count && group->view != NULL && !group->view->told;
}

/* What is wrong with one user is told to those who asked for this user. */
static enum error
load_names(struct db *db, const struct group *group)
{
	struct user_read *read;
	enum error error;
	size_t i;

	for (i = 0; i < group->count; i++) {
		read = group->reads[i];
		if (!read->found || !read->names_wanted)
			continue;
		error = user_load_names(&read->row, db, read->arena,
		    read->application, read->username, &read->names);
		if (error == ERR_BODY_TOO_LARGE || error == ERR_INTERNAL)
			read->error = error;
		else if (error != OK)
			return error;
	}
	return OK;
}

/*
 * In a snapshot: the users once more, and the view and names that belong to the
 * rows.
 */
static enum error
read_with_view(struct db *db, const struct tx_attempt *attempt, void *context)
{
	struct group *group = context;
	enum error error = read_group(db, group);

	(void)attempt;
	if (error != OK)
		return error;
	find_view(group);
	if (group->exists && group->view == NULL)
		error = views_load(group->views, db, group->application,
		    group->stamp, &group->view);
	return error == OK && wants_names(group) ? load_names(db, group)
	                                         : error;
}

static void
finish_read(const struct group *group, struct user_read *read)
{
	read->view = group->view;
	if (group->view == NULL ||
	    (read->key != NULL && !keys_have(&group->view->keys, read->key)))
		read->error = ERR_KEY_UNKNOWN;
	else
		view_hold(group->view, read->arena);
}

static enum error
run_group(struct db *db, struct group *group)
{
	enum error error = read_group(db, group);
	size_t i;

	if (error != OK)
		return error;
	find_view(group);
	if (group->exists && (group->view == NULL || wants_names(group)))
		error = tx_snapshot(db, read_with_view, group);
	for (i = 0; i < group->count && error == OK; i++)
		finish_read(group, group->reads[i]);
	if (group->view != NULL)
		view_release(group->view);
	group->view = NULL;
	return error;
}

/* Where all of them together are too large, each may still be told. */
static enum error
run_apart(struct db *db, const struct group *group)
{
	enum error error = OK;
	struct group one;
	size_t i;

	for (i = 0; i < group->count && error == OK; i++) {
		one = (struct group) {.views = group->views,
		    .application = group->application,
		    .reads = {group->reads[i]},
		    .count = 1};
		error = run_group(db, &one);
		if (error == ERR_BODY_TOO_LARGE) {
			group->reads[i]->error = error;
			error = OK;
		}
	}
	return error;
}

enum error
users_read(struct db *db, struct views *views, struct user_read *const *reads,
    size_t count)
{
	struct group group = {.views = views,
	    .application = reads[0]->application,
	    .count = count};
	enum error error;
	size_t i;

	assert(count <= USER_READS_MAX);
	memcpy(group.reads, reads, count * sizeof(*reads));
	error = run_group(db, &group);
	if (error == ERR_BODY_TOO_LARGE)
		error = run_apart(db, &group);
	if (error != OK && !db_is_connected(db))
		return ERR_CONNECTION_LOST;
	for (i = 0; error != OK && i < count; i++)
		reads[i]->error = error;
	return OK;
}

enum error
user_name(const struct user_row *row, const struct names *names,
    struct arena *arena, int64_t application, const char *username,
    struct user *user_out)
{
	struct stored_user stored;
	enum error error =
	    unpack_user(row, arena, application, username, &stored);

	if (error == OK)
		error = name_user(names, arena, application, &stored);
	if (error == OK)
		*user_out = stored.user;
	return error;
}

enum error
user_told(const struct user_read *read, struct user *user_out)
{
	assert(read->names_wanted);
	if (read->error != OK)
		return read->error;
	return !read->found
	    ? ERR_USER_NOT_FOUND
	    : user_name(&read->row,
	          read->view->told ? &read->view->names : &read->names,
	          read->arena, read->application, read->username, user_out);
}

enum error
user_points(
    const struct user_read *read, const char *point_scale, int64_t *points_out)
{
	struct stored_user stored;
	enum error error = read->error;
	int64_t scale;

	if (error != OK)
		return error;
	scale = names_id(&read->view->names, NAME_POINT_SCALE, point_scale);
	if (scale == 0)
		return ERR_POINT_SCALE_NOT_FOUND;
	if (!read->found)
		return ERR_USER_NOT_FOUND;
	error = unpack_user(&read->row, read->arena, read->application,
	    read->username, &stored);
	if (error == OK)
		*points_out = state_get(&stored.state, STATE_BALANCE, scale);
	return error;
}
