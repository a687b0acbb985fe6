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

/* "awards in a unit of rule "Daily" at 164264" */
static const char *
thing_text(
    struct verify *verify, enum state_kind kind, const struct state_slot *slot)
{
	const struct state_row *row = &state_rows[kind];
	const char *at = row->keyed
	    ? arena_printf(verify->words, " at %lld", (long long)slot->key)
	    : "";

	return arena_printf(verify->words, "%s %s%s", row->noun,
	    texts[row->of](verify, slot->ref), at);
}

/* One of the two may be NULL. */
static void
compare_slots(struct verify *verify, const struct fold *fold,
    enum state_kind kind, const struct state_slot *stored,
    const struct state_slot *folded)
{
	const struct state_slot *either = stored == NULL ? folded : stored;

	if (stored != NULL && folded != NULL && stored->value == folded->value)
		return;
	if (!is_meaningless(verify, kind, either->ref))
		verify_differs(verify, fold->username,
		    thing_text(verify, kind, either), slot_text(verify, stored),
		    slot_text(verify, folded));
}

/* By ref and key; what is NULL comes after all others. */
static int
compare_places(const struct state_slot *one, const struct state_slot *other)
{
	if (one == NULL || other == NULL)
		return (one == NULL) - (other == NULL);
	if (one->ref != other->ref)
		return one->ref < other->ref ? -1 : 1;
	return (one->key > other->key) - (one->key < other->key);
}

/* Both are in the order of what they are of, and of their keys. */
static void
compare_kind(struct verify *verify, const struct fold *fold,
    const struct state *state, enum state_kind kind)
{
	const struct state_slot *stored, *folded;
	size_t i = 0, k = 0;
	int order;

	for (;;) {
		stored = next_slot(&state->kinds[kind], kind, &i);
		folded = next_slot(&fold->state.kinds[kind], kind, &k);
		if (stored == NULL && folded == NULL)
			return;
		order = compare_places(stored, folded);
		compare_slots(verify, fold, kind, order > 0 ? NULL : stored,
		    order < 0 ? NULL : folded);
		i += order <= 0;
		k += order >= 0;
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
