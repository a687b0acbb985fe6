/* state: a user's numbers, in sorted lists */
#include "engine/state.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

const struct state_row state_rows[STATE_KINDS] = {
    [STATE_BALANCE] = {OF_POINT_SCALE, RANGE_SIGNED, "balance of point scale"},
    [STATE_COUNT] = {OF_RULE, RANGE_NUMBER, "count of rule"},
    [STATE_BADGE] = {OF_BADGE, RANGE_NUMBER, "place of badge"},
    [STATE_AWARDED_AT] = {OF_RULE, RANGE_SIGNED,
        "time of the last award of rule"},
    [STATE_GIVEN] = {OF_RULE, RANGE_MARK, "award for the N-th event of rule"},
    [STATE_USED] = {OF_RULE, RANGE_NUMBER, "events used for awards of rule"},
    [STATE_NEWEST] = {OF_RULE, RANGE_SIGNED, "newest unit of rule", true},
    [STATE_SEEN] = {OF_RULE, RANGE_MARK, "value seen by rule", true},
    [STATE_MATCHES] = {OF_RULE, RANGE_NUMBER, "events in a unit of rule", true},
    [STATE_AWARDS] = {OF_RULE, RANGE_NUMBER, "awards in a unit of rule", true},
    [STATE_ACTIVE] = {OF_RULE, RANGE_NUMBER, "active unit of rule", true},
    [STATE_FIRED] = {OF_RULE, RANGE_NUMBER, "awards of a run of rule", true},
    [STATE_LONGEST] = {OF_RULE, RANGE_NUMBER, "longest run of rule"},
};

enum { SLOTS_FIRST_MAX = 2, SLACK_PART = 8, DROPPED_PART = 4 };

void
state_init(struct state *state, struct arena *arena)
{
	*state = (struct state) {.arena = arena};
}

static bool
is_before(const struct state_slot *slot, int64_t ref, int64_t key)
{
	return slot->ref != ref ? slot->ref < ref : slot->key < key;
}

/* Where the slot is, or would be put. */
static size_t
slot_place(const struct state_slots *slots, int64_t ref, int64_t key)
{
	size_t low = 0, high = slots->count, middle;

	/* Nearly always they come in their order. */
	if (high > 0 && is_before(&slots->list[high - 1], ref, key))
		return high;
	while (low < high) {
		middle = (low + high) / 2;
		if (is_before(&slots->list[middle], ref, key))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
is_at(const struct state_slots *slots, size_t place, int64_t ref, int64_t key)
{
	return place < slots->count && slots->list[place].ref == ref &&
	    slots->list[place].key == key;
}

static void
slots_move(struct state_slots *slots, struct arena *arena, size_t max)
{
	struct state_slot *list = arena_array(arena, max, sizeof(*list));

	if (slots->count > 0)
		memcpy(list, slots->list, slots->count * sizeof(*list));
	slots->list = list;
	slots->max = max;
}

void
state_reserve(struct state *state, enum state_kind kind, size_t count)
{
	struct state_slots *slots = &state->kinds[kind];
	size_t needed = slots->count + count;

	if (needed > slots->max)
		slots_move(slots, state->arena,
		    needed + needed / SLACK_PART + SLOTS_FIRST_MAX);
}

/* Room for count more: half as much again, or what is needed. */
static void
slots_grow(struct state_slots *slots, struct arena *arena, size_t count)
{
	size_t max = slots->max + slots->max / 2 + SLOTS_FIRST_MAX;

	if (slots->count + count > slots->max)
		slots_move(slots, arena,
		    max < slots->count + count ? slots->count + count : max);
}

struct state_slot *
state_make(struct state *state, enum state_kind kind, int64_t ref, int64_t key)
{
	struct state_slots *slots = &state->kinds[kind];
	const size_t place = slot_place(slots, ref, key);
	struct state_slot *slot;

	if (!is_at(slots, place, ref, key)) {
		slots_grow(slots, state->arena, 1);
		slot = &slots->list[place];
		memmove(slot + 1, slot, (slots->count - place) * sizeof(*slot));
		slots->count++;
		*slot = (struct state_slot) {.ref = ref, .key = key};
	}
	return &slots->list[place];
}

void
state_set_at(struct state *state, enum state_kind kind, int64_t ref,
    int64_t key, int64_t value)
{
	*state_make(state, kind, ref, key) =
	    (struct state_slot) {ref, key, value, true};
	if (kind == STATE_BADGE && value > state->badges)
		state->badges = value;
}

void
state_set(struct state *state, enum state_kind kind, int64_t ref, int64_t value)
{
	state_set_at(state, kind, ref, 0, value);
}

struct state_slot *
state_find(struct state *state, enum state_kind kind, int64_t ref, int64_t key)
{
	const struct state_slots *slots = &state->kinds[kind];
	const size_t place = slot_place(slots, ref, key);

	return is_at(slots, place, ref, key) ? &slots->list[place] : NULL;
}

int64_t
state_get(const struct state *state, enum state_kind kind, int64_t ref)
{
	const struct state_slots *slots = &state->kinds[kind];
	const size_t place = slot_place(slots, ref, 0);

	return is_at(slots, place, ref, 0) ? slots->list[place].value : 0;
}

struct state_slot *
state_of_ref(
    struct state *state, enum state_kind kind, int64_t ref, size_t *count_out)
{
	const struct state_slots *slots = &state->kinds[kind];
	const size_t first = slot_place(slots, ref, INT64_MIN);

	*count_out = slot_place(slots, ref + 1, INT64_MIN) - first;
	return *count_out == 0 ? NULL : slots->list + first;
}

static void
slots_compact(struct state_slots *slots)
{
	size_t kept = 0, i;

	for (i = 0; i < slots->count; i++)
		if (slots->list[i].present)
			slots->list[kept++] = slots->list[i];
	slots->count = kept;
	slots->dropped = 0;
}

void
state_compact(struct state *state)
{
	struct state_slots *slots;

	for (slots = state->kinds; slots < state->kinds + STATE_KINDS; slots++)
		if (slots->dropped > 1 + slots->count / DROPPED_PART)
			slots_compact(slots);
}

static int
compare_refs(const void *left, const void *right)
{
	const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

/* Those without a slot, sorted and each once; how many they are. */
static size_t
keep_new(struct state *state, enum state_kind kind, int64_t *refs, size_t count)
{
	size_t kept = 0, i;

	for (i = 0; i < count; i++)
		if (state_find(state, kind, refs[i], 0) == NULL)
			refs[kept++] = refs[i];
	count = kept;
	if (count > 1)
		qsort(refs, count, sizeof(*refs), compare_refs);
	for (kept = i = 0; i < count; i++)
		if (i == 0 || refs[i] != refs[i - 1])
			refs[kept++] = refs[i];
	return kept;
}

/* Merged from the end, so that each slot moves once. */
static void
merge(struct state_slots *slots, const int64_t *refs, size_t count)
{
	size_t from = slots->count, to = slots->count + count;

	slots->count = to;
	while (count > 0)
		if (from > 0 && slots->list[from - 1].ref > refs[count - 1])
			slots->list[--to] = slots->list[--from];
		else
			slots->list[--to] =
			    (struct state_slot) {.ref = refs[--count]};
}

void
state_want(
    struct state *state, enum state_kind kind, int64_t *refs, size_t count)
{
	struct state_slots *slots = &state->kinds[kind];

	count = keep_new(state, kind, refs, count);
	slots_grow(slots, state->arena, count);
	merge(slots, refs, count);
}
