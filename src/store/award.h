/* award: what an event gave, as the event's row keeps it */
#ifndef STORE_AWARD_H
#define STORE_AWARD_H

#include "base/pack.h"
#include "engine/engine.h"

struct arena;

/*
 * Column event.awards, NULL if the event gave nothing; else packed numbers
 * (base/pack.h): how many ledger entries the user had before, how many awards
 * follow, and for each award, in the order of the rules:
 *
 *   rule.id
 *   point_scale.id, 0: none
 *   points and balance after them (with a sign), if there is a point scale
 *   badge.id, if the event won it, else 0
 *
 * The user's ledger is the awards with a point scale, of all events, in order.
 */
struct stored_award {
	int64_t rule;
	int64_t point_scale; /* 0: none */
	int64_t points;
	int64_t balance;
	int64_t badge; /* 0: none won */
};

struct stored_awards {
	int64_t entries_before; /* meant only where there are any */
	struct stored_award *list;
	size_t count;
};

struct bytes awards_pack(struct arena *arena, const struct award *awards,
    size_t count, int64_t entries_before);

/* False if the bytes are damaged; what could be read is there. */
bool awards_unpack(
    struct arena *arena, struct bytes bytes, struct stored_awards *awards_out);

/* How many there are, by what the bytes say; 0 where they are damaged. */
size_t awards_count(struct bytes bytes);

/* How many ledger entries they are. */
size_t awards_entries(const struct stored_awards *awards);

#endif
