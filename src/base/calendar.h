/* calendar: hours, days, weeks, months and years of a site's own time zone */
#ifndef BASE_CALENDAR_H
#define BASE_CALENDAR_H

#include <stdint.h>

#include "base/zone.h"

/*
 * Source: the chapter on time in the contract of rules. A unit is known by its
 * key, which grows with time:
 *
 *   hour   of absolute time, from one full hour of the local clock to the next;
 *          the second at which it begins, since 1970-01-01T00:00:00Z. The hour
 *          that the clock shows twice in autumn is two.
 *   day    local date, in days since 1970-01-01; dates before one that the
 *          clock has left out (Samoa had no 30 December 2011) are counted as
 *          one day later, so that the neighbours of a day have its key ± 1
 *   week   from Monday, in weeks since that of 1970-01-01
 *   month  in months since year 0
 *   year
 *
 * Units are half-open, follow each other without a gap, and a day begins at the
 * first moment at which the local clock shows its date or a later one, which is
 * after midnight where the clock leaves midnight out. day_start shifts days,
 * and what is made of them.
 */
enum unit { UNIT_HOUR, UNIT_DAY, UNIT_WEEK, UNIT_MONTH, UNIT_YEAR, UNITS };

struct calendar {
	const struct zone *zone;
	int32_t day_start; /* seconds after local midnight, below 86,400 */
};

/* A time, and all that rules ask of it. Made once for an event. */
struct moment {
	int64_t time; /* microseconds, see base/clock.h */
	int64_t keys[UNITS];
	int weekday; /* of the day: 1 is Monday, 7 Sunday */
	int hour;    /* that the local clock shows: 0-23 */
};

struct moment calendar_moment(const struct calendar *calendar, int64_t time);

/* When the unit with this key begins, in microseconds. */
int64_t
calendar_begin(const struct calendar *calendar, enum unit unit, int64_t key);

/* When the unit that has the moment ends: the next begins. */
int64_t calendar_end(const struct calendar *calendar, enum unit unit,
    const struct moment *moment);

#endif
