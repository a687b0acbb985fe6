/* properties: which properties an event has */
#include "store/properties.h"

#include <string.h>

#include "base/arena.h"

static size_t
take_members(
    struct arena *arena, struct json_object *object, const char **names)
{
	struct json_object_iterator at = json_object_iter_begin(object);
	struct json_object_iterator end = json_object_iter_end(object);
	struct json_object *value;
	size_t count = 0;

	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
		value = json_object_iter_peek_value(&at);
		if (value == NULL ||
		    (json_object_is_type(value, json_type_boolean) &&
		        !json_object_get_boolean(value)))
			continue;
		names[count++] =
		    arena_strdup(arena, json_object_iter_peek_name(&at));
	}
	return count;
}

static size_t
take_strings(struct arena *arena, struct json_object *array, const char **names)
{
	size_t length = json_object_array_length(array), count = 0, i;
	struct json_object *value;

	for (i = 0; i < length; i++) {
		value = json_object_array_get_idx(array, i);
		/* A string with U+0000 in it is no rule's property. */
		if (json_object_is_type(value, json_type_string) &&
		    strlen(json_object_get_string(value)) ==
		        (size_t)json_object_get_string_len(value))
			names[count++] =
			    arena_strdup(arena, json_object_get_string(value));
	}
	return count;
}

void
properties_present(struct arena *arena, struct json_object *properties,
    const char *const **names_out, size_t *count_out)
{
	const char **names = NULL;
	size_t count = 0;

	if (json_object_is_type(properties, json_type_object)) {
		names = arena_array(arena,
		    (size_t)json_object_object_length(properties),
		    sizeof(*names));
		count = take_members(arena, properties, names);
	} else if (json_object_is_type(properties, json_type_array)) {
		names = arena_array(arena, json_object_array_length(properties),
		    sizeof(*names));
		count = take_strings(arena, properties, names);
	}
	*names_out = names;
	*count_out = count;
}
