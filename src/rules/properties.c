/* properties: an event's properties, from JSON to typed values */
#include "rules/properties.h"

#include <string.h>

#include "base/arena.h"

enum { PROPERTIES_MAX = 64, ELEMENTS_MAX = 64 };

/* Those that have been decoded, by name. */
struct properties {
	struct property list[PROPERTIES_MAX];
	size_t count;
};

static void
set_text(struct property *property, const char *text, size_t length)
{
	property->text = text;
	property->length = length;
}

static void
take_boolean(
    struct arena *arena, struct json_object *value, struct property *property)
{
	(void)arena;
	property->type = VALUE_BOOLEAN;
	property->boolean = json_object_get_boolean(value);
}

static void
take_whole(
    struct arena *arena, struct json_object *value, struct property *property)
{
	const int64_t number = json_object_get_int64(value);
	const char *text = number < 0
	    ? arena_printf(arena, "%lld", (long long)number)
	    : arena_printf(arena, "%llu",
	          (unsigned long long)json_object_get_uint64(value));

	property->type = VALUE_NUMBER;
	set_text(property, text, strlen(text));
}

/* json-c keeps the text that it has read (json_object_new_double_s). */
static void
take_fraction(
    struct arena *arena, struct json_object *value, struct property *property)
{
	const char *text = json_object_get_userdata(value);

	property->type = VALUE_NUMBER;
	set_text(property, arena_strdup(arena, text), strlen(text));
}

static void
take_string(
    struct arena *arena, struct json_object *value, struct property *property)
{
	const size_t length = (size_t)json_object_get_string_len(value);

	property->type = VALUE_STRING;
	set_text(property,
	    arena_copy(arena, json_object_get_string(value), length), length);
}

static void (*const takers[])(struct arena *arena, struct json_object *value,
    struct property *property) = {
    [json_type_boolean] = take_boolean,
    [json_type_int] = take_whole,
    [json_type_double] = take_fraction,
    [json_type_string] = take_string,
    [json_type_object] = NULL,
    [json_type_array] = NULL,
};

static void
report_value(struct decode *decode, const char *pointer, const char *detail)
{
	faults_add(decode->faults, pointer, "invalid_type", "%s", detail);
}

bool
property_take_scalar(struct arena *arena, struct json_object *json,
    struct property *property_out)
{
	*property_out = (struct property) {.name = NULL};
	if (json == NULL || takers[json_object_get_type(json)] == NULL)
		return false;
	takers[json_object_get_type(json)](arena, json, property_out);
	return true;
}

/* A null is no element: it would be a missing one. */
static void
take_element(struct decode *decode, struct json_object *value,
    const char *pointer, struct property *element)
{
	if (!property_take_scalar(decode->arena, value, element))
		report_value(decode, pointer,
		    "must be a string, a number, true or false");
}

static void
take_list(struct decode *decode, struct json_object *array, const char *pointer,
    struct property *property)
{
	const size_t count = json_object_array_length(array);
	struct property *elements;
	size_t i;

	if (count > ELEMENTS_MAX) {
		faults_add(decode->faults, pointer, "too_many",
		    "must have at most %d elements", ELEMENTS_MAX);
		return;
	}
	elements = arena_array(decode->arena, count + 1, sizeof(*elements));
	for (i = 0; i < count; i++)
		take_element(decode, json_object_array_get_idx(array, i),
		    json_pointer_at(decode->arena, pointer, i), &elements[i]);
	property->type = VALUE_LIST;
	property->elements = elements;
	property->element_count = count;
}

/* Of a name that comes twice the first one stays. */
static void
insert(struct properties *properties, struct property property)
{
	size_t low = 0, high = properties->count, middle;
	int order;

	while (low < high) {
		middle = low + (high - low) / 2;
		order = strcmp(properties->list[middle].name, property.name);
		if (order == 0)
			return;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (properties->count == PROPERTIES_MAX)
		return;
	memmove(&properties->list[low + 1], &properties->list[low],
	    (properties->count++ - low) * sizeof(property));
	properties->list[low] = property;
}

static bool
take_value(struct decode *decode, struct json_object *value,
    const char *pointer, struct property *property)
{
	const int before = decode->faults->count;

	if (json_object_is_type(value, json_type_array))
		take_list(decode, value, pointer, property);
	else if (takers[json_object_get_type(value)] != NULL)
		takers[json_object_get_type(value)](
		    decode->arena, value, property);
	else
		report_value(decode, pointer,
		    "must be a string, a number, true, false, null, or a list"
		    " of strings, numbers, true and false");
	return decode->faults->count == before;
}

static size_t
take_members(struct decode *decode, struct json_object *object,
    const char *pointer, struct properties *properties)
{
	struct json_object_iterator at = json_object_iter_begin(object);
	struct json_object_iterator end = json_object_iter_end(object);

	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
		const char *name = json_object_iter_peek_name(&at);
		struct json_object *value = json_object_iter_peek_value(&at);
		struct property property = {.name = NULL};

		if (value == NULL ||
		    !take_value(decode, value,
		        json_pointer(decode->arena, pointer, name), &property))
			continue;
		property.name = arena_strdup(decode->arena, name);
		insert(properties, property);
	}
	return (size_t)json_object_object_length(object);
}

static size_t
take_names(struct decode *decode, struct json_object *array,
    const char *pointer, struct properties *properties)
{
	const size_t count = json_object_array_length(array);
	struct property property = {.type = VALUE_BOOLEAN, .boolean = true};
	struct json_object *name;
	size_t i;

	for (i = 0; i < count; i++) {
		name = json_object_array_get_idx(array, i);
		if (!json_object_is_type(name, json_type_string)) {
			faults_add(decode->faults,
			    json_pointer_at(decode->arena, pointer, i),
			    "invalid_type", "must be a string");
			continue;
		}
		property.name =
		    arena_strdup(decode->arena, json_object_get_string(name));
		/* A string with U+0000 in it is no rule's property. */
		if (strlen(property.name) ==
		    (size_t)json_object_get_string_len(name))
			insert(properties, property);
	}
	return count;
}

void
properties_decode(struct decode *decode, struct json_object *json,
    const char *pointer, struct occurrence *occurrence_out)
{
	struct properties properties = {.count = 0};
	struct property *list;
	size_t count = 0;

	if (json_object_is_type(json, json_type_object))
		count = take_members(decode, json, pointer, &properties);
	else if (json_object_is_type(json, json_type_array))
		count = take_names(decode, json, pointer, &properties);
	else
		faults_add(decode->faults, pointer, "invalid_type",
		    "must be an object or an array of strings");
	if (count > PROPERTIES_MAX)
		faults_add(decode->faults, pointer, "too_many",
		    "must have at most %d entries", PROPERTIES_MAX);
	list = arena_array(decode->arena, properties.count + 1, sizeof(*list));
	memcpy(list, properties.list, properties.count * sizeof(*list));
	occurrence_out->properties = list;
	occurrence_out->property_count = properties.count;
}
