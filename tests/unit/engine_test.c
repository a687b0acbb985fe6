/* engine_test: events applied, and awards and states as texts */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "engine_test.h"

enum { TEXT_MAX = 100000 };

static int
compare_names(const void *left, const void *right)
{
	return strcmp(((const struct property *)left)->name,
	    ((const struct property *)right)->name);
}

struct occurrence
occurrence_with(const char *type, const char *const *names, size_t count)
{
	struct property *list = arena_array(arena, count + 1, sizeof(*list));
	struct occurrence event = {.event_type = type, .properties = list};
	size_t i;

	for (i = 0; i < count; i++)
		list[i] = (struct property) {
		    .name = names[i], .type = VALUE_BOOLEAN, .boolean = true};
	qsort(list, count, sizeof(*list), compare_names);
	for (i = 0; i < count; i++)
		if (i == 0 || compare_names(&list[i - 1], &list[i]) != 0)
			list[event.property_count++] = list[i];
	return event;
}

struct occurrence
occurrence_of(const char *type, const char *properties)
{
	const char **list = arena_array(arena, ROW_MAX, sizeof(*list));
	size_t count = 0, len;

	for (; *properties != '\0'; properties += len + (properties[len] > 0)) {
		len = strcspn(properties, ",");
		list[count++] = arena_copy(arena, properties, len);
	}
	return occurrence_with(type, list, count);
}

static const char *
awards_text(const struct award *awards, size_t count)
{
	struct str text = str_new(arena, TEXT_MAX);
	size_t i;

	for (i = 0; i < count; i++) {
		str_addf(&text, "%s%lld", i > 0 ? " " : "",
		    (long long)awards[i].rule->id);
		if (awards[i].point_scale != NULL)
			str_addf(&text, "=%lld", (long long)awards[i].balance);
		str_adds(&text, awards[i].badge != NULL ? "*" : "");
	}
	return text.data;
}

const char *
apply(struct state *state, const struct occurrence *event,
    const struct rules_met *met)
{
	struct award awards[ROW_MAX];
	size_t given = 1234;

	if (engine_apply(state, arena, event, met, awards, &given) ==
	    ENGINE_APPLIED)
		return awards_text(awards, given);
	assert_int_equal(given, 1234);
	return "overflow";
}

const char *
apply_found(struct state *state, const struct rule_set *set,
    const struct occurrence *event)
{
	const struct found_rules found = rule_set_find(set, arena, event);
	const struct rules_met met = found_rules_list(&found, arena);

	return apply(state, event, &met);
}

/* The slots that were set, each with the user before it. */
static void
slots_text(struct str *text, const struct state *state, enum state_kind kind,
    size_t user)
{
	static const char *const kinds[STATE_KINDS] = {
	    [STATE_BALANCE] = "points",
	    [STATE_COUNT] = "count",
	    [STATE_BADGE] = "badge",
	    [STATE_GIVEN] = "given",
	    [STATE_AWARDED_AT] = "at",
	    [STATE_USED] = "used",
	    [STATE_NEWEST] = "newest",
	    [STATE_SEEN] = "seen",
	    [STATE_MATCHES] = "matches",
	    [STATE_AWARDS] = "awards",
	    [STATE_ACTIVE] = "active",
	    [STATE_FIRED] = "fired",
	    [STATE_LONGEST] = "longest"};
	const struct state_slots *slots = &state->kinds[kind];
	const struct state_slot *slot;
	size_t i;

	for (i = 0; i < slots->count; i++) {
		slot = &slots->list[i];
		assert_true(i == 0 || slot[-1].ref < slot->ref ||
		    (slot[-1].ref == slot->ref && slot[-1].key < slot->key));
		if (slot->present) {
			str_addf(text, "%su%zu %s%lld",
			    text->len > 0 ? ", " : "", user, kinds[kind],
			    (long long)slot->ref);
			if (state_rows[kind].keyed)
				str_addf(text, "@%lld", (long long)slot->key);
			str_addf(text, "=%lld", (long long)slot->value);
		} else
			assert_true(slot->value == 0);
	}
}

const char *
states_text(const struct state *states, size_t count)
{
	struct str text = str_new(arena, TEXT_MAX);
	size_t i;
	int kind;

	for (i = 0; i < count; i++) {
		for (kind = 0; kind < STATE_KINDS; kind++)
			slots_text(
			    &text, &states[i], (enum state_kind)kind, i + 1);
		assert_true(states[i].badges == last_place(&states[i]));
	}
	return text.data;
}
