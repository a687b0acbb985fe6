/* standing: what a user has, as the user's row keeps it */
#include "store/standing.h"

#include "base/arena.h"
#include "base/str.h"

enum { NUMBER_SIZE_MAX = 10, SECTION_SIZE_MIN = 3 };

/* Rules that exist, and the place among them that was looked at last. */
struct existing {
	const struct rule *rules;
	size_t count;
	size_t at;
};

/*
 * Whether the next rules have this one. In steps that double: a user may have
 * few of many rules, or many of them.
 */
static bool
rule_exists(struct existing *existing, int64_t id)
{
	const struct rule *rules = existing->rules;
	const size_t count = existing->count;
	size_t step = 1, end;

	while (existing->at < count && rules[existing->at].id < id) {
		end = existing->at + step;
		if (end < count && rules[end].id < id) {
			existing->at = end;
			step *= 2;
		} else if (step > 1)
			step /= 2;
		else
			existing->at++;
	}
	return existing->at < count && rules[existing->at].id == id;
}

static bool
is_kept(const struct state_row *row, const struct state_slot *slot,
    struct existing *existing)
{
	if (row->range == RANGE_SIGNED ? !slot->present : slot->value == 0)
		return false;
	return row->of != OF_RULE || rule_exists(existing, slot->ref);
}

static void
pack_value(struct str *str, enum state_range range, int64_t value)
{
	if (range == RANGE_SIGNED)
		pack_int(str, value);
	else if (range == RANGE_NUMBER)
		pack_uint(str, (uint64_t)value);
}

static size_t
count_kept(const struct state_row *row, const struct state_slots *slots,
    struct existing existing)
{
	size_t kept = 0, i;

	for (i = 0; i < slots->count; i++)
		kept += is_kept(row, &slots->list[i], &existing);
	return kept;
}

static void
pack_section(struct str *str, enum state_kind kind, size_t kept,
    const struct state_slots *slots, struct existing existing)
{
	const struct state_row *row = &state_rows[kind];
	const struct state_slot *slot;
	int64_t last = 0;
	size_t i;

	if (kept == 0)
		return;
	pack_uint(str, kind);
	pack_uint(str, kept);
	for (i = 0; i < slots->count; i++) {
		slot = &slots->list[i];
		if (!is_kept(row, slot, &existing))
			continue;
		pack_uint(str, (uint64_t)(slot->ref - last));
		pack_value(str, row->range, slot->value);
		last = slot->ref;
	}
}

struct bytes
standing_pack(const struct state *state, const struct rule *rules, size_t count)
{
	const struct existing existing = {rules, count, 0};
	size_t kept[STATE_KINDS], sections = 0, numbers = 1;
	struct str str;
	int kind;

	for (kind = 0; kind < STATE_KINDS; kind++) {
		kept[kind] = count_kept(
		    &state_rows[kind], &state->kinds[kind], existing);
		sections += kept[kind] > 0;
		numbers += 2 + 2 * kept[kind];
	}
	str = str_new(state->arena, numbers * NUMBER_SIZE_MAX);
	pack_uint(&str, sections);
	for (kind = 0; kind < STATE_KINDS; kind++)
		pack_section(&str, (enum state_kind)kind, kept[kind],
		    &state->kinds[kind], existing);
	return (struct bytes) {str.data, str.len};
}

static int64_t
unpack_value(struct unpack *unpack, enum state_range range)
{
	if (range == RANGE_SIGNED)
		return unpack_int(unpack);
	return range == RANGE_NUMBER ? unpack_id(unpack) : 1;
}

static void
unpack_section(struct unpack *unpack, enum state_kind kind, struct state *state)
{
	const enum state_range range = state_rows[kind].range;
	size_t left = unpack_count(unpack, range == RANGE_MARK ? 1 : 2);
	int64_t ref = 0, value;

	unpack->damaged |= left == 0;
	state_reserve(state, kind, left);
	for (; left > 0 && !unpack->damaged; left--) {
		ref = unpack_add(unpack, ref);
		value = unpack_value(unpack, range);
		unpack->damaged |= range == RANGE_NUMBER && value == 0;
		if (!unpack->damaged)
			state_set(state, kind, ref, value);
	}
}

bool
standing_unpack(struct state *state, struct bytes bytes)
{
	struct unpack unpack = unpack_begin(bytes);
	size_t left = unpack_count(&unpack, SECTION_SIZE_MIN);
	uint64_t kind, next = 0;

	for (; left > 0 && !unpack.damaged; left--) {
		kind = unpack_uint(&unpack);
		if (kind < next || kind >= STATE_KINDS)
			return false;
		unpack_section(&unpack, (enum state_kind)kind, state);
		next = kind + 1;
	}
	return unpack_end(&unpack);
}
