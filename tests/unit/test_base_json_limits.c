/* test_base_json_limits: too deep, too many, or a number too large */
#include "base/str.h"
#include "json_test.h"

const size_t arena_max = 64 * 1024 * 1024;

/* depth times open, then depth times close. */
static const char *
nested(int depth, const char *open, const char *middle, const char *close)
{
	struct str text = str_new(arena, 10000000);
	int i;

	for (i = 0; i < depth; i++)
		str_adds(&text, open);
	str_adds(&text, middle);
	for (i = 0; i < depth; i++)
		str_adds(&text, close);
	return text.data;
}

static void
depth_is_limited_to_32(void **state)
{
	const char *why;

	(void)state;
	assert_non_null(parse(nested(32, "[", "", "]"), &why));
	assert_non_null(parse(nested(32, "[", "1", "]"), &why));
	assert_non_null(parse(nested(32, "{\"a\":", "\"b\"", "}"), &why));
	assert_non_null(parse(nested(16, "[{\"a\":", "null", "}]"), &why));
	assert_non_null(parse(nested(31, "[", "[],{},[]", "]"), &why));
	assert_refused(
	    nested(33, "[", "", "]"), 66, "nested too deeply at byte 32");
	assert_refused(nested(33, "{\"a\":", "1", "}"), 33 * 6 + 1,
	    "nested too deeply at byte 160");
	assert_refused(
	    nested(32, "[", "[],{}", "]"), 69, "nested too deeply at byte 32");
	assert_refused(nested(1000000, "[", "", ""), 1000000,
	    "nested too deeply at byte 32");
}

static void
the_number_of_values_is_limited(void **state)
{
	struct str text = str_new(arena, 10000000);
	const char *why;
	int i;

	(void)state;
	str_adds(&text, "[1");
	for (i = 2; i < JSON_VALUES_MAX; i++)
		str_adds(&text, ",1");
	str_adds(&text, "]");
	assert_non_null(parse_bytes(text.data, text.len, &why));
	text.len--;
	str_adds(&text, ",1]");
	assert_refused(text.data, text.len,
	    arena_printf(arena, "too many values at byte %zu", text.len - 2));
}

static void
numbers_that_64_bits_cannot_hold_are_faults(void **state)
{
	static const struct {
		const char *text, *pointer;
	} rows[] = {
	    {"18446744073709551616", ""},
	    {"[0,18446744073709551616]", "/1"},
	    {"{\"points\":-9223372036854775809}", "/points"},
	    {"{\"points\":99999999999999999999}", "/points"},
	    {"{\"points\":-10000000000000000000}", "/points"},
	    {"{\"points\":100000000000000000000000000000}", "/points"},
	    {"{\"points\":1e400}", "/points"},
	    {"{\"points\":-1e400}", "/points"},
	    {"{\"points\":1.8e308}", "/points"},
	    {"{\"points\":1e999999999999999999999}", "/points"},
	    {"{\"a\":[{},{\"b/c\":{\"~\":[1e400]}}]}", "/a/1/b~1c/~0/0"},
	    {"{\"\\u00e9\":[1e400]}", "/\xC3\xA9/0"},
	    {"{\"\":1e400}", "/"},
	};
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		faults_init(&faults, arena);
		assert_non_null(parse(rows[i].text, &why));
		assert_null(why);
		assert_int_equal(faults.count, 1);
		assert_string_equal(faults.first->pointer, rows[i].pointer);
		assert_string_equal(faults.first->code, "out_of_range");
	}
}

static void
all_numbers_off_the_range_are_told(void **state)
{
	const char *why;

	(void)state;
	assert_non_null(parse("{\"a\":1e999,\"b\":[1,2e999],\"c\":0}", &why));
	assert_int_equal(faults.count, 2);
	assert_string_equal(faults.first->pointer, "/a");
	assert_string_equal(faults.first->next->pointer, "/b/1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    JSON_TEST(depth_is_limited_to_32),
	    JSON_TEST(the_number_of_values_is_limited),
	    JSON_TEST(numbers_that_64_bits_cannot_hold_are_faults),
	    JSON_TEST(all_numbers_off_the_range_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
