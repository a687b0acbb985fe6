/* encode: a struct to the members of a JSON object by a table of fields */
#include "base/encode.h"

#include <assert.h>

/* What is required has no default: it would be missing when it is read. */
static bool
is_default(const struct field *field, const void *member)
{
	const bool required = (field->flags & FIELD_REQUIRED) != 0;

	switch (field->type) {
	case FIELD_INT:
	case FIELD_TIME:
	case FIELD_CHOICE:
		return !required && *(const int64_t *)member == field->fallback;
	case FIELD_BOOL:
		return !required &&
		    *(const bool *)member == (field->fallback != 0);
	case FIELD_REFERENCE:
		return ((const struct reference *)member)->id == 0;
	case FIELD_LIST:
		return ((const struct list *)member)->count == 0;
	case FIELD_NAME:
	case FIELD_KEY:
	case FIELD_ID:
	case FIELD_TEXT:
		return *(const char *const *)member == NULL;
	case FIELD_OBJECT:
	case FIELD_FORM:
		return *(const void *const *)member == NULL;
	case FIELD_ANY:
		break;
	}
	assert(false);
	return true;
}

static void encode_value(
    const struct encode *encode, const struct field *field, const void *member);

/* It is part of one member: to write all of it would tell little more. */
static void
encode_shape(const struct encode *encode, const struct shape *shape,
    const char *key, const void *object)
{
	struct encode inside = *encode;

	inside.brief = true;
	if (shape->bare) {
		encode_value(&inside, shape->fields, object);
		return;
	}
	jw_object(encode->jw, key);
	encode_fields(&inside, shape->fields, shape->count, object);
	jw_object_end(encode->jw);
}

static void
encode_list(const struct encode *encode, const struct field *field,
    const struct list *list)
{
	size_t i;

	jw_array(encode->jw, field->name);
	for (i = 0; i < list->count; i++)
		encode_shape(encode, field->shape, NULL,
		    (const char *)list->items + i * field->shape->size);
	jw_array_end(encode->jw);
}

static void
encode_value(
    const struct encode *encode, const struct field *field, const void *member)
{
	struct json_writer *jw = encode->jw;

	switch (field->type) {
	case FIELD_INT:
		jw_int(jw, field->name, *(const int64_t *)member);
		return;
	case FIELD_TIME:
		jw_time(jw, field->name, *(const int64_t *)member);
		return;
	case FIELD_BOOL:
		jw_bool(jw, field->name, *(const bool *)member);
		return;
	case FIELD_CHOICE:
		jw_string(
		    jw, field->name, field->choices[*(const int64_t *)member]);
		return;
	case FIELD_REFERENCE:
		encode->reference(encode, field->kind, field->name, member);
		return;
	case FIELD_OBJECT:
		encode_shape(encode, field->shape, field->name,
		    *(const void *const *)member);
		return;
	case FIELD_LIST:
		encode_list(encode, field, member);
		return;
	case FIELD_FORM:
		encode->form(encode, field->kind, field->name,
		    *(const void *const *)member);
		return;
	case FIELD_NAME:
	case FIELD_KEY:
	case FIELD_ID:
	case FIELD_TEXT:
		jw_string(jw, field->name, *(const char *const *)member);
		return;
	case FIELD_ANY:
		break;
	}
	assert(false);
}

static bool
has_null(const struct field *field)
{
	return field->type == FIELD_INT ? (field->flags & FIELD_NULLABLE) != 0
	                                : field->type != FIELD_BOOL;
}

void
encode_fields(const struct encode *encode, const struct field *fields,
    size_t count, const void *object)
{
	const struct field *field;
	const void *member;
	bool fallback;
	size_t i;

	for (i = 0; i < count; i++) {
		field = &fields[i];
		member = (const char *)object + field->offset;
		fallback = is_default(field, member);
		if ((field->flags & encode->without) != 0 ||
		    (fallback && encode->brief))
			continue;
		if (fallback && has_null(field))
			jw_null(encode->jw, field->name);
		else
			encode_value(encode, field, member);
	}
}
