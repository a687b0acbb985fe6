/* calendar: hours, days, weeks, months and years of a site's own time zone */
#include "base/calendar.h"

#include "base/date.h"

#define SECOND INT64_C(1000000)
#define HOUR   INT64_C(3600)
#define DAY    INT64_C(86400)

/* No zone's clock is further from UTC, in seconds. */
#define FAR (2 * DAY)

/* 1970-01-01 was a Thursday, three days after a Monday. */
enum { WEEK_DAYS = 7, EPOCH_WEEKDAY = 3 };

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t
floor_mod(int64_t a, int64_t b)
{
	return a - floor_div(a, b) * b;
}

/* The first second at which the local clock shows that or later. */
static int64_t
first_second(const struct zone *zone, int64_t local)
{
	int64_t time = local - FAR;
	struct zone_span span;

	for (;;) {
		span = zone_span(zone, time);
		if (time < local - span.offset)
			time = local - span.offset;
		if (time < span.until)
			return time;
		time = span.until;
	}
}

static int64_t
day_begin(const struct calendar *calendar, int64_t day)
{
	return first_second(calendar->zone, day * DAY + calendar->day_start);
}

/*
 * Where the clock is set back over midnight, a date comes twice: it ended when
 * the next had begun.
 */
static int64_t
day_of(const struct calendar *calendar, int64_t second, int32_t offset)
{
	int64_t day = floor_div(second + offset - calendar->day_start, DAY);

	while (day_begin(calendar, day + 1) <= second)
		day++;
	return day;
}

/* How many dates after the day the clock has left out. */
static int64_t
left_out_after(const struct calendar *calendar, int64_t day)
{
	size_t count, i;
	const int64_t *leaps = zone_leaps(calendar->zone, &count);
	int64_t left_out = 0, date, last;

	for (i = 0; i < count; i++) {
		date = floor_div(leaps[i] +
		        zone_span(calendar->zone, leaps[i] - 1).offset -
		        calendar->day_start,
		    DAY);
		last = floor_div(leaps[i] +
		        zone_span(calendar->zone, leaps[i]).offset -
		        calendar->day_start,
		    DAY);
		for (date = date <= day ? day + 1 : date; date < last; date++)
			left_out += day_begin(calendar, date) == leaps[i] &&
			    day_begin(calendar, date + 1) == leaps[i];
	}
	return left_out;
}

static int64_t
day_key(const struct calendar *calendar, int64_t day)
{
	return day + left_out_after(calendar, day);
}

static int64_t
day_of_key(const struct calendar *calendar, int64_t key)
{
	int64_t day = key - left_out_after(calendar, INT64_MIN);

	while (day_key(calendar, day) < key)
		day++;
	return day;
}

/* The second at which the hour has begun: full, or when the clock was set. */
static int64_t
hour_begin(const struct zone_span *span, int64_t second)
{
	int64_t begin = second - floor_mod(second + span->offset, HOUR);

	return begin < span->since ? span->since : begin;
}

static int64_t
month_of(int64_t day)
{
	struct date date = date_of_days(day);

	return 12 * (int64_t)date.year + date.month - 1;
}

static int64_t
month_day(int64_t month)
{
	const int64_t year = floor_div(month, 12);

	return date_days(
	    (struct date) {(int)year, (int)(month - 12 * year) + 1, 1});
}

struct moment
calendar_moment(const struct calendar *calendar, int64_t time)
{
	const int64_t second = floor_div(time, SECOND);
	const struct zone_span span = zone_span(calendar->zone, second);
	const int64_t day = day_of(calendar, second, span.offset);
	struct moment moment = {.time = time};

	moment.keys[UNIT_HOUR] = hour_begin(&span, second);
	moment.keys[UNIT_DAY] = day_key(calendar, day);
	moment.keys[UNIT_WEEK] = floor_div(day + EPOCH_WEEKDAY, WEEK_DAYS);
	moment.keys[UNIT_MONTH] = month_of(day);
	moment.keys[UNIT_YEAR] = date_of_days(day).year;
	moment.weekday = (int)floor_mod(day + EPOCH_WEEKDAY, WEEK_DAYS) + 1;
	moment.hour = (int)(floor_mod(second + span.offset, DAY) / HOUR);
	return moment;
}

static int64_t
first_day(const struct calendar *calendar, enum unit unit, int64_t key)
{
	switch (unit) {
	case UNIT_WEEK:
		return key * WEEK_DAYS - EPOCH_WEEKDAY;
	case UNIT_MONTH:
		return month_day(key);
	case UNIT_YEAR:
		return month_day(12 * key);
	default:
		return day_of_key(calendar, key);
	}
}

int64_t
calendar_begin(const struct calendar *calendar, enum unit unit, int64_t key)
{
	if (unit == UNIT_HOUR)
		return key * SECOND;
	return SECOND * day_begin(calendar, first_day(calendar, unit, key));
}

int64_t
calendar_end(const struct calendar *calendar, enum unit unit,
    const struct moment *moment)
{
	const int64_t second = floor_div(moment->time, SECOND);
	struct zone_span span;
	int64_t end;

	if (unit != UNIT_HOUR)
		return calendar_begin(calendar, unit, moment->keys[unit] + 1);
	span = zone_span(calendar->zone, second);
	end = second - floor_mod(second + span.offset, HOUR) + HOUR;
	return SECOND * (end < span.until ? end : span.until);
}
