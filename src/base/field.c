/* field: structs by a table of their members */
#include "base/field.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"

void
fields_set_defaults(const struct field *fields, size_t count, void *struct_out)
{
	size_t i;

	for (i = 0; i < count; i++) {
		void *member = (char *)struct_out + fields[i].offset;

		if (fields[i].type == FIELD_INT)
			*(int64_t *)member = fields[i].fallback;
		else if (fields[i].type == FIELD_BOOL)
			*(bool *)member = fields[i].fallback != 0;
	}
}

static bool
same_bool(const void *one, const void *other)
{
	return *(const bool *)one == *(const bool *)other;
}

static bool
same_int(const void *one, const void *other)
{
	return *(const int64_t *)one == *(const int64_t *)other;
}

static bool
same_string(const void *one, const void *other)
{
	return text_same(
	    *(const char *const *)one, *(const char *const *)other);
}

static bool
same_reference(const void *one, const void *other)
{
	return text_same(((const struct reference *)one)->name,
	    ((const struct reference *)other)->name);
}

static const struct {
	size_t size;
	bool (*same)(const void *one, const void *other);
} types[FIELD_ANY] = {
    [FIELD_NAME] = {sizeof(const char *), same_string},
    [FIELD_KEY] = {sizeof(const char *), same_string},
    [FIELD_ID] = {sizeof(const char *), same_string},
    [FIELD_TEXT] = {sizeof(const char *), same_string},
    [FIELD_INT] = {sizeof(int64_t), same_int},
    [FIELD_BOOL] = {sizeof(bool), same_bool},
    [FIELD_TIME] = {sizeof(int64_t), same_int},
    [FIELD_REFERENCE] = {sizeof(struct reference), same_reference},
};

bool
fields_same(const struct field *fields, size_t count, const void *one,
    const void *other)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!types[fields[i].type].same(
		        (const char *)one + fields[i].offset,
		        (const char *)other + fields[i].offset))
			return false;
	return true;
}

void
fields_copy(const struct field *fields, size_t count, unsigned flag,
    const void *from, void *to)
{
	size_t i;

	for (i = 0; i < count; i++)
		if ((fields[i].flags & flag) != 0)
			memcpy((char *)to + fields[i].offset,
			    (const char *)from + fields[i].offset,
			    types[fields[i].type].size);
}

void
fields_keep(
    const struct field *fields, size_t count, struct arena *arena, void *object)
{
	const char **text;
	size_t i;

	for (i = 0; i < count; i++) {
		text = (void *)((char *)object + fields[i].offset);
		if (types[fields[i].type].same == same_string && *text != NULL)
			*text = arena_strdup(arena, *text);
	}
}
