/* streak: a rule for a run of days, weeks or months with events in them */
#include "engine/units.h"

enum { LENGTH_MAX = 10000, GRACE_MAX = 30 };

struct streak {
	int64_t unit;   /* enum unit, from UNIT_DAY */
	int64_t length; /* of the run */
	int64_t grace;  /* units that may be missed between two of it */
};

struct streak_part {
	const struct streak *streak; /* NULL: none */
};

static const char *const units[] = {"day", "week", "month", NULL};

static const struct field streak_fields[] = {
    {.name = "unit",
        .type = FIELD_CHOICE,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct streak, unit),
        .fallback = -1,
        .choices = units},
    {.name = "length",
        .type = FIELD_INT,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct streak, length),
        .min = 1,
        .max = LENGTH_MAX},
    {.name = "grace",
        .type = FIELD_INT,
        .offset = offsetof(struct streak, grace),
        .min = 0,
        .max = GRACE_MAX},
};

static const struct shape streak_shape = {
    SHAPE(streak_fields), .size = sizeof(struct streak)};

static const struct field fields[] = {
    {.name = "streak",
        .type = FIELD_OBJECT,
        .flags = FIELD_STRICT,
        .offset = offsetof(struct streak_part, streak),
        .shape = &streak_shape},
};

static bool
is_used(const void *part)
{
	return ((const struct streak_part *)part)->streak != NULL;
}

static struct member_fault
check(const struct rule *rule, const void *part, const struct sent *sent)
{
	(void)sent;
	if (is_used(part) && (rule_times(rule) > 1 || rule_has_window(rule)))
		return (struct member_fault) {"streak", "invalid_value",
		    "stands alone: leave out numberOfTimesToGetTheAward and"
		    " within"};
	return (struct member_fault) {.member = NULL};
}

static void
keeps(const void *part, int64_t rule, int64_t *refs_out)
{
	(void)part;
	refs_out[STATE_LONGEST] = rule;
	refs_out[STATE_GIVEN] = rule;
}

static const struct streak *
streak_of(const void *part)
{
	return ((const struct streak_part *)part)->streak;
}

static struct span
span_of(const struct streak *streak)
{
	return (struct span) {UNIT_DAY + streak->unit, 0};
}

static bool
timely(struct step *step, const void *part)
{
	const struct span span = span_of(streak_of(part));

	return units_are_timely(step, &span);
}

/*
 * The active unit of the same run next to the unit, in one direction; or the
 * unit itself.
 */
static int64_t
neighbour(const struct step *step, const struct streak *streak, int64_t unit,
    int direction)
{
	const int64_t sort = UNIT_DAY + streak->unit;
	int64_t distance, other;

	for (distance = 1; distance <= streak->grace + 1; distance++) {
		other = unit + direction * distance;
		if (step_has(step, STATE_ACTIVE, unit_key(sort, other)))
			return other;
	}
	return unit;
}

static int64_t
get(const struct step *step, enum state_kind kind, const struct streak *streak,
    int64_t unit)
{
	return step_get_at(step, kind, unit_key(UNIT_DAY + streak->unit, unit));
}

static int64_t *
touch(struct step *step, enum state_kind kind, const struct streak *streak,
    int64_t unit)
{
	return step_touch_at(
	    step, kind, unit_key(UNIT_DAY + streak->unit, unit));
}

/*
 * All units of the run behind this one come later in it by so many, and by so
 * many awards. Answers the last one.
 */
static int64_t
move_rest(struct step *step, const struct streak *streak, int64_t unit,
    int64_t places, int64_t fired)
{
	int64_t next;

	while ((next = neighbour(step, streak, unit, 1)) != unit) {
		unit = next;
		if (places != 0)
			*touch(step, STATE_ACTIVE, streak, unit) += places;
		if (fired != 0)
			*touch(step, STATE_FIRED, streak, unit) += fired;
	}
	return unit;
}

/*
 * The unit becomes active: it may follow a run, and may join another one to it,
 * whose awards then are the whole run's.
 */
static void
add_unit(struct step *step, const struct streak *streak, int64_t unit)
{
	const int64_t before = neighbour(step, streak, unit, -1);
	const int64_t after = neighbour(step, streak, unit, 1);
	const bool follows = before != unit;
	const int64_t fired =
	    follows ? get(step, STATE_FIRED, streak, before) : 0;
	const int64_t place =
	    (follows ? get(step, STATE_ACTIVE, streak, before) : 0) + 1;
	const int64_t next =
	    after == unit ? 0 : get(step, STATE_ACTIVE, streak, after);

	if (after != unit)
		move_rest(step, streak, unit, place + 1 - next,
		    next == 1 ? fired : 0);
	*touch(step, STATE_ACTIVE, streak, unit) = place;
	if (fired != 0)
		*touch(step, STATE_FIRED, streak, unit) = fired;
}

/* What no late event can reach any more goes; those after know their place. */
static void
forget(struct step *step, const struct streak *streak, int64_t newest)
{
	const int64_t oldest = newest - UNITS_LATE - streak->grace - 1;
	const int64_t sort = UNIT_DAY + streak->unit;

	units_forget(step, STATE_ACTIVE, sort, oldest);
	units_forget(step, STATE_FIRED, sort, oldest);
}

static bool
counts(struct step *step, const void *part)
{
	const struct streak *streak = streak_of(part);
	const struct span span = span_of(streak);
	const int64_t unit = unit_now(step, span.sort);
	const int64_t rule = step->rule->id;
	int64_t length;

	forget(step, streak, units_count(step, &span));
	if (step_has(step, STATE_ACTIVE, unit_key(span.sort, unit)))
		return true;
	add_unit(step, streak, unit);
	length = get(
	    step, STATE_ACTIVE, streak, move_rest(step, streak, unit, 0, 0));
	if (length > step_get(step, STATE_LONGEST, rule))
		*step_touch(step, STATE_LONGEST, rule) = length;
	return true;
}

/* A run has its awards at its last unit. None of its multiples fires twice. */
static bool
reaches(struct step *step, const void *part)
{
	const struct streak *streak = streak_of(part);
	const int64_t rule = step->rule->id;
	const int64_t unit = unit_now(step, UNIT_DAY + streak->unit);
	const int64_t last = move_rest(step, streak, unit, 0, 0);
	const int64_t due =
	    get(step, STATE_ACTIVE, streak, last) / streak->length;

	if (due <= get(step, STATE_FIRED, streak, last) ||
	    (!rule_repeats(step->rule) &&
	        step_get(step, STATE_GIVEN, rule) != 0))
		return false;
	*touch(step, STATE_FIRED, streak, last) = due;
	*step_touch(step, STATE_GIVEN, rule) = 1;
	return true;
}

const struct feature feature_streak = {
    FIELDS(fields),
    .size = sizeof(struct streak_part),
    .check = check,
    .is_used = is_used,
    .keeps = keeps,
    .on[TIMELY] = timely,
    .on[COUNTS] = counts,
    .on[REACHES] = reaches,
};
