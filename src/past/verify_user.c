/* verify_user: what a user has against what the user's events gave */
#include "base/arena.h"
#include "past/verify_fold.h"
#include "store/standing.h"

/* What the values are of. */
static const char *(*const texts[])(struct verify *verify, int64_t id) = {
    [OF_POINT_SCALE] = scale_text,
    [OF_BADGE] = badge_text,
    [OF_RULE] = rule_text,
};

static void
compare(struct verify *verify, const char *username, const char *thing,
    int64_t stored, int64_t folded)
{
	if (stored != folded)
		verify_differs(verify, username, thing,
		    number_text(verify, stored), number_text(verify, folded));
}

/* A 0 is as good as none, unless it may have a sign. */
static const struct state_slot *
next_slot(const struct state_slots *slots, enum state_kind kind, size_t *at)
{
	const struct state_slot *slot;

	for (; *at < slots->count; ++*at) {
		slot = &slots->list[*at];
		if (slot->present &&
		    (state_rows[kind].range == RANGE_SIGNED ||
		        slot->value != 0))
			return slot;
	}
	return NULL;
}

/* Numbers of a rule that is deleted decide nothing any more. */
static bool
is_meaningless(struct verify *verify, enum state_kind kind, int64_t ref)
{
	const struct verify_thing *rule =
	    things_find(&verify->catalog.rules, ref);

	return state_rows[kind].of == OF_RULE && rule != NULL && rule->deleted;
}

static const char *
slot_text(struct verify *verify, const struct state_slot *slot)
{
	return slot == NULL ? "none" : number_text(verify, slot->value);
}

static void
compare_slots(struct verify *verify, const struct fold *fold,
    enum state_kind kind, int64_t ref, const struct state_slot *stored,
    const struct state_slot *folded)
{
	if (stored != NULL && folded != NULL && stored->value == folded->value)
		return;
	if (is_meaningless(verify, kind, ref))
		return;
	verify_differs(verify, fold->username,
	    arena_printf(verify->words, "%s %s", state_rows[kind].noun,
	        texts[state_rows[kind].of](verify, ref)),
	    slot_text(verify, stored), slot_text(verify, folded));
}

/* Where there is no slot, a ref that comes after all others. */
static int64_t
ref_of(const struct state_slot *slot)
{
	return slot == NULL ? INT64_MAX : slot->ref;
}

/* Both are in the order of what they are of. */
static void
compare_kind(struct verify *verify, const struct fold *fold,
    const struct state *state, enum state_kind kind)
{
	const struct state_slot *stored, *folded;
	size_t i = 0, k = 0;
	int64_t ref;

	for (;;) {
		stored = next_slot(&state->kinds[kind], kind, &i);
		folded = next_slot(&fold->state.kinds[kind], kind, &k);
		if (stored == NULL && folded == NULL)
			return;
		ref = ref_of(stored) < ref_of(folded) ? ref_of(stored)
		                                      : ref_of(folded);
		if (ref_of(stored) != ref)
			stored = NULL;
		if (ref_of(folded) != ref)
			folded = NULL;
		compare_slots(verify, fold, kind, ref, stored, folded);
		i += stored != NULL;
		k += folded != NULL;
	}
}

void
verify_user(struct verify *verify, const struct verify_row *user)
{
	struct fold *fold = folds_get(&verify->folds, user->username);
	struct state state;
	size_t kind;

	fold->has_row = true;
	arena_reset(verify->event_arena);
	compare(verify, user->username, "events", user->number, fold->events);
	compare(verify, user->username, "ledger entries", user->user.entries,
	    fold->entries);
	compare(verify, user->username, "row of the last event", user->row,
	    fold->row);
	compare(verify, user->username,
	    "microseconds of the last event ahead of its receipt", user->ahead,
	    fold->ahead);
	state_init(&state, verify->event_arena);
	if (!standing_unpack(&state, user->user.standing))
		verify_differs(
		    verify, user->username, "standing", "damaged", "readable");
	for (kind = 0; kind < STATE_KINDS; kind++)
		compare_kind(verify, fold, &state, (enum state_kind)kind);
	verify->totals.users++;
}
