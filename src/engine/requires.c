/* requires: what a user must have before the rule gives anything */
#include "engine/feature.h"

enum { BADGES_MAX = 10, SCALES_MAX = 10 };

struct required_points {
	struct reference scale;
	int64_t at_least;
};

struct requires
{
	struct list badges; /* struct reference */
	struct list points; /* struct required_points */
};

struct requires_part {
	const struct requires *requires; /* NULL: nothing */
};

static const struct field badge_field[] = {
    {.type = FIELD_REFERENCE, .flags = FIELD_REQUIRED, .kind = REFERENCE_BADGE},
};
static const struct shape badge_shape = {
    SHAPE(badge_field), .size = sizeof(struct reference), .bare = true};

static const struct field points_fields[] = {
    {.name = "pointScale",
        .type = FIELD_REFERENCE,
        .flags = FIELD_REQUIRED,
        .kind = REFERENCE_POINT_SCALE,
        .offset = offsetof(struct required_points, scale)},
    {.name = "atLeast",
        .type = FIELD_INT,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct required_points, at_least),
        .min = INT64_MIN,
        .max = INT64_MAX,
        .fallback = INT64_MIN},
};
static const struct shape points_shape = {
    SHAPE(points_fields), .size = sizeof(struct required_points)};

static const struct field requires_fields[] = {
    {.name = "badges",
        .type = FIELD_LIST,
        .offset = offsetof(struct requires, badges),
        .max = BADGES_MAX,
        .shape = &badge_shape},
    {.name = "points",
        .type = FIELD_LIST,
        .offset = offsetof(struct requires, points),
        .max = SCALES_MAX,
        .shape = &points_shape},
};

static struct member_fault
check_requires(const void *object)
{
	const struct requires *requires = object;

	if (requires->badges.count + requires->points.count == 0)
		return (struct member_fault) {"badges", "required",
		    "requires needs badges, points, or both"};
	return (struct member_fault) {.member = NULL};
}

static const struct shape requires_shape = {SHAPE(requires_fields),
    .size = sizeof(struct requires), .check = check_requires};

static const struct field fields[] = {
    {.name = "requires",
        .type = FIELD_OBJECT,
        .flags = FIELD_STRICT,
        .offset = offsetof(struct requires_part, requires),
        .shape = &requires_shape},
};

static bool
is_used(const void *part)
{
	return ((const struct requires_part *)part)->requires != NULL;
}

bool
rule_has_occasion(const struct rule *rule)
{
	return rule_match(rule)->event_type != NULL ||
	    is_used(rule_part(rule, FEATURE_requires));
}

/* What asks for an event; a milestone has none. */
static const char *const of_events[] = {"property", "conditions", "distinct",
    "cooldown", "within", "streak", "pointsFrom"};

static struct member_fault
check(const struct rule *rule, const void *part, const struct sent *sent)
{
	static const char detail[] =
	    "asks for an event: leave it out, or name the eventType";
	size_t i;

	(void)part;
	if (rule_match(rule)->event_type != NULL)
		return (struct member_fault) {.member = NULL};
	if (!rule_has_occasion(rule))
		return (struct member_fault) {"eventType", "required",
		    "is missing: only a rule with requires can do without one"};
	for (i = 0; i < sizeof(of_events) / sizeof(of_events[0]); i++)
		if (sent->has(sent, of_events[i]))
			return (struct member_fault) {
			    of_events[i], "invalid_value", detail};
	if (rule_times(rule) > 1)
		return (struct member_fault) {
		    "numberOfTimesToGetTheAward", "invalid_value", detail};
	if (rule_has_timed_limit(rule))
		return (struct member_fault) {"limit", "invalid_value",
		    "of a rule without eventType can only be per ever"};
	return (struct member_fault) {.member = NULL};
}

/* Also by what rules before it have given for the same event. */
static bool
asks(struct step *step, const void *part)
{
	const struct requires *requires =
	    ((const struct requires_part *)part)->requires;
	const struct reference *badges = requires->badges.items;
	const struct required_points *points = requires->points.items;
	size_t i;

	for (i = 0; i < requires->badges.count; i++)
		if (step_get(step, STATE_BADGE, badges[i].id) == 0)
			return false;
	for (i = 0; i < requires->points.count; i++)
		if (step_get(step, STATE_BALANCE, points[i].scale.id) <
		    points[i].at_least)
			return false;
	return true;
}

const struct feature feature_requires = {
    FIELDS(fields),
    .size = sizeof(struct requires_part),
    .check = check,
    .is_used = is_used,
    .on[ASKS] = asks,
};
