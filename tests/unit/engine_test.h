/* engine_test: events applied, and awards and states as texts */
#ifndef ENGINE_TEST_H
#define ENGINE_TEST_H

#include "engine/rule_set.h"
#include "plain_rule.h"
#include "unit_test.h"

/* The most rules, events or properties that a case has. */
enum { ROW_MAX = 12 };

/* An event with properties that are true, each of which counts once. */
struct occurrence
occurrence_with(const char *type, const char *const *names, size_t count);

/* The same; its properties between commas. */
struct occurrence occurrence_of(const char *type, const char *properties);

/*
 * What the event gives, as "1=10 2=15* 3*": the rule's id, the balance where it
 * has a scale, and a star where the badge was won. Or "overflow".
 */
const char *apply(struct state *state, const struct occurrence *event,
    const struct rules_met *met);

/* The same with those of a set that the event meets. */
const char *apply_found(struct state *state, const struct rule_set *set,
    const struct occurrence *event);

/*
 * All that was ever set, as "u1 points7=10, u1 count1=1, u2 points7=0", by user
 * (the first state is user 1's), kind, number and, where it has one, key.
 */
const char *states_text(const struct state *states, size_t count);

#endif
