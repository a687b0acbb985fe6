/* fuzz_zone: files of time zones, and the units that a calendar makes of them */
#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/calendar.h"
#include "fuzz.h"

#define SECOND INT64_C(1000000)
/* Seconds: the years 1 to 9999 are what a time can be. */
#define FIRST INT64_C(-62135596800)
#define LAST  INT64_C(253402300799)

enum { TIMES = 8 };

/* The span has the time, and the next begins where it ends. */
static void
check_span(const struct zone *zone, int64_t time)
{
	const struct zone_span span = zone_span(zone, time);

	assert(span.since <= time && time < span.until);
	if (span.until < LAST)
		assert(zone_span(zone, span.until).since == span.until);
	if (span.since > FIRST)
		assert(zone_span(zone, span.since - 1).until == span.since);
}

/* A unit has the times from its begin to its end, and no others. */
static void
check_unit(const struct calendar *calendar, int unit, int64_t time)
{
	const struct moment moment = calendar_moment(calendar, time);
	const int64_t key = moment.keys[unit];
	const int64_t begin = calendar_begin(calendar, unit, key);
	const int64_t end = calendar_end(calendar, unit, &moment);

	assert(moment.weekday >= 1 && moment.weekday <= 7);
	assert(moment.hour >= 0 && moment.hour <= 23);
	assert(begin <= time && time < end);
	assert(calendar_moment(calendar, begin).keys[unit] == key);
	assert(calendar_moment(calendar, end - 1).keys[unit] == key);
	if (unit == UNIT_HOUR) {
		assert(calendar_moment(calendar, begin - 1).keys[unit] < key);
		assert(calendar_moment(calendar, end).keys[unit] > key);
		return;
	}
	assert(calendar_moment(calendar, begin - 1).keys[unit] == key - 1);
	assert(calendar_moment(calendar, end).keys[unit] == key + 1);
}

static void
check_time(const struct calendar *calendar, int64_t second)
{
	int unit;

	if (second < FIRST || second > LAST)
		return;
	check_span(calendar->zone, second);
	for (unit = 0; unit < UNITS; unit++)
		check_unit(calendar, unit, second * SECOND);
}

/* Changes of the clock one after the other, from a time on. */
static void
check_changes(const struct calendar *calendar, int64_t second)
{
	int i;

	for (i = 0; i < TIMES; i++) {
		check_time(calendar, second);
		check_time(calendar, second - 1);
		second = zone_span(calendar->zone, second).until;
		if (second > LAST)
			return;
	}
}

/* Eight bytes are a time and how days begin, the rest is the file. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(FUZZ_ARENA_MAX);
	struct calendar calendar = {.zone = NULL};
	uint64_t number;

	if (size >= sizeof(number)) {
		memcpy(&number, data, sizeof(number));
		calendar.zone = zone_parse(
		    arena, data + sizeof(number), size - sizeof(number));
		calendar.day_start = (int32_t)(number % 86400);
	}
	if (calendar.zone != NULL)
		check_changes(&calendar,
		    FIRST + (int64_t)(number % (uint64_t)(LAST - FIRST)));
	arena_free(arena);
	return 0;
}
