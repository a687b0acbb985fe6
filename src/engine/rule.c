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

void
rule_disable(struct rule *rule)
{
	((struct match *)(void *)rule->parts)->enabled = false;
}

/* No two features of a rule touch one value: undo has room for one change. */
static void
keep_refs(const struct feature *feature, const void *part, struct rule *rule)
{
	int64_t refs[STATE_KINDS] = {0};
	int kind;

	feature->keeps(part, rule->id, refs);
	for (kind = 0; kind < STATE_KINDS; kind++)
		if (refs[kind] != 0) {
			assert(rule->refs[kind] == 0);
			rule->refs[kind] = refs[kind];
		}
}

void
rule_compile(struct rule *rule, struct arena *arena)
{
	const struct feature *feature;
	const void *part;
	size_t i;

	rule->terms = arena_array(arena, FEATURE_COUNT, sizeof(*rule->terms));
	rule->term_count = 0;
	memset(rule->refs, 0, sizeof(rule->refs));
	for (i = 0; i < FEATURE_COUNT; i++) {
		feature = features[i];
		part = rule->parts + part_offset(i);
		if (feature->is_used != NULL && !feature->is_used(part))
			continue;
		rule->terms[rule->term_count++] = (struct term) {feature, part};
		if (feature->keeps != NULL)
			keep_refs(feature, part, rule);
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

size_t
rule_reference_max(void)
{
	size_t count = 0, i;

	for (i = 0; i < all_count; i++)
		count += all_fields[i].type == FIELD_REFERENCE;
	return count;
}

const struct match *
rule_match(const struct rule *rule)
{
	return (const struct match *)(const void *)rule->parts;
}

const struct reference *
rule_reference(
    const struct rule *rule, size_t *at, enum reference_kind *kind_out)
{
	const struct reference *reference;
	const struct field *field;

	while (*at < all_count) {
		field = &all_fields[(*at)++];
		if (field->type != FIELD_REFERENCE)
			continue;
		reference = (const void *)((const char *)rule + field->offset);
		*kind_out = (enum reference_kind)field->kind;
		if (reference->id != 0 || reference->name != NULL)
			return reference;
	}
	return NULL;
}

struct reference *
rule_reference_of(struct rule *rule, const struct reference *reference)
{
	const char *place = (const char *)reference;

	return (void *)(rule->parts + (place - rule->parts));
}

struct member_fault
feature_check(const struct rule *rule, size_t number, const struct sent *sent)
{
	if (features[number]->check == NULL)
		return (struct member_fault) {.member = NULL};
	return features[number]->check(rule->parts + part_offset(number), sent);
}
