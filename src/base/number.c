/* number: numbers of JSON as they are written, to the last digit */
#include "base/number.h"

#include <stddef.h>

#include "base/arena.h"

enum { INT64_DIGITS = 19, FACTOR_DIGITS = 18 };

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

/* Reads what follows the e; all that are larger are EXPONENT_MAX. */
static int64_t
read_exponent(const char *text)
{
	const bool negative = *text == '-';
	int64_t exponent = 0;

	text += *text == '-' || *text == '+';
	for (; is_digit(*text); text++)
		if (exponent < EXPONENT_MAX)
			exponent = exponent * 10 + (*text - '0');
	if (exponent > EXPONENT_MAX)
		exponent = EXPONENT_MAX;
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

/*
 * A whole number that grows by digits, each at a place of its own; those below
 * the point are cut off.
 */
struct total {
	uint64_t value;
	bool large;
};

static void
add_digit(struct total *total, uint64_t digit, int64_t place)
{
	uint64_t value = digit;

	if (digit == 0 || place < 0)
		return;
	for (; place > 0 && !total->large; place--)
		total->large = __builtin_mul_overflow(value, 10, &value);
	total->large |=
	    __builtin_add_overflow(total->value, value, &total->value);
}

/* The digit before at, which is put on it. */
static uint64_t
last_digit(const char **at)
{
	--*at;
	*at -= **at == '.';
	return (uint64_t)(**at - '0');
}

/* Where the digits end. */
static const char *
end_of(const struct decimal *decimal)
{
	const char *at = decimal->first;
	int64_t i;

	for (i = 0; i < decimal->count; i++)
		next_digit(&at);
	return at;
}

/* From the last digit to the first, as on paper. */
static struct total
multiply(const struct decimal *decimal, uint64_t factor, int64_t place)
{
	const char *at = end_of(decimal);
	struct total total = {.value = 0};
	uint64_t carry = 0;
	int64_t i;

	for (i = 0; i < decimal->count; i++) {
		carry += last_digit(&at) * factor;
		add_digit(&total, carry % 10, place++);
		carry /= 10;
	}
	for (; carry > 0; carry /= 10)
		add_digit(&total, carry % 10, place++);
	return total;
}

bool
number_times(const char *text, int64_t factor, int places, int64_t *value_out)
{
	const struct decimal decimal = read_decimal(text);
	const bool negative = decimal.negative != (factor < 0);
	const struct total total = multiply(&decimal,
	    factor < 0 ? -(uint64_t)factor : (uint64_t)factor,
	    decimal.exponent - places);

	if (total.large || total.value > (uint64_t)INT64_MAX + negative) {
		*value_out = negative ? INT64_MIN : INT64_MAX;
		return false;
	}
	*value_out = (int64_t)(negative ? -total.value : total.value);
	return true;
}

bool
number_factor(const char *text, int64_t *factor_out, int *places_out)
{
	const bool negative = *text == '-';
	int64_t factor = 0;
	int digits = 0, places = -1;

	for (text += negative; *text != '\0'; text++) {
		if (*text == '.' && places < 0 && digits > 0) {
			places = 0;
			continue;
		}
		if (!is_digit(*text) || ++digits > FACTOR_DIGITS)
			return false;
		factor = factor * 10 + (*text - '0');
		places += places >= 0;
	}
	if (digits == 0 || text[-1] == '.')
		return false;
	*factor_out = negative ? -factor : factor;
	*places_out = places < 0 ? 0 : places;
	return true;
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
