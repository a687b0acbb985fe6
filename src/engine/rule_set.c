/* rule_set: rules sorted by what they ask for, and found by halving */
#include "engine/rule_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/* Sorted by event type, property and place among the rules. */
struct rule_set {
	const struct rule **sorted;
	size_t *weights; /* [i]: the sum of those before sorted[i] */
	size_t count;
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

static int
compare_places(const void *left, const void *right)
{
	const struct rule *one = *(const struct rule *const *)left;
	const struct rule *other = *(const struct rule *const *)right;

	return (one > other) - (one < other);
}

static int
compare_rules(const void *left, const void *right)
{
	const struct rule *one = *(const struct rule *const *)left;
	const struct rule *other = *(const struct rule *const *)right;
	const struct match *match = rule_match(other);
	int order = compare_asked(one, match->event_type, match->property);

	return order != 0 ? order : compare_places(left, right);
}

struct rule_set *
rule_set_new(struct arena *arena, const struct rule *rules, size_t count)
{
	struct rule_set *set = arena_alloc(arena, sizeof(*set));
	size_t i;

	set->sorted = arena_array(arena, count + 1, sizeof(*set->sorted));
	set->weights = arena_array(arena, count + 1, sizeof(*set->weights));
	for (i = 0; i < count; i++)
		if (rule_match(&rules[i])->enabled)
			set->sorted[set->count++] = &rules[i];
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
	return found;
}

const struct rule *const *
found_rules_list(const struct found_rules *found, struct arena *arena)
{
	const struct rule **list;
	size_t at = 0, i;

	if (found->range_count <= 1)
		return found->range_count == 0 ? NULL : found->ranges->rules;
	list = arena_array(arena, found->count, sizeof(*list));
	for (i = 0; i < found->range_count; i++) {
		memcpy(&list[at], found->ranges[i].rules,
		    found->ranges[i].count * sizeof(*list));
		at += found->ranges[i].count;
	}
	qsort(list, found->count, sizeof(*list), compare_places);
	return list;
}
