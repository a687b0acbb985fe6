/* count: a rule for the N-th matching event */
#include "engine/feature.h"

enum { TIMES_MAX = 1000000000 };

struct count_part {
	int64_t
	    times; /* 1: every match awards; N: once, at the N-th or later */
};

static const struct field fields[] = {
    {.name = "numberOfTimesToGetTheAward",
        .type = FIELD_INT,
        .offset = offsetof(struct count_part, times),
        .min = 1,
        .max = TIMES_MAX,
        .fallback = 1},
};

/* All rules count, because N may be raised later. */
static void
keeps(const void *part, int64_t rule, int64_t *refs_out)
{
	const struct count_part *count = part;

	refs_out[STATE_COUNT] = rule;
	refs_out[STATE_GIVEN] = count->times > 1 ? rule : 0;
}

/*
 * Once for a user, whatever N was before or becomes: N may have been lowered
 * below the count, or raised after the award.
 */
static bool
passes(struct step *step, const void *part)
{
	const int64_t rule = step->rule->id;
	const int64_t times = ((const struct count_part *)part)->times;
	const int64_t count = ++*step_touch(step, STATE_COUNT, rule);

	if (times == 1)
		return true;
	if (count < times || step_get(step, STATE_GIVEN, rule) != 0)
		return false;
	*step_touch(step, STATE_GIVEN, rule) = 1;
	return true;
}

const struct feature feature_count = {
    FIELDS(fields),
    .size = sizeof(struct count_part),
    .keeps = keeps,
    .on[PASSES] = passes,
};
