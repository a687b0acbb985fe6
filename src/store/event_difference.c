/* event_difference: whether an event that came again is the same */
#include <json-c/json.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "store/event.h"

/* Members in another order say the same, and so do 5 and 5.0. */
static bool
same_properties(const char *left, const char *right)
{
	struct json_object *a, *b;
	bool same;

	if (text_same(left, right))
		return true;
	if (left == NULL || right == NULL)
		return false;
	a = json_tokener_parse(left);
	b = json_tokener_parse(right);
	same = json_same(a, b);
	json_object_put(a);
	json_object_put(b);
	return same;
}

const char *
event_difference(const struct event *stored, const struct event *sent)
{
	if (strcmp(stored->username, sent->username) != 0)
		return "username";
	if (strcmp(stored->event_type, sent->event_type) != 0)
		return "eventType";
	if (stored->timestamp_given != sent->timestamp_given ||
	    (sent->timestamp_given && stored->timestamp != sent->timestamp) ||
	    !text_same(stored->timestamp_sent, sent->timestamp_sent))
		return "timestamp";
	if (!same_properties(stored->properties, sent->properties))
		return "properties";
	return NULL;
}
