/* rule: the rule resource */
#include <stddef.h>

#include "api/resource.h"
#include "base/text.h"

enum { TIMES_MAX = 1000000000 };

static void
decode_point_scale(struct decode *decode, struct json_object *value,
    const char *pointer, void *member_out)
{
	resource_take(
	    decode, value, pointer, &point_scale_resource, member_out);
}

static void
decode_badge(struct decode *decode, struct json_object *value,
    const char *pointer, void *member_out)
{
	resource_take(decode, value, pointer, &badge_resource, member_out);
}

static const struct field fields[] = {
    {.name = "enabled",
        .type = FIELD_BOOL,
        .flags = FIELD_STRICT,
        .offset = offsetof(struct rule_definition, enabled)},
    {.name = "eventType",
        .type = FIELD_KEY,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct rule_definition, event_type)},
    {.name = "property",
        .type = FIELD_KEY,
        .offset = offsetof(struct rule_definition, property)},
    {.name = "numberOfTimesToGetTheAward",
        .type = FIELD_INT,
        .offset = offsetof(struct rule_definition, times),
        .min = 1,
        .max = TIMES_MAX},
    {.name = "points",
        .type = FIELD_INT,
        .offset = offsetof(struct rule_definition, points),
        .min = INT64_MIN,
        .max = INT64_MAX},
    {.name = "pointScale",
        .type = FIELD_ANY,
        .offset = offsetof(struct rule_definition, point_scale),
        .decode = decode_point_scale},
    {.name = "badge",
        .type = FIELD_ANY,
        .offset = offsetof(struct rule_definition, badge),
        .decode = decode_badge},
};

static void
set_defaults(void *object)
{
	struct rule_definition *rule = object;

	rule->enabled = true;
	rule->times = 1;
}

/* Whether the body has a member that says something. */
static bool
has(struct json_object *body, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(body, name, &value) && value != NULL;
}

/* A rule gives points, a badge, or both. */
static void
check(struct decode *decode, struct json_object *body, const char *pointer,
    const void *object)
{
	const struct rule_definition *rule = object;
	const bool scale = has(body, "pointScale");

	(void)pointer;
	if (!scale && !has(body, "badge"))
		faults_add(decode->faults, "/pointScale", "required",
		    "a rule needs a pointScale, a badge, or both");
	if (decode->lenient)
		return;
	if (scale && !has(body, "points"))
		faults_add(decode->faults, "/points", "required",
		    "say how many points the rule gives on its pointScale");
	if (!scale && rule->points != 0)
		faults_add(decode->faults, "/points", "invalid_value",
		    "points need a pointScale that they are counted on");
}

/* The stored one is used as it is: its name says which it is. */
static bool
same_gift(const struct named *sent, const struct named *stored)
{
	return text_same(sent->name, stored->id == 0 ? NULL : stored->name);
}

static bool
same(const void *sent, const void *stored)
{
	const struct rule_definition *one = sent, *other = stored;

	return one->enabled == other->enabled &&
	    text_same(one->event_type, other->event_type) &&
	    text_same(one->property, other->property) &&
	    one->times == other->times && one->points == other->points &&
	    same_gift(&one->point_scale, &other->point_scale) &&
	    same_gift(&one->badge.named, &other->badge.named);
}

static void
write_gift(struct json_writer *jw, const char *key, const struct named *gift,
    int64_t app_key)
{
	if (gift->id == 0)
		jw_null(jw, key);
	else
		write_named(jw, key, gift, app_key);
}

static void
write_classic(struct json_writer *jw, const void *object, int64_t app_key)
{
	const struct rule_definition *rule = object;

	jw_string(jw, "eventType", rule->event_type);
	jw_string_or_null(jw, "property", rule->property);
	jw_int(jw, "numberOfTimesToGetTheAward", rule->times);
	jw_int(jw, "points", rule->points);
	write_gift(jw, "pointScale", &rule->point_scale, app_key);
	write_gift(jw, "badge", &rule->badge.named, app_key);
}

static void
keep(void *object, const void *existing)
{
	struct rule_definition *rule = object;

	rule->enabled = ((const struct rule_definition *)existing)->enabled;
}

static void
write(struct json_writer *jw, const void *object, int64_t app_key)
{
	const struct rule_definition *rule = object;

	jw_bool(jw, "enabled", rule->enabled);
	write_classic(jw, object, app_key);
}

const struct resource rule_resource = {
    .catalog = &rule_catalog,
    .collection = "/api/v1/rules",
    .tag = "rules",
    .fields = fields,
    .field_count = sizeof(fields) / sizeof(fields[0]),
    .set_defaults = set_defaults,
    .check = check,
    .same = same,
    .keep = keep,
    .write = write,
    .write_classic = write_classic,
};
