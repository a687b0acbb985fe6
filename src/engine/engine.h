/* engine: what rules give for an event; values in, values out */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/state.h"

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
	/* 1: every match awards; N: once, at the N-th or a later one. */
	int64_t times;
	int64_t points;
	int64_t point_scale_id;
	int64_t badge_id;
	const char *name;
	const char *point_scale;
	const char *badge;
	size_t weight; /* the caller's, see rule_set_find */
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

enum engine_result {
	ENGINE_APPLIED,
	ENGINE_OVERFLOW, /* a balance would leave int64: nothing was changed */
};

/*
 * Applies one event: the rules that it meets, in the order of their creation
 * (engine/rule_set.h). Writes one award for each that gave something; awards
 * has room for count of them. The state is the user's, and then the one after
 * the event. What scratch is needed for means nothing afterwards.
 */
enum engine_result engine_apply(struct state *state, struct arena *scratch,
    const struct rule *const *rules, size_t count, struct award *awards,
    size_t *award_count_out) __attribute__((warn_unused_result));

#endif
