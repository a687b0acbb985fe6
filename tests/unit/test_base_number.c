/* test_base_number: numbers to the last digit */
#include "base/number.h"
#include "unit_test.h"

static void
equal_numbers_are_equal_however_they_are_written(void **state)
{
	static const char *const rows[][2] = {
	    {"5", "5.0"},
	    {"1e2", "100"},
	    {"1.5", "15e-1"},
	    {"0", "-0.0"},
	    {"0", "0e5"},
	    {"-1.50", "-1.5"},
	    {"1e300", "10.0E+299"},
	    {"0.1", "0.10"},
	    {"10203", "1.0203e4"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		assert_true(number_equal(rows[i][0], rows[i][1]));
		assert_true(number_equal(rows[i][1], rows[i][0]));
	}
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(equal_numbers_are_equal_however_they_are_written),
	    cmocka_unit_test(others_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
