/* event: what was stored of events, and what they gave */
#ifndef STORE_EVENT_H
#define STORE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct arena;
struct db;

/* What one rule gave for an event. */
struct given_award {
	const char *rule;
	const char *point_scale; /* NULL: none */
	int64_t points;
	int64_t balance;
	const char *badge; /* NULL unless this event won it */
};

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

	/* The store's own. */
	int64_t user;
	int64_t first_entry;
	int64_t entries;
	int64_t badges;
};

/* When the row was made: its id carries the time. */
enum { EVENT_WRITERS = 1024 };
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

/* Newest first; none for an unknown username. */
enum error event_list(struct db *db, struct arena *arena,
    const struct event_filter *filter, struct event **events_out,
    size_t *count_out) MUST_CHECK;

/* One lookup of many ids; those that are stored come back, in no order. */
struct event_key {
	int64_t application;
	const char *id;
	/* Longer properties come back as "!", which equals none. */
	size_t properties_max;
};
struct stored_event {
	int64_t application;
	struct event event;
};
enum error event_find(struct db *db, struct arena *arena,
    const struct event_key *keys, size_t key_count,
    struct stored_event **events_out, size_t *count_out) MUST_CHECK;

/* Whether a request says the same as what is stored under its id. */
bool event_same_content(const struct event *stored, const struct event *sent);

#endif
