/* user: users with their balances and badges */
#ifndef STORE_USER_H
#define STORE_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/pack.h"
#include "store/application.h"
#include "store/key.h"
#include "store/names.h"

struct arena;
struct db;
struct query;
struct view;
struct views;

struct scale_balance {
	struct named point_scale;
	int64_t points;
};

struct user {
	const char *username;
	int64_t events;
	int64_t created_at;
	int64_t last_event_at;
	/* In the order of creation, and in that of winning. */
	struct scale_balance *balances;
	size_t balance_count;
	struct named *badges;
	size_t badge_count;
};

/*
 * The row of the user's newest event before the one with the row before
 * (INT64_MAX: of the newest of all); 0: there is none. ERR_USER_NOT_FOUND.
 */
enum error user_newest(struct db *db, int64_t application, const char *username,
    int64_t before, int64_t *row_out) MUST_CHECK;

/*
 * A user as the row (u) tells, before things have names; what takes the columns
 * answers the username.
 */
struct user_row {
	int64_t events;
	int64_t created_at;
	int64_t last_event;
	int64_t ahead; /* its row's time of its receipt */
	struct bytes standing;
};
#define USER_COLUMNS                                        \
	"u.username, u.events, u.created_at, u.last_event," \
	" IFNULL(u.ahead, 0), u.standing"
const char *
user_take(struct query *query, struct arena *arena, struct user_row *row);

/*
 * Reads what a user's things are called, and their descriptions, into an arena.
 * ERR_BODY_TOO_LARGE: of so much no answer could tell.
 */
enum error user_load_names(const struct user_row *row, struct db *db,
    struct arena *arena, int64_t application, const char *username,
    struct names *names_out) MUST_CHECK;

/* ERR_BODY_TOO_LARGE likewise. */
enum error user_name(const struct user_row *row, const struct names *names,
    struct arena *arena, int64_t application, const char *username,
    struct user *user_out) MUST_CHECK;

/*
 * Reads of single users. What is read of each is of one moment, in which the
 * key was live; the read, and what it points to, is in its arena.
 */
struct user_read {
	int64_t application;
	const struct key_hash *key; /* NULL: nobody's, so none need be live */
	const char *username;
	struct arena *arena;
	bool names_wanted; /* user_told will be asked, not just user_points */

	/*
	 * Out: OK, also where there is no such user; ERR_KEY_UNKNOWN; what is
	 * wrong with the names of this user; or what the database said to the
	 * reads of this application.
	 */
	enum error error;
	bool found;
	struct user_row row;
	struct view *view;
	/* The user's, if wanted, where the view does not tell of them. */
	struct names names;
};

/*
 * How many of one application at once. ERR_CONNECTION_LOST, and nothing is told
 * of any.
 */
enum { USER_READS_MAX = 64 };
enum error users_read(struct db *db, struct views *views,
    struct user_read *const *reads, size_t count) MUST_CHECK;

/*
 * What has been read: a user whose events, balances and badges fit each other,
 * which wants names; or his points on a scale, 0 without entries.
 * ERR_KEY_UNKNOWN, ERR_POINT_SCALE_NOT_FOUND, ERR_USER_NOT_FOUND.
 */
enum error
user_told(const struct user_read *read, struct user *user_out) MUST_CHECK;
enum error user_points(const struct user_read *read, const char *point_scale,
    int64_t *points_out) MUST_CHECK;

/* Which users, and who is told of each. */
struct user_listing {
	int64_t application;
	const char *after; /* those whose names come behind this one */
	int64_t limit;
	/* False: that was enough. The user is gone when it returns. */
	bool (*take)(void *context, const struct user *user);
	void *context;
};

/*
 * Tells of users as they were at one moment, in the order of the names' bytes,
 * with memory for a few at a time. *cut_out: it ended for the time that it
 * took, and there may be more.
 */
enum error user_list(struct db *db, struct views *views,
    const struct user_listing *listing, bool *cut_out) MUST_CHECK;

#endif
