/* fuzz_time: RFC 3339 times, against the C library's calendar */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "fuzz.h"

/* 0001-01-01 to 9999-12-31: what an answer can be. */
#define TIME_MIN INT64_C(-62135596800000000)
#define TIME_MAX INT64_C(253402300799999999)

/* Written, a time is read as the same, and libc gives it the same date. */
static void
check_time(int64_t time)
{
	char text[TIME_TEXT_SIZE], expected[64];
	int64_t again, fraction = (time % 1000000 + 1000000) % 1000000;
	time_t seconds = (time - fraction) / 1000000;
	struct tm tm;

	assert(time >= TIME_MIN && time <= TIME_MAX);
	time_format(time, text);
	assert(strlen(text) == TIME_TEXT_SIZE - 1);
	assert(time_parse(text, &again) && again == time);
	assert(gmtime_r(&seconds, &tm) != NULL);
	snprintf(expected, sizeof(expected),
	    "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", tm.tm_year + 1900,
	    tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
	    (int)fraction);
	assert(strcmp(text, expected) == 0);
}

static int
number_at(const char *text, int count)
{
	int number = 0;

	while (count-- > 0)
		number = number * 10 + *text++ - '0';
	return number;
}

/* Seconds east of UTC, at the offset. */
static int64_t
offset_at(const char *text)
{
	int64_t seconds;

	if (*text == 'Z' || *text == 'z')
		return 0;
	assert(strlen(text) == strlen("+00:00"));
	seconds = number_at(text + 1, 2) * 3600 + number_at(text + 4, 2) * 60;
	return *text == '-' ? -seconds : seconds;
}

/* What the text says, by timegm: everything has its place in it. */
static void
check_reading(const char *text, int64_t time)
{
	struct tm tm = {.tm_year = number_at(text, 4) - 1900,
	    .tm_mon = number_at(text + 5, 2) - 1,
	    .tm_mday = number_at(text + 8, 2),
	    .tm_hour = number_at(text + 11, 2),
	    .tm_min = number_at(text + 14, 2),
	    .tm_sec = number_at(text + 17, 2)};
	const bool leap = tm.tm_sec == 60;
	const int day = tm.tm_mday;
	int64_t seconds = timegm(&tm);

	if (!leap)
		assert(tm.tm_mday == day); /* the day exists */
	text += strlen("2026-11-22T09:00:00");
	if (*text == '.')
		text += 1 + strspn(text + 1, "0123456789");
	seconds -= offset_at(text);
	assert(time >= seconds * 1000000 && time < (seconds + 1) * 1000000);
}

/* Letters in the other case mean the same. */
static void
check_case(const char *text, int64_t time)
{
	char other[64];
	size_t i;
	int64_t again;

	if (strlen(text) >= sizeof(other))
		return;
	strcpy(other, text);
	for (i = 0; other[i] != '\0'; i++)
		if ((other[i] | 0x20) == 't' || (other[i] | 0x20) == 'z')
			other[i] ^= 0x20;
	assert(time_parse(other, &again) && again == time);
}

/* Any 8 bytes are a time, brought into range. */
static void
check_number(const uint8_t *data, size_t size)
{
	uint64_t number = 0;

	memcpy(&number, data, size < 8 ? size : 8);
	check_time(
	    TIME_MIN + (int64_t)(number % (uint64_t)(TIME_MAX - TIME_MIN + 1)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(FUZZ_ARENA_MAX);
	char *text = arena_copy(arena, (const char *)data, size);
	int64_t time;

	if (time_parse(text, &time)) {
		check_time(time);
		check_reading(text, time);
		check_case(text, time);
		assert(!time_parse(text + 1, &time));
	}
	if (size > 0)
		check_number(data, size);
	arena_free(arena);
	return 0;
}
