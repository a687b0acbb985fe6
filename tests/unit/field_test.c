/* field_test: a table with members that are more than scalars, and bodies */
#include <string.h>

#include "base/decode.h"
#include "base/encode.h"
#include "base/str.h"
#include "field_test.h"

static const char *const colours[] = {"red", "green", "blue", NULL};

static const struct field deep_fields[] = {
    {.name = "until",
        .type = FIELD_TIME,
        .offset = offsetof(struct deep, until),
        .fallback = INT64_MAX},
    {.name = "flag",
        .type = FIELD_BOOL,
        .offset = offsetof(struct deep, flag),
        .fallback = true},
    {.name = "name", .type = FIELD_NAME, .offset = offsetof(struct deep, name)},
};
static const struct shape deep_shape = {
    SHAPE(deep_fields), .size = sizeof(struct deep)};

static const struct field inner_fields[] = {
    {.name = "number",
        .type = FIELD_INT,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct inner, number),
        .min = 1,
        .max = 9,
        .fallback = 1},
    {.name = "colour",
        .type = FIELD_CHOICE,
        .offset = offsetof(struct inner, colour),
        .fallback = -1,
        .choices = colours},
    {.name = "word",
        .type = FIELD_TEXT,
        .offset = offsetof(struct inner, word),
        .max = 10},
    {.name = "deep",
        .type = FIELD_OBJECT,
        .offset = offsetof(struct inner, deep),
        .shape = &deep_shape},
};

int checks_asked;

static struct member_fault
check_inner(const void *object)
{
	const struct inner *inner = object;

	checks_asked++;
	if (inner->number == 5 && inner->colour >= 0)
		return (struct member_fault) {
		    "colour", "invalid_value", "five has none"};
	return (struct member_fault) {.member = NULL};
}

static const struct shape inner_shape = {
    SHAPE(inner_fields), .size = sizeof(struct inner), .check = check_inner};

static const struct field bare_field[] = {
    {.type = FIELD_KEY, .flags = FIELD_REQUIRED}};
static const struct shape bare_shape = {
    SHAPE(bare_field), .size = sizeof(const char *), .bare = true};

/* The form: a text. */
static bool
same_text(const void *one, const void *other)
{
	return strcmp(one, other) == 0;
}

static const void *
keep_text(struct arena *to, const void *form)
{
	return arena_strdup(to, form);
}

static const struct form text_form = {same_text, keep_text};

static void
decode_form(struct decode *decode, int kind, struct json_object *value,
    const char *pointer, const void **form_out)
{
	assert_int_equal(kind, 3);
	if (json_object_is_type(value, json_type_string))
		*form_out =
		    arena_strdup(decode->arena, json_object_get_string(value));
	else
		faults_add(decode->faults, pointer, "invalid_type", "form");
}

static void
encode_form(
    const struct encode *encode, int kind, const char *key, const void *form)
{
	assert_int_equal(kind, 3);
	jw_string(encode->jw, key, form);
}

const struct field outer_fields[OUTER_FIELDS] = {
    {.name = "since",
        .type = FIELD_TIME,
        .offset = offsetof(struct outer, since),
        .fallback = INT64_MIN},
    {.name = "colour",
        .type = FIELD_CHOICE,
        .offset = offsetof(struct outer, colour),
        .fallback = -1,
        .choices = colours},
    {.name = "inner",
        .type = FIELD_OBJECT,
        .flags = FIELD_STRICT,
        .offset = offsetof(struct outer, inner),
        .shape = &inner_shape},
    {.name = "list",
        .type = FIELD_LIST,
        .offset = offsetof(struct outer, list),
        .min = 1,
        .max = 3,
        .shape = &inner_shape},
    {.name = "single",
        .type = FIELD_LIST,
        .flags = FIELD_SINGLE,
        .offset = offsetof(struct outer, single),
        .max = 3,
        .shape = &inner_shape},
    {.name = "words",
        .type = FIELD_LIST,
        .offset = offsetof(struct outer, words),
        .max = 3,
        .shape = &bare_shape},
    {.name = "form",
        .type = FIELD_FORM,
        .offset = offsetof(struct outer, form),
        .kind = 3,
        .form = &text_form},
};

void
decode_over(
    struct arena *in, const char *text, int faults_max, struct outer *outer)
{
	struct decode decode = {
	    .arena = in, .faults = &faults, .form = decode_form};
	const char *json = json_of(text), *why;
	struct json_object *object;

	faults_init(&faults, arena);
	faults.max = faults_max;
	checks_asked = 0;
	object = json_parse(arena, json, strlen(json), &faults, &why);
	assert_null(why);
	decode_object(&decode, object, "", outer_fields, OUTER_FIELDS, outer);
}

struct outer
decode_outer(struct arena *in, const char *text)
{
	struct outer outer;

	memset(&outer, 0, sizeof(outer));
	fields_set_defaults(outer_fields, OUTER_FIELDS, &outer);
	decode_over(in, text, FAULTS_MAX, &outer);
	return outer;
}

const char *
encode_outer(const struct outer *outer, bool brief)
{
	struct str text = str_new(arena, 10000);
	struct json_writer jw = {.out = &text};
	const struct encode encode = {
	    .jw = &jw, .brief = brief, .form = encode_form};

	jw_object(&jw, NULL);
	encode_fields(&encode, outer_fields, OUTER_FIELDS, outer);
	jw_object_end(&jw);
	return text.data;
}

const char *
faults_told(void)
{
	struct str text = str_new(arena, 10000);
	const struct fault *fault;

	for (fault = faults.first; fault != NULL; fault = fault->next)
		str_addf(&text, "%s%s %s", fault == faults.first ? "" : ", ",
		    fault->pointer, fault->code);
	return text.data;
}
