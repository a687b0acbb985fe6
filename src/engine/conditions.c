/* conditions: a rule asks for properties of certain values */
#include <string.h>

#include "base/arena.h"
#include "base/number.h"
#include "base/text.h"
#include "engine/condition.h"
#include "engine/feature.h"

struct conditions_part {
	const struct conditions *conditions; /* NULL: none */
};

/* ASCII letters alone, whatever the locale is. */
static int
lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c;
}

static int
compare_bytes(
    const char *one, const char *other, size_t length, bool ignore_case)
{
	size_t i;
	int order = 0;

	if (!ignore_case)
		return memcmp(one, other, length);
	for (i = 0; i < length && order == 0; i++)
		order = lower((unsigned char)one[i]) -
		    lower((unsigned char)other[i]);
	return order;
}

static int
compare_strings(
    const struct property *one, const struct property *other, bool ignore_case)
{
	const size_t shared =
	    one->length < other->length ? one->length : other->length;
	const int order =
	    compare_bytes(one->text, other->text, shared, ignore_case);

	return order != 0
	    ? order
	    : (one->length > other->length) - (one->length < other->length);
}

static bool
is_equal(const struct condition *condition, const struct property *value,
    const struct property *wanted)
{
	if (value->type != wanted->type)
		return false;
	if (value->type == VALUE_BOOLEAN)
		return value->boolean == wanted->boolean;
	if (value->type == VALUE_NUMBER)
		return number_equal(value->text, wanted->text);
	return value->type == VALUE_STRING && value->length == wanted->length &&
	    compare_strings(value, wanted, condition->ignore_case) == 0;
}

/* False for what has no order, or is of another type. */
static bool
has_order(const struct property *value, const struct property *wanted)
{
	return value->type == wanted->type &&
	    (value->type == VALUE_NUMBER || value->type == VALUE_STRING);
}

static int
order_of(const struct condition *condition, const struct property *value,
    const struct property *wanted)
{
	return value->type == VALUE_NUMBER
	    ? number_compare(value->text, wanted->text)
	    : compare_strings(value, wanted, condition->ignore_case);
}

static bool
is_in(const struct condition *condition, const struct property *value)
{
	size_t i;

	for (i = 0; i < condition->value_count; i++)
		if (is_equal(condition, value, &condition->values[i]))
			return true;
	return false;
}

static bool
is_between(const struct condition *condition, const struct property *value)
{
	const struct property *ends = condition->values;

	return has_order(value, &ends[0]) &&
	    order_of(condition, value, &ends[0]) >= 0 &&
	    order_of(condition, value, &ends[1]) <= 0;
}

/* Whether the wanted text stands there in the value. */
static bool
is_part_at(
    const struct condition *condition, const struct property *value, size_t at)
{
	const struct property *wanted = condition->values;

	return at <= value->length && value->length - at >= wanted->length &&
	    compare_bytes(value->text + at, wanted->text, wanted->length,
	        condition->ignore_case) == 0;
}

static bool
contains(const struct condition *condition, const struct property *value)
{
	size_t i;

	if (value->type == VALUE_LIST) {
		for (i = 0; i < value->element_count; i++)
			if (is_equal(condition, &value->elements[i],
			        condition->values))
				return true;
		return false;
	}
	if (value->type != VALUE_STRING)
		return false;
	for (i = 0; i <= value->length; i++)
		if (is_part_at(condition, value, i))
			return true;
	return false;
}

static bool
ends_with(const struct condition *condition, const struct property *value)
{
	const size_t length = condition->values->length;

	return value->type == VALUE_STRING && value->length >= length &&
	    is_part_at(condition, value, value->length - length);
}

/* For a property that is there. */
static bool
is_true_of(const struct condition *condition, const struct property *value)
{
	const struct property *wanted = condition->values;
	const bool ordered = has_order(value, wanted);
	const int order = ordered ? order_of(condition, value, wanted) : 0;

	switch (condition->op) {
	case OPERATOR_EQ:
		return is_equal(condition, value, wanted);
	case OPERATOR_NE:
		return !is_equal(condition, value, wanted);
	case OPERATOR_LT:
		return ordered && order < 0;
	case OPERATOR_LTE:
		return ordered && order <= 0;
	case OPERATOR_GT:
		return ordered && order > 0;
	case OPERATOR_GTE:
		return ordered && order >= 0;
	case OPERATOR_BETWEEN:
		return is_between(condition, value);
	case OPERATOR_IN:
		return is_in(condition, value);
	case OPERATOR_NOT_IN:
		return !is_in(condition, value);
	case OPERATOR_CONTAINS:
		return contains(condition, value);
	case OPERATOR_STARTS_WITH:
		return value->type == VALUE_STRING &&
		    is_part_at(condition, value, 0);
	case OPERATOR_ENDS_WITH:
		return ends_with(condition, value);
	case OPERATOR_EXISTS:
		return wanted->boolean;
	default:
		return false;
	}
}

/* What asks for the contrary is true of a property that is missing. */
static bool
is_true_of_none(const struct condition *condition)
{
	return condition->op == OPERATOR_NE ||
	    condition->op == OPERATOR_NOT_IN ||
	    (condition->op == OPERATOR_EXISTS && !condition->values->boolean);
}

static bool
leaf_holds(const struct condition *condition, const struct occurrence *event)
{
	const struct property *value =
	    occurrence_property(event, condition->property);

	return value == NULL ? is_true_of_none(condition)
	                     : is_true_of(condition, value);
}

/* results: those of its parts, each at the part's own place behind it. */
static bool
group_holds(const struct condition *condition, const bool *results)
{
	const struct condition *part = condition + 1;
	const struct condition *end = condition + condition->size;
	size_t parts = 0, true_ones = 0;

	for (; part < end; part += part->size) {
		true_ones += results[part - condition];
		parts++;
	}
	if (condition->op == GROUP_ALL)
		return true_ones == parts;
	return condition->op == GROUP_ANY ? true_ones > 0 : true_ones == 0;
}

/* From the last one to the first: a group's parts have their turn before it. */
bool
conditions_hold(
    const struct conditions *conditions, const struct occurrence *event)
{
	bool results[CONDITIONS_MAX] = {false};
	const struct condition *condition;
	size_t i;

	for (i = conditions->count; i-- > 0;) {
		condition = &conditions->list[i];
		results[i] = condition->op < OPERATORS
		    ? leaf_holds(condition, event)
		    : group_holds(condition, &results[i]);
	}
	return results[0];
}

static bool
same_value(const struct property *one, const struct property *other)
{
	if (one->type != other->type)
		return false;
	if (one->type == VALUE_BOOLEAN)
		return one->boolean == other->boolean;
	return one->length == other->length &&
	    memcmp(one->text, other->text, one->length) == 0;
}

static bool
same_condition(const struct condition *one, const struct condition *other)
{
	size_t i;

	if (one->op != other->op || one->size != other->size ||
	    one->ignore_case != other->ignore_case ||
	    one->value_count != other->value_count ||
	    !text_same(one->property, other->property))
		return false;
	for (i = 0; i < one->value_count; i++)
		if (!same_value(&one->values[i], &other->values[i]))
			return false;
	return true;
}

static bool
same(const void *one, const void *other)
{
	const struct conditions *a = one, *b = other;
	size_t i;

	if (a->count != b->count)
		return false;
	for (i = 0; i < a->count; i++)
		if (!same_condition(&a->list[i], &b->list[i]))
			return false;
	return true;
}

static const struct property *
keep_values(struct arena *arena, const struct property *values, size_t count)
{
	struct property *copy = arena_array(arena, count + 1, sizeof(*copy));
	size_t i;

	for (i = 0; i < count; i++) {
		copy[i] = values[i];
		if (values[i].text != NULL)
			copy[i].text =
			    arena_copy(arena, values[i].text, values[i].length);
	}
	return copy;
}

static const void *
keep(struct arena *arena, const void *form)
{
	const struct conditions *conditions = form;
	struct conditions *copy = arena_alloc(arena, sizeof(*copy));
	struct condition *list =
	    arena_array(arena, conditions->count, sizeof(*list));
	size_t i;

	for (i = 0; i < conditions->count; i++) {
		list[i] = conditions->list[i];
		if (list[i].property != NULL)
			list[i].property =
			    arena_strdup(arena, list[i].property);
		list[i].values =
		    keep_values(arena, list[i].values, list[i].value_count);
	}
	*copy = (struct conditions) {list, conditions->count};
	return copy;
}

static const struct form form = {same, keep};

static const struct field fields[] = {
    {.name = "conditions",
        .type = FIELD_FORM,
        .flags = FIELD_STRICT,
        .offset = offsetof(struct conditions_part, conditions),
        .kind = FORM_CONDITIONS,
        .form = &form},
};

static bool
is_used(const void *part)
{
	return ((const struct conditions_part *)part)->conditions != NULL;
}

static bool
asks(struct step *step, const void *part)
{
	return conditions_hold(
	    ((const struct conditions_part *)part)->conditions, step->event);
}

const struct feature feature_conditions = {
    FIELDS(fields),
    .size = sizeof(struct conditions_part),
    .is_used = is_used,
    .on[ASKS] = asks,
};
