/* test_base_error: the table of errors */
#include <ctype.h>
#include <string.h>

#include "base/error.h"
#include "unit_test.h"

static void
every_error_has_an_http_status(void **state)
{
	int i;

	(void)state;
	assert_int_equal(error_status(OK), 200);
	for (i = OK + 1; i < ERROR_COUNT; i++)
		assert_between(error_status((enum error)i), 400, 503);
}

static void
every_code_is_one_word_of_small_letters(void **state)
{
	const char *at;
	int i;

	(void)state;
	for (i = OK; i < ERROR_COUNT; i++) {
		at = error_code((enum error)i);
		assert_int_not_equal(*at, '\0');
		for (; *at != '\0'; at++)
			assert_true(islower((unsigned char)*at) || *at == '_');
	}
}

static void
no_two_errors_share_a_code(void **state)
{
	int i, j;

	(void)state;
	for (i = OK; i < ERROR_COUNT; i++)
		for (j = OK; j < i; j++)
			assert_string_not_equal(error_code((enum error)i),
			    error_code((enum error)j));
}

static void
every_error_has_a_title(void **state)
{
	int i;

	(void)state;
	for (i = OK; i < ERROR_COUNT; i++) {
		const char *title = error_title((enum error)i);

		assert_true(isupper((unsigned char)*title));
		assert_int_not_equal(title[strlen(title) - 1], '.');
	}
}

static void
an_error_answers_its_own_row(void **state)
{
	(void)state;
	assert_int_equal(error_status(ERR_BALANCE_OVERFLOW), 409);
	assert_string_equal(
	    error_code(ERR_BALANCE_OVERFLOW), "balance_overflow");
	assert_string_equal(error_title(ERR_RULE_NOT_FOUND), "No such rule");
	assert_int_equal(error_status(ERR_COMMIT_UNKNOWN), 503);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_error_has_an_http_status),
	    cmocka_unit_test(every_code_is_one_word_of_small_letters),
	    cmocka_unit_test(no_two_errors_share_a_code),
	    cmocka_unit_test(every_error_has_a_title),
	    cmocka_unit_test(an_error_answers_its_own_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
