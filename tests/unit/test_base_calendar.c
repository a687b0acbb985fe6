/* test_base_calendar: hours, days, weeks and months in time zones */
#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "base/clock.h"
#include "unit_test.h"

const size_t arena_max = 64 << 20;

static struct calendar
calendar_of(const char *name, int hour)
{
	struct zone *zone;

	assert_int_equal(zone_load(arena, name, &zone), ZONE_OK);
	return (struct calendar) {.zone = zone, .day_start = 3600 * hour};
}

static int64_t
time_of(const char *text)
{
	int64_t time;

	assert_true(time_parse(text, &time));
	return time;
}

/* How many units after the first time's the second one's is. */
static void
times_are_so_many_units_apart(void **state)
{
	static const struct {
		const char *zone;
		int hour;
		enum unit unit;
		const char *first, *second;
		int64_t apart;
	} rows[] = {
	    /* cases of the contract: W4, W5, S1, S3, S5, S9, S10, K1 */
	    {"Asia/Shanghai", 0, UNIT_DAY, "2026-08-10T15:59:59Z",
	        "2026-08-10T16:00:00Z", 1},
	    {"UTC", 0, UNIT_WEEK, "2026-06-07T10:00:00Z",
	        "2026-06-08T09:00:00Z", 1},
	    {"America/New_York", 0, UNIT_DAY, "2026-02-05T12:00:00-05:00",
	        "2026-02-06T22:26:00-05:00", 1},
	    {"Asia/Kolkata", 0, UNIT_DAY, "2026-05-28T10:00:00+05:30",
	        "2026-05-29T00:30:00+05:30", 1},
	    {"America/Los_Angeles", 4, UNIT_DAY, "2026-05-19T20:00:00-07:00",
	        "2026-05-21T00:30:00-07:00", 1},
	    {"Europe/Berlin", 0, UNIT_DAY, "2017-03-26T12:00:00+02:00",
	        "2017-03-27T12:00:00+02:00", 1},
	    {"America/New_York", 0, UNIT_DAY, "2014-11-02T00:30:00-04:00",
	        "2014-11-02T01:30:00-05:00", 0},
	    {"America/New_York", 0, UNIT_DAY, "2014-11-02T01:30:00-05:00",
	        "2014-11-03T00:10:00-05:00", 1},
	    {"UTC", 0, UNIT_WEEK, "2025-12-24T00:00:00Z",
	        "2025-12-29T00:00:00Z", 1},
	    {"UTC", 0, UNIT_WEEK, "2025-12-29T00:00:00Z",
	        "2026-01-05T00:00:00Z", 1},
	    /* the ends of months and years, before 1970 too */
	    {"UTC", 0, UNIT_MONTH, "2026-01-31T23:59:59.999999Z",
	        "2026-02-01T00:00:00Z", 1},
	    {"UTC", 0, UNIT_MONTH, "1969-12-31T23:59:59.999999Z",
	        "1970-01-01T00:00:00Z", 1},
	    {"UTC", 0, UNIT_YEAR, "2025-12-31T23:59:59.999999Z",
	        "2026-01-01T00:00:00Z", 1},
	    {"UTC", 4, UNIT_YEAR, "2025-12-31T23:59:59.999999Z",
	        "2026-01-01T03:59:59Z", 0},
	    {"UTC", 0, UNIT_WEEK, "1969-12-28T00:00:00Z",
	        "1969-12-29T00:00:00Z", 1},
	    {"UTC", 0, UNIT_WEEK, "1969-12-29T00:00:00Z",
	        "1970-01-04T23:59:59Z", 0},
	    /* S13: Samoa had no 30 December 2011, but for 4 hours of that
	       which begins at 04:00 */
	    {"Pacific/Apia", 0, UNIT_DAY, "2011-12-29T12:00:00-10:00",
	        "2011-12-31T12:00:00+14:00", 1},
	    {"Pacific/Apia", 4, UNIT_DAY, "2011-12-29T12:00:00-10:00",
	        "2011-12-31T12:00:00+14:00", 2},
	    {"Pacific/Apia", 0, UNIT_DAY, "1961-12-31T12:00:00-11:00",
	        "2012-01-01T12:00:00+14:00", 50 * 365 + 12},
	    {"Pacific/Apia", 0, UNIT_WEEK, "2011-12-26T00:00:00-10:00",
	        "2012-01-01T23:59:59+14:00", 0},
	    /* Kwajalein had no 21 August 1993 */
	    {"Pacific/Kwajalein", 0, UNIT_DAY, "1993-08-20T12:00:00-12:00",
	        "1993-08-22T12:00:00+12:00", 1},
	    /* Newfoundland's clock was set back one minute after midnight */
	    {"America/St_Johns", 0, UNIT_DAY, "2006-10-29T02:30:30Z",
	        "2006-10-29T03:00:00Z", 0},
	};
	struct calendar calendar;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct moment first, second;

		calendar = calendar_of(rows[i].zone, rows[i].hour);
		first = calendar_moment(&calendar, time_of(rows[i].first));
		second = calendar_moment(&calendar, time_of(rows[i].second));
		if (second.keys[rows[i].unit] - first.keys[rows[i].unit] !=
		    rows[i].apart)
			fail_msg("%s to %s", rows[i].first, rows[i].second);
	}
}

/* A change of the zone does not move the days of today, see day_key. */
static void
a_date_left_out_long_ago_does_not_count_today(void **state)
{
	const struct calendar there = calendar_of("Pacific/Apia", 0);
	const struct calendar here = calendar_of("UTC", 0);
	const int64_t time = time_of("2026-03-10T12:00:00+14:00");

	(void)state;
	assert_int_equal(calendar_moment(&there, time).keys[UNIT_DAY],
	    calendar_moment(&here, time).keys[UNIT_DAY] + 1);
	assert_int_equal(calendar_moment(&here, time).keys[UNIT_DAY], 20521);
}

static void
units_begin_and_end(void **state)
{
	static const struct {
		const char *zone;
		int hour;
		enum unit unit;
		const char *time, *begin, *end;
	} rows[] = {
	    {"Europe/Zurich", 0, UNIT_DAY, "2026-03-29T12:00:00Z",
	        "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"},
	    {"Europe/Zurich", 4, UNIT_DAY, "2026-03-29T12:00:00Z",
	        "2026-03-29T02:00:00Z", "2026-03-30T02:00:00Z"},
	    {"UTC", 0, UNIT_WEEK, "2026-07-05T12:00:00Z",
	        "2026-06-29T00:00:00Z", "2026-07-06T00:00:00Z"},
	    {"UTC", 0, UNIT_MONTH, "2028-02-29T12:00:00Z",
	        "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"},
	    {"Asia/Tokyo", 0, UNIT_YEAR, "2026-07-05T12:00:00Z",
	        "2025-12-31T15:00:00Z", "2026-12-31T15:00:00Z"},
	    /* midnight is left out */
	    {"America/Sao_Paulo", 0, UNIT_DAY, "2018-11-04T12:00:00Z",
	        "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"},
	    /* midnight comes twice */
	    {"America/Havana", 0, UNIT_DAY, "2025-11-02T12:00:00Z",
	        "2025-11-02T04:00:00Z", "2025-11-03T05:00:00Z"},
	    /* the next day began for one minute */
	    {"America/St_Johns", 0, UNIT_DAY, "2006-10-29T03:00:00Z",
	        "2006-10-29T02:30:00Z", "2006-10-30T03:30:00Z"},
	    /* no 30th */
	    {"Pacific/Apia", 0, UNIT_DAY, "2011-12-29T12:00:00-10:00",
	        "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z"},
	    {"Pacific/Apia", 0, UNIT_DAY, "2011-12-31T12:00:00+14:00",
	        "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"},
	    {"Asia/Kolkata", 0, UNIT_HOUR, "2026-01-01T12:00:00Z",
	        "2026-01-01T11:30:00Z", "2026-01-01T12:30:00Z"},
	    /* the hour that comes twice is two */
	    {"America/New_York", 0, UNIT_HOUR, "2014-11-02T01:30:00-04:00",
	        "2014-11-02T05:00:00Z", "2014-11-02T06:00:00Z"},
	    {"America/New_York", 0, UNIT_HOUR, "2014-11-02T01:30:00-05:00",
	        "2014-11-02T06:00:00Z", "2014-11-02T07:00:00Z"},
	    /* Lord Howe's clock is set by half an hour */
	    {"Australia/Lord_Howe", 0, UNIT_HOUR, "2026-04-04T15:10:00Z",
	        "2026-04-04T15:00:00Z", "2026-04-04T15:30:00Z"},
	    {"Australia/Lord_Howe", 0, UNIT_HOUR, "2026-04-04T15:40:00Z",
	        "2026-04-04T15:30:00Z", "2026-04-04T16:30:00Z"},
	};
	struct calendar calendar;
	struct moment moment;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		calendar = calendar_of(rows[i].zone, rows[i].hour);
		moment = calendar_moment(&calendar, time_of(rows[i].time));
		if (calendar_begin(&calendar, rows[i].unit,
		        moment.keys[rows[i].unit]) != time_of(rows[i].begin) ||
		    calendar_end(&calendar, rows[i].unit, &moment) !=
		        time_of(rows[i].end))
			fail_msg("%s %s", rows[i].zone, rows[i].time);
	}
}

static void
weekdays_and_hours_are_local(void **state)
{
	static const struct {
		const char *zone, *time;
		int hour, weekday, clock;
	} rows[] = {
	    {"UTC", "1970-01-01T00:00:00Z", 0, 4, 0},
	    {"UTC", "1969-12-28T23:59:59.999999Z", 0, 7, 23},
	    {"Asia/Tokyo", "2026-11-29T15:00:00Z", 0, 1, 0},
	    {"America/New_York", "2026-11-30T04:59:59Z", 0, 7, 23},
	    /* the night belongs to the day before, the clock shows what it is */
	    {"UTC", "2026-11-30T03:59:59Z", 4, 7, 3},
	    {"Pacific/Apia", "2011-12-29T12:00:00-10:00", 0, 4, 12},
	    {"Pacific/Apia", "2011-12-31T12:00:00+14:00", 0, 6, 12},
	};
	struct calendar calendar;
	struct moment moment;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		calendar = calendar_of(rows[i].zone, rows[i].hour);
		moment = calendar_moment(&calendar, time_of(rows[i].time));
		assert_int_equal(moment.weekday, rows[i].weekday);
		assert_int_equal(moment.hour, rows[i].clock);
	}
}

/* A unit has the times from its begin to its end, and no others. */
static void
check_moment(const struct calendar *calendar, int64_t time)
{
	const struct moment moment = calendar_moment(calendar, time);
	int unit;

	for (unit = 0; unit < UNITS; unit++) {
		int64_t key = moment.keys[unit];
		int64_t begin = calendar_begin(calendar, unit, key);
		int64_t end = calendar_end(calendar, unit, &moment);
		int64_t before, after;

		assert_true(begin <= time && time < end);
		assert_true(calendar_moment(calendar, begin).keys[unit] == key);
		assert_true(
		    calendar_moment(calendar, end - 1).keys[unit] == key);
		before = calendar_moment(calendar, begin - 1).keys[unit];
		after = calendar_moment(calendar, end).keys[unit];
		if (unit == UNIT_HOUR)
			assert_true(before < key && key < after);
		else
			assert_true(before == key - 1 && after == key + 1);
	}
}

static void
units_follow_each_other_around_every_change_of_the_clock(void **state)
{
	static const char *const names[] = {"Europe/Zurich", "America/Havana",
	    "America/Sao_Paulo", "America/St_Johns", "Australia/Lord_Howe",
	    "Pacific/Apia", "Pacific/Kiritimati", "Pacific/Kwajalein",
	    "Africa/Monrovia", "Asia/Gaza", "Africa/El_Aaiun", "America/Nuuk",
	    "Antarctica/Troll"};
	const int64_t second = 1000000;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(names); i++) {
		struct calendar calendar =
		    calendar_of(names[i], i % 2 == 0 ? 0 : 5);
		struct zone_span span;
		int64_t at, from;

		for (at = -INT64_C(3000000000); at < INT64_C(4000000000);
		     at = span.until) {
			span = zone_span(calendar.zone, at);
			if (span.until == INT64_MAX)
				break;
			for (from = -9 * 3600; from < 30 * 3600; from += 1733)
				check_moment(&calendar,
				    (span.until + from) * second + from);
			check_moment(&calendar, span.until * second);
			check_moment(&calendar, span.until * second - 1);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(times_are_so_many_units_apart),
	    cmocka_unit_test(a_date_left_out_long_ago_does_not_count_today),
	    cmocka_unit_test(units_begin_and_end),
	    cmocka_unit_test(weekdays_and_hours_are_local),
	    cmocka_unit_test(
	        units_follow_each_other_around_every_change_of_the_clock),
	};

	return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
