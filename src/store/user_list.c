/* user_list: an application's users, a few at a time */
#include <stdio.h>

#include "base/arena.h"
#include "base/clock.h"
#include "db/db.h"
#include "db/query.h"
#include "db/tx.h"
#include "store/application.h"
#include "store/user.h"
#include "store/view.h"

enum { LIST, STATEMENTS };

static const char *const texts[STATEMENTS] = {
    [LIST] = "SELECT " USER_COLUMNS " FROM user u"
             " WHERE u.application_id = ? AND u.username > ?"
             " ORDER BY u.username LIMIT ?",
};
const struct statement_set user_list_statements = {texts, STATEMENTS};

enum { LIST_ARENA_MAX = 256 << 20, USERNAME_MAX = 190 };

/* Users are read in pieces, and no new one after so many microseconds. */
enum { PIECE = 64, LIST_TIME = 500000 };

struct reading {
	const struct user_listing *listing;
	struct views *views;
	struct view *view;
	struct arena *rows; /* of a piece */
	struct arena *user; /* one of them, as he is told of */
	const char *after;  /* in rows */
	int64_t until;
	int64_t left;
	bool more; /* another piece is to be read */
};

struct listed_user {
	const char *username;
	struct user_row row;
};

static enum error
tell(struct reading *reading, struct db *db, const struct listed_user *listed)
{
	const int64_t application = reading->listing->application;
	const bool told = reading->view->told;
	struct names names;
	struct user user;
	enum error error = OK;

	arena_reset(reading->user);
	if (!told)
		error = user_load_names(&listed->row, db, reading->user,
		    application, listed->username, &names);
	if (error == OK)
		error = user_name(&listed->row,
		    told ? &reading->view->names : &names, reading->user,
		    application, listed->username, &user);
	if (error != OK)
		return error;
	reading->left--;
	if (!reading->listing->take(reading->listing->context, &user))
		reading->left = 0;
	return OK;
}

/* Begins after the last name, which is copied: the piece is forgotten. */
static void
begin_piece(
    struct reading *reading, struct query *query, struct db *db, int64_t limit)
{
	char after[USERNAME_MAX + 1];

	snprintf(after, sizeof(after), "%s", reading->after);
	arena_reset(reading->rows);
	reading->after = arena_strdup(reading->rows, after);
	query_begin(query, db, SET_USER_LIST, LIST);
	query_int(query, reading->listing->application);
	query_text(query, reading->after);
	query_int(query, limit);
	query_run(query);
}

static enum error
read_piece(struct db *db, struct reading *reading)
{
	const int64_t limit = reading->left < PIECE ? reading->left : PIECE;
	struct listed_user list[PIECE];
	struct query query;
	size_t count = 0, i;
	enum error error;

	begin_piece(reading, &query, db, limit);
	while (query_next(&query)) {
		list[count].username =
		    user_take(&query, reading->rows, &list[count].row);
		count++;
	}
	error = query_end(&query);
	for (i = 0; error == OK && i < count && reading->left > 0; i++)
		error = tell(reading, db, &list[i]);
	if (count > 0)
		reading->after = list[count - 1].username;
	reading->more = count == PIECE && reading->left > 0;
	return error;
}

/* The one that belongs to the rows, in their snapshot. */
static enum error
find_view(struct db *db, struct reading *reading)
{
	const int64_t id = reading->listing->application;
	struct application application;
	enum error error = application_get(db, reading->user, id, &application);

	if (error != OK)
		return error;
	reading->view = views_find(reading->views, id, application.stamp);
	return reading->view != NULL ? OK
	                             : views_load(reading->views, db, id,
	                                   application.stamp, &reading->view);
}

static enum error
read_pieces(struct db *db, const struct tx_attempt *attempt, void *context)
{
	struct reading *reading = context;
	enum error error = find_view(db, reading);
	bool begins = true;

	(void)attempt;
	/* Each page gets on by one piece at least. */
	while (error == OK && reading->more &&
	    (begins || clock_monotonic() < reading->until)) {
		begins = false;
		error = read_piece(db, reading);
	}
	return error;
}

enum error
user_list(struct db *db, struct views *views,
    const struct user_listing *listing, bool *cut_out)
{
	struct reading reading = {.listing = listing,
	    .views = views,
	    .rows = arena_new(LIST_ARENA_MAX),
	    .user = arena_new(LIST_ARENA_MAX),
	    .after = listing->after,
	    .until = clock_monotonic() + LIST_TIME,
	    .left = listing->limit,
	    .more = true};
	enum error error = tx_snapshot(db, read_pieces, &reading);

	if (reading.view != NULL)
		view_release(reading.view);
	arena_free(reading.user);
	arena_free(reading.rows);
	/* As with other reads, the caller may try again with another. */
	if (error == ERR_DATABASE_UNAVAILABLE && !db_is_connected(db))
		return ERR_CONNECTION_LOST;
	if (error == OK)
		*cut_out = reading.more;
	return error;
}
