/* cooldown: a rest after each award of the rule to the user */
#include "engine/feature.h"

enum { COOLDOWN_MAX = 1000000000, MICROSECONDS = 1000000 };

struct cooldown_part {
	int64_t seconds; /* 0: none */
};

static const struct field fields[] = {
    {.name = "cooldown",
        .type = FIELD_INT,
        .flags = FIELD_STRICT | FIELD_NULLABLE,
        .offset = offsetof(struct cooldown_part, seconds),
        .min = 1,
        .max = COOLDOWN_MAX},
};

static bool
is_used(const void *part)
{
	return ((const struct cooldown_part *)part)->seconds != 0;
}

static void
keeps(const void *part, int64_t rule, int64_t *refs_out)
{
	(void)part;
	refs_out[STATE_AWARDED_AT] = rule;
}

/*
 * The event's own time counts, and not that of its receipt: a late event is
 * within the rest that followed upon an award before it came.
 */
static bool
fresh(struct step *step, const void *part)
{
	const int64_t rest =
	    ((const struct cooldown_part *)part)->seconds * MICROSECONDS;

	return !step_has(step, STATE_AWARDED_AT, 0) ||
	    step->event->moment.time - rest >=
	    step_get_at(step, STATE_AWARDED_AT, 0);
}

static bool
given(struct step *step, const void *part)
{
	(void)part;
	*step_touch(step, STATE_AWARDED_AT, step->rule->id) =
	    step->event->moment.time;
	return true;
}

const struct feature feature_cooldown = {
    FIELDS(fields),
    .size = sizeof(struct cooldown_part),
    .is_used = is_used,
    .keeps = keeps,
    .on[FRESH] = fresh,
    .on[GIVEN] = given,
};
