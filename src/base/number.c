/* number: numbers of JSON as they are written, to the last digit */
#include "base/number.h"

#include <stddef.h>

#include "base/arena.h"

enum { INT64_DIGITS = 19 };

/* More than any body has digits, and far from where an int64 overflows. */
#define EXPONENT_MAX 1000000000000

/*
 * The digits from the first to the last that is no zero, between which a point
 * may stand, times ten to the exponent. Zero has no digits.
 */
struct decimal {
	bool negative;
	const char *first;
	int64_t count, exponent;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads what follows the e. */
static int64_t
read_exponent(const char *text)
{
	const bool negative = *text == '-';
	int64_t exponent = 0;

	text += *text == '-' || *text == '+';
	for (; is_digit(*text); text++)
		if (exponent < EXPONENT_MAX)
			exponent = exponent * 10 + (*text - '0');
	return negative ? -exponent : exponent;
}

static struct decimal
read_decimal(const char *text)
{
	struct decimal decimal = {.negative = *text == '-'};
	int64_t seen = 0, first = 0, last = 0, point = -1;

	for (text += decimal.negative; is_digit(*text) || *text == '.'; text++)
		if (*text == '.') {
			point = seen;
		} else {
			seen++;
			if (*text == '0')
				continue;
			if (decimal.first == NULL) {
				decimal.first = text;
				first = seen;
			}
			last = seen;
		}
	if (decimal.first == NULL)
		return (struct decimal) {.count = 0};
	decimal.count = last - first + 1;
	decimal.exponent = (point < 0 ? seen : point) - last;
	if (*text != '\0')
		decimal.exponent += read_exponent(text + 1);
	return decimal;
}

/* The digit that *at stands on, behind which it is put. */
static int
next_digit(const char **at)
{
	*at += **at == '.';
	return *(*at)++ - '0';
}

enum number_kind
number_int64(const char *text, int64_t *value_out)
{
	const struct decimal decimal = read_decimal(text);
	const char *at = decimal.first;
	uint64_t value = 0;
	int64_t i;

	if (decimal.exponent < 0)
		return NUMBER_FRACTION;
	if (decimal.count + decimal.exponent > INT64_DIGITS)
		return NUMBER_LARGE;
	for (i = 0; i < decimal.count; i++)
		value = value * 10 + (uint64_t)next_digit(&at);
	for (i = 0; i < decimal.exponent; i++)
		value *= 10;
	if (value > (uint64_t)INT64_MAX + decimal.negative)
		return NUMBER_LARGE;
	*value_out = (int64_t)(decimal.negative ? -value : value);
	return NUMBER_WHOLE;
}

/* The sign: -1, 0 or 1. */
static int
sign_of(const struct decimal *decimal)
{
	if (decimal->count == 0)
		return 0;
	return decimal->negative ? -1 : 1;
}

/* Where the first digit stands, from the point to the left. */
static int64_t
magnitude(const struct decimal *decimal)
{
	return decimal->count + decimal->exponent;
}

/* Of two with the same sign, without it. */
static int
compare_absolute(const struct decimal *a, const struct decimal *b)
{
	const char *at = a->first, *beside = b->first;
	const int64_t shared = a->count < b->count ? a->count : b->count;
	int64_t i;
	int order;

	if (magnitude(a) != magnitude(b))
		return magnitude(a) < magnitude(b) ? -1 : 1;
	for (i = 0; i < shared; i++) {
		order = next_digit(&at) - next_digit(&beside);
		if (order != 0)
			return order;
	}
	return (a->count > b->count) - (a->count < b->count);
}

int
number_compare(const char *one, const char *other)
{
	const struct decimal a = read_decimal(one), b = read_decimal(other);
	const int sign = sign_of(&a), beside = sign_of(&b);

	if (sign != beside)
		return sign - beside;
	return sign * compare_absolute(&a, &b);
}

bool
number_equal(const char *one, const char *other)
{
	return number_compare(one, other) == 0;
}

const char *
number_canonical(struct arena *arena, const char *text)
{
	const struct decimal decimal = read_decimal(text);
	char *digits = arena_alloc(arena, (size_t)decimal.count + 1);
	const char *at = decimal.first;
	int64_t i;

	for (i = 0; i < decimal.count; i++)
		digits[i] = (char)('0' + next_digit(&at));
	return arena_printf(arena, "%s%se%lld", decimal.negative ? "-" : "",
	    digits, (long long)decimal.exponent);
}
