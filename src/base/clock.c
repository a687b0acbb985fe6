/* clock: civil time by arithmetic, without libc's locked time zone */
#include "base/clock.h"

#include <errno.h>
#include <stddef.h>
#include <time.h>

#include "base/date.h"

#define SECOND INT64_C(1000000)
#define DAY    (86400 * SECOND)

static int64_t
read_clock(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return now.tv_sec * SECOND + now.tv_nsec / 1000;
}

int64_t
clock_now(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t
clock_monotonic(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

static struct timespec
timespec_of(int64_t time)
{
	return (struct timespec) {time / SECOND, time % SECOND * 1000};
}

void
clock_sleep(int64_t microseconds)
{
	const struct timespec end =
	    timespec_of(clock_monotonic() + microseconds);

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) ==
	    EINTR)
		continue;
}

void
clock_init_condition(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
}

bool
clock_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t moment)
{
	const struct timespec until = timespec_of(moment);

	return pthread_cond_timedwait(condition, mutex, &until) == 0;
}

/* Splits a time into whole days and what is left, which is not negative. */
static int64_t
split_days(int64_t time, int64_t *rest_out)
{
	int64_t days = time / DAY - (time % DAY < 0);

	*rest_out = time - days * DAY;
	return days;
}

static char *
put_digits(char *at, int64_t number, int count)
{
	int i;

	for (i = count - 1; i >= 0; i--, number /= 10)
		at[i] = (char)('0' + number % 10);
	return at + count;
}

void
time_format(int64_t time, char text[TIME_TEXT_SIZE])
{
	int64_t rest;
	struct date date = date_of_days(split_days(time, &rest));
	const struct {
		int64_t number;
		int digits;
		char after;
	} parts[] = {
	    {date.year, 4, '-'},
	    {date.month, 2, '-'},
	    {date.day, 2, 'T'},
	    {rest / (3600 * SECOND), 2, ':'},
	    {rest / (60 * SECOND) % 60, 2, ':'},
	    {rest / SECOND % 60, 2, '.'},
	    {rest % SECOND, 6, 'Z'},
	};
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		text = put_digits(text, parts[i].number, parts[i].digits);
		*text++ = parts[i].after;
	}
	*text = '\0';
}

/* Reads count digits of a number from min to max and moves *at behind them. */
static bool
take_number(const char **at, int count, int min, int max, int *number_out)
{
	int i, number = 0;

	for (i = 0; i < count; i++) {
		char c = (*at)[i];

		if (c < '0' || c > '9')
			return false;
		number = number * 10 + (c - '0');
	}
	if (number < min || number > max)
		return false;
	*at += count;
	*number_out = number;
	return true;
}

/* Accepts either of two characters, the same one twice for just that. */
static bool
take_char(const char **at, char one, char other)
{
	if (**at != one && **at != other)
		return false;
	++*at;
	return true;
}

static bool
take_date(const char **at, int64_t *days_out)
{
	struct date date, same;
	int64_t days;

	if (!take_number(at, 4, 0, 9999, &date.year) ||
	    !take_char(at, '-', '-') ||
	    !take_number(at, 2, 1, 12, &date.month) ||
	    !take_char(at, '-', '-') || !take_number(at, 2, 1, 31, &date.day))
		return false;
	days = date_days(date);
	same = date_of_days(days);
	if (same.day != date.day) /* 30 February becomes 1 or 2 March */
		return false;
	*days_out = days;
	return true;
}

/* The digits after a point, if there is one, as microseconds. */
static bool
take_fraction(const char **at, int64_t *fraction_out)
{
	int64_t fraction = 0, unit = SECOND / 10;

	*fraction_out = 0;
	if (**at != '.')
		return true;
	if ((*at)[1] < '0' || (*at)[1] > '9')
		return false;
	for (++*at; **at >= '0' && **at <= '9'; ++*at, unit /= 10)
		fraction += (**at - '0') * unit;
	*fraction_out = fraction;
	return true;
}

static bool
take_time(const char **at, int64_t *time_out, bool *leap_out)
{
	int hour, minute, second;
	int64_t fraction;

	if (!take_number(at, 2, 0, 23, &hour) || !take_char(at, ':', ':') ||
	    !take_number(at, 2, 0, 59, &minute) || !take_char(at, ':', ':') ||
	    !take_number(at, 2, 0, 60, &second) ||
	    !take_fraction(at, &fraction))
		return false;
	*time_out = (hour * 3600 + minute * 60 + second) * SECOND + fraction;
	*leap_out = second == 60;
	return true;
}

static bool
take_offset(const char **at, int64_t *offset_out)
{
	int sign, hours, minutes;

	*offset_out = 0;
	if (take_char(at, 'Z', 'z'))
		return true;
	sign = **at == '-' ? -1 : 1;
	if (!take_char(at, '+', '-') || !take_number(at, 2, 0, 23, &hours) ||
	    !take_char(at, ':', ':') || !take_number(at, 2, 0, 59, &minutes))
		return false;
	*offset_out = sign * (hours * 3600 + minutes * 60) * SECOND;
	return true;
}

/*
 * Leap seconds end a month in UTC, so that the second after one is the first
 * of a month.
 */
static bool
may_follow_leap(int64_t time)
{
	int64_t rest;
	struct date date = date_of_days(split_days(time, &rest));

	return date.day == 1 && rest < SECOND;
}

bool
time_parse(const char *text, int64_t *time_out)
{
	int64_t days, of_day, offset, rest, time;
	struct date date;
	bool leap;

	if (!take_date(&text, &days) || !take_char(&text, 'T', 't') ||
	    !take_time(&text, &of_day, &leap) || !take_offset(&text, &offset) ||
	    *text != '\0')
		return false;
	time = days * DAY + of_day - offset;
	date = date_of_days(split_days(time, &rest));
	if (date.year < 1 || date.year > 9999)
		return false;
	if (leap && !may_follow_leap(time))
		return false;
	*time_out = time;
	return true;
}
