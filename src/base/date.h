/* date: the Gregorian calendar as arithmetic */
#ifndef BASE_DATE_H
#define BASE_DATE_H

#include <stdint.h>

/* Months and days count from 1. */
struct date {
	int year, month, day;
};

/*
 * Days since 1970-01-01, and back. A day that its month does not have counts on
 * into the next month.
 */
int64_t date_days(struct date date);
struct date date_of_days(int64_t days);

#endif
