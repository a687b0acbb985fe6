/* test_base_zone: offsets of time zones, against the C library's */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/zone.h"
#include "unit_test.h"

const size_t arena_max = 256 << 20;

/* Seconds: 1800-01-01 and 2400-01-01. */
#define FIRST INT64_C(-5364662400)
#define LAST  INT64_C(13569465600)

static int64_t
libc_offset(int64_t time)
{
	const time_t seconds = (time_t)time;
	struct tm tm;

	assert_non_null(localtime_r(&seconds, &tm));
	return tm.tm_gmtoff;
}

/* The spans follow each other, and each has libc's offset at both ends. */
static void
compare_spans(const struct zone *zone, const char *name)
{
	struct zone_span span;
	int64_t time;

	for (time = FIRST; time < LAST; time = span.until) {
		span = zone_span(zone, time);
		if (time != FIRST && span.since != time)
			fail_msg("%s: no span begins at %lld", name,
			    (long long)time);
		if (span.until <= time)
			fail_msg("%s: the span of %lld has ended", name,
			    (long long)time);
		if (libc_offset(time) != span.offset ||
		    (span.until < LAST &&
		        libc_offset(span.until - 1) != span.offset))
			fail_msg("%s, %lld to %lld: %d", name, (long long)time,
			    (long long)span.until, (int)span.offset);
		if (span.until == INT64_MAX)
			return;
	}
}

/* Times of every season, so that no change is missed that libc has. */
static void
compare_times(const struct zone *zone, const char *name)
{
	const int64_t step = 50 * 86400 + 4321;
	struct zone_span span;
	int64_t time;

	for (time = FIRST; time < LAST; time += step) {
		span = zone_span(zone, time);
		if (libc_offset(time) != span.offset)
			fail_msg("%s, %lld: %d", name, (long long)time,
			    (int)span.offset);
	}
}

static size_t zones;

static int
compare_zone(
    const char *path, const struct stat *stat, int type, struct FTW *place)
{
	const char *name = path + strlen(ZONE_FILES);
	struct zone *zone;

	(void)stat;
	(void)place;
	if (type != FTW_F || zone_load(arena, name, &zone) != ZONE_OK)
		return 0;
	setenv("TZ", name, 1);
	tzset();
	compare_spans(zone, name);
	compare_times(zone, name);
	arena_reset(arena);
	zones++;
	return 0;
}

static void
every_zone_of_the_system_has_the_offsets_that_libc_knows(void **state)
{
	(void)state;
	zones = 0;
	assert_int_equal(nftw(ZONE_FILES, compare_zone, 16, FTW_PHYS), 0);
	assert_true(zones > 300);
}

static void
names_that_are_no_zones_are_refused(void **state)
{
	static const char *const names[] = {"", "Mars/Base", "../zoneinfo/UTC",
	    "/usr/share/zoneinfo/UTC", "Europe/", "Europe", "Europe//Berlin",
	    "posix/UTC", "right/UTC", "localtime", "Europe/Berlin\n"};
	char longest[66];
	struct zone *zone;
	size_t i;

	(void)state;
	memset(longest, 'A', 65);
	longest[65] = '\0';
	assert_int_equal(zone_load(arena, longest, &zone), ZONE_UNKNOWN);
	for (i = 0; i < COUNT(names); i++)
		assert_int_not_equal(
		    zone_load(arena, names[i], &zone), ZONE_OK);
	assert_int_equal(zone_load(arena, "zone.tab", &zone), ZONE_UNKNOWN);
	assert_int_equal(zone_load(arena, "leapseconds", &zone), ZONE_DAMAGED);
}

/* A file as RFC 9636 has it: no 32-bit block, one transition, a rule. */
static size_t
write_file(unsigned char *file, const char *rule, unsigned char leaps)
{
	static const unsigned char header[44] = "TZif2";
	static const unsigned char block[] = {0, 0, 0, 0, 0, 0, 1,
	    0,                            /* the transition: 256 s */
	    1,                            /* to type 1 */
	    0, 0, 0x0e, 0x10, 0, 0,       /* type 0: an hour east */
	    0xff, 0xff, 0xf1, 0xf0, 0, 4, /* type 1: an hour west */
	    'A', 'B', 'C', 0, 'D', 'E', 'F', 0};
	size_t size = 0;

	memcpy(file, header, 44);
	memcpy(file + 44, header, 44);
	file[44 + 31] = leaps;
	file[44 + 35] = 1; /* transitions */
	file[44 + 39] = 2; /* types */
	file[44 + 43] = 8; /* letters */
	size = 88;
	memcpy(file + size, block, sizeof(block));
	size += sizeof(block);
	memset(file + size, 0, 12 * (size_t)leaps);
	size += 12 * (size_t)leaps;
	return size + (size_t)sprintf((char *)file + size, "\n%s\n", rule);
}

static void
a_file_is_read_to_its_rule(void **state)
{
	unsigned char file[256];
	size_t size = write_file(file, "XYZ-2", 0);
	struct zone *zone = zone_parse(arena, file, size);
	struct zone_span span;

	(void)state;
	assert_non_null(zone);
	span = zone_span(zone, 255);
	assert_int_equal(span.offset, 3600);
	assert_true(span.since == INT64_MIN && span.until == 256);
	span = zone_span(zone, 256);
	assert_int_equal(span.offset, 7200);
	assert_true(span.since == 256 && span.until == INT64_MAX);
}

static void
without_a_rule_the_last_offset_stays(void **state)
{
	unsigned char file[256];
	size_t size = write_file(file, "", 0);
	struct zone *zone = zone_parse(arena, file, size);

	(void)state;
	assert_non_null(zone);
	assert_int_equal(zone_span(zone, INT64_C(1) << 40).offset, -3600);
}

static void
damaged_files_are_refused(void **state)
{
	static const char *const rules[] = {"X-2", "<AB>1", "<ABC1", "ABC25",
	    "ABC1DEF", "ABC1DEF,M3.2.0", "ABC1DEF,M13.2.0,M11.1.0",
	    "ABC1DEF,M3.6.0,M11.1.0", "ABC1DEF,M3.2.7,M11.1.0",
	    "ABC1DEF,J0,J365", "ABC1DEF,366,1", "ABC1DEF,1,2/168", "ABC1 ",
	    "ABC1:60", "ABC", "ABC12DEF-12,1,2"};
	unsigned char file[256];
	size_t size = write_file(file, "XYZ-2", 0), i;

	(void)state;
	for (i = 0; i < size; i++)
		assert_null(zone_parse(arena, file, i));
	for (i = 0; i < COUNT(rules); i++) {
		size = write_file(file, rules[i], 0);
		if (zone_parse(arena, file, size) != NULL)
			fail_msg("taken: %s", rules[i]);
	}
	size = write_file(file, "XYZ-2", 1);
	assert_null(zone_parse(arena, file, size));
	size = write_file(file, "XYZ-2", 0);
	file[88 + 8] = 2; /* a type that is not there */
	assert_null(zone_parse(arena, file, size));
	size = write_file(file, "XYZ-2", 0);
	file[88 + 9] = 0x7f; /* an offset of 68 years */
	assert_null(zone_parse(arena, file, size));
}

/* Moments of change by POSIX's rule alone, told as UTC. */
static void
rules_are_understood(void **state)
{
	static const struct {
		const char *rule, *time;
		int32_t offset, before;
	} rows[] = {
	    {"CET-1CEST,M3.5.0,M10.5.0/3", "2037-03-29T01:00:00Z", 7200, 3600},
	    {"CET-1CEST,M3.5.0,M10.5.0/3", "2037-10-25T01:00:00Z", 3600, 7200},
	    {"EST5EDT,M3.2.0,M11.1.0", "2100-03-14T07:00:00Z", -14400, -18000},
	    /* the south: summer lasts over the new year */
	    {"AEST-10AEDT,M10.1.0,M4.1.0/3", "2040-09-30T00:00:00Z", 36000,
	        36000},
	    {"AEST-10AEDT,M10.1.0,M4.1.0/3", "2040-10-06T16:00:00Z", 39600,
	        36000},
	    {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2040-03-31T15:00:00Z",
	        37800, 39600},
	    /* Ireland's winter time goes back from its standard time */
	    {"IST-1GMT0,M10.5.0,M3.5.0/1", "2040-10-28T01:00:00Z", 0, 3600},
	    /* hours before midnight and after the next one */
	    {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2040-03-25T01:00:00Z", -3600,
	        -7200},
	    {"EET-2EEST,M3.4.4/50,M10.4.4/50", "2040-03-24T00:00:00Z", 10800,
	        7200},
	    /* days of the year: 29 February counts or not */
	    {"ABC0DEF,J60/0,J300", "2040-03-01T00:00:00Z", 3600, 0},
	    {"ABC0DEF,59/0,300", "2040-02-29T00:00:00Z", 3600, 0},
	};
	unsigned char file[256];
	struct zone *zone;
	int64_t time;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		zone =
		    zone_parse(arena, file, write_file(file, rows[i].rule, 0));
		assert_non_null(zone);
		assert_true(time_parse(rows[i].time, &time));
		time /= 1000000;
		assert_int_equal(zone_span(zone, time).offset, rows[i].offset);
		assert_int_equal(
		    zone_span(zone, time - 1).offset, rows[i].before);
	}
}

static void
summer_may_last_all_the_year(void **state)
{
	unsigned char file[256];
	struct zone *zone = zone_parse(
	    arena, file, write_file(file, "ABC3DEF2,0/0,J365/25", 0));
	int64_t time;

	(void)state;
	assert_non_null(zone);
	for (time = INT64_C(1) << 31; time < INT64_C(1) << 33; time += 9999)
		assert_int_equal(zone_span(zone, time).offset, -7200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
	        every_zone_of_the_system_has_the_offsets_that_libc_knows),
	    cmocka_unit_test(names_that_are_no_zones_are_refused),
	    cmocka_unit_test(a_file_is_read_to_its_rule),
	    cmocka_unit_test(without_a_rule_the_last_offset_stays),
	    cmocka_unit_test(damaged_files_are_refused),
	    cmocka_unit_test(rules_are_understood),
	    cmocka_unit_test(summer_may_last_all_the_year),
	};

	return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
