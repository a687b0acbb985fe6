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
	STATE_USED,       /* of a rule that repeats: of the count, for awards */
	STATE_NEWEST,  /* by sort of unit: the last that the rule has counted */
	STATE_SEEN,    /* by a value's hash: 1, the rule has counted it */
	STATE_MATCHES, /* by unit: matching events in it */
	STATE_AWARDS,  /* by unit: the rule's awards in it */
	STATE_ACTIVE, /* by unit: its place in its run of active ones, from 1 */
	STATE_FIRED,  /* by unit: awards of its run, up to it */
	STATE_LONGEST, /* of a rule with a streak: units of the longest run */
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
	bool keyed; /* of each thing there are many, by a key; else one, by 0 */
};
extern const struct state_row state_rows[STATE_KINDS];

struct state_slot {
	int64_t ref; /* the point scale, rule or badge */
	int64_t key; /* see engine/units.h */
	int64_t value;
	bool present; /* it was set, if only to 0 */
};

/* The slots of one kind, by ref and key. */
struct state_slots {
	struct state_slot *list;
	size_t count;
	size_t max;
	size_t dropped; /* no more than these are without a value again */
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
void state_set_at(struct state *state, enum state_kind kind, int64_t ref,
    int64_t key, int64_t value);

int64_t state_get(const struct state *state, enum state_kind kind, int64_t ref);

/* The slot of a ref and a key; NULL if there is none. */
struct state_slot *
state_find(struct state *state, enum state_kind kind, int64_t ref, int64_t key);

/* The same, made with nothing set where it is missing: others may move. */
struct state_slot *
state_make(struct state *state, enum state_kind kind, int64_t ref, int64_t key);

/* All slots of a ref, by their keys; also those without a value. NULL: none. */
struct state_slot *state_of_ref(
    struct state *state, enum state_kind kind, int64_t ref, size_t *count_out);

/* Takes away what was dropped, where that is much: slots move. */
void state_compact(struct state *state);

/*
 * Makes slots, with nothing set, for those of the refs that have none. All at
 * once: one after the other they would move each other again and again. The
 * refs are sorted on the way; other slots may move. Their key is 0.
 */
void state_want(
    struct state *state, enum state_kind kind, int64_t *refs, size_t count);

#endif
