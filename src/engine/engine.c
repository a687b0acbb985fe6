/* engine: what rules give for an event */
#include "engine/engine.h"

#include "base/arena.h"

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
	int64_t badges;
};

static int64_t
ref_of(const struct rule *rule, enum state_kind kind)
{
	const int64_t refs[STATE_KINDS] = {
	    [STATE_BALANCE] = rule->point_scale_id,
	    [STATE_COUNT] = rule->id,
	    [STATE_BADGE] = rule->badge_id,
	    [STATE_GIVEN] = rule->times > 1 ? rule->id : 0,
	};

	return refs[kind];
}

/* Slots for all that the rules may change: from here on they stay in place. */
static void
want_slots(struct state *state, struct arena *scratch,
    const struct rule *const *rules, size_t count)
{
	int64_t *refs = arena_array(scratch, count + 1, sizeof(*refs));
	size_t wanted, i;
	int kind;

	for (kind = 0; kind < STATE_KINDS; kind++) {
		wanted = 0;
		for (i = 0; i < count; i++) {
			refs[wanted] = ref_of(rules[i], (enum state_kind)kind);
			wanted += refs[wanted] != 0;
		}
		state_want(state, (enum state_kind)kind, refs, wanted);
	}
}

static struct undo
undo_begin(struct state *state, struct arena *scratch, size_t rules)
{
	struct undo undo = {.state = state, .badges = state->badges};

	undo.changes =
	    arena_array(scratch, rules * STATE_KINDS, sizeof(*undo.changes));
	return undo;
}

/* The slot of what is about to be set. */
static struct state_slot *
touch(struct undo *undo, enum state_kind kind, int64_t ref)
{
	struct state_slot *slot = state_find(undo->state, kind, ref);

	undo->changes[undo->count++] = (struct change) {slot, *slot};
	slot->present = true;
	return slot;
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

/*
 * What a rule whose turn has come gives. False if the balance would leave
 * int64. *gave_out: a rule that has but a badge, which the user has, gives
 * nothing.
 */
static bool
rule_give(struct undo *undo, const struct rule *rule, struct award *award_out,
    bool *gave_out)
{
	struct state_slot *slot;

	*award_out = (struct award) {.rule = rule};
	if (rule->point_scale_id != 0) {
		slot = touch(undo, STATE_BALANCE, rule->point_scale_id);
		if (__builtin_add_overflow(
		        slot->value, rule->points, &slot->value))
			return false;
		award_out->balance = slot->value;
	}
	if (rule->badge_id != 0 &&
	    state_get(undo->state, STATE_BADGE, rule->badge_id) == 0) {
		slot = touch(undo, STATE_BADGE, rule->badge_id);
		slot->value = ++undo->state->badges;
		award_out->badge_won = true;
	}
	*gave_out = rule->point_scale_id != 0 || award_out->badge_won;
	return true;
}

/*
 * Counts the event, and tells whether the rule awards for it. A rule for the
 * N-th event does that once for a user, whatever N was before or becomes: N may
 * have been lowered below the count, or raised after the award.
 */
static bool
is_due(struct undo *undo, const struct rule *rule)
{
	int64_t count = ++touch(undo, STATE_COUNT, rule->id)->value;

	if (rule->times == 1)
		return true;
	if (count < rule->times ||
	    state_get(undo->state, STATE_GIVEN, rule->id) != 0)
		return false;
	touch(undo, STATE_GIVEN, rule->id)->value = 1;
	return true;
}

enum engine_result
engine_apply(struct state *state, struct arena *scratch,
    const struct rule *const *rules, size_t count, struct award *awards,
    size_t *award_count_out)
{
	struct undo undo = undo_begin(state, scratch, count);
	size_t given = 0, i;
	bool gave;

	want_slots(state, scratch, rules, count);
	for (i = 0; i < count; i++) {
		if (!is_due(&undo, rules[i]))
			continue;
		if (!rule_give(&undo, rules[i], &awards[given], &gave)) {
			undo_all(&undo);
			return ENGINE_OVERFLOW;
		}
		given += gave;
	}
	*award_count_out = given;
	return ENGINE_APPLIED;
}
