/* badge: a rule that gives a badge, once to each user */
#include "engine/feature.h"

struct badge_part {
	struct reference badge;
};

static const struct field fields[] = {
    {.name = "badge",
        .type = FIELD_REFERENCE,
        .kind = REFERENCE_BADGE,
        .offset = offsetof(struct badge_part, badge)},
};

static bool
is_used(const void *part)
{
	return ((const struct badge_part *)part)->badge.id != 0;
}

static void
keeps(const void *part, int64_t rule, int64_t *refs_out)
{
	(void)rule;
	refs_out[STATE_BADGE] = ((const struct badge_part *)part)->badge.id;
}

static bool
gives(struct step *step, const void *part)
{
	const struct reference *badge =
	    &((const struct badge_part *)part)->badge;

	if (step_get(step, STATE_BADGE, badge->id) != 0)
		return true;
	*step_touch(step, STATE_BADGE, badge->id) = ++step->state->badges;
	step->award->badge = badge;
	return true;
}

const struct feature feature_badge = {
    FIELDS(fields),
    .size = sizeof(struct badge_part),
    .gift = "badge",
    .is_used = is_used,
    .keeps = keeps,
    .on[GIVES] = gives,
};
