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
	struct state_slot last = {.ref = 0};
	size_t i;

	if (kept == 0)
		return;
	pack_uint(str, kind);
	pack_uint(str, kept);
	for (i = 0; i < slots->count; i++) {
		slot = &slots->list[i];
		if (!is_kept(row, slot, &existing))
			continue;
		pack_uint(str, (uint64_t)(slot->ref - last.ref));
		if (row->keyed && slot->ref == last.ref)
			pack_uint(
			    str, (uint64_t)slot->key - (uint64_t)last.key);
		else if (row->keyed)
			pack_int(str, slot->key);
		pack_value(str, row->range, slot->value);
		last = *slot;
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
		numbers += 2 + 3 * kept[kind];
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

/* The next key, which is above the one before. */
static int64_t
unpack_next_key(struct unpack *unpack, int64_t last)
{
	const uint64_t step = unpack_uint(unpack);

	unpack->damaged |=
	    step == 0 || step > (uint64_t)INT64_MAX - (uint64_t)last;
	return unpack->damaged ? last : (int64_t)((uint64_t)last + step);
}

/* Bytes of one value at least. */
static size_t
size_min(const struct state_row *row)
{
	return (size_t)1 + row->keyed + (row->range != RANGE_MARK);
}

/* Many values of a keyed kind may be of one thing. */
static void
unpack_slot(struct unpack *unpack, const struct state_row *row, bool first,
    struct state_slot *slot)
{
	const int64_t more = unpack_id(unpack);
	const bool same = row->keyed && !first && more == 0;

	if (__builtin_add_overflow(slot->ref, more, &slot->ref) ||
	    (more == 0 && !same))
		unpack->damaged = true;
	if (same)
		slot->key = unpack_next_key(unpack, slot->key);
	else if (row->keyed)
		slot->key = unpack_int(unpack);
	slot->value = unpack_value(unpack, row->range);
	unpack->damaged |= row->range == RANGE_NUMBER && slot->value == 0;
}

static void
unpack_section(struct unpack *unpack, enum state_kind kind, struct state *state)
{
	const struct state_row *row = &state_rows[kind];
	const size_t count = unpack_count(unpack, size_min(row));
	struct state_slot slot = {.ref = 0};
	size_t i;

	unpack->damaged |= count == 0;
	state_reserve(state, kind, count);
	for (i = 0; i < count && !unpack->damaged; i++) {
		unpack_slot(unpack, row, i == 0, &slot);
		if (!unpack->damaged)
			state_set_at(
			    state, kind, slot.ref, slot.key, slot.value);
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
