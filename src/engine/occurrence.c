/* occurrence: what of an event the rules look at */
#include "engine/occurrence.h"

#include <string.h>

#define NUMBER(digits)                                  \
	{                                               \
		.type = VALUE_NUMBER, .text = (digits), \
		.length = sizeof(digits) - 1            \
	}

/* clang-format off */
static const struct property numbers[] = {
    NUMBER("0"), NUMBER("1"), NUMBER("2"), NUMBER("3"), NUMBER("4"),
    NUMBER("5"), NUMBER("6"), NUMBER("7"), NUMBER("8"), NUMBER("9"),
    NUMBER("10"), NUMBER("11"), NUMBER("12"), NUMBER("13"), NUMBER("14"),
    NUMBER("15"), NUMBER("16"), NUMBER("17"), NUMBER("18"), NUMBER("19"),
    NUMBER("20"), NUMBER("21"), NUMBER("22"), NUMBER("23"),
};
/* clang-format on */

static const struct property *
find(const struct occurrence *event, const char *name)
{
	size_t low = 0, high = event->property_count, middle;
	int order;

	while (low < high) {
		middle = low + (high - low) / 2;
		order = strcmp(event->properties[middle].name, name);
		if (order == 0)
			return &event->properties[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct property *
occurrence_property(const struct occurrence *event, const char *name)
{
	if (strcmp(name, TIME_WEEKDAY) == 0)
		return &numbers[event->moment.weekday];
	if (strcmp(name, TIME_HOUR) == 0)
		return &numbers[event->moment.hour];
	return find(event, name);
}
