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
	assert_int_equal(faults.count, 0);
	assert_one_fault(
	    nested(33, "[", "", "]"), nested(32, "/0", "", ""), "too_deep");
	assert_one_fault(nested(33, "{\"a\":", "1", "}"),
	    nested(32, "/a", "", ""), "too_deep");
	assert_one_fault(nested(32, "[", "1,[1]", "]"),
	    nested(31, "/0", "/1", ""), "too_deep");
}

/* Nor does it take a level of the stack for each. */
static void
what_is_deeper_is_json_or_none_like_all_else(void **state)
{
	const char *why;

	(void)state;
	assert_one_fault(nested(1000000, "[", "", "]"),
	    nested(32, "/0", "", ""), "too_deep");
	assert_one_fault(nested(500000, "{\"a\":[", "\"]}\"", "]}"),
	    nested(16, "/a/0", "", ""), "too_deep");
	assert_refused(nested(1000000, "[", "", ""), 1000000,
	    "the text ends too early at byte 1000000");
	assert_refused(
	    nested(300, "[", "}", ""), 301, "a value is missing at byte 300");
	assert_refused(nested(300, "[{\"a\":", "1", "]}"), 1800 + 3,
	    "a comma or a closing brace is missing at byte 1801");
	faults_init(&faults, arena);
	assert_string_equal(
	    json_object_to_json_string_ext(
	        parse(nested(33, "[", "", "]"), &why), JSON_C_TO_STRING_PLAIN),
	    nested(32, "[", "0", "]"));
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
	assert_int_equal(faults.count, 0);
	text.len--;
	str_adds(&text, ",1]");
	assert_one_fault(text.data, "", "too_many");
}

/* As the body of a batch is parsed. */
static struct json_object *
parse_items(const char *text)
{
	struct json_object *object;
	const char *why;

	faults_init_items(&faults, arena);
	object = parse(text, &why);
	assert_null(why);
	return object;
}

/* count times piece, with commas between. */
static const char *
listed(int count, const char *piece)
{
	struct str text = str_new(arena, 10000000);

	str_adds(&text, piece);
	while (--count > 0)
		str_addf(&text, ",%s", piece);
	return text.data;
}

static void
an_item_has_a_limit_of_its_own(void **state)
{
	const char *full =
	    arena_printf(arena, "[%s]", listed(JSON_ITEM_VALUES_MAX, "1"));
	const char *over = arena_printf(
	    arena, "[{\"a\":[%s]}]", listed(JSON_ITEM_VALUES_MAX - 1, "1"));
	struct json_object *object = parse_items(
	    arena_printf(arena, "{\"x\":[%s,%s,{\"b\":2}]}", full, over));

	(void)state;
	assert_int_equal(faults.count, 1);
	assert_string_equal(faults.first->pointer, "/x/1");
	assert_string_equal(faults.first->code, "too_many");
	assert_string_equal(
	    json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN),
	    arena_printf(arena, "{\"x\":[%s,0,{\"b\":2}]}", full));
	/* A thousand that are full are not too many together. */
	parse_items(arena_printf(arena, "{\"x\":[%s]}", listed(1000, full)));
	assert_int_equal(faults.count, 0);
	parse_items(arena_printf(arena, "{\"x\":[%s]}", listed(1000, over)));
	assert_int_equal(faults.count, 1000);
	assert_string_equal(faults.first->pointer, "/x/0");
}

static void
each_item_has_room_for_its_faults(void **state)
{
	const struct fault *last;

	(void)state;
	parse_items(arena_printf(arena, "{\"x\":[%s],\"x\":0}",
	    listed(1000, arena_printf(arena, "[%s]", listed(20, "1e400")))));
	assert_int_equal(faults.count, 1000 * ITEM_FAULTS_MAX + 1);
	for (last = faults.first; last->next != NULL;)
		last = last->next;
	assert_string_equal(last->pointer, "/x");
	parse_items(
	    arena_printf(arena, "{\"x\":[%s]}", listed(20000, "1e400")));
	assert_int_equal(faults.count, ITEMS_FAULTS_MAX);
}

static void
a_long_pointer_ends_at_a_container(void **state)
{
	const char *name = nested(300, "n", "", "");

	(void)state;
	assert_one_fault(arena_printf(arena, "{\"a\":{\"%s\":1e400}}", name),
	    arena_printf(arena, "/a/%s", name), "out_of_range");
	assert_one_fault(
	    arena_printf(arena, "{\"%s\":[{\"%s\":[1e400]}]}", name, name),
	    arena_printf(arena, "/%s/0/0", name), "out_of_range");
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
	    JSON_TEST(what_is_deeper_is_json_or_none_like_all_else),
	    JSON_TEST(the_number_of_values_is_limited),
	    JSON_TEST(an_item_has_a_limit_of_its_own),
	    JSON_TEST(each_item_has_room_for_its_faults),
	    JSON_TEST(a_long_pointer_ends_at_a_container),
	    JSON_TEST(numbers_that_64_bits_cannot_hold_are_faults),
	    JSON_TEST(all_numbers_off_the_range_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
