/* test_base_clock: RFC 3339 in and out */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "unit_test.h"

#define SECOND INT64_C(1000000)

static void
times_are_formatted_with_microseconds_in_utc(void **state)
{
	static const struct {
		int64_t time;
		const char *text;
	} rows[] = {
	    {0, "1970-01-01T00:00:00.000000Z"},
	    {1, "1970-01-01T00:00:00.000001Z"},
	    {-1, "1969-12-31T23:59:59.999999Z"},
	    {951782400 * SECOND, "2000-02-29T00:00:00.000000Z"},
	    {1795338000 * SECOND, "2026-11-22T09:00:00.000000Z"},
	    {4107542400 * SECOND, "2100-03-01T00:00:00.000000Z"},
	    {253402300799 * SECOND + 999999, "9999-12-31T23:59:59.999999Z"},
	    {-62135596800 * SECOND, "0001-01-01T00:00:00.000000Z"},
	    {-62167219200 * SECOND, "0000-01-01T00:00:00.000000Z"},
	};
	char text[TIME_TEXT_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		time_format(rows[i].time, text);
		assert_string_equal(text, rows[i].text);
	}
}

static void
good_times_are_parsed(void **state)
{
	static const struct {
		const char *text, *means;
	} rows[] = {
	    {"2026-11-22T09:00:00Z", "2026-11-22T09:00:00.000000Z"},
	    {"2026-11-22t09:00:00z", "2026-11-22T09:00:00.000000Z"},
	    {"2026-11-22T09:00:00+00:00", "2026-11-22T09:00:00.000000Z"},
	    {"2026-11-22T09:00:00-00:00", "2026-11-22T09:00:00.000000Z"},
	    {"2026-11-22T09:00:00+01:30", "2026-11-22T07:30:00.000000Z"},
	    {"2026-11-22T09:00:00-01:30", "2026-11-22T10:30:00.000000Z"},
	    /* fractions */
	    {"2026-11-22T09:00:00.5Z", "2026-11-22T09:00:00.500000Z"},
	    {"2026-11-22T09:00:00.000001Z", "2026-11-22T09:00:00.000001Z"},
	    {"2026-11-22T09:00:00.1234567Z", "2026-11-22T09:00:00.123456Z"},
	    {"2026-11-22T09:00:00.99999999999999999999999Z",
	        "2026-11-22T09:00:00.999999Z"},
	    {"1969-12-31T23:59:59.25Z", "1969-12-31T23:59:59.250000Z"},
	    /* offsets that cross a day, a month, a year, a leap day */
	    {"2026-11-22T00:30:00+01:00", "2026-11-21T23:30:00.000000Z"},
	    {"2026-11-22T23:30:00-01:00", "2026-11-23T00:30:00.000000Z"},
	    {"2026-03-01T00:00:00+00:01", "2026-02-28T23:59:00.000000Z"},
	    {"2024-03-01T00:00:00+00:01", "2024-02-29T23:59:00.000000Z"},
	    {"2027-01-01T00:00:00+23:59", "2026-12-31T00:01:00.000000Z"},
	    {"2026-12-31T23:59:59-23:59", "2027-01-01T23:58:59.000000Z"},
	    /* leap years */
	    {"2024-02-29T12:00:00Z", "2024-02-29T12:00:00.000000Z"},
	    {"2000-02-29T12:00:00Z", "2000-02-29T12:00:00.000000Z"},
	    {"2400-02-29T12:00:00Z", "2400-02-29T12:00:00.000000Z"},
	    /* leap seconds: the second after */
	    {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z"},
	    {"2016-12-31T23:59:60.75Z", "2017-01-01T00:00:00.750000Z"},
	    {"1990-12-31T15:59:60-08:00", "1991-01-01T00:00:00.000000Z"},
	    {"2015-07-01T01:59:60+02:00", "2015-07-01T00:00:00.000000Z"},
	    /* the edges */
	    {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"},
	    {"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
	    {"0000-12-31T23:30:00-01:00", "0001-01-01T00:30:00.000000Z"},
	};
	char text[TIME_TEXT_SIZE];
	size_t i;
	int64_t time;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		if (!time_parse(rows[i].text, &time))
			fail_msg("%s was refused", rows[i].text);
		time_format(time, text);
		assert_string_equal(text, rows[i].means);
	}
}

static void
bad_times_are_refused_and_write_nothing(void **state)
{
	static const char *const rows[] = {
	    "",
	    "now",
	    "2026-11-22",
	    "2026-11-22T09:00:00",
	    "2026-11-22T09:00Z",
	    "2026-11-22 09:00:00Z",
	    "2026-11-22T09:00:00 Z",
	    " 2026-11-22T09:00:00Z",
	    "2026-11-22T09:00:00Z ",
	    "2026-11-22T09:00:00ZZ",
	    "2026-11-22T09:00:00.Z",
	    "2026-11-22T09:00:00,5Z",
	    "2026-11-22T09:00:00.5",
	    "2026-11-22T9:00:00Z",
	    "26-11-22T09:00:00Z",
	    "02026-11-22T09:00:00Z",
	    "+2026-11-22T09:00:00Z",
	    "2026-1-22T09:00:00Z",
	    "20261122T090000Z",
	    "2026-W47-7T09:00:00Z",
	    "2026-11-22T09:00:00+0100",
	    "2026-11-22T09:00:00+01",
	    "2026-11-22T09:00:00+1:00",
	    "2026-11-22T09:00:00+01:00Z",
	    "2026-11-22T09:00:00UTC",
	    /* a minus of typography */
	    "2026-11-22T09:00:00\342\210\22201:00",
	    /* numbers off their range */
	    "2026-00-22T09:00:00Z",
	    "2026-13-22T09:00:00Z",
	    "2026-11-00T09:00:00Z",
	    "2026-11-32T09:00:00Z",
	    "2026-11-22T24:00:00Z",
	    "2026-11-22T09:60:00Z",
	    "2026-11-22T09:00:61Z",
	    "2026-11-22T09:00:00+24:00",
	    "2026-11-22T09:00:00+01:60",
	    /* days that do not exist */
	    "2026-02-29T09:00:00Z",
	    "2024-02-30T09:00:00Z",
	    "2100-02-29T09:00:00Z",
	    "1900-02-29T09:00:00Z",
	    "2026-04-31T09:00:00Z",
	    "2026-06-31T09:00:00Z",
	    "2026-09-31T09:00:00Z",
	    "2026-11-31T09:00:00Z",
	    /* leap seconds where none can be */
	    "2026-11-22T09:00:60Z",
	    "2026-11-22T23:59:60Z",
	    "2026-12-31T23:58:60Z",
	    "2026-12-31T23:59:60+01:00",
	    /* years that are left */
	    "0000-12-31T23:59:59Z",
	    "0001-01-01T00:00:00+00:01",
	    "9999-12-31T23:59:00-00:01",
	    "9999-12-31T23:59:60Z",
	};
	int64_t time = 42;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		if (time_parse(rows[i], &time))
			fail_msg("%s was taken", rows[i]);
	assert_int_equal(time, 42);
}

static void
every_day_of_400_years_comes_back(void **state)
{
	char text[TIME_TEXT_SIZE], libc[TIME_TEXT_SIZE];
	int64_t day, time;
	struct tm tm;
	time_t seconds;

	(void)state;
	for (day = -146097 / 2; day < 146097 / 2; day++) {
		seconds = day * 86400 + 12345;
		time_format(seconds * SECOND + 678901, text);
		gmtime_r(&seconds, &tm);
		strftime(libc, sizeof(libc), "%Y-%m-%dT%H:%M:%S.678901Z", &tm);
		if (strcmp(text, libc) != 0)
			fail_msg("%s is not %s", text, libc);
		assert_true(time_parse(text, &time));
		assert_true(time == seconds * SECOND + 678901);
	}
}

static void
the_time_of_day_is_that_of_libc(void **state)
{
	int64_t before = (int64_t)time(NULL) - 1;

	(void)state;
	assert_true(clock_now() >= before * SECOND);
	assert_true(clock_now() <= (before + 60) * SECOND);
}

static void
sleeping_takes_its_time(void **state)
{
	int64_t start = clock_monotonic();

	(void)state;
	clock_sleep(20000);
	assert_true(clock_monotonic() - start >= 20000);
	start = clock_monotonic();
	clock_sleep(0);
	clock_sleep(-5);
	assert_true(clock_monotonic() - start < SECOND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(times_are_formatted_with_microseconds_in_utc),
	    cmocka_unit_test(good_times_are_parsed),
	    cmocka_unit_test(bad_times_are_refused_and_write_nothing),
	    cmocka_unit_test(every_day_of_400_years_comes_back),
	    cmocka_unit_test(the_time_of_day_is_that_of_libc),
	    cmocka_unit_test(sleeping_takes_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
