/* decode_test: a table of every type of field, and bodies decoded by it */
#include <string.h>

#include "base/str.h"
#include "decode_test.h"

/* A string; "context" stands for the context, and "bad" is a fault below. */
static void
decode_any(struct decode *given, struct json_object *value, const char *pointer,
    void *member_out)
{
	const char *text = json_object_get_string(value);

	if (strcmp(text, "context") == 0)
		*(const char **)member_out = given->context;
	else if (strcmp(text, "bad") == 0)
		faults_add(
		    given->faults, pointer, "invalid_value", "must be good");
	else
		*(const char **)member_out = arena_strdup(given->arena, text);
}

const struct field fields[BODY_FIELDS] = {
    {"name", FIELD_NAME, FIELD_REQUIRED, offsetof(struct body, name)},
    {"id", FIELD_KEY, 0, offsetof(struct body, id)},
    {"description", FIELD_TEXT, 0, offsetof(struct body, description),
        .max = 5},
    {"points", FIELD_INT, 0, offsetof(struct body, points), INT64_MIN,
        INT64_MAX},
    {"times", FIELD_INT, 0, offsetof(struct body, times), 1, 1000},
    {"timestamp", FIELD_TIME, 0, offsetof(struct body, at)},
    {"enabled", FIELD_BOOL, 0, offsetof(struct body, enabled)},
    {"any", FIELD_ANY, FIELD_STRICT, offsetof(struct body, any),
        .decode = decode_any},
};

struct decode decode;

int
decode_set_up(void **state)
{
	json_set_up(state);
	decode = (struct decode) {.arena = arena, .faults = &faults};
	return 0;
}

struct body
decode_text(const char *text)
{
	struct body body = {.name = "unset", .points = -1, .enabled = true};
	struct json_object *object;
	const char *why;

	faults_init(&faults, arena);
	object = json_parse(arena, text, strlen(text), &faults, &why);
	if (why != NULL)
		fail_msg("%s: %s", text, why);
	decode_object(&decode, object, "", fields, BODY_FIELDS, &body);
	return body;
}

const char *
told(void)
{
	struct str text = str_new(arena, 100000);
	const struct fault *fault;

	for (fault = faults.first; fault != NULL; fault = fault->next)
		str_addf(&text, "%s%s %s %s", text.len > 0 ? "\n" : "",
		    fault->pointer, fault->code, fault->detail);
	return text.data;
}
