/* rule_set: which rules an event meets */
#ifndef ENGINE_RULE_SET_H
#define ENGINE_RULE_SET_H

#include "engine/engine.h"

struct arena;

/*
 * The rules of one application, or as many as have ever been, in the order of
 * their creation. Lives in the arena; keeps pointers to the rules.
 */
struct rule_set;
struct rule_set *
rule_set_new(struct arena *arena, const struct rule *rules, size_t count);

/* Rules that ask for one event type and one property, or for none. */
struct rule_range {
	const struct rule *const *rules;
	size_t count;
};

/* The rules that an event meets: of its type and its properties, enabled. */
struct found_rules {
	struct rule_range *ranges;
	size_t range_count;
	size_t count;  /* of the rules in all ranges; each is in one */
	size_t weight; /* the sum of their weights, and of the milestones' */
	const struct rule *const *milestones;
	size_t milestone_count;
};

/*
 * A few comparisons for each property, whatever the number of rules and
 * whatever they are called: nobody can make names that are slow to tell apart.
 */
struct found_rules rule_set_find(const struct rule_set *set,
    struct arena *arena, const struct occurrence *event);

/* The found rules by priority, and then in the order of their creation. */
struct rules_met
found_rules_list(const struct found_rules *found, struct arena *arena);

#endif
