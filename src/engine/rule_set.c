/* rule_set: rules sorted by what they ask for, and found by halving */
#include "engine/rule_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/* Sorted by event type, property, and the order in which they are tried. */
struct rule_set {
	const struct rule **sorted;
	size_t *weights; /* [i]: the sum of those before sorted[i] */
	size_t count;
	const struct rule *
	    *milestones; /* in the order in which they are tried */
	size_t milestone_count;
	size_t milestone_weight;
};

/* No property comes before all others. */
static int
compare_properties(const char *one, const char *other)
{
	if (one == NULL || other == NULL)
		return (one != NULL) - (other != NULL);
	return strcmp(one, other);
}

/* By what the rules ask for. */
static int
compare_asked(const struct rule *rule, const char *type, const char *property)
{
	const struct match *match = rule_match(rule);
	int order = strcmp(match->event_type, type);

	return order != 0 ? order
	                  : compare_properties(match->property, property);
}

/* The higher priority first, and then the one that was made first. */
static int
compare_turns(const void *left, const void *right)
{
	const struct rule *one = *(const struct rule *const *)left;
	const struct rule *other = *(const struct rule *const *)right;
	const int64_t a = rule_match(one)->priority;
	const int64_t b = rule_match(other)->priority;

	if (a != b)
		return a > b ? -1 : 1;
	return (one > other) - (one < other);
}

static int
compare_rules(const void *left, const void *right)
{
	const struct rule *one = *(const struct rule *const *)left;
	const struct rule *other = *(const struct rule *const *)right;
	const struct match *match = rule_match(other);
	int order = compare_asked(one, match->event_type, match->property);

	return order != 0 ? order : compare_turns(left, right);
}

static void
add_rule(struct rule_set *set, const struct rule *rule)
{
	const struct match *match = rule_match(rule);

	if (!match->enabled)
		return;
	if (match->event_type != NULL) {
		set->sorted[set->count++] = rule;
		return;
	}
	set->milestones[set->milestone_count++] = rule;
	set->milestone_weight += rule->weight;
}

struct rule_set *
rule_set_new(struct arena *arena, const struct rule *rules, size_t count)
{
	struct rule_set *set = arena_alloc(arena, sizeof(*set));
	size_t i;

	set->sorted = arena_array(arena, count + 1, sizeof(*set->sorted));
	set->weights = arena_array(arena, count + 1, sizeof(*set->weights));
	set->milestones =
	    arena_array(arena, count + 1, sizeof(*set->milestones));
	for (i = 0; i < count; i++)
		add_rule(set, &rules[i]);
	qsort(set->milestones, set->milestone_count, sizeof(*set->milestones),
	    compare_turns);
	qsort(set->sorted, set->count, sizeof(*set->sorted), compare_rules);
	for (i = 0; i < set->count; i++)
		set->weights[i + 1] = set->weights[i] + set->sorted[i]->weight;
	return set;
}

/* The first place from low on whose rule does not ask for less. */
static size_t
lower_bound(const struct rule_set *set, size_t low, const char *type,
    const char *property)
{
	size_t high = set->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare_asked(set->sorted[middle], type, property) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The place after the rules that ask for the same as this one. */
static size_t
range_end(const struct rule_set *set, size_t first)
{
	const struct match *match = rule_match(set->sorted[first]);
	size_t low = first + 1, high = set->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare_asked(set->sorted[middle], match->event_type,
		        match->property) == 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A rule that names a property asks for one that is not false. */
static bool
is_there(const struct property *property)
{
	return property->type != VALUE_BOOLEAN || property->boolean;
}

/* Adds those that ask for the property. */
static void
add_range(const struct rule_set *set, size_t from, const char *type,
    const char *property, struct found_rules *found)
{
	size_t first = lower_bound(set, from, type, property), end;

	if (first == set->count ||
	    compare_asked(set->sorted[first], type, property) != 0)
		return;
	end = range_end(set, first);
	found->ranges[found->range_count++] =
	    (struct rule_range) {&set->sorted[first], end - first};
	found->count += end - first;
	found->weight += set->weights[end] - set->weights[first];
}

struct found_rules
rule_set_find(const struct rule_set *set, struct arena *arena,
    const struct occurrence *event)
{
	const char *type = event->event_type;
	size_t from = lower_bound(set, 0, type, NULL), i;
	struct found_rules found = {.count = 0};

	/* Most events are of a type that has rules, or ask for nothing. */
	if (from == set->count ||
	    strcmp(rule_match(set->sorted[from])->event_type, type) != 0)
		return found;
	found.ranges = arena_array(
	    arena, event->property_count + 1, sizeof(*found.ranges));
	add_range(set, from, type, NULL, &found);
	for (i = 0; i < event->property_count; i++)
		if (is_there(&event->properties[i]))
			add_range(
			    set, from, type, event->properties[i].name, &found);
	if (found.count == 0)
		return found;
	found.milestones = set->milestones;
	found.milestone_count = set->milestone_count;
	found.weight += set->milestone_weight;
	return found;
}

struct rules_met
found_rules_list(const struct found_rules *found, struct arena *arena)
{
	struct rules_met met = {.count = found->count,
	    .milestones = found->milestones,
	    .milestone_count = found->milestone_count};
	const struct rule **list;
	size_t at = 0, i;

	if (found->range_count > 0)
		met.rules = found->ranges->rules;
	if (found->range_count <= 1)
		return met;
	list = arena_array(arena, found->count, sizeof(*list));
	for (i = 0; i < found->range_count; i++) {
		memcpy(&list[at], found->ranges[i].rules,
		    found->ranges[i].count * sizeof(*list));
		at += found->ranges[i].count;
	}
	qsort(list, found->count, sizeof(*list), compare_turns);
	met.rules = list;
	return met;
}
