/* points: a rule that adds to a balance */
#include "engine/feature.h"

struct points_part {
	int64_t points;
	struct reference scale;
};

static const struct field fields[] = {
    {.name = "points",
        .type = FIELD_INT,
        .offset = offsetof(struct points_part, points),
        .min = INT64_MIN,
        .max = INT64_MAX},
    {.name = "pointScale",
        .type = FIELD_REFERENCE,
        .kind = REFERENCE_POINT_SCALE,
        .offset = offsetof(struct points_part, scale)},
};

static struct member_fault
check(const void *part, const struct sent *sent)
{
	const bool scale = sent->has(sent, "pointScale");

	if (scale && !sent->has(sent, "points"))
		return (struct member_fault) {"points", "required",
		    "say how many points the rule gives on its pointScale"};
	if (!scale && ((const struct points_part *)part)->points != 0)
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

static bool
gives(struct step *step, const void *part)
{
	const struct points_part *points = part;
	struct award *award = step->award;
	int64_t *balance = step_touch(step, STATE_BALANCE, points->scale.id);

	if (__builtin_add_overflow(*balance, points->points, balance))
		return false;
	award->point_scale = &points->scale;
	award->points = points->points;
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
    .on[GIVES] = gives,
};
