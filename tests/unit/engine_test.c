/* engine_test: events applied, and awards and changes as texts */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "engine_test.h"

enum { TEXT_MAX = 100000 };

struct occurrence
occurrence_of(int64_t user, const char *type, const char *properties)
{
	const char **list = arena_array(arena, ROW_MAX, sizeof(*list));
	size_t count = 0, len;

	for (; *properties != '\0'; properties += len + (properties[len] > 0)) {
		len = strcspn(properties, ",");
		list[count++] = arena_copy(arena, properties, len);
	}
	return (struct occurrence) {user, type, list, count};
}

static const char *
awards_text(const struct award *awards, size_t count)
{
	struct str text = str_new(arena, TEXT_MAX);
	size_t i;

	for (i = 0; i < count; i++) {
		str_addf(&text, "%s%lld", i > 0 ? " " : "",
		    (long long)awards[i].rule->id);
		if (awards[i].rule->point_scale_id != 0)
			str_addf(&text, "=%lld", (long long)awards[i].balance);
		str_adds(&text, awards[i].badge_won ? "*" : "");
	}
	return text.data;
}

const char *
apply(struct state *state, const struct rule *const *rules, size_t count,
    const struct occurrence *event)
{
	struct award awards[ROW_MAX];
	size_t given = 1234;

	if (engine_apply(state, rules, count, event, awards, &given) ==
	    ENGINE_APPLIED)
		return awards_text(awards, given);
	assert_int_equal(given, 1234);
	return "overflow";
}

static int
compare_slots(const void *one_void, const void *other_void)
{
	const struct state_slot *one = *(struct state_slot *const *)one_void;
	const struct state_slot *other =
	    *(struct state_slot *const *)other_void;

	if (one->user != other->user)
		return one->user < other->user ? -1 : 1;
	if (one->kind != other->kind)
		return one->kind < other->kind ? -1 : 1;
	return one->ref < other->ref ? -1 : one->ref > other->ref;
}

const char *
changes_text(const struct state *state)
{
	static const char *const kinds[STATE_KINDS] = {
	    [STATE_BALANCE] = "points",
	    [STATE_COUNT] = "count",
	    [STATE_BADGE] = "badge"};
	struct state_slot **slots = arena_array(arena, 1000, sizeof(*slots));
	struct state_slot *slot;
	struct str text = str_new(arena, TEXT_MAX);
	size_t count = 0, i;

	for (slot = state->first_changed; slot; slot = slot->next_changed) {
		assert_true(slot->changed && count < 1000);
		slots[count++] = slot;
	}
	if (count > 0)
		qsort(slots, count, sizeof(*slots), compare_slots);
	for (i = 0; i < count; i++)
		str_addf(&text, "%su%lld %s%lld=%lld", i > 0 ? ", " : "",
		    (long long)slots[i]->user, kinds[slots[i]->kind],
		    (long long)slots[i]->ref, (long long)slots[i]->value);
	return text.data;
}
