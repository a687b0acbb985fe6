/* engine: what rules give for an event */
#include "engine/engine.h"

#include "base/arena.h"
#include "engine/feature.h"

/* What was in a slot that the event has changed. */
struct change {
	enum state_kind kind;
	bool dropped;
	struct state_slot before;
};

/* All of these, to be put back if the event is refused. */
struct undo {
	struct state *state;
	struct arena *arena;
	struct change *changes;
	size_t count;
	size_t max;
	int64_t badges;
};

enum { CHANGES_SPARE = 8 };

/*
 * Slots for what the rules will nearly always touch, all at once: one after the
 * other they would move each other. Answers how many these are.
 */
static size_t
want_slots(struct state *state, struct arena *scratch,
    const struct rule *const *rules, size_t count)
{
	int64_t *refs = arena_array(scratch, count + 1, sizeof(*refs));
	size_t wanted, sum = 0, i;
	int kind;

	for (kind = 0; kind < STATE_KINDS; kind++) {
		wanted = 0;
		for (i = 0; i < count; i++) {
			refs[wanted] = rules[i]->refs[kind];
			wanted += refs[wanted] != 0;
		}
		sum += wanted;
		if (wanted > 0)
			state_want(state, (enum state_kind)kind, refs, wanted);
	}
	return sum;
}

static void
remember(struct undo *undo, struct change change)
{
	const size_t size = sizeof(*undo->changes);

	if (undo->count == undo->max) {
		undo->max *= 2;
		undo->changes = arena_grow(undo->arena, undo->changes,
		    undo->count * size, undo->count * size, undo->max * size);
	}
	undo->changes[undo->count++] = change;
}

static void
undo_all(struct undo *undo)
{
	struct state *state = undo->state;
	const struct change *change;

	while (undo->count > 0) {
		change = &undo->changes[--undo->count];
		*state_make(state, change->kind, change->before.ref,
		    change->before.key) = change->before;
		state->kinds[change->kind].dropped -= change->dropped;
	}
	state->badges = undo->badges;
}

int64_t
step_get(const struct step *step, enum state_kind kind, int64_t ref)
{
	return state_get(step->state, kind, ref);
}

int64_t
step_get_at(const struct step *step, enum state_kind kind, int64_t key)
{
	const struct state_slot *slot =
	    state_find(step->state, kind, step->rule->id, key);

	return slot == NULL ? 0 : slot->value;
}

bool
step_has(const struct step *step, enum state_kind kind, int64_t key)
{
	const struct state_slot *slot =
	    state_find(step->state, kind, step->rule->id, key);

	return slot != NULL && slot->present;
}

static int64_t *
touch(struct step *step, enum state_kind kind, int64_t ref, int64_t key)
{
	struct state_slot *slot = state_make(step->state, kind, ref, key);

	remember(step->undo, (struct change) {kind, false, *slot});
	slot->present = true;
	return &slot->value;
}

int64_t *
step_touch(struct step *step, enum state_kind kind, int64_t ref)
{
	return touch(step, kind, ref, 0);
}

int64_t *
step_touch_at(struct step *step, enum state_kind kind, int64_t key)
{
	return touch(step, kind, step->rule->id, key);
}

struct state_slot *
step_slots(const struct step *step, enum state_kind kind, size_t *count_out)
{
	return state_of_ref(step->state, kind, step->rule->id, count_out);
}

void
step_drop(struct step *step, enum state_kind kind, struct state_slot *slot)
{
	remember(step->undo, (struct change) {kind, true, *slot});
	slot->present = false;
	slot->value = 0;
	step->state->kinds[kind].dropped++;
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

/* Whether the event climbs up to what the rule gives. */
static bool
climbs(struct step *step)
{
	int phase;

	for (phase = 0; phase < GIVES; phase++)
		if (!run(step, (enum phase)phase))
			return false;
	return true;
}

/* The awards of an event, as they become more. */
struct giving {
	struct step step;
	struct award *awards;
	size_t count;
};

/* Whether the rule has given something; false too if a balance is too large. */
static bool
give(struct giving *giving, bool *overflow_out)
{
	struct step *step = &giving->step;

	*step->award = (struct award) {.rule = step->rule};
	*overflow_out = !run(step, GIVES);
	if (*overflow_out || !gave(step))
		return false;
	giving->count++;
	return true;
}

static void
turn_to(struct giving *giving, const struct rule *rule)
{
	giving->step.rule = rule;
	giving->step.award = &giving->awards[giving->count];
}

/* False: a balance would be too large. */
static bool
try_rules(struct giving *giving, const struct rules_met *met)
{
	bool overflow = false;
	size_t i;

	for (i = 0; i < met->count && !overflow; i++) {
		turn_to(giving, met->rules[i]);
		if (climbs(&giving->step))
			give(giving, &overflow);
	}
	return !overflow;
}

/* Each may be what another one waits for. */
static bool
try_milestones(struct giving *giving, const struct rules_met *met)
{
	struct step *step = &giving->step;
	bool overflow = false, more = giving->count > 0;
	size_t i;

	while (more && !overflow) {
		more = false;
		for (i = 0; i < met->milestone_count && !overflow; i++) {
			turn_to(giving, met->milestones[i]);
			if (step_get(step, STATE_GIVEN, step->rule->id) != 0 ||
			    !climbs(step))
				continue;
			*step_touch(step, STATE_GIVEN, step->rule->id) = 1;
			more |= give(giving, &overflow);
		}
	}
	return !overflow;
}

enum engine_result
engine_apply(struct state *state, struct arena *scratch,
    const struct occurrence *event, const struct rules_met *met,
    struct award *awards, size_t *award_count_out)
{
	struct undo undo = {
	    .state = state, .arena = scratch, .badges = state->badges};
	struct giving giving = {.step = {.undo = &undo,
	                            .state = state,
	                            .scratch = scratch,
	                            .event = event},
	    .awards = awards};

	/* Nearly always enough: what grows is copied, and takes memory. */
	undo.max =
	    want_slots(state, scratch, met->rules, met->count) + CHANGES_SPARE;
	undo.changes = arena_array(scratch, undo.max, sizeof(*undo.changes));
	if (!try_rules(&giving, met) || !try_milestones(&giving, met)) {
		undo_all(&undo);
		return ENGINE_OVERFLOW;
	}
	state_compact(state);
	*award_count_out = giving.count;
	return ENGINE_APPLIED;
}
