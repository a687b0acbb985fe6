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
 * Applies one event: the rules that it meets, in the order of their creation
 * (engine/rule_set.h), each of which is compiled. Writes one award for each
 * that gave something; awards has room for count of them. The state is the
 * user's, and then the one after the event. What scratch is needed for means
 * nothing afterwards.
 */
enum engine_result engine_apply(struct state *state, struct arena *scratch,
    const struct occurrence *event, const struct rule *const *rules,
    size_t count, struct award *awards, size_t *award_count_out)
    __attribute__((warn_unused_result));

#endif
