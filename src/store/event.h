/* event: what was stored of events, and what they gave */
#ifndef STORE_EVENT_H
#define STORE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/award.h"

struct arena;
struct db;
struct query;

/* What one rule gave for an event. */
struct given_award {
	const char *rule;
	const char *point_scale; /* NULL: none */
	int64_t points;
	int64_t balance;
	const char *badge; /* NULL unless this event won it */
};

/*
 * Bytes of JSON that an award takes whose names have so many together, if each
 * is escaped.
 */
size_t event_award_size(size_t names);

struct event {
	int64_t row; /* event.id: 0 if it is not stored yet */
	const char *id;
	const char *username;
	const char *event_type;
	int64_t timestamp;
	bool timestamp_given;
	const char *timestamp_sent; /* NULL but from the classic interface */
	const char *properties;     /* JSON text, NULL: none */
	struct given_award *awards;
	size_t award_count;

	/* The store's own: the row of the user's event before, 0: none. */
	int64_t previous;
	int64_t ahead; /* microseconds: the row's time, of the receipt */
};

/*
 * The row's id carries the time, but for a clock that was set back: by so many
 * microseconds or more, else the row's time is good enough for the receipt's.
 */
enum { EVENT_WRITERS = 1024, CLOCK_STEP = 1000000 };
int64_t event_received_at(const struct event *event);

/* ERR_EVENT_NOT_FOUND. */
enum error event_get(struct db *db, struct arena *arena, int64_t application,
    const char *id, struct event *event_out) MUST_CHECK;

/* Which events a list is of. */
struct event_filter {
	int64_t application;
	const char *username;   /* NULL: of all users */
	const char *event_type; /* NULL: of all types */
	int64_t from;           /* timestamp at or after it */
	int64_t to;             /* and before it */
	int64_t before;         /* event.id: those received before that one */
	/* In the order of the timestamps, not of receipt: for a period. */
	bool by_time;
	int64_t before_time; /* of the event before, with by_time */
	int64_t limit;
};

/*
 * What one page may still read: bytes, and awards. Where one of them is spent
 * the page ends, behind one event at least; the next goes on there.
 */
struct event_budget {
	int64_t text;
	int64_t awards;
	int64_t events; /* out: that have been read */
};
extern const struct event_budget event_page_budget;

struct event_list {
	struct event *events;
	size_t count;
	/* There may be more, though there are fewer than the limit. */
	bool more;
	/*
	 * Not 0: of one user's events those that pass the filter were looked
	 * for this far, and the next page begins before this row.
	 */
	int64_t cut_at;
};

/*
 * Newest first; none for an unknown username. With a username, before is the
 * row of one of the user's events, or INT64_MAX.
 */
enum error event_list(struct db *db, struct arena *arena,
    const struct event_filter *filter, struct event_list *list_out) MUST_CHECK;

/*
 * One lookup of many ids; those that are stored come back, in no order. It is
 * sent, and then taken: see query_send.
 */
struct event_key {
	int64_t application;
	const char *id;
	/* Longer properties come back as "!", which equals none. */
	size_t properties_max;
};
struct stored_event {
	int64_t application;
	struct event event;
	struct bytes packed; /* the awards */
	size_t awards_size;  /* in bytes, also where they did not come along */
	bool wanted;         /* see event_find_awards */
	struct stored_awards awards;
};
/* awards_max: bytes of an event's awards; more do not come along. */
void event_find_send(struct db *db, struct arena *arena,
    const struct event_key *keys, size_t key_count, size_t awards_max,
    struct query *query_out);
enum error event_find_take(struct query *query, struct arena *arena,
    struct stored_event **events_out, size_t *count_out) MUST_CHECK;

/*
 * Reads what they gave, where it did not come along and they are wanted, and
 * gives it its names.
 */
enum error event_find_awards(struct db *db, struct arena *arena,
    struct stored_event *events, size_t count) MUST_CHECK;

/*
 * A piece of a user's chain of events: at most count (EVENT_CHAIN_MAX), and
 * what the budget has left, from the one with the row first back in time. Those
 * that do not pass the filter come without what they sent and gave; without a
 * filter, all come with awards alone. These are still to be unpacked.
 */
enum { EVENT_CHAIN_MAX = 1000 };
enum error event_chain(struct db *db, struct arena *arena, int64_t application,
    const struct event_filter *filter, int64_t first, int64_t count,
    struct event_budget *budget, struct stored_event **events_out,
    size_t *count_out) MUST_CHECK;
bool event_budget_is_spent(const struct event_budget *budget);
enum error
event_unpack(struct arena *arena, struct stored_event *stored) MUST_CHECK;

/* Unpacks what they gave, and gives it its names. */
enum error event_name_awards(struct db *db, struct arena *arena,
    struct stored_event *events, size_t count) MUST_CHECK;

/*
 * How long the first piece is to be, and the next: what is rare is not looked
 * for in sips, but the database sorts a piece with all that is in it.
 */
int64_t event_first_piece(int64_t limit);
int64_t event_next_piece(int64_t piece, const struct event_budget *budget);

/* Microseconds: how long a page looks for what it may have to search for. */
enum { EVENT_CHAIN_TIME = 500000 };

/*
 * The row of the event before the user's event with this row; 0: there is none,
 * or it is not the user's.
 */
enum error event_previous(struct db *db, int64_t application,
    const char *username, int64_t row, int64_t *previous_out) MUST_CHECK;

/*
 * The first member in which a request differs from what is stored under its id,
 * or NULL: it says the same.
 */
const char *
event_difference(const struct event *stored, const struct event *sent);

#endif
