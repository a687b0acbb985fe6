/* rule: parts by the table of features */
#include "engine/rule.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "engine/feature.h"

enum { RULE_FIELDS_MAX = 64 };

#define FEATURE_ROW(name) &feature_##name,
const struct feature *const features[FEATURE_COUNT] = {FEATURES(FEATURE_ROW)};

/* Where a feature's part begins; of all of them, where the last one ends. */
static size_t
part_offset(size_t number)
{
	size_t offset = 0, i;

	for (i = 0; i < number; i++)
		offset += (features[i]->size + alignof(max_align_t) - 1) /
		    alignof(max_align_t) * alignof(max_align_t);
	assert(offset <= RULE_PARTS_MAX);
	return offset;
}

void
rule_init(struct rule *rule)
{
	size_t i;

	*rule = (struct rule) {.id = 0};
	for (i = 0; i < FEATURE_COUNT; i++)
		fields_set_defaults(features[i]->fields,
		    features[i]->field_count, rule->parts + part_offset(i));
}

const void *
rule_part(const struct rule *rule, size_t number)
{
	return rule->parts + part_offset(number);
}

void
rule_disable(struct rule *rule)
{
	((struct match *)(void *)rule->parts)->enabled = false;
}

static void
keep_refs(const struct feature *feature, const void *part, struct rule *rule)
{
	int64_t refs[STATE_KINDS] = {0};
	int kind;

	feature->keeps(part, rule->id, refs);
	for (kind = 0; kind < STATE_KINDS; kind++)
		if (refs[kind] != 0)
			rule->refs[kind] = refs[kind];
}

static bool
uses(const struct rule *rule, size_t number)
{
	return features[number]->is_used == NULL ||
	    features[number]->is_used(rule_part(rule, number));
}

void
rule_compile(struct rule *rule, struct arena *arena)
{
	size_t used = 0, i;

	for (i = 0; i < FEATURE_COUNT; i++)
		used += uses(rule, i);
	rule->terms = arena_array(arena, used + 1, sizeof(*rule->terms));
	rule->term_count = 0;
	memset(rule->refs, 0, sizeof(rule->refs));
	for (i = 0; i < FEATURE_COUNT; i++) {
		if (!uses(rule, i))
			continue;
		rule->terms[rule->term_count++] =
		    (struct term) {features[i], rule_part(rule, i)};
		if (features[i]->keeps != NULL)
			keep_refs(features[i], rule_part(rule, i), rule);
	}
}

/* Of all features, made before main begins. */
static struct field all_fields[RULE_FIELDS_MAX];
static size_t all_count;

static void __attribute__((constructor)) collect_fields(void)
{
	size_t i, k;

	part_offset(FEATURE_COUNT);
	for (i = 0; i < FEATURE_COUNT; i++)
		for (k = 0; k < features[i]->field_count; k++) {
			assert(all_count < RULE_FIELDS_MAX);
			all_fields[all_count] = features[i]->fields[k];
			all_fields[all_count++].offset +=
			    offsetof(struct rule, parts) + part_offset(i);
		}
}

const struct field *
rule_fields(size_t *count_out)
{
	*count_out = all_count;
	return all_fields;
}

static size_t
reference_max(const struct field *fields, size_t count)
{
	size_t max = 0, i;

	for (i = 0; i < count; i++) {
		const struct field *field = &fields[i];

		if (field->type == FIELD_REFERENCE)
			max++;
		else if (field->type == FIELD_OBJECT)
			max += reference_max(
			    field->shape->fields, field->shape->count);
		else if (field->type == FIELD_LIST)
			max += (size_t)field->max *
			    reference_max(
			        field->shape->fields, field->shape->count);
	}
	return max;
}

size_t
rule_reference_max(void)
{
	return reference_max(all_fields, all_count);
}

const struct match *
rule_match(const struct rule *rule)
{
	return (const struct match *)(const void *)rule->parts;
}

/* One of the references that are set, to be counted down to. */
struct search {
	size_t left; /* before it */
	const struct reference *found;
	enum reference_kind kind;
};

static void search_fields(struct search *search, const struct field *fields,
    size_t count, const void *object);

static void
search_items(struct search *search, const struct shape *shape,
    const void *items, size_t count)
{
	size_t i;

	for (i = 0; i < count && search->found == NULL; i++)
		search_fields(search, shape->fields, shape->count,
		    (const char *)items + i * shape->size);
}

static void
search_reference(struct search *search, const struct field *field,
    const struct reference *reference)
{
	if (reference->id == 0 && reference->name == NULL)
		return;
	if (search->left-- > 0)
		return;
	search->found = reference;
	search->kind = (enum reference_kind)field->kind;
}

static void
search_fields(struct search *search, const struct field *fields, size_t count,
    const void *object)
{
	const struct field *field;
	const void *member;

	for (field = fields; field < fields + count && search->found == NULL;
	     field++) {
		member = (const char *)object + field->offset;
		if (field->type == FIELD_REFERENCE)
			search_reference(search, field, member);
		else if (field->type == FIELD_OBJECT &&
		    *(const void *const *)member != NULL)
			search_items(search, field->shape,
			    *(const void *const *)member, 1);
		else if (field->type == FIELD_LIST)
			search_items(search, field->shape,
			    ((const struct list *)member)->items,
			    ((const struct list *)member)->count);
	}
}

const struct reference *
rule_reference(
    const struct rule *rule, size_t *at, enum reference_kind *kind_out)
{
	struct search search = {.left = (*at)++};

	search_fields(&search, all_fields, all_count, rule);
	*kind_out = search.kind;
	return search.found;
}

struct reference *
rule_reference_of(struct rule *rule, const struct reference *reference)
{
	void *place;

	(void)rule;
	memcpy(&place, &reference, sizeof(place));
	return place;
}

struct member_fault
feature_check(const struct rule *rule, size_t number, const struct sent *sent)
{
	if (features[number]->check == NULL)
		return (struct member_fault) {.member = NULL};
	return features[number]->check(rule, rule_part(rule, number), sent);
}
