/* engine: what rules give for an event; values in, values out */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/*
 * A rule in force. Source: openapi.yaml, tag Rules and schema Rule. Ids are the
 * store's; 0 is none. The names are carried along for the answer and mean
 * nothing here.
 */
struct rule {
	int64_t id;
	bool enabled;
	const char *event_type;
	const char *property; /* NULL: any event of the type */
	int64_t times;        /* 1: every match awards; N: the N-th, once */
	int64_t points;
	int64_t point_scale_id;
	int64_t badge_id;
	const char *name;
	const char *point_scale;
	const char *badge;
};

/* What of an event the rules look at. */
struct occurrence {
	const char *event_type;
	/* The properties that it has: neither false nor null. */
	const char *const *properties;
	size_t property_count;
};

/* What one rule gave for one event. */
struct award {
	const struct rule *rule;
	int64_t balance; /* after it, where the rule has a point scale */
	bool badge_won;  /* its badge, by this event */
};

/*
 * Rules of one application, found by event type, each run in the order of their
 * creation. Lives in the arena; keeps pointers to the rules.
 */
struct rule_set;
struct rule_set *
rule_set_new(struct arena *arena, const struct rule *rules, size_t count);

/*
 * The rules of an event type: the first of *count_out, or NULL if there are
 * none.
 */
const struct rule *const *rule_set_find(
    const struct rule_set *set, const char *event_type, size_t *count_out);

/* Whether the event is one that the rule counts: enabled, type, property. */
bool rule_matches(const struct rule *rule, const struct occurrence *event);

/*
 * State: what of a user's past decides, as numbers. A value that was never set
 * is 0.
 */
enum state_kind {
	STATE_BALANCE, /* by point scale: points */
	STATE_COUNT,   /* by rule: matching events so far */
	STATE_BADGE, /* by badge: the user's first, second, … badge; 0: none */
	STATE_KINDS,
};

struct state_slot {
	int64_t ref; /* the point scale, rule or badge */
	int64_t value;
	bool present; /* it was set, if only to 0 */
	/* Of the event being applied, dropped unless it succeeds. */
	int64_t pending;
	uint64_t serial;
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
	uint64_t serial;
};

void state_init(struct state *state, struct arena *arena);

/* Sets a value as read from the store: fastest in the order of the refs. */
void state_set(
    struct state *state, enum state_kind kind, int64_t ref, int64_t value);

int64_t state_get(const struct state *state, enum state_kind kind, int64_t ref);

enum engine_result {
	ENGINE_APPLIED,
	ENGINE_OVERFLOW, /* a balance would leave int64: nothing was changed */
};

/*
 * Applies one event: every rule of its type, in order. Writes one award for
 * each rule that gave something; awards has room for count of them. The state
 * is the user's, and then the one after the event.
 */
enum engine_result
engine_apply(struct state *state, const struct rule *const *rules, size_t count,
    const struct occurrence *event, struct award *awards,
    size_t *award_count_out) __attribute__((warn_unused_result));

#endif
