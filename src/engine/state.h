/* state: what of a user's past decides, as numbers */
#ifndef ENGINE_STATE_H
#define ENGINE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/*
 * A value that was never set is 0. The number of a kind is its tag where states
 * are stored: new kinds come at the end.
 */
enum state_kind {
	STATE_BALANCE, /* points */
	STATE_COUNT,   /* matching events so far */
	STATE_BADGE,   /* the user's first, second, … badge; 0: none */
	STATE_GIVEN,   /* of a rule for the N-th event: 1 once it has awarded */
	STATE_AWARDED_AT, /* of a rule with a cooldown: microseconds */
	STATE_KINDS,
};

/* What a kind is of, by whose id; what is a rule's goes with it. */
enum state_of { OF_POINT_SCALE, OF_BADGE, OF_RULE };

enum state_range {
	RANGE_SIGNED, /* any; that a 0 was set means something */
	RANGE_NUMBER, /* 0 and above */
	RANGE_MARK,   /* 0 or 1 */
};

struct state_row {
	enum state_of of;
	enum state_range range;
	const char *noun;
};
extern const struct state_row state_rows[STATE_KINDS];

struct state_slot {
	int64_t ref; /* the point scale, rule or badge */
	int64_t value;
	bool present; /* it was set, if only to 0 */
};

/* The slots of one kind, by ref. */
struct state_slots {
	struct state_slot *list;
	size_t count;
	size_t max;
};

struct state {
	struct arena *arena;
	struct state_slots kinds[STATE_KINDS];
	int64_t badges; /* won so far */
};

void state_init(struct state *state, struct arena *arena);

/* Makes room for so many more values of a kind, and a few that come later. */
void state_reserve(struct state *state, enum state_kind kind, size_t count);

/*
 * Sets a value as read from the store: in the order of the refs, because each
 * that comes late moves those behind it.
 */
void state_set(
    struct state *state, enum state_kind kind, int64_t ref, int64_t value);

int64_t state_get(const struct state *state, enum state_kind kind, int64_t ref);

/* The slot of a ref; NULL if there is none. */
struct state_slot *
state_find(struct state *state, enum state_kind kind, int64_t ref);

/*
 * Makes slots, with nothing set, for those of the refs that have none. All at
 * once: one after the other they would move each other again and again. The
 * refs are sorted on the way; other slots may move.
 */
void state_want(
    struct state *state, enum state_kind kind, int64_t *refs, size_t count);

#endif
