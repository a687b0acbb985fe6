/* test_base_number: numbers to the last digit */
#include "base/number.h"
#include "unit_test.h"

const size_t arena_max = 1 << 20;

/* Two texts of one number. */
static const char *const equal[][2] = {
    {"5", "5.0"},
    {"1e2", "100"},
    {"1.5", "15e-1"},
    {"0", "-0"},
    {"0", "-0.0"},
    {"0", "0e5"},
    {"0.000", "-0e-7"},
    {"-1.50", "-1.5"},
    {"1e300", "10.0E+299"},
    {"0.1", "0.10"},
    {"10203", "1.0203e4"},
    {"0.00120", "12e-4"},
    {"9007199254740993", "9007199254740.9930e+3"},
};

/* From the least to the greatest; to a double some neighbours are the same. */
static const char *const ascending[] = {
    "-1e300",
    "-9007199254740993",
    "-9007199254740992",
    "-100",
    "-20",
    "-12.5",
    "-12",
    "-9",
    "-1",
    "-0.1000000000000000055511151231257827",
    "-0.1",
    "-2e-400",
    "0",
    "1e-401",
    "1e-400",
    "0.0999",
    "0.1",
    "0.1000000000000000055511151231257827",
    "0.11",
    "1",
    "1.2",
    "9",
    "12",
    "12.00001",
    "20",
    "100",
    "9007199254740992",
    "9007199254740993",
    "9.1e15",
    "1e300",
    "1.1e300",
};

static void
equal_numbers_are_equal_however_they_are_written(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(equal); i++) {
		assert_true(number_equal(equal[i][0], equal[i][1]));
		assert_int_equal(number_compare(equal[i][0], equal[i][1]), 0);
		assert_int_equal(number_compare(equal[i][1], equal[i][0]), 0);
	}
}

static void
numbers_are_compared_by_what_they_are(void **state)
{
	size_t i, k;
	int order;

	(void)state;
	for (i = 0; i < COUNT(ascending); i++)
		for (k = 0; k < COUNT(ascending); k++) {
			order = number_compare(ascending[i], ascending[k]);
			if ((order > 0) != (i > k) || (order < 0) != (i < k))
				fail_msg("%s beside %s: %d", ascending[i],
				    ascending[k], order);
		}
}

/* Such exponents are not told apart, but they are not turned round either. */
static void
no_exponent_is_too_large_for_the_order(void **state)
{
	static const char *const falling[] = {"1e-400", "1e-999999999999",
	    "1e-2000000000000", "1e-10000000000000",
	    "1e-99999999999999999999999", "0"};
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(falling); i++)
		for (k = i; k < COUNT(falling); k++) {
			assert_true(
			    number_compare(falling[i], falling[k]) >= 0);
			assert_true(
			    number_compare(falling[k], falling[i]) <= 0);
		}
	assert_true(number_compare(falling[4], "0") > 0);
}

static void
one_number_has_one_text(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(equal); i++)
		assert_string_equal(number_canonical(arena, equal[i][0]),
		    number_canonical(arena, equal[i][1]));
	for (i = 0; i < COUNT(ascending); i++)
		for (k = 0; k < i; k++)
			assert_string_not_equal(
			    number_canonical(arena, ascending[i]),
			    number_canonical(arena, ascending[k]));
	assert_string_equal(number_canonical(arena, "1.50"), "15e-1");
	assert_string_equal(number_canonical(arena, "-0.0"), "e0");
	assert_string_equal(number_canonical(arena, "-200"), "-2e2");
}

/* To a double the first two are the same. */
static void
others_are_not(void **state)
{
	static const char *const rows[][2] = {
	    {"9007199254740993.0", "9007199254740992.0"},
	    {"0.1", "0.1000000000000000055511151231257827"},
	    {"1", "-1"},
	    {"10", "1"},
	    {"1.2", "12"},
	    {"0", "1"},
	    {"1e-400", "0"},
	    {"1020.3", "1020.30001"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		assert_false(number_equal(rows[i][0], rows[i][1]));
		assert_false(number_equal(rows[i][1], rows[i][0]));
	}
}

static void
a_product_is_exact_and_cut_off_towards_zero(void **state)
{
	static const struct {
		const char *text, *factor;
		int64_t product;
		bool large;
	} rows[] = {
	    {"2", "1.5", 3},
	    {"1", "1.5", 1},
	    {"-1", "1.5", -1},
	    {"-1", "0.5", 0},
	    {"3", "-0.5", -1},
	    {"0", "-7", 0},
	    {"0.1", "30", 3},
	    {"0.29", "100", 29},
	    {"1e2", "0.07", 7},
	    {"1e-400", "999999999999999999", 0},
	    {"9.99999999999999999999999999", "1", 9},
	    {"3.333333333333333333333333333", "3", 9},
	    {"9223372036854775807", "1", INT64_MAX},
	    {"9223372036854775807.9", "1", INT64_MAX},
	    {"9223372036854775808", "1", INT64_MAX, true},
	    {"9223372036854775808", "-1", INT64_MIN},
	    {"-9223372036854775809", "1", INT64_MIN, true},
	    {"92233720368547758080", "0.1", INT64_MAX, true},
	    {"92233720368547758079", "0.1", INT64_MAX},
	    {"1e300", "0.00000000000000001", INT64_MAX, true},
	    {"1e300", "0", 0},
	    {"18446744073709551616", "1", INT64_MAX, true},
	    {"123456789012345678901234567890e-29", "999999999999999999",
	        1234567890123456787},
	};
	int64_t factor, product;
	size_t i;
	int places;
	bool fits;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		assert_true(number_factor(rows[i].factor, &factor, &places));
		fits = number_times(rows[i].text, factor, places, &product);
		if (fits == rows[i].large || product != rows[i].product)
			fail_msg("%s times %s is %lld", rows[i].text,
			    rows[i].factor, (long long)product);
	}
}

static void
a_factor_is_a_plain_decimal(void **state)
{
	static const char *const none[] = {"", "-", ".", ".5", "5.", "1.2.3",
	    "1e2", " 1", "1 ", "+1", "--1", "1234567890123456789",
	    "0.123456789012345678"};
	int64_t factor;
	size_t i;
	int places;

	(void)state;
	for (i = 0; i < COUNT(none); i++)
		assert_false(number_factor(none[i], &factor, &places));
	assert_true(number_factor("-0.050", &factor, &places));
	assert_true(factor == -50 && places == 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(equal_numbers_are_equal_however_they_are_written),
	    cmocka_unit_test(numbers_are_compared_by_what_they_are),
	    cmocka_unit_test(no_exponent_is_too_large_for_the_order),
	    cmocka_unit_test_setup_teardown(
	        one_number_has_one_text, arena_set_up, arena_tear_down),
	    cmocka_unit_test(others_are_not),
	    cmocka_unit_test(a_product_is_exact_and_cut_off_towards_zero),
	    cmocka_unit_test(a_factor_is_a_plain_decimal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
