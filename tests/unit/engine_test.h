/* engine_test: events applied, and awards and changes as texts */
#ifndef ENGINE_TEST_H
#define ENGINE_TEST_H

#include "engine/engine.h"
#include "unit_test.h"

/* The most rules, events or properties that a case has. */
enum { ROW_MAX = 12 };

/* An event of a user; its properties between commas. */
struct occurrence
occurrence_of(int64_t user, const char *type, const char *properties);

/*
 * What the event gives, as "1=10 2=15* 3*": the rule's id, the balance where it
 * has a scale, and a star where the badge was won. Or "overflow".
 */
const char *apply(struct state *state, const struct rule *const *rules,
    size_t count, const struct occurrence *event);

/* The list of changes as "u1 points7=10, u1 count1=1", sorted. */
const char *changes_text(const struct state *state);

#endif
