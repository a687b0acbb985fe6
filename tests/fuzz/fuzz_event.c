/*
 * fuzz_event: rule and event documents through the API's decoding
 *
 * The input is {"rules": [...], "events": [...]}. What is taken must obey the
 * contract, and mean the same when it is written and sent again; then the
 * events are run by the rules, see fuzz_engine.c.
 */
#include <assert.h>
#include <string.h>

#include "../unit/plain_rule.h"
#include "api/event.h"
#include "api/resource.h"
#include "base/arena.h"
#include "fuzz.h"
#include "fuzz_engine.h"
#include "rules/document.h"

enum { BODY_MAX = 64 << 20, APP_KEY = 11, TIMES_MAX = 1000000000 };

static void
call_init(struct call *call, struct arena *arena, struct json_object *body)
{
	static const struct settings settings;
	static struct service service = {.settings = &settings};

	*call = (struct call) {.service = &service,
	    .arena = arena,
	    .app_key = APP_KEY,
	    .body = body};
	faults_init(&call->faults, arena);
}

static struct json_object *
parse(struct arena *arena, const struct str *text)
{
	struct json_object *body;
	const bool taken = json_taken(arena, text->data, text->len, &body);

	assert(!text->overflow && taken);
	return body;
}

/* NULL if it has faults. */
static struct rule_definition *
decode_rule(struct arena *arena, struct json_object *body, const char *name,
    bool lenient)
{
	struct named *rule;
	struct call call;

	call_init(&call, arena, body);
	rule = resource_decode(&call, &rule_resource, name, lenient);
	check_faults(&call.faults, body);
	return call.faults.count == 0 ? (struct rule_definition *)rule : NULL;
}

static void
check_name(enum field_type type, const char *name)
{
	const char *detail;

	assert(name != NULL);
	assert(text_fault(type, name, strlen(name), &detail) == NULL);
}

static void
check_rule(const struct rule_definition *rule)
{
	const struct plain_rule plain = plain_rule_of(&rule->rule);

	check_name(FIELD_NAME, rule->named.name);
	check_name(FIELD_KEY, plain.event_type);
	if (plain.property != NULL)
		check_name(FIELD_KEY, plain.property);
	if (plain.scale_name != NULL)
		check_name(FIELD_NAME, plain.scale_name);
	if (plain.badge_name != NULL)
		check_name(FIELD_NAME, plain.badge_name);
	assert(plain.scale_name != NULL || plain.badge_name != NULL);
	assert(plain.scale_name != NULL || plain.points == 0);
	assert(plain.times >= 1 && plain.times <= TIMES_MAX);
	assert(rule->named.description != NULL);
}

static void
check_same_rule(
    const struct rule_definition *one, const struct rule_definition *other)
{
	const struct plain_rule a = plain_rule_of(&one->rule);
	const struct plain_rule b = plain_rule_of(&other->rule);

	assert(strcmp(one->named.name, other->named.name) == 0);
	assert(strcmp(one->named.description, other->named.description) == 0);
	assert(strcmp(a.event_type, b.event_type) == 0);
	assert(same_text(a.property, b.property));
	assert(a.disabled == b.disabled && a.times == b.times);
	assert(a.points == b.points);
	assert(same_text(a.scale_name, b.scale_name));
	assert(same_text(a.badge_name, b.badge_name));
}

/* As if all that the rule names were stored. */
static void
give_ids(struct rule *rule)
{
	const struct reference *reference;
	enum reference_kind kind;
	size_t at = 0;

	while ((reference = rule_reference(rule, &at, &kind)) != NULL)
		rule_reference_of(rule, reference)->id = (int64_t)at;
}

/* What is stored is read as it was, and written again as the same text. */
static void
check_document(struct arena *arena, const struct rule *rule)
{
	const char *text = document_write(arena, rule);
	struct rule again;

	assert(document_read(arena, arena, text, &again));
	assert(strcmp(document_write(arena, &again), text) == 0);
}

/* What GET answers, PUT takes, and it says the same; classic does so too. */
static void
put_again(struct arena *arena, const struct rule_definition *rule)
{
	struct rule_definition stored = *rule, *again;
	struct str text = str_new(arena, BODY_MAX);
	struct json_writer jw = {.out = &text};
	struct json_object *body;
	struct plain_rule plain;

	give_ids(&stored.rule);
	check_document(arena, &stored.rule);
	resource_write(&jw, &rule_resource, &stored.named, APP_KEY);
	body = parse(arena, &text);
	again = decode_rule(arena, body, rule->named.name, false);
	assert(again != NULL);
	check_same_rule(rule, again);
	again = decode_rule(arena, body, NULL, true);
	assert(again != NULL);
	/* The classic interface knows no enabled, and leaves it as it was. */
	plain = plain_rule_of(&stored.rule);
	plain.disabled = false;
	plain_rule_fill(&stored.rule, &plain);
	check_same_rule(&stored, again);
}

static const struct rule_definition *
take_rule(struct arena *arena, struct json_object *body)
{
	struct rule_definition *rule = decode_rule(arena, body, NULL, false);

	if (rule == NULL)
		return NULL;
	check_rule(rule);
	put_again(arena, rule);
	return rule;
}

static const struct property *
find_property(const struct occurrence *event, const char *name)
{
	size_t i;

	for (i = 0; i < event->property_count; i++)
		if (strcmp(event->properties[i].name, name) == 0)
			return &event->properties[i];
	return NULL;
}

/* That an element of a list, or a value alone, is what was sent. */
static void
check_scalar(const struct property *property, struct json_object *sent)
{
	const char *json = json_object_to_json_string(sent);

	if (property->type == VALUE_BOOLEAN) {
		assert(strcmp(json, property->boolean ? "true" : "false") == 0);
	} else if (property->type == VALUE_NUMBER) {
		assert(strcmp(json, property->text) == 0);
		assert(strlen(property->text) == property->length);
	} else {
		assert(property->type == VALUE_STRING);
		assert(json_object_is_type(sent, json_type_string));
		assert(property->length ==
		    (size_t)json_object_get_string_len(sent));
		assert(memcmp(property->text, json_object_get_string(sent),
		           property->length + 1) == 0);
	}
}

/* That a property says what was sent; NULL: that it is missing. */
static void
check_value(const struct property *property, struct json_object *sent)
{
	size_t i;

	assert((property == NULL) == (sent == NULL));
	if (property == NULL)
		return;
	if (property->type != VALUE_LIST) {
		check_scalar(property, sent);
		return;
	}
	assert(property->element_count == json_object_array_length(sent));
	assert(property->element_count <= 64);
	for (i = 0; i < property->element_count; i++)
		check_scalar(
		    &property->elements[i], json_object_array_get_idx(sent, i));
}

/* What is kept of the properties is what was sent, and the rules see that. */
static void
check_properties(struct arena *arena, struct json_object *body,
    const struct ingest_event *event)
{
	struct str text = str_new(arena, BODY_MAX);
	struct json_object *sent;

	if (!json_object_object_get_ex(body, "properties", &sent) ||
	    sent == NULL) {
		assert(event->occurrence.property_count == 0);
		return;
	}
	str_adds(&text, event->event.properties);
	assert(json_object_equal(parse(arena, &text), sent));
	if (!json_object_is_type(sent, json_type_object))
		return;
	json_object_object_foreach(sent, name, value)
	{
		check_value(find_property(&event->occurrence, name), value);
	}
}

static struct ingest_event *
decode_event(struct arena *arena, struct json_object *body)
{
	struct ingest_event *event = arena_alloc(arena, sizeof(*event));
	struct call call;

	call_init(&call, arena, body);
	event_decode(&call, arena, body, "", &call.faults, NULL, event);
	check_faults(&call.faults, body);
	return call.faults.count == 0 ? event : NULL;
}

static void
check_event(const struct ingest_event *event)
{
	const struct property *list = event->occurrence.properties;
	size_t i;

	check_name(FIELD_ID, event->event.id);
	check_name(FIELD_ID, event->event.username);
	check_name(FIELD_KEY, event->event.event_type);
	assert(
	    strcmp(event->occurrence.event_type, event->event.event_type) == 0);
	assert(event->occurrence.property_count <= 64);
	for (i = 0; i < event->occurrence.property_count; i++) {
		assert(is_clean(list[i].name, strlen(list[i].name)));
		assert(i == 0 || strcmp(list[i - 1].name, list[i].name) < 0);
	}
	assert(!event->id_made || strlen(event->event.id) == 27);
}

/* The members of an answer that a request may have. */
static struct str
write_request(struct arena *arena, const struct event *event)
{
	struct str text = str_new(arena, BODY_MAX);
	struct json_writer jw = {.out = &text};

	jw_object(&jw, NULL);
	jw_string(&jw, "id", event->id);
	jw_string(&jw, "username", event->username);
	jw_string(&jw, "eventType", event->event_type);
	if (event->timestamp_given)
		jw_time(&jw, "timestamp", event->timestamp);
	if (event->properties != NULL)
		jw_raw(&jw, "properties", event->properties);
	jw_object_end(&jw);
	return text;
}

static void
check_same_property(const struct property *one, const struct property *other)
{
	assert(strcmp(one->name, other->name) == 0);
	assert(one->type == other->type && one->boolean == other->boolean);
	assert(one->length == other->length);
	assert(one->length == 0 ||
	    memcmp(one->text, other->text, one->length) == 0);
}

/* Sent again as we keep it, it is the same event to the store and the rules. */
static void
send_again(struct arena *arena, const struct ingest_event *event)
{
	struct str text = write_request(arena, &event->event);
	struct ingest_event *again = decode_event(arena, parse(arena, &text));
	size_t i;

	assert(again != NULL && !again->id_made);
	assert(strcmp(again->event.id, event->event.id) == 0);
	assert(event_difference(&again->event, &event->event) == NULL);
	assert(event_difference(&event->event, &again->event) == NULL);
	assert(again->occurrence.property_count ==
	    event->occurrence.property_count);
	for (i = 0; i < event->occurrence.property_count; i++)
		check_same_property(&again->occurrence.properties[i],
		    &event->occurrence.properties[i]);
}

static const struct ingest_event *
take_event(struct arena *arena, struct json_object *body)
{
	struct ingest_event *event = decode_event(arena, body);
	struct str text = str_new(arena, BODY_MAX);
	struct json_writer jw = {.out = &text};

	if (event == NULL)
		return NULL;
	check_event(event);
	check_properties(arena, body, event);
	send_again(arena, event);
	if (!event->event.timestamp_given) /* the store's affair */
		event->event.timestamp = 0;
	event_write(&jw, NULL, &event->event, event->replayed);
	parse(arena, &text);
	return event;
}

static void
take_all(struct arena *arena, struct json_object *body)
{
	struct fuzz_engine *engine = fuzz_engine_new(arena);
	struct json_object *rules, *events;
	const struct rule_definition *rule;
	const struct ingest_event *event;
	size_t i;

	if (!json_object_object_get_ex(body, "rules", &rules) ||
	    !json_object_object_get_ex(body, "events", &events) ||
	    !json_object_is_type(rules, json_type_array) ||
	    !json_object_is_type(events, json_type_array))
		return;
	for (i = 0; i < json_object_array_length(rules); i++) {
		rule = take_rule(arena, json_object_array_get_idx(rules, i));
		if (rule != NULL)
			fuzz_engine_rule(engine, rule);
	}
	for (i = 0; i < json_object_array_length(events); i++) {
		event = take_event(arena, json_object_array_get_idx(events, i));
		if (event != NULL)
			fuzz_engine_event(engine, event);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(FUZZ_ARENA_MAX);
	struct json_object *body;

	if (json_taken(arena, (const char *)data, size, &body) &&
	    json_object_is_type(body, json_type_object))
		take_all(arena, body);
	arena_free(arena);
	return 0;
}
