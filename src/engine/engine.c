/* engine: what rules give for an event */
#include "engine/engine.h"

#include <assert.h>

#include "base/arena.h"
#include "engine/feature.h"

/* A slot that the event has changed, and what was in it. */
struct change {
	struct state_slot *slot;
	struct state_slot before;
};

/* All of these, to be put back if the event is refused. */
struct undo {
	struct state *state;
	struct change *changes;
	size_t count;
	size_t max;
	int64_t badges;
};

/*
 * Slots for all that the rules may change: from here on they stay in place. How
 * often one may be changed: each rule has its own refs.
 */
static size_t
want_slots(struct state *state, struct arena *scratch,
    const struct rule *const *rules, size_t count)
{
	int64_t *refs = arena_array(scratch, count + 1, sizeof(*refs));
	size_t changes = 0, wanted, i;
	int kind;

	for (kind = 0; kind < STATE_KINDS; kind++) {
		wanted = 0;
		for (i = 0; i < count; i++) {
			refs[wanted] = rules[i]->refs[kind];
			wanted += refs[wanted] != 0;
		}
		changes += wanted;
		state_want(state, (enum state_kind)kind, refs, wanted);
	}
	return changes;
}

static struct undo
undo_begin(struct state *state, struct arena *scratch, size_t changes)
{
	struct undo undo = {
	    .state = state, .max = changes, .badges = state->badges};

	undo.changes = arena_array(scratch, changes + 1, sizeof(*undo.changes));
	return undo;
}

int64_t
step_get(const struct step *step, enum state_kind kind, int64_t ref)
{
	return state_get(step->state, kind, ref);
}

bool
step_has(const struct step *step, enum state_kind kind, int64_t ref)
{
	return state_find(step->state, kind, ref)->present;
}

int64_t *
step_touch(struct step *step, enum state_kind kind, int64_t ref)
{
	struct state_slot *slot = state_find(step->state, kind, ref);

	assert(slot != NULL && step->undo->count < step->undo->max);
	step->undo->changes[step->undo->count++] =
	    (struct change) {slot, *slot};
	slot->present = true;
	return &slot->value;
}

static void
undo_all(struct undo *undo)
{
	const struct change *change;

	while (undo->count > 0) {
		change = &undo->changes[--undo->count];
		*change->slot = change->before;
	}
	undo->state->badges = undo->badges;
}

/* False as soon as one of the rule's features says so. */
static bool
run(struct step *step, enum phase phase)
{
	const struct rule *rule = step->rule;
	const struct term *term;

	for (term = rule->terms; term < rule->terms + rule->term_count; term++)
		if (term->feature->on[phase] != NULL &&
		    !term->feature->on[phase](step, term->part))
			return false;
	return true;
}

/* A rule that has but a badge, which the user has, gives nothing. */
static bool
gave(struct step *step)
{
	return (step->award->point_scale != NULL ||
	           step->award->badge != NULL) &&
	    run(step, GIVEN);
}

enum engine_result
engine_apply(struct state *state, struct arena *scratch,
    const struct occurrence *event, const struct rule *const *rules,
    size_t count, struct award *awards, size_t *award_count_out)
{
	struct undo undo = undo_begin(
	    state, scratch, want_slots(state, scratch, rules, count));
	struct step step = {.undo = &undo, .state = state, .event = event};
	size_t given = 0, i;

	for (i = 0; i < count; i++) {
		step.rule = rules[i];
		step.award = &awards[given];
		if (!run(&step, PASSES))
			continue;
		awards[given] = (struct award) {.rule = rules[i]};
		if (!run(&step, GIVES)) {
			undo_all(&undo);
			return ENGINE_OVERFLOW;
		}
		given += gave(&step);
	}
	*award_count_out = given;
	return ENGINE_APPLIED;
}
