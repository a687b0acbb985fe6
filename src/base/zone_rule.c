/* zone_rule: POSIX's rule for summer time, for the years to come */
#include "base/zone_rule.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"

#define DAY_SECONDS INT64_C(86400)

struct zone_rule
zone_rule_fixed(int32_t offset)
{
	return (struct zone_rule) {.standard = offset};
}

/* What is left of the text; bad is sticky. */
struct scan {
	const char *at;
	bool bad;
};

static bool
skip(struct scan *scan, char c)
{
	if (*scan->at != c)
		return false;
	scan->at++;
	return true;
}

static void
expect(struct scan *scan, char c)
{
	if (!skip(scan, c))
		scan->bad = true;
}

/* A number of up to three digits, from min to max. */
static int
scan_number(struct scan *scan, int min, int max)
{
	int value = 0, digits = 0;

	while (*scan->at >= '0' && *scan->at <= '9' && digits < 3) {
		value = 10 * value + *scan->at++ - '0';
		digits++;
	}
	if (digits == 0 || value < min || value > max)
		scan->bad = true;
	return value;
}

/* "[+-]hh[:mm[:ss]]", in seconds. */
static int32_t
scan_time(struct scan *scan, int hours_max)
{
	int sign = skip(scan, '-') ? -1 : 1;
	int32_t seconds;

	if (sign == 1)
		skip(scan, '+');
	seconds = 3600 * scan_number(scan, 0, hours_max);
	if (skip(scan, ':')) {
		seconds += 60 * scan_number(scan, 0, 59);
		if (skip(scan, ':'))
			seconds += scan_number(scan, 0, 59);
	}
	return sign * seconds;
}

/* The abbreviation, which nobody asks for: three letters, or any in <>. */
static void
scan_letters(struct scan *scan)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                              "abcdefghijklmnopqrstuvwxyz";
	static const char quoted[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                             "abcdefghijklmnopqrstuvwxyz0123456789+-";
	const bool is_quoted = skip(scan, '<');
	const size_t length = strspn(scan->at, is_quoted ? quoted : letters);

	if (length < 3)
		scan->bad = true;
	scan->at += length;
	if (is_quoted)
		expect(scan, '>');
}

static struct zone_change
scan_change(struct scan *scan)
{
	struct zone_change change = {.time = 2 * 3600};

	expect(scan, ',');
	if (skip(scan, 'M')) {
		change.kind = ZONE_DAY_MONTH;
		change.month = scan_number(scan, 1, 12);
		expect(scan, '.');
		change.week = scan_number(scan, 1, 5);
		expect(scan, '.');
		change.day = scan_number(scan, 0, 6);
	} else if (skip(scan, 'J')) {
		change.kind = ZONE_DAY_JULIAN;
		change.day = scan_number(scan, 1, 365);
	} else {
		change.kind = ZONE_DAY_YEAR;
		change.day = scan_number(scan, 0, 365);
	}
	if (skip(scan, '/'))
		change.time = scan_time(scan, 167);
	return change;
}

bool
zone_rule_parse(const char *text, struct zone_rule *rule_out)
{
	struct scan scan = {.at = text};
	struct zone_rule rule = {.standard = 0};

	scan_letters(&scan);
	/* POSIX counts offsets to the west. */
	rule.standard = -scan_time(&scan, 24);
	if (!scan.bad && *scan.at != '\0') {
		rule.has_summer = true;
		scan_letters(&scan);
		rule.summer = *scan.at == ',' ? rule.standard + 3600
		                              : -scan_time(&scan, 24);
		rule.begin = scan_change(&scan);
		rule.end = scan_change(&scan);
		/* Or the clock would leave a date out in each year. */
		if (abs(rule.summer - rule.standard) >= DAY_SECONDS)
			scan.bad = true;
	}
	if (scan.bad || *scan.at != '\0')
		return false;
	*rule_out = rule;
	return true;
}

static bool
is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* The first day of a month. */
static int64_t
days_of(int year, int month)
{
	return date_days((struct date) {year, month, 1});
}

/* The day of the week-th weekday of a month; the fifth is the last. */
static int64_t
day_of_month(int year, const struct zone_change *change)
{
	const int next = change->month % 12 + 1;
	const int64_t first = days_of(year, change->month);
	const int64_t end = days_of(year + (next == 1), next);
	/* 1970-01-01 was a Thursday, weekday 4. */
	const int64_t weekday = ((first + 4) % 7 + 7) % 7;
	int64_t day =
	    first + (change->day - weekday + 7) % 7 + 7 * (change->week - 1);

	return day < end ? day : day - 7;
}

/* When the change comes in a year, at the offset in force before it. */
static int64_t
change_time(int year, const struct zone_change *change, int32_t offset)
{
	int64_t day = days_of(year, 1) + change->day;

	if (change->kind == ZONE_DAY_MONTH)
		day = day_of_month(year, change);
	else if (change->kind == ZONE_DAY_JULIAN)
		day += is_leap(year) && change->day >= 60 ? 0 : -1;
	return day * DAY_SECONDS + change->time - offset;
}

/* Four years' changes around the time's own, in their order. */
enum { CHANGES = 8 };

struct change {
	int64_t time;
	bool summer; /* begins */
};

/*
 * Where summer lasts all the year its end and the next begin are one moment:
 * then the end comes first.
 */
static int
compare_changes(const void *left, const void *right)
{
	const struct change *a = left, *b = right;

	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	return a->summer - b->summer;
}

static void
find_changes(
    const struct zone_rule *rule, int year, struct change changes[CHANGES])
{
	int i;

	for (i = 0; i < CHANGES; i += 2, year++) {
		changes[i] = (struct change) {
		    change_time(year, &rule->begin, rule->standard), true};
		changes[i + 1] = (struct change) {
		    change_time(year, &rule->end, rule->summer), false};
	}
	qsort(changes, CHANGES, sizeof(changes[0]), compare_changes);
}

struct zone_span
zone_rule_span(const struct zone_rule *rule, int64_t time)
{
	struct zone_span span = {INT64_MIN, INT64_MAX, rule->standard};
	struct change changes[CHANGES];
	int i;

	if (!rule->has_summer)
		return span;
	find_changes(rule, date_of_days(time / DAY_SECONDS).year - 2, changes);
	for (i = 0; i < CHANGES && changes[i].time <= time; i++) {
		span.since = changes[i].time;
		span.offset = changes[i].summer ? rule->summer : rule->standard;
	}
	if (i < CHANGES)
		span.until = changes[i].time;
	return span;
}
