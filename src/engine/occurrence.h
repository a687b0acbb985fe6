/* occurrence: what of an event the rules look at */
#ifndef ENGINE_OCCURRENCE_H
#define ENGINE_OCCURRENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/calendar.h"

enum value_type { VALUE_BOOLEAN, VALUE_NUMBER, VALUE_STRING, VALUE_LIST };

/* A property that an event has. One that is null is missing. */
struct property {
	const char *name;
	enum value_type type;
	bool boolean;
	/*
	 * A string, or a number as JSON writes it, to the last digit (see
	 * base/number.h). A NUL follows, and a string may have others in it.
	 */
	const char *text;
	size_t length; /* of text */
	/* Of a list: scalars in the order that was sent, without names. */
	const struct property *elements;
	size_t element_count;
};

struct occurrence {
	const char *event_type;
	/* Its timestamp, by the calendar of its application at the time. */
	struct moment moment;
	/* In the order of their names (strcmp), each name once. */
	const struct property *properties;
	size_t property_count;
};

#endif
