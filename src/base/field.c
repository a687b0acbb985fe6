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

		if (fields[i].type == FIELD_INT ||
		    fields[i].type == FIELD_TIME ||
		    fields[i].type == FIELD_CHOICE)
			*(int64_t *)member = fields[i].fallback;
		else if (fields[i].type == FIELD_BOOL)
			*(bool *)member = fields[i].fallback != 0;
	}
}

static bool
same_bool(const struct field *field, const void *one, const void *other)
{
	(void)field;
	return *(const bool *)one == *(const bool *)other;
}

static bool
same_int(const struct field *field, const void *one, const void *other)
{
	(void)field;
	return *(const int64_t *)one == *(const int64_t *)other;
}

static bool
same_string(const struct field *field, const void *one, const void *other)
{
	(void)field;
	return text_same(
	    *(const char *const *)one, *(const char *const *)other);
}

static bool
same_reference(const struct field *field, const void *one, const void *other)
{
	(void)field;
	return text_same(((const struct reference *)one)->name,
	    ((const struct reference *)other)->name);
}

static bool
same_object(const struct field *field, const void *one, const void *other)
{
	const void *a = *(const void *const *)one;
	const void *b = *(const void *const *)other;

	if (a == NULL || b == NULL)
		return a == b;
	return fields_same(field->shape->fields, field->shape->count, a, b);
}

static bool
same_list(const struct field *field, const void *one, const void *other)
{
	const struct list *a = one, *b = other;
	const struct shape *shape = field->shape;
	size_t i;

	if (a->count != b->count)
		return false;
	for (i = 0; i < a->count; i++)
		if (!fields_same(shape->fields, shape->count,
		        (const char *)a->items + i * shape->size,
		        (const char *)b->items + i * shape->size))
			return false;
	return true;
}

static bool
same_form(const struct field *field, const void *one, const void *other)
{
	const void *a = *(const void *const *)one;
	const void *b = *(const void *const *)other;

	if (a == NULL || b == NULL)
		return a == b;
	return field->form->same(a, b);
}

static void
keep_string(const struct field *field, struct arena *arena, void *member)
{
	const char **text = member;

	(void)field;
	if (*text != NULL)
		*text = arena_strdup(arena, *text);
}

/* A copy of so many structs of the shape. */
static const void *
keep_items(const struct shape *shape, struct arena *arena, const void *items,
    size_t count)
{
	char *copy = arena_array(arena, count, shape->size);
	size_t i;

	memcpy(copy, items, count * shape->size);
	for (i = 0; i < count; i++)
		fields_keep(
		    shape->fields, shape->count, arena, copy + i * shape->size);
	return copy;
}

static void
keep_object(const struct field *field, struct arena *arena, void *member)
{
	const void **object = member;

	if (*object != NULL)
		*object = keep_items(field->shape, arena, *object, 1);
}

static void
keep_list(const struct field *field, struct arena *arena, void *member)
{
	struct list *list = member;

	if (list->count > 0)
		list->items =
		    keep_items(field->shape, arena, list->items, list->count);
}

static void
keep_form(const struct field *field, struct arena *arena, void *member)
{
	const void **form = member;

	if (*form != NULL)
		*form = field->form->keep(arena, *form);
}

static const struct {
	size_t size;
	bool (*same)(
	    const struct field *field, const void *one, const void *other);
	/* NULL: it points to nothing, or to what is kept elsewhere. */
	void (*keep)(
	    const struct field *field, struct arena *arena, void *member);
} types[FIELD_ANY] = {
    [FIELD_NAME] = {sizeof(const char *), same_string, keep_string},
    [FIELD_KEY] = {sizeof(const char *), same_string, keep_string},
    [FIELD_ID] = {sizeof(const char *), same_string, keep_string},
    [FIELD_TEXT] = {sizeof(const char *), same_string, keep_string},
    [FIELD_INT] = {sizeof(int64_t), same_int, NULL},
    [FIELD_BOOL] = {sizeof(bool), same_bool, NULL},
    [FIELD_TIME] = {sizeof(int64_t), same_int, NULL},
    [FIELD_REFERENCE] = {sizeof(struct reference), same_reference, NULL},
    [FIELD_CHOICE] = {sizeof(int64_t), same_int, NULL},
    [FIELD_OBJECT] = {sizeof(const void *), same_object, keep_object},
    [FIELD_LIST] = {sizeof(struct list), same_list, keep_list},
    [FIELD_FORM] = {sizeof(const void *), same_form, keep_form},
};

bool
fields_same(const struct field *fields, size_t count, const void *one,
    const void *other)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!types[fields[i].type].same(&fields[i],
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
	size_t i;

	for (i = 0; i < count; i++)
		if (types[fields[i].type].keep != NULL)
			types[fields[i].type].keep(&fields[i], arena,
			    (char *)object + fields[i].offset);
}
