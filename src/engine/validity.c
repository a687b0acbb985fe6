/* validity: a rule is in force from one time to before another */
#include "engine/feature.h"

struct validity_part {
	int64_t from, until; /* microseconds; INT64_MIN, INT64_MAX: open */
};

static const struct field fields[] = {
    {.name = "validFrom",
        .type = FIELD_TIME,
        .flags = FIELD_STRICT,
        .offset = offsetof(struct validity_part, from),
        .fallback = INT64_MIN},
    {.name = "validUntil",
        .type = FIELD_TIME,
        .flags = FIELD_STRICT,
        .offset = offsetof(struct validity_part, until),
        .fallback = INT64_MAX},
};

static struct member_fault
check(const struct rule *rule, const void *part, const struct sent *sent)
{
	const struct validity_part *validity = part;

	(void)rule;
	(void)sent;
	if (validity->from >= validity->until)
		return (struct member_fault) {"validUntil", "invalid_value",
		    "must be later than validFrom: no event could ever count"};
	return (struct member_fault) {.member = NULL};
}

static bool
is_used(const void *part)
{
	const struct validity_part *validity = part;

	return validity->from != INT64_MIN || validity->until != INT64_MAX;
}

/* The event's own time decides, and not that of its receipt. */
static bool
asks(struct step *step, const void *part)
{
	const struct validity_part *validity = part;
	const int64_t time = step->event->moment.time;

	return validity->from <= time && time < validity->until;
}

const struct feature feature_validity = {
    FIELDS(fields),
    .size = sizeof(struct validity_part),
    .check = check,
    .is_used = is_used,
    .on[ASKS] = asks,
};
