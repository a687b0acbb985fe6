/*
 * fuzz_row: what the rows of events and users keep packed
 *
 * The input is read as both. What is sound keeps its meaning when it is packed
 * again, in no more bytes; and in as many they are the same.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/plain_rule.h"
#include "base/arena.h"
#include "fuzz.h"
#include "store/award.h"
#include "store/standing.h"

static void
check_shortest(struct bytes packed, struct bytes bytes)
{
	assert(packed.len < bytes.len ||
	    (packed.len == bytes.len &&
	        memcmp(packed.data, bytes.data, bytes.len) == 0));
}

static const struct reference *
reference_to(struct arena *arena, int64_t id)
{
	struct reference *reference = arena_alloc(arena, sizeof(*reference));

	reference->id = id;
	return id == 0 ? NULL : reference;
}

static struct bytes
pack_awards(struct arena *arena, const struct stored_awards *stored)
{
	struct rule *rules =
	    arena_array(arena, stored->count + 1, sizeof(*rules));
	struct award *awards =
	    arena_array(arena, stored->count + 1, sizeof(*awards));
	size_t i;

	for (i = 0; i < stored->count; i++) {
		rules[i].id = stored->list[i].rule;
		awards[i] = (struct award) {.rule = &rules[i],
		    .point_scale =
		        reference_to(arena, stored->list[i].point_scale),
		    .points = stored->list[i].points,
		    .balance = stored->list[i].balance,
		    .badge = reference_to(arena, stored->list[i].badge)};
	}
	return awards_pack(
	    arena, awards, stored->count, stored->entries_before);
}

static void
check_award(const struct stored_award *award)
{
	assert(award->rule >= 0 && award->point_scale >= 0);
	assert(award->badge >= 0);
	if (award->point_scale == 0)
		assert(award->points == 0 && award->balance == 0);
}

static void
check_awards(struct arena *arena, struct bytes bytes)
{
	struct stored_awards awards, again;
	bool sound = awards_unpack(arena, bytes, &awards);
	struct bytes packed;
	size_t i;

	assert(awards_entries(&awards) <= awards.count);
	assert(awards.entries_before >= 0);
	for (i = 0; i < awards.count; i++)
		check_award(&awards.list[i]);
	if (!sound || awards.count == 0)
		return;
	packed = pack_awards(arena, &awards);
	check_shortest(packed, bytes);
	assert(awards_unpack(arena, packed, &again));
	assert(again.entries_before == awards.entries_before);
	assert(again.count == awards.count);
	assert(memcmp(again.list, awards.list,
	           awards.count * sizeof(*awards.list)) == 0);
}

static int
compare_rules(const void *left, const void *right)
{
	const int64_t a = ((const struct rule *)left)->id;
	const int64_t b = ((const struct rule *)right)->id;

	return (a > b) - (a < b);
}

/* Packed as if every rule that it names existed. */
static struct bytes
pack_standing(struct arena *arena, const struct state *state)
{
	size_t count = 0, kept = 0, i;
	struct rule *rules;
	int kind;

	for (kind = 0; kind < STATE_KINDS; kind++)
		count += state->kinds[kind].count;
	rules = arena_array(arena, count + 1, sizeof(*rules));
	count = 0;
	for (kind = 0; kind < STATE_KINDS; kind++)
		for (i = 0; i < state->kinds[kind].count; i++)
			if (state_rows[kind].of == OF_RULE)
				rules[count++].id =
				    state->kinds[kind].list[i].ref;
	qsort(rules, count, sizeof(*rules), compare_rules);
	for (i = 0; i < count; i++)
		if (i == 0 || rules[i].id != rules[kept - 1].id)
			rules[kept++].id = rules[i].id;
	return standing_pack(state, rules, kept);
}

/* Every slot was set, has a place of its own, and few may be negative. */
static void
check_slots(const struct state *state, enum state_kind kind)
{
	const struct state_slots *slots = &state->kinds[kind];
	const struct state_slot *slot;
	size_t i;

	for (i = 0; i < slots->count; i++) {
		slot = &slots->list[i];
		assert(slot->present && slot->ref >= 0);
		assert(
		    state_rows[kind].range == RANGE_SIGNED || slot->value > 0);
		assert(state_rows[kind].keyed || slot->key == 0);
		if (i > 0)
			assert(slot->ref > slot[-1].ref ||
			    (slot->ref == slot[-1].ref &&
			        slot->key > slot[-1].key));
	}
}

static void
check_same(const struct state *one, struct state *other, enum state_kind kind)
{
	const struct state_slots *slots = &one->kinds[kind];
	const struct state_slot *slot;
	size_t i;

	for (i = 0; i < slots->count; i++) {
		slot = state_find(
		    other, kind, slots->list[i].ref, slots->list[i].key);
		assert(slot != NULL && slot->value == slots->list[i].value);
	}
	assert(other->kinds[kind].count == slots->count);
}

static void
check_standing(struct arena *arena, struct bytes bytes)
{
	struct state state, again;
	struct bytes packed;
	bool sound;
	int kind;

	state_init(&state, arena);
	state_init(&again, arena);
	sound = standing_unpack(&state, bytes);
	for (kind = 0; kind < STATE_KINDS; kind++)
		check_slots(&state, (enum state_kind)kind);
	assert(state.badges == last_place(&state));
	if (!sound)
		return;
	packed = pack_standing(arena, &state);
	check_shortest(packed, bytes);
	assert(standing_unpack(&again, packed));
	for (kind = 0; kind < STATE_KINDS; kind++)
		check_same(&state, &again, (enum state_kind)kind);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(FUZZ_ARENA_MAX);
	const struct bytes bytes = {data, size};

	check_awards(arena, bytes);
	check_standing(arena, bytes);
	arena_free(arena);
	return 0;
}
