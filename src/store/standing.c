/* standing: what a user has, as the user's row keeps it */
#include "store/standing.h"

#include <assert.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/str.h"

enum {
	PAIR_SIZE_MIN = 2,
	BADGE_SIZE_MIN = 1,
	GIVEN_SIZE_MIN = 1,
	NUMBER_SIZE_MAX = 10
};

/*
 * Whether the next rules, from *at on, have this one. In steps that double:
 * a user may have few of many rules, or many of them.
 */
static bool
rule_exists(const struct rule *rules, size_t count, size_t *at, int64_t id)
{
	size_t step = 1, end;

	while (*at < count && rules[*at].id < id) {
		end = *at + step;
		if (end < count && rules[end].id < id) {
			*at = end;
			step *= 2;
		} else if (step > 1)
			step /= 2;
		else
			++*at;
	}
	return *at < count && rules[*at].id == id;
}

static void
pack_balances(struct str *str, const struct state_slots *slots)
{
	int64_t last = 0;
	size_t present = 0, i;

	for (i = 0; i < slots->count; i++)
		present += slots->list[i].present;
	pack_uint(str, present);
	for (i = 0; i < slots->count; i++) {
		if (!slots->list[i].present)
			continue;
		pack_uint(str, (uint64_t)(slots->list[i].ref - last));
		pack_int(str, slots->list[i].value);
		last = slots->list[i].ref;
	}
}

static bool
is_kept(const struct state_slot *slot, const struct rule *rules, size_t count,
    size_t *at)
{
	return slot->value != 0 && rule_exists(rules, count, at, slot->ref);
}

/* Of rules that exist: with the numbers, or only that there is one. */
static void
pack_of_rules(struct str *str, const struct state_slots *slots, bool numbers,
    const struct rule *rules, size_t count)
{
	size_t kept = 0, at = 0, i;
	int64_t last = 0;

	for (i = 0; i < slots->count; i++)
		kept += is_kept(&slots->list[i], rules, count, &at);
	pack_uint(str, kept);
	for (at = i = 0; i < slots->count; i++) {
		if (!is_kept(&slots->list[i], rules, count, &at))
			continue;
		pack_uint(str, (uint64_t)(slots->list[i].ref - last));
		if (numbers)
			pack_uint(str, (uint64_t)slots->list[i].value);
		last = slots->list[i].ref;
	}
}

static void
pack_badges(struct str *str, const struct state *state)
{
	const struct state_slots *slots = &state->kinds[STATE_BADGE];
	int64_t *in_order =
	    arena_array(state->arena, slots->count + 1, sizeof(*in_order));
	size_t won = 0, i;

	for (i = 0; i < slots->count; i++)
		if (slots->list[i].value != 0) {
			assert((size_t)slots->list[i].value <= slots->count);
			in_order[slots->list[i].value - 1] = slots->list[i].ref;
			won++;
		}
	pack_uint(str, won);
	for (i = 0; i < won; i++)
		pack_uint(str, (uint64_t)in_order[i]);
}

struct bytes
standing_pack(const struct state *state, const struct rule *rules, size_t count)
{
	size_t numbers = STATE_KINDS, i;
	struct str str;

	for (i = 0; i < STATE_KINDS; i++)
		numbers += 2 * state->kinds[i].count;
	str = str_new(state->arena, numbers * NUMBER_SIZE_MAX);
	pack_balances(&str, &state->kinds[STATE_BALANCE]);
	pack_of_rules(&str, &state->kinds[STATE_COUNT], true, rules, count);
	pack_badges(&str, state);
	pack_of_rules(&str, &state->kinds[STATE_GIVEN], false, rules, count);
	return (struct bytes) {str.data, str.len};
}

static void
unpack_balances(struct unpack *unpack, struct state *state)
{
	size_t left = unpack_count(unpack, PAIR_SIZE_MIN);
	int64_t ref = 0, points;

	state_reserve(state, STATE_BALANCE, left);
	for (; left > 0 && !unpack->damaged; left--) {
		ref = unpack_add(unpack, ref);
		points = unpack_int(unpack);
		if (!unpack->damaged)
			state_set(state, STATE_BALANCE, ref, points);
	}
}

static void
unpack_counts(struct unpack *unpack, struct state *state)
{
	size_t left = unpack_count(unpack, PAIR_SIZE_MIN);
	int64_t ref = 0, count;

	state_reserve(state, STATE_COUNT, left);
	for (; left > 0 && !unpack->damaged; left--) {
		ref = unpack_add(unpack, ref);
		count = unpack_id(unpack);
		if (!unpack->damaged)
			state_set(state, STATE_COUNT, ref, count);
	}
}

/* A badge and its place in the order of winning. */
struct won {
	int64_t badge;
	int64_t place;
};

static int
compare_won(const void *left, const void *right)
{
	const struct won *a = left, *b = right;

	if (a->badge != b->badge)
		return a->badge < b->badge ? -1 : 1;
	return (a->place > b->place) - (a->place < b->place);
}

/* Sorts them by badge. The first place that is a badge's second, or behind. */
static int64_t
sort_won(struct won *won, size_t count)
{
	int64_t twice = (int64_t)count + 1;
	size_t i;

	qsort(won, count, sizeof(*won), compare_won);
	for (i = 1; i < count; i++)
		if (won[i].badge == won[i - 1].badge && won[i].place < twice)
			twice = won[i].place;
	return twice;
}

/* They are in the order of winning, and the state wants that of the badges. */
static void
unpack_badges(struct unpack *unpack, struct state *state)
{
	size_t count = unpack_count(unpack, BADGE_SIZE_MIN), read, i;
	struct won *won = arena_array(state->arena, count + 1, sizeof(*won));
	int64_t end;

	for (read = 0; read < count; read++) {
		won[read] = (struct won) {unpack_id(unpack), (int64_t)read + 1};
		if (won[read].badge == 0)
			break;
	}
	/* Nobody wins a badge twice, and 0 is none. */
	end = sort_won(won, read);
	if (read < count || end <= (int64_t)read)
		unpack->damaged = true;
	state_reserve(state, STATE_BADGE, read);
	for (i = 0; i < read; i++)
		if (won[i].place < end)
			state_set(
			    state, STATE_BADGE, won[i].badge, won[i].place);
}

static void
unpack_given(struct unpack *unpack, struct state *state)
{
	size_t left = unpack_count(unpack, GIVEN_SIZE_MIN);
	int64_t ref = 0;

	state_reserve(state, STATE_GIVEN, left);
	for (; left > 0 && !unpack->damaged; left--) {
		ref = unpack_add(unpack, ref);
		if (!unpack->damaged)
			state_set(state, STATE_GIVEN, ref, 1);
	}
}

bool
standing_unpack(struct state *state, struct bytes bytes)
{
	struct unpack unpack = unpack_begin(bytes);

	unpack_balances(&unpack, state);
	unpack_counts(&unpack, state);
	unpack_badges(&unpack, state);
	unpack_given(&unpack, state);
	return unpack_end(&unpack);
}
