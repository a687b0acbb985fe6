/* rule: the rule resource; its members are those of the engine's features */
#include "api/resource.h"
#include "base/arena.h"
#include "base/text.h"
#include "engine/feature.h"
#include "rules/conditions.h"

/* What a member that names another thing is to name. */
static const struct resource *const resources[] = {
    [REFERENCE_POINT_SCALE] = &point_scale_resource,
    [REFERENCE_BADGE] = &badge_resource,
};

static void
set_defaults(void *object)
{
	rule_init(&((struct rule_definition *)object)->rule);
}

static void
take_reference(struct decode *decode, int kind, struct json_object *value,
    const char *pointer, struct reference *reference_out)
{
	const struct resource *resource = resources[kind];
	struct named *thing =
	    arena_alloc(decode->arena, resource->catalog->size);

	resource_take(decode, value, pointer, resource, thing);
	reference_out->name = thing->name;
	reference_out->thing = thing;
}

/* A body, asked for its members. */
struct body {
	struct sent sent;
	struct json_object *object;
};

/* Whether the body has a member that says something. */
static bool
has(const struct sent *sent, const char *member)
{
	const struct body *body = (const struct body *)(const void *)sent;
	struct json_object *value;

	return json_object_object_get_ex(body->object, member, &value) &&
	    value != NULL;
}

/* A rule gives points, a badge, or both. */
static void
check_gift(struct decode *decode, const struct sent *sent)
{
	size_t i;

	for (i = 0; i < FEATURE_COUNT; i++)
		if (features[i]->gift != NULL && has(sent, features[i]->gift))
			return;
	faults_add(decode->faults, "/pointScale", "required",
	    "a rule needs a pointScale, a badge, or both");
}

static void
check(struct decode *decode, struct json_object *object, const char *pointer,
    const void *sent_rule)
{
	const struct rule_definition *rule = sent_rule;
	const struct body body = {{has}, object};
	struct member_fault fault;
	size_t i;

	check_gift(decode, &body.sent);
	/* The classic interface knows no milestones. */
	if (decode->lenient && !has(&body.sent, "eventType"))
		faults_add(decode->faults,
		    json_pointer(decode->arena, pointer, "eventType"),
		    "required", "is missing");
	for (i = 0; i < FEATURE_COUNT && !decode->lenient; i++) {
		fault = feature_check(&rule->rule, i, &body.sent);
		if (fault.member != NULL)
			faults_add(decode->faults,
			    json_pointer(decode->arena, pointer, fault.member),
			    fault.code, "%s", fault.detail);
	}
}

/* Counts of reviews mean nothing for a rule of orders. */
static bool
is_another(const void *object, const void *existing)
{
	const struct rule_definition *one = object, *other = existing;

	return !text_same(rule_match(&one->rule)->event_type,
	    rule_match(&other->rule)->event_type);
}

const struct resource rule_resource = {
    .catalog = &rule_catalog,
    .collection = "/api/v1/rules",
    .tag = "rules",
    .members = rule_fields,
    .members_at = offsetof(struct rule_definition, rule),
    .set_defaults = set_defaults,
    .reference = take_reference,
    .decode_form = conditions_decode,
    .encode_form = conditions_encode,
    .is_another = is_another,
    .check = check,
};
