/* date: the Gregorian calendar as arithmetic */
#include "base/date.h"

/*
 * Days since 1970-01-01 in the Gregorian calendar, and back. Years are counted
 * from March, so that the leap day is the last of its year; an era is the 400
 * years (146,097 days) after which the calendar repeats. 719,468 is the number
 * of days from 0000-03-01 to 1970-01-01.
 */
int64_t
date_days(struct date date)
{
	int64_t year = date.year - (date.month <= 2);
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t in_era = year - era * 400;
	int64_t month = (date.month + 9) % 12;
	int64_t in_year = (153 * month + 2) / 5 + date.day - 1;

	return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 +
	    in_year - 719468;
}

struct date
date_of_days(int64_t days)
{
	int64_t shifted = days + 719468;
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int64_t day = shifted - era * 146097;
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t in_year = day - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * in_year + 2) / 153;
	struct date date;

	date.day = (int)(in_year - (153 * month + 2) / 5 + 1);
	date.month = (int)(month < 10 ? month + 3 : month - 9);
	date.year = (int)(year + era * 400 + (date.month <= 2));
	return date;
}
