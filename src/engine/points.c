/* points: a rule that adds to a balance */
#include <assert.h>

#include "base/number.h"
#include "engine/feature.h"

/* What an event says of how many points it is worth. */
struct points_from {
	const char *property;
	const char *factor; /* NULL: 1 */
	int64_t min, max;
};

struct points_part {
	int64_t points;
	const struct points_from *from; /* instead of points; NULL: none */
	struct reference scale;
};

enum { FACTOR_CHARACTERS = 20 };

static const struct field from_fields[] = {
    {.name = "property",
        .type = FIELD_KEY,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct points_from, property)},
    {.name = "factor",
        .type = FIELD_TEXT,
        .offset = offsetof(struct points_from, factor),
        .max = FACTOR_CHARACTERS},
    {.name = "min",
        .type = FIELD_INT,
        .flags = FIELD_NULLABLE,
        .offset = offsetof(struct points_from, min),
        .min = INT64_MIN + 1,
        .max = INT64_MAX - 1,
        .fallback = INT64_MIN},
    {.name = "max",
        .type = FIELD_INT,
        .flags = FIELD_NULLABLE,
        .offset = offsetof(struct points_from, max),
        .min = INT64_MIN + 1,
        .max = INT64_MAX - 1,
        .fallback = INT64_MAX},
};

static struct member_fault
check_from(const void *object)
{
	const struct points_from *from = object;
	int64_t factor;
	int places;

	if (from->factor != NULL &&
	    !number_factor(from->factor, &factor, &places))
		return (struct member_fault) {"factor", "invalid_format",
		    "must be a string with a decimal number of at most 18"
		    " digits, such as \"1.5\""};
	if (from->min > from->max)
		return (struct member_fault) {
		    "max", "out_of_range", "must not be below min"};
	return (struct member_fault) {.member = NULL};
}

static const struct shape from_shape = {SHAPE(from_fields),
    .size = sizeof(struct points_from), .check = check_from};

static const struct field fields[] = {
    {.name = "points",
        .type = FIELD_INT,
        .offset = offsetof(struct points_part, points),
        .min = INT64_MIN,
        .max = INT64_MAX},
    {.name = "pointsFrom",
        .type = FIELD_OBJECT,
        .flags = FIELD_STRICT,
        .offset = offsetof(struct points_part, from),
        .shape = &from_shape},
    {.name = "pointScale",
        .type = FIELD_REFERENCE,
        .kind = REFERENCE_POINT_SCALE,
        .offset = offsetof(struct points_part, scale)},
};

static struct member_fault
check(const struct rule *rule, const void *part, const struct sent *sent)
{
	const struct points_part *points = part;
	const bool scale = sent->has(sent, "pointScale");

	(void)rule;
	if (points->from != NULL && points->points != 0)
		return (struct member_fault) {"points", "invalid_value",
		    "pointsFrom says how many: leave points out"};
	if (scale && points->from == NULL && !sent->has(sent, "points"))
		return (struct member_fault) {"points", "required",
		    "say how many points the rule gives on its pointScale"};
	if (!scale && points->from != NULL)
		return (struct member_fault) {"pointsFrom", "invalid_value",
		    "points need a pointScale that they are counted on"};
	if (!scale && points->points != 0)
		return (struct member_fault) {"points", "invalid_value",
		    "points need a pointScale that they are counted on"};
	return (struct member_fault) {.member = NULL};
}

static bool
is_used(const void *part)
{
	return ((const struct points_part *)part)->scale.id != 0;
}

static void
keeps(const void *part, int64_t rule, int64_t *refs_out)
{
	(void)rule;
	refs_out[STATE_BALANCE] = ((const struct points_part *)part)->scale.id;
}

/* The number that the event has; NULL if it has none. */
static const struct property *
number_of(const struct step *step, const struct points_from *from)
{
	const struct property *value =
	    occurrence_property(step->event, from->property);

	return value != NULL && value->type == VALUE_NUMBER ? value : NULL;
}

static bool
asks(struct step *step, const void *part)
{
	const struct points_part *points = part;

	return points->from == NULL || number_of(step, points->from) != NULL;
}

/* False: they are beyond int64, and no max or min brings them back. */
static bool
points_from(const struct step *step, const struct points_from *from,
    int64_t *points_out)
{
	const struct property *number = number_of(step, from);
	int64_t factor = 1;
	int places = 0;
	bool fits;

	assert(number != NULL); /* it was asked for */

	if (from->factor != NULL)
		number_factor(from->factor, &factor, &places);
	fits = number_times(number->text, factor, places, points_out);
	if (*points_out < from->min || *points_out > from->max) {
		*points_out = *points_out < from->min ? from->min : from->max;
		return true;
	}
	return fits;
}

static bool
gives(struct step *step, const void *part)
{
	const struct points_part *points = part;
	struct award *award = step->award;
	int64_t *balance = step_touch(step, STATE_BALANCE, points->scale.id);

	award->points = points->points;
	if (points->from != NULL &&
	    !points_from(step, points->from, &award->points))
		return false;
	if (__builtin_add_overflow(*balance, award->points, balance))
		return false;
	award->point_scale = &points->scale;
	award->balance = *balance;
	return true;
}

const struct feature feature_points = {
    FIELDS(fields),
    .size = sizeof(struct points_part),
    .gift = "pointScale",
    .check = check,
    .is_used = is_used,
    .keeps = keeps,
    .on[ASKS] = asks,
    .on[GIVES] = gives,
};
