/* number: numbers of JSON as they are written, to the last digit */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

struct arena;

enum number_kind {
	NUMBER_WHOLE,
	NUMBER_FRACTION, /* it is not whole */
	NUMBER_LARGE,    /* it is whole, and beyond int64 */
};

/*
 * What a number is: 10.0, 1e1 and 100e-1 are 10 (JSON Schema 2020-12
 * validation, section 6.1.1). No double is in between. text is a number of RFC
 * 8259; *value_out is written for NUMBER_WHOLE.
 */
enum number_kind number_int64(const char *text, int64_t *value_out);

/* Below, at or above 0, as one is below, at or above other: 1.5 is 15e-1. */
int number_compare(const char *one, const char *other);

/* Whether both are the same number. */
bool number_equal(const char *one, const char *other);

/*
 * The number times factor / 10^places, cut off towards zero; places is 0 to 18.
 * False where that is beyond int64: then *value_out is the nearest that is not.
 */
bool
number_times(const char *text, int64_t factor, int places, int64_t *value_out);

/*
 * A number without an exponent as the same two: "1.5" is 15 / 10^1. False where
 * it is not of that form, or has more than 18 digits.
 */
bool number_factor(const char *text, int64_t *factor_out, int *places_out);

/*
 * One text for all texts of one number, in the arena: "15e-1" for 1.5, "e0" for
 * 0. It is no JSON.
 */
const char *number_canonical(struct arena *arena, const char *text);

#endif
