/* conditions: what a rule asks of properties, from JSON and to it */
#include "rules/conditions.h"

#include <string.h>

#include "base/arena.h"
#include "engine/condition.h"
#include "rules/properties.h"

/*
 * All names and values together, each in bytes and EACH more: a rule is in
 * memory in every worker, where it takes five times as much, and an application
 * may have a thousand.
 */
enum { SIZE_MAX_OF_RULE = 16384, EACH = 16, IN_MAX = 100 };

/* What an operator compares with. */
enum wanted {
	WANTED_SCALAR,
	WANTED_ORDERED, /* a number or a string */
	WANTED_PAIR,    /* two of them, of one type */
	WANTED_SET,
	WANTED_STRING,
	WANTED_BOOLEAN, /* true where it is missing */
};

static const enum wanted wanted_by[OPERATORS] = {
    [OPERATOR_EQ] = WANTED_SCALAR,
    [OPERATOR_NE] = WANTED_SCALAR,
    [OPERATOR_LT] = WANTED_ORDERED,
    [OPERATOR_LTE] = WANTED_ORDERED,
    [OPERATOR_GT] = WANTED_ORDERED,
    [OPERATOR_GTE] = WANTED_ORDERED,
    [OPERATOR_BETWEEN] = WANTED_PAIR,
    [OPERATOR_IN] = WANTED_SET,
    [OPERATOR_NOT_IN] = WANTED_SET,
    [OPERATOR_CONTAINS] = WANTED_STRING,
    [OPERATOR_STARTS_WITH] = WANTED_STRING,
    [OPERATOR_ENDS_WITH] = WANTED_STRING,
    [OPERATOR_EXISTS] = WANTED_BOOLEAN,
};

/* In the contract's words, by their numbers; groups too. */
static const char *const words[] = {[OPERATOR_EQ] = "eq",
    [OPERATOR_NE] = "ne",
    [OPERATOR_LT] = "lt",
    [OPERATOR_LTE] = "lte",
    [OPERATOR_GT] = "gt",
    [OPERATOR_GTE] = "gte",
    [OPERATOR_BETWEEN] = "between",
    [OPERATOR_IN] = "in",
    [OPERATOR_NOT_IN] = "notIn",
    [OPERATOR_CONTAINS] = "contains",
    [OPERATOR_STARTS_WITH] = "startsWith",
    [OPERATOR_ENDS_WITH] = "endsWith",
    [OPERATOR_EXISTS] = "exists",
    NULL};
static const char *const group_words[] = {
    "all", "any", "not"}; /* from GROUP_ALL */

/* A list of conditions that is being read. */
struct reader {
	struct decode *decode;
	struct condition list[CONDITIONS_MAX];
	size_t count;
	size_t leaves;
	size_t size; /* see SIZE_MAX_OF_RULE */
};

static void
report(const struct reader *reader, const char *pointer, const char *code,
    const char *detail)
{
	faults_add(reader->decode->faults, pointer, code, "%s", detail);
}

/* A leaf as JSON has it. */
struct leaf {
	const char *property;
	int64_t op;
	struct json_object *value; /* NULL: none */
	bool ignore_case;
};

static void
take_json(struct decode *decode, struct json_object *value, const char *pointer,
    void *member_out)
{
	(void)decode;
	(void)pointer;
	*(struct json_object **)member_out = value;
}

static const struct field leaf_fields[] = {
    {.name = "property",
        .type = FIELD_KEY,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct leaf, property)},
    {.name = "operator",
        .type = FIELD_CHOICE,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct leaf, op),
        .choices = words},
    {.name = "value",
        .type = FIELD_ANY,
        .offset = offsetof(struct leaf, value),
        .decode = take_json},
    {.name = "ignoreCase",
        .type = FIELD_BOOL,
        .offset = offsetof(struct leaf, ignore_case)},
};

/* A leaf whose values are being read, and where they stand. */
struct source {
	struct reader *reader;
	const struct leaf *leaf;
	const char *pointer;
	struct condition *condition;
};

static void
report_value(const struct source *source, const char *detail)
{
	report(source->reader, source->pointer, "invalid_type", detail);
}

/* No property has a NUL in it that a condition could name. */
static bool
is_scalar(const struct property *value)
{
	return value->type != VALUE_STRING ||
	    memchr(value->text, '\0', value->length) == NULL;
}

static bool
take_value(const struct source *source, struct json_object *json,
    const char *pointer, struct property *value_out)
{
	struct reader *reader = source->reader;

	if (!property_take_scalar(reader->decode->arena, json, value_out)) {
		report(reader, pointer, "invalid_type",
		    "must be a string, a number, true or false");
		return false;
	}
	if (!is_scalar(value_out)) {
		report(reader, pointer, "control_character",
		    "must not contain the character U+0000");
		return false;
	}
	reader->size += EACH + value_out->length;
	return true;
}

/* The values of an array, or the one that stands without it. */
static bool
take_values(const struct source *source, size_t min, size_t max)
{
	const bool single = max == 1;
	const size_t count =
	    single ? 1 : json_object_array_length(source->leaf->value);
	struct property *values;
	size_t i;

	if (count < min || count > max) {
		faults_add(source->reader->decode->faults, source->pointer,
		    count < min ? "too_few" : "too_many",
		    "must have %zu to %zu values", min, max);
		return false;
	}
	values =
	    arena_array(source->reader->decode->arena, count, sizeof(*values));
	for (i = 0; i < count; i++)
		if (!take_value(source,
		        single
		            ? source->leaf->value
		            : json_object_array_get_idx(source->leaf->value, i),
		        single ? source->pointer
		               : json_pointer_at(source->reader->decode->arena,
		                     source->pointer, i),
		        &values[i]))
			return false;
	source->condition->values = values;
	source->condition->value_count = count;
	return true;
}

static bool
has_order(const struct property *value)
{
	return value->type == VALUE_NUMBER || value->type == VALUE_STRING;
}

static void
take_ordered(const struct source *source)
{
	if (take_values(source, 1, 1) && !has_order(source->condition->values))
		report_value(source, "must be a number or a string");
}

static void
take_pair(const struct source *source)
{
	const struct property *ends;

	if (!json_object_is_type(source->leaf->value, json_type_array)) {
		report_value(source, "must be an array of two values");
		return;
	}
	if (!take_values(source, 2, 2))
		return;
	ends = source->condition->values;
	if (!has_order(&ends[0]) || ends[0].type != ends[1].type)
		report_value(source, "must be two numbers or two strings");
}

static void
take_set(const struct source *source)
{
	if (!json_object_is_type(source->leaf->value, json_type_array))
		report_value(source, "must be an array of values");
	else
		take_values(source, 1, IN_MAX);
}

static void
take_of_type(
    const struct source *source, enum value_type type, const char *detail)
{
	if (take_values(source, 1, 1) &&
	    source->condition->values->type != type)
		report_value(source, detail);
}

static const struct property true_value = {
    .type = VALUE_BOOLEAN, .boolean = true};

static void
take_operand(const struct source *source)
{
	const enum wanted wanted = wanted_by[source->condition->op];

	if (source->leaf->value == NULL && wanted == WANTED_BOOLEAN) {
		source->condition->values = &true_value;
		source->condition->value_count = 1;
	} else if (source->leaf->value == NULL)
		report(source->reader, source->pointer, "required",
		    "is missing: say what to compare with; whether a property"
		    " is there at all is asked by the operator exists");
	else if (wanted == WANTED_SCALAR)
		take_values(source, 1, 1);
	else if (wanted == WANTED_ORDERED)
		take_ordered(source);
	else if (wanted == WANTED_PAIR)
		take_pair(source);
	else if (wanted == WANTED_SET)
		take_set(source);
	else if (wanted == WANTED_STRING)
		take_of_type(source, VALUE_STRING, "must be a string");
	else
		take_of_type(source, VALUE_BOOLEAN, "must be true or false");
}

static bool
has_string(const struct condition *condition)
{
	size_t i;

	for (i = 0; i < condition->value_count; i++)
		if (condition->values[i].type == VALUE_STRING)
			return true;
	return false;
}

static bool
is_known_time(const char *property)
{
	return strncmp(property, TIME_PREFIX, sizeof(TIME_PREFIX) - 1) != 0 ||
	    strcmp(property, TIME_WEEKDAY) == 0 ||
	    strcmp(property, TIME_HOUR) == 0;
}

static void
check_leaf(struct reader *reader, const struct leaf *leaf, const char *pointer,
    const struct condition *condition)
{
	struct arena *arena = reader->decode->arena;

	if (!is_known_time(leaf->property))
		report(reader, json_pointer(arena, pointer, "property"),
		    "invalid_value",
		    "of the time, " TIME_WEEKDAY " and " TIME_HOUR
		    " can be asked for");
	if (leaf->ignore_case && condition->value_count > 0 &&
	    !has_string(condition))
		report(reader, json_pointer(arena, pointer, "ignoreCase"),
		    "invalid_value",
		    "is for strings: leave it out, or compare with one");
}

static void
read_leaf(struct reader *reader, struct json_object *object,
    const char *pointer, struct condition *condition)
{
	struct decode *decode = reader->decode;
	const int before = decode->faults->count;
	struct leaf leaf = {.property = ""};
	struct source source = {reader, &leaf, NULL, condition};

	decode_object(decode, object, pointer, leaf_fields,
	    sizeof(leaf_fields) / sizeof(leaf_fields[0]), &leaf);
	if (decode->faults->count != before)
		return;
	*condition = (struct condition) {.op = (enum condition_operator)leaf.op,
	    .size = 1,
	    .ignore_case = leaf.ignore_case,
	    .property = leaf.property};
	source.pointer = json_pointer(decode->arena, pointer, "value");
	reader->size += EACH + strlen(leaf.property);
	take_operand(&source);
	check_leaf(reader, &leaf, pointer, condition);
}

/* Room for one more; NULL, and a fault, if there are too many. */
static struct condition *
next_condition(struct reader *reader, const char *pointer)
{
	if (reader->count == CONDITIONS_MAX) {
		report(reader, pointer, "too_many",
		    "is one condition too many in this rule");
		return NULL;
	}
	return &reader->list[reader->count++];
}

static void read_condition(struct reader *reader, struct json_object *value,
    const char *pointer, size_t depth);

static void
read_array(struct reader *reader, struct json_object *array,
    const char *pointer, size_t depth)
{
	struct decode *decode = reader->decode;
	size_t count, i;

	if (!json_object_is_type(array, json_type_array)) {
		report(reader, pointer, "invalid_type",
		    "must be an array of conditions");
		return;
	}
	count = json_object_array_length(array);
	if (count == 0)
		report(reader, pointer, "too_few",
		    "must not be empty: add a condition, or leave it out");
	for (i = 0; i < count && !faults_are_full(decode->faults); i++)
		read_condition(reader, json_object_array_get_idx(array, i),
		    json_pointer_at(decode->arena, pointer, i), depth);
}

/* The parts of a group: of an array, or the one of "not". */
static void
read_group(struct reader *reader, struct json_object *value,
    const char *pointer, enum condition_operator group, size_t depth)
{
	const size_t first = reader->count;
	struct condition *condition = next_condition(reader, pointer);

	if (condition == NULL)
		return;
	if (group == GROUP_NOT)
		read_condition(reader, value, pointer, depth);
	else
		read_array(reader, value, pointer, depth);
	*condition =
	    (struct condition) {.op = group, .size = reader->count - first};
}

/* Which group an object is; OPERATORS + 3 if it is none. */
static enum condition_operator
group_of(struct json_object *object, struct json_object **parts_out)
{
	int group;

	for (group = GROUP_ALL; group < GROUPS_END; group++)
		if (json_object_object_get_ex(
		        object, group_words[group - GROUP_ALL], parts_out))
			break;
	return (enum condition_operator)group;
}

static void
read_any(struct reader *reader, struct json_object *object, const char *pointer,
    size_t depth)
{
	struct json_object *parts = NULL;
	const enum condition_operator group = group_of(object, &parts);
	struct condition *condition;

	if (group == GROUPS_END) {
		if (++reader->leaves > CONDITION_LEAVES_MAX) {
			report(reader, pointer, "too_many",
			    "a rule must have at most 32 conditions");
			return;
		}
		condition = next_condition(reader, pointer);
		if (condition != NULL)
			read_leaf(reader, object, pointer, condition);
	} else if (json_object_object_length(object) != 1)
		report(reader, pointer, "invalid_value",
		    "a group has one member: all, any or not; put other"
		    " conditions beside it");
	else if (depth == CONDITION_DEPTH_MAX)
		report(reader, pointer, "too_deep",
		    "groups may stand in each other 3 deep");
	else
		read_group(reader, parts,
		    json_pointer(reader->decode->arena, pointer,
		        group_words[group - GROUP_ALL]),
		    group, depth + 1);
}

static void
read_condition(struct reader *reader, struct json_object *value,
    const char *pointer, size_t depth)
{
	if (json_object_is_type(value, json_type_object))
		read_any(reader, value, pointer, depth);
	else
		report(reader, pointer, "invalid_type",
		    "must be an object: a condition, or a group of them");
}

void
conditions_decode(struct decode *decode, int kind, struct json_object *value,
    const char *pointer, const void **form_out)
{
	struct reader *reader = arena_alloc(decode->arena, sizeof(*reader));
	const int before = decode->faults->count;
	struct conditions *conditions;

	(void)kind;
	reader->decode = decode;
	read_group(reader, value, pointer, GROUP_ALL, 0);
	if (reader->size > SIZE_MAX_OF_RULE)
		faults_add(decode->faults, pointer, "too_long",
		    "must have at most %d bytes in all names and values"
		    " together, each counted with %d more",
		    SIZE_MAX_OF_RULE, EACH);
	if (decode->faults->count != before)
		return;
	conditions = arena_alloc(decode->arena, sizeof(*conditions));
	*conditions = (struct conditions) {reader->list, reader->count};
	*form_out = conditions;
}

static void
write_value(
    struct json_writer *jw, const char *key, const struct property *value)
{
	if (value->type == VALUE_BOOLEAN)
		jw_bool(jw, key, value->boolean);
	else if (value->type == VALUE_NUMBER)
		jw_raw(jw, key, value->text);
	else
		jw_string(jw, key, value->text);
}

static void
write_values(struct json_writer *jw, const struct condition *condition)
{
	const enum wanted wanted = wanted_by[condition->op];
	size_t i;

	if (wanted == WANTED_BOOLEAN && condition->values->boolean)
		return;
	if (wanted != WANTED_PAIR && wanted != WANTED_SET) {
		write_value(jw, "value", condition->values);
		return;
	}
	jw_array(jw, "value");
	for (i = 0; i < condition->value_count; i++)
		write_value(jw, NULL, &condition->values[i]);
	jw_array_end(jw);
}

static void
write_leaf(struct json_writer *jw, const struct condition *condition)
{
	jw_string(jw, "property", condition->property);
	jw_string(jw, "operator", words[condition->op]);
	write_values(jw, condition);
	if (condition->ignore_case)
		jw_bool(jw, "ignoreCase", true);
}

/* Writes the condition at *at, which is put behind all that is part of it. */
static void
write_condition(struct json_writer *jw, const char *key,
    const struct condition *list, size_t *at)
{
	const struct condition *condition = &list[(*at)++];
	const struct condition *end = condition + condition->size;
	const char *word;

	jw_object(jw, key);
	if (condition->op < OPERATORS)
		write_leaf(jw, condition);
	else {
		word = group_words[condition->op - GROUP_ALL];
		if (condition->op != GROUP_NOT)
			jw_array(jw, word);
		while (&list[*at] < end)
			write_condition(jw,
			    condition->op == GROUP_NOT ? word : NULL, list, at);
		if (condition->op != GROUP_NOT)
			jw_array_end(jw);
	}
	jw_object_end(jw);
}

void
conditions_encode(
    const struct encode *encode, int kind, const char *key, const void *form)
{
	const struct conditions *conditions = form;
	size_t at = 1;

	(void)kind;
	jw_array(encode->jw, key);
	while (at < conditions->count)
		write_condition(encode->jw, NULL, conditions->list, &at);
	jw_array_end(encode->jw);
}
