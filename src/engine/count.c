/* count: a rule for the N-th matching event, ever or in a span of time */
#include "engine/units.h"

enum { TIMES_MAX = 1000000000, WINDOW_TIMES_MAX = 100 };
enum { SECONDS_MAX = 1000000000 };

struct within {
	int64_t seconds;
	int64_t calendar; /* enum unit; -1: it has seconds */
};

struct count_part {
	int64_t times; /* 1: every match awards */
	bool repeat;   /* else an N above 1 awards once */
	const struct within *within;
};

static const char *const units[] = {[UNIT_HOUR] = "hour",
    [UNIT_DAY] = "day",
    [UNIT_WEEK] = "week",
    [UNIT_MONTH] = "month",
    [UNIT_YEAR] = "year",
    NULL};

static const struct field within_fields[] = {
    {.name = "seconds",
        .type = FIELD_INT,
        .flags = FIELD_NULLABLE,
        .offset = offsetof(struct within, seconds),
        .min = 1,
        .max = SECONDS_MAX},
    {.name = "calendar",
        .type = FIELD_CHOICE,
        .offset = offsetof(struct within, calendar),
        .fallback = -1,
        .choices = units},
};

static struct member_fault
check_within(const void *object)
{
	const struct within *within = object;

	if ((within->calendar < 0) == (within->seconds == 0))
		return (struct member_fault) {"seconds", "invalid_value",
		    "within has either seconds or calendar: say one of the"
		    " two"};
	return (struct member_fault) {.member = NULL};
}

static const struct shape within_shape = {
    SHAPE(within_fields), .size = sizeof(struct within), .check = check_within};

static const struct field fields[] = {
    {.name = "numberOfTimesToGetTheAward",
        .type = FIELD_INT,
        .offset = offsetof(struct count_part, times),
        .min = 1,
        .max = TIMES_MAX,
        .fallback = 1},
    {.name = "repeat",
        .type = FIELD_BOOL,
        .flags = FIELD_STRICT,
        .offset = offsetof(struct count_part, repeat)},
    {.name = "within",
        .type = FIELD_OBJECT,
        .flags = FIELD_STRICT,
        .offset = offsetof(struct count_part, within),
        .shape = &within_shape},
};

static struct member_fault
check(const struct rule *rule, const void *part, const struct sent *sent)
{
	const struct count_part *count = part;

	(void)rule;
	(void)sent;
	if (count->within == NULL)
		return (struct member_fault) {.member = NULL};
	if (count->times == 1)
		return (struct member_fault) {"within", "invalid_value",
		    "needs a numberOfTimesToGetTheAward above 1: one event is"
		    " always within its own time"};
	if (count->within->seconds != 0 && count->times > WINDOW_TIMES_MAX)
		return (struct member_fault) {"numberOfTimesToGetTheAward",
		    "out_of_range",
		    "must be at most 100 within a number of seconds; a unit of"
		    " the calendar takes more"};
	return (struct member_fault) {.member = NULL};
}

/* All rules count, because N may be raised later. */
static void
keeps(const void *part, int64_t rule, int64_t *refs_out)
{
	const struct count_part *count = part;

	refs_out[STATE_COUNT] = rule;
	if (count->times > 1)
		refs_out[STATE_GIVEN] = rule;
	if (count->times > 1 && count->repeat && count->within == NULL)
		refs_out[STATE_USED] = rule;
}

static struct span
span_of(const struct within *within)
{
	return (struct span) {
	    within->seconds != 0 ? SPAN_SECONDS : within->calendar,
	    within->seconds};
}

static bool
timely(struct step *step, const void *part)
{
	const struct count_part *count = part;
	struct span span;

	if (count->within == NULL)
		return true;
	span = span_of(count->within);
	return units_are_timely(step, &span);
}

static bool
counts(struct step *step, const void *part)
{
	const struct count_part *count = part;
	struct span span;

	++*step_touch(step, STATE_COUNT, step->rule->id);
	if (count->within == NULL)
		return true;
	span = span_of(count->within);
	units_count(step, &span);
	units_add(step, STATE_MATCHES, &span);
	return true;
}

/* Matching events that no award has used. */
static int64_t
have(const struct step *step, const struct count_part *count)
{
	const int64_t rule = step->rule->id;
	struct span span;

	if (count->within == NULL)
		return step_get(step, STATE_COUNT, rule) -
		    step_get(step, STATE_USED, rule);
	span = span_of(count->within);
	return units_sum(step, STATE_MATCHES, &span);
}

/* The count begins anew. */
static void
use(struct step *step, const struct count_part *count)
{
	const int64_t rule = step->rule->id;
	struct span span;

	if (count->within == NULL) {
		*step_touch(step, STATE_USED, rule) =
		    step_get(step, STATE_COUNT, rule);
		return;
	}
	span = span_of(count->within);
	units_use(step, STATE_MATCHES, &span);
}

/*
 * Without repeat once for a user, whatever N was before or becomes: N may have
 * been lowered below the count, or raised after the award. An award that is due
 * and may not be given is lost, and so is what it has used.
 */
static bool
reaches(struct step *step, const void *part)
{
	const struct count_part *count = part;
	const int64_t rule = step->rule->id;

	if (count->times == 1)
		return true;
	if (have(step, count) < count->times ||
	    (!count->repeat && step_get(step, STATE_GIVEN, rule) != 0))
		return false;
	*step_touch(step, STATE_GIVEN, rule) = 1;
	if (count->repeat)
		use(step, count);
	return true;
}

static const struct count_part *
part_of(const struct rule *rule)
{
	return rule_part(rule, FEATURE_count);
}

bool
rule_repeats(const struct rule *rule)
{
	return part_of(rule)->repeat;
}

int64_t
rule_times(const struct rule *rule)
{
	return part_of(rule)->times;
}

bool
rule_has_window(const struct rule *rule)
{
	return part_of(rule)->within != NULL;
}

const struct feature feature_count = {
    FIELDS(fields),
    .size = sizeof(struct count_part),
    .check = check,
    .keeps = keeps,
    .on[TIMELY] = timely,
    .on[COUNTS] = counts,
    .on[REACHES] = reaches,
};
