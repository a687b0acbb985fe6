/* match: which events a rule is for; rule_set finds the rules by it */
#include "engine/feature.h"

static const struct field fields[] = {
    {.name = "enabled",
        .type = FIELD_BOOL,
        .flags = FIELD_STRICT,
        .offset = offsetof(struct match, enabled),
        .fallback = true},
    {.name = "eventType",
        .type = FIELD_KEY,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct match, event_type)},
    {.name = "property",
        .type = FIELD_KEY,
        .offset = offsetof(struct match, property)},
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
