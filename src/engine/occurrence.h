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

/*
 * A property by its name; NULL if the event has none. TIME_WEEKDAY (1 is
 * Monday) and TIME_HOUR are numbers that every event has, by the calendar of
 * its application; its own properties of these names cannot be asked for.
 */
#define TIME_PREFIX  "@time."
#define TIME_WEEKDAY TIME_PREFIX "weekday"
#define TIME_HOUR    TIME_PREFIX "hour"
const struct property *
occurrence_property(const struct occurrence *event, const char *name);

#endif
