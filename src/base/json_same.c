/* json_same: whether two values say the same */
#include "base/json.h"
#include "base/number.h"

static bool
same_members(struct json_object *one, struct json_object *other)
{
	struct json_object_iterator at = json_object_iter_begin(one);
	struct json_object_iterator end = json_object_iter_end(one);
	struct json_object *value;

	if (json_object_object_length(one) != json_object_object_length(other))
		return false;
	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
		if (!json_object_object_get_ex(
		        other, json_object_iter_peek_name(&at), &value) ||
		    !json_same(json_object_iter_peek_value(&at), value))
			return false;
	return true;
}

static bool
same_items(struct json_object *one, struct json_object *other)
{
	const size_t count = json_object_array_length(one);
	size_t i;

	if (count != json_object_array_length(other))
		return false;
	for (i = 0; i < count; i++)
		if (!json_same(json_object_array_get_idx(one, i),
		        json_object_array_get_idx(other, i)))
			return false;
	return true;
}

static bool
is_number(struct json_object *value)
{
	return json_object_is_type(value, json_type_int) ||
	    json_object_is_type(value, json_type_double);
}

bool
json_same(struct json_object *one, struct json_object *other)
{
	if (is_number(one) && is_number(other))
		return number_equal(json_object_to_json_string(one),
		    json_object_to_json_string(other));
	if (json_object_get_type(one) != json_object_get_type(other))
		return false;
	if (json_object_is_type(one, json_type_object))
		return same_members(one, other);
	if (json_object_is_type(one, json_type_array))
		return same_items(one, other);
	return json_object_equal(one, other) != 0;
}
