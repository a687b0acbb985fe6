/* plain_rule: rules by their members, for tests */
#include "plain_rule.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/* The place of a member, by its name in the contract. */
static void *
member(struct rule *rule, const char *name)
{
	size_t count;
	const struct field *field = rule_fields(&count), *end = field + count;

	for (; field < end; field++)
		if (strcmp(field->name, name) == 0)
			return (char *)rule + field->offset;
	abort();
}

static void
set_reference(
    struct rule *rule, const char *name, int64_t id, const char *thing)
{
	struct reference *reference = member(rule, name);

	reference->id = id;
	reference->name = thing;
}

void
plain_rule_fill(struct rule *rule, const struct plain_rule *row)
{
	rule_init(rule);
	rule->id = row->id;
	rule->name = row->name;
	rule->weight = row->weight;
	*(bool *)member(rule, "enabled") = !row->disabled;
	*(const char **)member(rule, "eventType") = row->event_type;
	*(const char **)member(rule, "property") = row->property;
	if (row->times != 0)
		*(int64_t *)member(rule, "numberOfTimesToGetTheAward") =
		    row->times;
	*(int64_t *)member(rule, "points") = row->points;
	*(int64_t *)member(rule, "cooldown") = row->cooldown;
	set_reference(rule, "pointScale", row->scale, row->scale_name);
	set_reference(rule, "badge", row->badge, row->badge_name);
}

struct plain_rule
plain_rule_of(const struct rule *rule)
{
	struct rule copy = *rule;
	const struct reference *scale = member(&copy, "pointScale");
	const struct reference *badge = member(&copy, "badge");

	return (struct plain_rule) {.id = rule->id,
	    .name = rule->name,
	    .disabled = !*(const bool *)member(&copy, "enabled"),
	    .event_type = *(const char **)member(&copy, "eventType"),
	    .property = *(const char **)member(&copy, "property"),
	    .times =
	        *(const int64_t *)member(&copy, "numberOfTimesToGetTheAward"),
	    .points = *(const int64_t *)member(&copy, "points"),
	    .cooldown = *(const int64_t *)member(&copy, "cooldown"),
	    .scale = scale->id,
	    .badge = badge->id,
	    .scale_name = scale->name,
	    .badge_name = badge->name,
	    .weight = rule->weight};
}

struct rule *
plain_rules(struct arena *arena, const struct plain_rule *rows, size_t count)
{
	struct rule *rules = arena_array(arena, count + 1, sizeof(*rules));
	size_t i;

	for (i = 0; i < count; i++) {
		plain_rule_fill(&rules[i], &rows[i]);
		rule_compile(&rules[i], arena);
	}
	return rules;
}

int64_t
last_place(const struct state *state)
{
	const struct state_slots *slots = &state->kinds[STATE_BADGE];
	int64_t last = 0;
	size_t i;

	for (i = 0; i < slots->count; i++)
		if (slots->list[i].value > last)
			last = slots->list[i].value;
	return last;
}
