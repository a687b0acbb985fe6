/* decode: fills a struct by a table of fields, and collects the faults */
#include "base/decode.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/number.h"
#include "base/str.h"
#include "base/text.h"

enum { NAME_MAX_CHARACTERS = 100, KEY_MAX_BYTES = 190 };
/* Of all words that one member may be. */
enum { CHOICES_TEXT_MAX = 1000 };

static const char *
length_fault(enum field_type type, size_t bytes, long characters,
    const char **detail_out)
{
	bool too_long = type == FIELD_NAME ? characters > NAME_MAX_CHARACTERS
	                                   : bytes > KEY_MAX_BYTES;

	if (bytes > 0 && !too_long)
		return NULL;
	*detail_out = type == FIELD_NAME ? "must be 1 to 100 characters"
	                                 : "must be 1 to 190 bytes";
	return too_long ? "too_long" : "too_short";
}

const char *
text_fault(
    enum field_type type, const char *text, size_t len, const char **detail_out)
{
	long characters = utf8_length(text, len);
	const char *code;

	if (characters < 0) {
		*detail_out = "must be UTF-8";
		return "invalid_format";
	}
	code = length_fault(type, len, characters, detail_out);
	if (code != NULL)
		return code;
	if (text_has_control(text, len)) {
		*detail_out = "must not contain control characters";
		return "control_character";
	}
	if (text_has_outer_space(text, len)) {
		*detail_out = "must not begin or end with white space";
		return "surrounding_space";
	}
	if (type != FIELD_KEY && text_has_dot_segment(text, len)) {
		*detail_out = "must not be '.' or '..', nor have one between"
		              " slashes: no URL could name it";
		return "not_addressable";
	}
	return NULL;
}

/* A string that is decoded: its text and where it stands. */
struct source {
	struct decode *decode;
	const struct field *field;
	const char *pointer;
	struct json_object *value;
};

static void
report(const struct source *source, const char *code, const char *detail)
{
	faults_add(source->decode->faults, source->pointer, code, "%s", detail);
}

static size_t
string_len(const struct source *source)
{
	return (size_t)json_object_get_string_len(source->value);
}

static const char *
copy_string(const struct source *source)
{
	return arena_copy(source->decode->arena,
	    json_object_get_string(source->value), string_len(source));
}

static void
decode_name(const struct source *source, void *member_out)
{
	const char *detail, *code;

	code = text_fault(source->field->type,
	    json_object_get_string(source->value), string_len(source), &detail);
	if (code != NULL)
		report(source, code, detail);
	else
		*(const char **)member_out = copy_string(source);
}

static void
decode_text(const struct source *source, void *member_out)
{
	const char *text = json_object_get_string(source->value);
	size_t len = string_len(source);

	if (utf8_length(text, len) > source->field->max)
		faults_add(source->decode->faults, source->pointer, "too_long",
		    "must be at most %" PRId64 " characters",
		    source->field->max);
	else if (memchr(text, '\0', len) != NULL)
		report(source, "control_character",
		    "must not contain the character U+0000");
	else
		*(const char **)member_out = copy_string(source);
}

/* By its text: json-c makes a double of 10.0, and no double is exact. */
static void
decode_int(const struct source *source, void *member_out)
{
	const struct field *field = source->field;
	int64_t number;
	const enum number_kind kind =
	    number_int64(json_object_to_json_string(source->value), &number);

	if (kind == NUMBER_FRACTION)
		report(source, "invalid_type", "must be a whole number");
	else if (kind == NUMBER_LARGE || number < field->min ||
	    number > field->max)
		faults_add(source->decode->faults, source->pointer,
		    "out_of_range", "must be from %" PRId64 " to %" PRId64,
		    field->min, field->max);
	else
		*(int64_t *)member_out = number;
}

static void
decode_bool(const struct source *source, void *member_out)
{
	*(bool *)member_out = json_object_get_boolean(source->value);
}

static void
decode_time(const struct source *source, void *member_out)
{
	const char *text = json_object_get_string(source->value);

	if (strlen(text) != string_len(source) || !time_parse(text, member_out))
		report(source, "invalid_format",
		    "must be a time of RFC 3339 that exists, "
		    "such as 2026-11-22T09:00:00Z");
}

static size_t
choices_count(const char *const *choices)
{
	size_t count = 0;

	while (choices[count] != NULL)
		count++;
	return count;
}

/* "must be hour, day or week" */
static void
report_choices(const struct source *source)
{
	const char *const *choices = source->field->choices;
	const size_t count = choices_count(choices);
	struct str text = str_new(source->decode->arena, CHOICES_TEXT_MAX);
	size_t i;

	str_adds(&text, choices[0]);
	for (i = 1; i < count; i++)
		str_addf(
		    &text, "%s%s", i + 1 < count ? ", " : " or ", choices[i]);
	faults_add(source->decode->faults, source->pointer, "invalid_value",
	    "must be %s", text.data);
}

static void
decode_choice(const struct source *source, void *member_out)
{
	const char *const *choices = source->field->choices;
	const char *text = json_object_get_string(source->value);
	const size_t count = choices_count(choices);
	size_t i;

	for (i = 0; i < count; i++)
		if (strlen(text) == string_len(source) &&
		    strcmp(text, choices[i]) == 0) {
			*(int64_t *)member_out = (int64_t)i;
			return;
		}
	report_choices(source);
}

/* What has a row here is of one type of JSON, or of two. */
static const struct decoder {
	enum json_type json_type, also;
	const char *wanted;
	void (*decode)(const struct source *source, void *member_out);
} decoders[] = {
    [FIELD_NAME] = {json_type_string, json_type_string, "must be a string",
        decode_name},
    [FIELD_KEY] = {json_type_string, json_type_string, "must be a string",
        decode_name},
    [FIELD_ID] = {json_type_string, json_type_string, "must be a string",
        decode_name},
    [FIELD_TEXT] = {json_type_string, json_type_string, "must be a string",
        decode_text},
    [FIELD_INT] = {json_type_int, json_type_double, "must be a whole number",
        decode_int},
    [FIELD_BOOL] = {json_type_boolean, json_type_boolean,
        "must be true or false", decode_bool},
    [FIELD_TIME] = {json_type_string, json_type_string,
        "must be a string with a time", decode_time},
    [FIELD_CHOICE] = {json_type_string, json_type_string, "must be a string",
        decode_choice},
};

static void
decode_typed(const struct source *source, void *member_out)
{
	const struct decoder *decoder = &decoders[source->field->type];

	const enum json_type type = json_object_get_type(source->value);

	if (type != decoder->json_type && type != decoder->also)
		report(source, "invalid_type", decoder->wanted);
	else
		decoder->decode(source, member_out);
}

/*
 * Also what the parser has found. Where no fault would be kept none is known
 * of, and a check would tell nothing.
 */
static bool
may_be_faulty(const struct source *source)
{
	const struct faults *faults = source->decode->faults;

	return faults_are_full(faults) ||
	    faults_are_in(faults, source->pointer);
}

/* One object of the field's shape into *object_out, which is all zeros. */
static void
decode_shape(const struct source *source, void *object_out)
{
	const struct shape *shape = source->field->shape;
	struct decode *decode = source->decode;
	struct member_fault fault;

	fields_set_defaults(shape->fields, shape->count, object_out);
	if (shape->bare) {
		decode_value(decode, source->value, source->pointer,
		    shape->fields, object_out);
		return;
	}
	decode_object(decode, source->value, source->pointer, shape->fields,
	    shape->count, object_out);
	if (shape->check == NULL || may_be_faulty(source))
		return;
	fault = shape->check(object_out);
	if (fault.member != NULL)
		faults_add(decode->faults,
		    json_pointer(decode->arena, source->pointer, fault.member),
		    fault.code, "%s", fault.detail);
}

static void
decode_inner(const struct source *source, void *member_out)
{
	void *object =
	    arena_alloc(source->decode->arena, source->field->shape->size);

	decode_shape(source, object);
	*(const void **)member_out = object;
}

static bool
check_length(const struct source *source, size_t count)
{
	const struct field *field = source->field;

	if ((int64_t)count < field->min || (int64_t)count > field->max) {
		faults_add(source->decode->faults, source->pointer,
		    (int64_t)count < field->min ? "too_few" : "too_many",
		    "must have %" PRId64 " to %" PRId64 " elements", field->min,
		    field->max);
		return false;
	}
	return true;
}

/* An array, or the one element that it would have. */
static void
decode_list(const struct source *source, void *member_out)
{
	struct decode *decode = source->decode;
	const struct shape *shape = source->field->shape;
	const bool single =
	    !json_object_is_type(source->value, json_type_array);
	const size_t count =
	    single ? 1 : json_object_array_length(source->value);
	struct source item = *source;
	char *items;
	size_t i;

	if (single && (source->field->flags & FIELD_SINGLE) == 0) {
		report(source, "invalid_type", "must be an array");
		return;
	}
	if (!check_length(source, count))
		return;
	items = arena_array(decode->arena, count + 1, shape->size);
	for (i = 0; i < count; i++) {
		if (!single) {
			item.value =
			    json_object_array_get_idx(source->value, i);
			item.pointer =
			    json_pointer_at(decode->arena, source->pointer, i);
		}
		decode_shape(&item, items + i * shape->size);
	}
	*(struct list *)member_out = (struct list) {items, count};
}

void
decode_value(struct decode *decode, struct json_object *value,
    const char *pointer, const struct field *field, void *member_out)
{
	const struct source source = {decode, field, pointer, value};

	if (value == NULL && (field->flags & FIELD_REQUIRED) != 0)
		report(&source, "required", "must not be null");
	else if (value == NULL)
		return;
	else if (field->type == FIELD_ANY)
		field->decode(decode, value, pointer, member_out);
	else if (field->type == FIELD_REFERENCE)
		decode->reference(
		    decode, field->kind, value, pointer, member_out);
	else if (field->type == FIELD_FORM)
		decode->form(decode, field->kind, value, pointer, member_out);
	else if (field->type == FIELD_OBJECT)
		decode_inner(&source, member_out);
	else if (field->type == FIELD_LIST)
		decode_list(&source, member_out);
	else
		decode_typed(&source, member_out);
}

static void
decode_member(struct decode *decode, struct json_object *object,
    const char *pointer, const struct field *field, void *struct_out)
{
	struct json_object *value;

	if (decode->lenient && (field->flags & FIELD_STRICT) != 0)
		return;
	if (json_object_object_get_ex(object, field->name, &value))
		decode_value(decode, value,
		    json_pointer(decode->arena, pointer, field->name), field,
		    (char *)struct_out + field->offset);
	else if ((field->flags & FIELD_REQUIRED) != 0)
		faults_add(decode->faults,
		    json_pointer(decode->arena, pointer, field->name),
		    "required", "is missing");
}

static bool
is_field(const char *name, const struct field *fields, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(name, fields[i].name) == 0)
			return true;
	return false;
}

static const char *
nearest_field(const char *name, const struct field *fields, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (text_is_near(name, fields[i].name))
			return fields[i].name;
	return NULL;
}

static void
report_unknown(struct decode *decode, const char *pointer, const char *name,
    const struct field *fields, size_t count)
{
	const char *near = nearest_field(name, fields, count);
	const char *here = json_pointer(decode->arena, pointer, name);

	if (near != NULL)
		faults_add(decode->faults, here, "unknown_member",
		    "is no member of this object; did you mean \"%s\"?", near);
	else
		faults_add(decode->faults, here, "unknown_member",
		    "is no member of this object; leave it out");
}

/* Stops when no more faults are kept, for the sake of hostile bodies. */
static void
find_unknown(struct decode *decode, struct json_object *object,
    const char *pointer, const struct field *fields, size_t count)
{
	struct json_object_iterator at = json_object_iter_begin(object);
	struct json_object_iterator end = json_object_iter_end(object);

	while (!json_object_iter_equal(&at, &end)) {
		const char *name = json_object_iter_peek_name(&at);

		if (faults_are_full(decode->faults))
			break;
		if (!is_field(name, fields, count))
			report_unknown(decode, pointer, name, fields, count);
		json_object_iter_next(&at);
	}
}

void
decode_object(struct decode *decode, struct json_object *object,
    const char *pointer, const struct field *fields, size_t count,
    void *struct_out)
{
	size_t i;

	if (!json_object_is_type(object, json_type_object)) {
		faults_add(decode->faults, pointer, "invalid_type",
		    "must be an object");
		return;
	}
	for (i = 0; i < count; i++)
		decode_member(decode, object, pointer, &fields[i], struct_out);
	if (!decode->lenient)
		find_unknown(decode, object, pointer, fields, count);
}
