/* limit: no more awards of the rule to a user than so many in a span of time */
#include "engine/units.h"

/* As many of a window of seconds are kept one by one. */
enum { LIMITS_MAX = 8, TIMES_MAX = 1000000000, WINDOW_TIMES_MAX = 100 };
enum { SECONDS_MAX = 1000000000 };

struct limit {
	int64_t times;
	int64_t per; /* see struct span; -1: it has seconds */
	int64_t seconds;
};

struct limit_part {
	struct list limits; /* struct limit */
};

static const char *const spans[] = {[UNIT_HOUR] = "hour",
    [UNIT_DAY] = "day",
    [UNIT_WEEK] = "week",
    [UNIT_MONTH] = "month",
    [UNIT_YEAR] = "year",
    [SPAN_EVER] = "ever",
    NULL};

static const struct field limit_fields[] = {
    {.name = "times",
        .type = FIELD_INT,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct limit, times),
        .min = 1,
        .max = TIMES_MAX},
    {.name = "per",
        .type = FIELD_CHOICE,
        .offset = offsetof(struct limit, per),
        .fallback = -1,
        .choices = spans},
    {.name = "seconds",
        .type = FIELD_INT,
        .flags = FIELD_NULLABLE,
        .offset = offsetof(struct limit, seconds),
        .min = 1,
        .max = SECONDS_MAX},
};

static struct member_fault
check_limit(const void *object)
{
	const struct limit *limit = object;

	if ((limit->per < 0) == (limit->seconds == 0))
		return (struct member_fault) {"per", "invalid_value",
		    "a limit has either per or seconds: say one of the two"};
	if (limit->seconds != 0 && limit->times > WINDOW_TIMES_MAX)
		return (struct member_fault) {"times", "out_of_range",
		    "must be at most 100 in a number of seconds; a unit of the"
		    " calendar takes more"};
	return (struct member_fault) {.member = NULL};
}

static const struct shape limit_shape = {
    SHAPE(limit_fields), .size = sizeof(struct limit), .check = check_limit};

static const struct field fields[] = {
    {.name = "limit",
        .type = FIELD_LIST,
        .flags = FIELD_STRICT | FIELD_SINGLE,
        .offset = offsetof(struct limit_part, limits),
        .min = 1,
        .max = LIMITS_MAX,
        .shape = &limit_shape},
};

static bool
is_used(const void *part)
{
	return ((const struct limit_part *)part)->limits.count > 0;
}

static struct span
span_of(const struct limit *limit)
{
	return (struct span) {
	    limit->seconds != 0 ? SPAN_SECONDS : limit->per, limit->seconds};
}

/* False as soon as it is of one of the limits; *at is 0 at first. */
static const struct limit *
next_limit(const void *part, size_t *at)
{
	const struct list *limits = &((const struct limit_part *)part)->limits;
	const struct limit *list = limits->items;

	return *at < limits->count ? &list[(*at)++] : NULL;
}

static bool
timely(struct step *step, const void *part)
{
	const struct limit *limit;
	size_t at = 0;

	while ((limit = next_limit(part, &at)) != NULL) {
		const struct span span = span_of(limit);

		if (!units_are_timely(step, &span))
			return false;
	}
	return true;
}

static bool
counts(struct step *step, const void *part)
{
	const struct limit *limit;
	size_t at = 0;

	while ((limit = next_limit(part, &at)) != NULL) {
		const struct span span = span_of(limit);

		if (span.sort != SPAN_EVER)
			units_count(step, &span);
	}
	return true;
}

static bool
allows(struct step *step, const void *part)
{
	const struct limit *limit;
	size_t at = 0;

	while ((limit = next_limit(part, &at)) != NULL) {
		const struct span span = span_of(limit);

		if (units_sum(step, STATE_AWARDS, &span) >= limit->times)
			return false;
	}
	return true;
}

/*
 * Two limits of one sort look at the same awards: each is counted once, and
 * remembered for the longer one.
 */
static bool
given(struct step *step, const void *part)
{
	const struct limit *limit;
	int64_t seconds[SPAN_SECONDS + 1] = {0};
	bool has[SPAN_SECONDS + 1] = {false};
	int64_t sort;
	size_t at = 0;

	while ((limit = next_limit(part, &at)) != NULL) {
		const struct span span = span_of(limit);

		has[span.sort] = true;
		if (seconds[span.sort] < span.seconds)
			seconds[span.sort] = span.seconds;
	}
	for (sort = 0; sort <= SPAN_SECONDS; sort++) {
		const struct span span = {sort, seconds[sort]};

		if (has[sort])
			units_add(step, STATE_AWARDS, &span);
	}
	return true;
}

bool
rule_has_timed_limit(const struct rule *rule)
{
	const void *part = rule_part(rule, FEATURE_limit);
	const struct limit *limit;
	size_t at = 0;

	while ((limit = next_limit(part, &at)) != NULL)
		if (span_of(limit).sort != SPAN_EVER)
			return true;
	return false;
}

const struct feature feature_limit = {
    FIELDS(fields),
    .size = sizeof(struct limit_part),
    .is_used = is_used,
    .on[TIMELY] = timely,
    .on[COUNTS] = counts,
    .on[ALLOWS] = allows,
    .on[GIVEN] = given,
};
