/* test_base_str: strings that grow */
#include <string.h>

#include "base/str.h"
#include "unit_test.h"

const size_t arena_max = 8 * 1024 * 1024;

static void
a_new_string_is_empty(void **state)
{
	struct str str = str_new(arena, 10);

	(void)state;
	assert_string_equal(str.data, "");
	assert_int_equal(str.len, 0);
	assert_false(str.overflow);
}

static void
pieces_are_put_one_behind_the_other(void **state)
{
	struct str str = str_new(arena, 100);

	(void)state;
	str_add(&str, "ab", 2);
	str_add(&str, NULL, 0);
	str_adds(&str, "cd");
	str_adds(&str, "");
	str_addc(&str, 'e');
	str_addi(&str, -5);
	str_addf(&str, "%s=%d", "x", 1);
	assert_string_equal(str.data, "abcde-5x=1");
	assert_int_equal(str.len, 10);
	assert_false(str.overflow);
}

static void
it_grows_far_beyond_its_first_size(void **state)
{
	struct str str = str_new(arena, 1000000);
	size_t i;

	(void)state;
	for (i = 0; i < 100000; i++)
		str_addc(&str, (char)('a' + i % 26));
	assert_int_equal(str.len, 100000);
	assert_int_equal(strlen(str.data), 100000);
	for (i = 0; i < 100000; i++)
		assert_int_equal(str.data[i], 'a' + i % 26);
	str_addf(&str, "%*d", 300000, 1);
	assert_int_equal(strlen(str.data), 400000);
}

static void
nul_bytes_are_data(void **state)
{
	struct str str = str_new(arena, 10);

	(void)state;
	str_add(&str, "a\0b", 3);
	str_addc(&str, '\0');
	assert_int_equal(str.len, 4);
	assert_memory_equal(str.data, "a\0b\0", 5);
}

static void
it_may_be_filled_to_its_max(void **state)
{
	struct str str = str_new(arena, 5);

	(void)state;
	str_adds(&str, "abc");
	str_addf(&str, "%d", 12);
	assert_false(str.overflow);
	assert_string_equal(str.data, "abc12");
	str_adds(&str, "");
	assert_false(str.overflow);
}

static void
past_the_max_nothing_more_is_added(void **state)
{
	struct str str = str_new(arena, 5);

	(void)state;
	str_adds(&str, "abc");
	str_adds(&str, "def");
	assert_true(str.overflow);
	assert_string_equal(str.data, "abc");
	/* This would fit, but a text with a hole would be worse than none. */
	str_addc(&str, 'x');
	str_addi(&str, 1);
	str_addf(&str, "%d", 1);
	str_add_percent(&str, "x");
	assert_string_equal(str.data, "abc");
	assert_true(str.overflow);
}

static void
formatting_past_the_max_adds_nothing(void **state)
{
	struct str str = str_new(arena, 5);

	(void)state;
	str_addf(&str, "%s", "abcdef");
	assert_true(str.overflow);
	assert_string_equal(str.data, "");
}

static void
a_string_of_max_zero_takes_nothing(void **state)
{
	struct str str = str_new(arena, 0);

	(void)state;
	str_adds(&str, "");
	assert_false(str.overflow);
	str_addc(&str, 'x');
	assert_true(str.overflow);
	assert_string_equal(str.data, "");
}

static void
integers_are_written_to_their_edges(void **state)
{
	static const struct {
		int64_t number;
		const char *text;
	} rows[] = {
	    {0, "0"},
	    {7, "7"},
	    {-7, "-7"},
	    {10, "10"},
	    {1000000, "1000000"},
	    {INT64_MAX, "9223372036854775807"},
	    {INT64_MIN, "-9223372036854775808"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		struct str str = str_new(arena, 100);

		str_addi(&str, rows[i].number);
		assert_string_equal(str.data, rows[i].text);
	}
}

static void
all_but_unreserved_characters_are_percent_encoded(void **state)
{
	struct str str = str_new(arena, 1000);

	(void)state;
	str_add_percent(&str, "azAZ09-._~");
	assert_string_equal(str.data, "azAZ09-._~");
	str_add_percent(&str, "/ %?#&=+:@\xC3\xA9\x01");
	assert_string_equal(
	    str.data + 10, "%2F%20%25%3F%23%26%3D%2B%3A%40%C3%A9%01");
}

static void
a_path_stays_as_it_was_sent_where_it_may(void **state)
{
	struct str str = str_new(arena, 1000);

	(void)state;
	str_add_path(&str, "/a%2Fb/~!$&'()*+,;=:@-._", "");
	assert_string_equal(str.data, "/a%2Fb/~!$&'()*+,;=:@-._");
	str_add_path(&str, " \"<>\\^`{|}\x7F\xC3\xA9\x01", "");
	assert_string_equal(
	    str.data + 24, "%20%22%3C%3E%5C%5E%60%7B%7C%7D%7F%C3%A9%01");
	str = str_new(arena, 1000);
	str_add_path(&str, "a,b;c", ",;");
	assert_string_equal(str.data, "a%2Cb%3Bc");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_new_string_is_empty),
	    cmocka_unit_test(pieces_are_put_one_behind_the_other),
	    cmocka_unit_test(it_grows_far_beyond_its_first_size),
	    cmocka_unit_test(nul_bytes_are_data),
	    cmocka_unit_test(it_may_be_filled_to_its_max),
	    cmocka_unit_test(past_the_max_nothing_more_is_added),
	    cmocka_unit_test(formatting_past_the_max_adds_nothing),
	    cmocka_unit_test(a_string_of_max_zero_takes_nothing),
	    cmocka_unit_test(integers_are_written_to_their_edges),
	    cmocka_unit_test(all_but_unreserved_characters_are_percent_encoded),
	    cmocka_unit_test(a_path_stays_as_it_was_sent_where_it_may),
	};

	return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
