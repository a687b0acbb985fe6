/* rule: the rule resource */
#include <stddef.h>
#include <string.h>

#include "api/resource.h"
#include "base/arena.h"

enum { TIMES_MAX = 1000000000, DESCRIPTION_MAX = 1000 };

/* A rule's point scale or badge: a name, or an object with one. */
struct gift {
	int64_t app_key;
	const char *name;
	const char *description;
	const char *image_url;
};

static const struct field gift_fields[] = {
    {.name = "name",
        .type = FIELD_NAME,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct gift, name)},
    {.name = "description",
        .type = FIELD_TEXT,
        .flags = FIELD_NULL,
        .offset = offsetof(struct gift, description),
        .max = DESCRIPTION_MAX},
    {.name = "appKey",
        .type = FIELD_INT,
        .flags = FIELD_NULL,
        .offset = offsetof(struct gift, app_key),
        .min = INT64_MIN,
        .max = INT64_MAX},
    {.name = "createdAt", .type = FIELD_ANY, .decode = decode_nothing},
    {.name = "updatedAt", .type = FIELD_ANY, .decode = decode_nothing},
    {.name = "imageUrl",
        .type = FIELD_TEXT,
        .flags = FIELD_NULL,
        .offset = offsetof(struct gift, image_url),
        .max = 2000},
};
enum {
	GIFT_FIELDS = sizeof(gift_fields) / sizeof(gift_fields[0]),
	SCALE_FIELDS = GIFT_FIELDS - 1, /* a point scale has no image */
};

static const struct field gift_name = {.name = "name", .type = FIELD_NAME};

static void
decode_gift(struct decode *decode, struct json_object *value,
    const char *pointer, size_t field_count, struct gift *gift)
{
	*gift = (struct gift) {.app_key = NO_APP_KEY, .description = ""};
	if (json_object_get_type(value) == json_type_string)
		decode_value(decode, value, pointer, &gift_name, &gift->name);
	else if (json_object_get_type(value) == json_type_object)
		decode_object(
		    decode, value, pointer, gift_fields, field_count, gift);
	else if (value != NULL)
		faults_add(decode->faults, pointer, "invalid_type",
		    "must be a name, or an object with a name");
	if (!decode->lenient)
		check_app_key(decode->faults,
		    json_pointer(decode->arena, pointer, "appKey"),
		    gift->app_key, *(const int64_t *)decode->context);
}

static void
decode_point_scale(struct decode *decode, struct json_object *value,
    const char *pointer, void *member_out)
{
	struct named *scale = member_out;
	struct gift gift;

	decode_gift(decode, value, pointer, SCALE_FIELDS, &gift);
	scale->name = gift.name;
	scale->description = gift.description;
}

static void
decode_badge(struct decode *decode, struct json_object *value,
    const char *pointer, void *member_out)
{
	struct badge *badge = member_out;
	struct gift gift;

	decode_gift(decode, value, pointer, GIFT_FIELDS, &gift);
	check_image_url(decode->faults,
	    json_pointer(decode->arena, pointer, "imageUrl"), gift.image_url);
	badge->named.name = gift.name;
	badge->named.description = gift.description;
	badge->image_url = gift.image_url;
}

static const struct field fields[] = {
    {.name = "enabled",
        .type = FIELD_BOOL,
        .offset = offsetof(struct rule_definition, enabled)},
    {.name = "eventType",
        .type = FIELD_KEY,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct rule_definition, event_type)},
    {.name = "property",
        .type = FIELD_KEY,
        .flags = FIELD_NULL,
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
        .flags = FIELD_NULL,
        .offset = offsetof(struct rule_definition, point_scale),
        .decode = decode_point_scale},
    {.name = "badge",
        .type = FIELD_ANY,
        .flags = FIELD_NULL,
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
check(struct decode *decode, struct json_object *body, void *object)
{
	const struct rule_definition *rule = object;
	const bool scale = has(body, "pointScale");

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
    .write = write,
    .write_classic = write_classic,
};
