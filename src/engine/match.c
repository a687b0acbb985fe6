/* match: which events a rule is for; rule_set finds the rules by it */
#include "engine/feature.h"

enum { PRIORITY_MAX = 1000000 };

static const struct field fields[] = {
    {.name = "enabled",
        .type = FIELD_BOOL,
        .flags = FIELD_STRICT,
        .offset = offsetof(struct match, enabled),
        .fallback = true},
    {.name = "eventType",
        .type = FIELD_KEY,
        .offset = offsetof(struct match, event_type)},
    {.name = "property",
        .type = FIELD_KEY,
        .offset = offsetof(struct match, property)},
    {.name = "priority",
        .type = FIELD_INT,
        .flags = FIELD_STRICT,
        .offset = offsetof(struct match, priority),
        .min = -PRIORITY_MAX,
        .max = PRIORITY_MAX},
};

/* It is used by the set alone. */
static bool
is_used(const void *part)
{
	(void)part;
	return false;
}

const struct feature feature_match = {
    FIELDS(fields),
    .size = sizeof(struct match),
    .is_used = is_used,
};
