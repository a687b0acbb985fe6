/* test_base_json_faults: pointers, and the list of faults */
#include "json_test.h"

const size_t arena_max = 64 * 1024 * 1024;

static void
pointers_escape_as_rfc_6901_says(void **state)
{
	(void)state;
	assert_string_equal(json_pointer(arena, "", "a"), "/a");
	assert_string_equal(json_pointer(arena, "/a", "b/c"), "/a/b~1c");
	assert_string_equal(json_pointer(arena, "/a", "m~n"), "/a/m~0n");
	assert_string_equal(json_pointer(arena, "", "~/~"), "/~0~1~0");
	assert_string_equal(json_pointer(arena, "/x", ""), "/x/");
	assert_string_equal(json_pointer_at(arena, "/a", 0), "/a/0");
	assert_string_equal(json_pointer_at(arena, "", 999), "/999");
}

static void
faults_are_kept_in_order_one_for_each_pointer(void **state)
{
	char pointer[] = "/a";

	(void)state;
	faults_add(&faults, pointer, "required", "is %s", "missing");
	pointer[1] = 'b'; /* faults has its own copy */
	faults_add(&faults, pointer, "too_long", "must be shorter");
	faults_add(&faults, "/a", "invalid_type", "dropped");
	assert_int_equal(faults.count, 2);
	assert_string_equal(faults.first->pointer, "/a");
	assert_string_equal(faults.first->code, "required");
	assert_string_equal(faults.first->detail, "is missing");
	assert_string_equal(faults.first->next->pointer, "/b");
	assert_null(faults.first->next->next);
}

static void
no_more_than_faults_max_are_kept(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 2 * FAULTS_MAX; i++)
		faults_add(&faults, arena_printf(arena, "/%d", i),
		    "out_of_range", "x");
	assert_int_equal(faults.count, FAULTS_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    JSON_TEST(pointers_escape_as_rfc_6901_says),
	    JSON_TEST(faults_are_kept_in_order_one_for_each_pointer),
	    JSON_TEST(no_more_than_faults_max_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
