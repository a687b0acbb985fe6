/* encode: a struct to the members of a JSON object by a table of fields */
#include "base/encode.h"

#include <assert.h>

static bool
is_default(const struct field *field, const void *member)
{
	switch (field->type) {
	case FIELD_INT:
	case FIELD_TIME:
		return *(const int64_t *)member == field->fallback;
	case FIELD_BOOL:
		return *(const bool *)member == (field->fallback != 0);
	case FIELD_REFERENCE:
		return ((const struct reference *)member)->id == 0;
	case FIELD_NAME:
	case FIELD_KEY:
	case FIELD_ID:
	case FIELD_TEXT:
		break;
	case FIELD_ANY:
		assert(false);
	}
	return *(const char *const *)member == NULL;
}

static void
encode_value(
    const struct encode *encode, const struct field *field, const void *member)
{
	struct json_writer *jw = encode->jw;

	if (field->type == FIELD_INT)
		jw_int(jw, field->name, *(const int64_t *)member);
	else if (field->type == FIELD_TIME)
		jw_time(jw, field->name, *(const int64_t *)member);
	else if (field->type == FIELD_BOOL)
		jw_bool(jw, field->name, *(const bool *)member);
	else if (field->type == FIELD_REFERENCE)
		encode->reference(encode, field->kind, field->name, member);
	else
		jw_string(jw, field->name, *(const char *const *)member);
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
