/* engine: what rules give for an event; values in, values out */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/occurrence.h"
#include "engine/rule.h"
#include "engine/state.h"

/* What one rule gave for one event. References are the rule's. */
struct award {
	const struct rule *rule;
	const struct reference *point_scale; /* NULL: it has none */
	int64_t points;
	int64_t balance;               /* after it */
	const struct reference *badge; /* won by this event; NULL: none */
};

enum engine_result {
	ENGINE_APPLIED,
	ENGINE_OVERFLOW, /* a balance would leave int64: nothing was changed */
};

/*
 * The rules that an event meets, in the order in which they are tried, and the
 * milestones of its application, each of which is given once to a user. All are
 * compiled.
 */
struct rules_met {
	const struct rule *const *rules;
	size_t count;
	const struct rule *const *milestones;
	size_t milestone_count;
};

/*
 * Applies one event: the rules that it meets (engine/rule_set.h) and, if they
 * have given something, the milestones, until none is reached any more. Writes
 * one award for each that gave something; awards has room for all of them. The
 * state is the user's, and then the one after the event. What scratch is needed
 * for means nothing afterwards.
 */
enum engine_result engine_apply(struct state *state, struct arena *scratch,
    const struct occurrence *event, const struct rules_met *met,
    struct award *awards, size_t *award_count_out)
    __attribute__((warn_unused_result));

#endif
