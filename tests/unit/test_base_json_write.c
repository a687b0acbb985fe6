/* test_base_json_write: the writer */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "unit_test.h"

const size_t arena_max = 1024 * 1024;
static struct str out;
static struct json_writer jw;

static int
set_up(void **state)
{
	arena_set_up(state);
	out = str_new(arena, 100000);
	jw = (struct json_writer) {.out = &out};
	return 0;
}

static void
commas_stand_between_values_only(void **state)
{
	(void)state;
	jw_object(&jw, NULL);
	jw_int(&jw, "a", 1);
	jw_object(&jw, "b");
	jw_object_end(&jw);
	jw_array(&jw, "c");
	jw_array_end(&jw);
	jw_array(&jw, "d");
	jw_int(&jw, NULL, 1);
	jw_int(&jw, NULL, 2);
	jw_object(&jw, NULL);
	jw_null(&jw, "e");
	jw_bool(&jw, "f", true);
	jw_object_end(&jw);
	jw_array(&jw, NULL);
	jw_array_end(&jw);
	jw_array_end(&jw);
	jw_bool(&jw, "g", false);
	jw_object_end(&jw);
	assert_string_equal(out.data,
	    "{\"a\":1,\"b\":{},\"c\":[],\"d\":[1,2,{\"e\":null,\"f\":true},"
	    "[]],\"g\":false}");
}

static void
every_kind_of_value_is_written(void **state)
{
	(void)state;
	jw_array(&jw, NULL);
	jw_string(&jw, NULL, "text");
	jw_int(&jw, NULL, INT64_MIN);
	jw_int(&jw, NULL, INT64_MAX);
	jw_time(&jw, NULL, 0);
	jw_string_or_null(&jw, NULL, "x");
	jw_string_or_null(&jw, NULL, NULL);
	jw_raw(&jw, NULL, "{\"raw\":[1]}");
	jw_array_end(&jw);
	assert_string_equal(out.data,
	    "[\"text\",-9223372036854775808,9223372036854775807,"
	    "\"1970-01-01T00:00:00.000000Z\",\"x\",null,{\"raw\":[1]}]");
}

static void
a_value_may_stand_alone(void **state)
{
	(void)state;
	jw_int(&jw, NULL, 100);
	assert_string_equal(out.data, "100");
}

static void
strings_and_keys_are_escaped(void **state)
{
	(void)state;
	jw_object(&jw, NULL);
	jw_string(&jw, "k\"\\\n", "");
	jw_string(&jw, "plain", "/ <b> \x7F \xC3\xA9 \xF0\x9F\x8F\x86");
	jw_string(&jw, "short", "\b\t\n\f\r\"\\");
	jw_string(&jw, "long", "\x01\x07\x0B\x0E\x1F");
	jw_string(&jw, "mixed", "a\"b\"\"c");
	jw_object_end(&jw);
	assert_string_equal(out.data,
	    "{\"k\\\"\\\\\\n\":\"\","
	    "\"plain\":\"/ <b> \x7F \xC3\xA9 \xF0\x9F\x8F\x86\","
	    "\"short\":\"\\b\\t\\n\\f\\r\\\"\\\\\","
	    "\"long\":\"\\u0001\\u0007\\u000b\\u000e\\u001f\","
	    "\"mixed\":\"a\\\"b\\\"\\\"c\"}");
}

static void
every_character_reads_back_as_itself(void **state)
{
	struct json_object *object;
	struct faults faults;
	const char *why;
	char all[256];
	int i;

	(void)state;
	for (i = 1; i < 128; i++)
		all[i - 1] = (char)i;
	strcpy(all + 127, "\xC2\x80\xE2\x80\xA8\xF4\x8F\xBF\xBF");
	jw_string(&jw, NULL, all);
	faults_init(&faults, arena);
	object = json_parse(arena, out.data, out.len, &faults, &why);
	assert_null(why);
	assert_string_equal(json_object_get_string(object), all);
}

static void
doubles_are_short_and_read_back_as_themselves(void **state)
{
	static const struct {
		double value;
		const char *text;
	} rows[] = {
	    {0, "0.0"},
	    {-0.0, "-0.0"},
	    {5, "5.0"},
	    {0.1, "0.1"},
	    {-2.5, "-2.5"},
	    {1e100, "1e+100"},
	    {0.1 + 0.2, "0.30000000000000004"},
	    {1.7976931348623157e308, "1.7976931348623157e+308"},
	    {5e-324, "4.94065645841247e-324"},
	    {123456789012345680.0, "1.2345678901234568e+17"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		out = str_new(arena, 100);
		jw.comma = false;
		jw_double(&jw, NULL, rows[i].value);
		assert_string_equal(out.data, rows[i].text);
		assert_true(strtod(out.data, NULL) == rows[i].value);
	}
}

static void
a_text_that_does_not_fit_is_told_by_the_string(void **state)
{
	(void)state;
	out = str_new(arena, 20);
	jw_array(&jw, NULL);
	jw_string(&jw, NULL, "0123456789");
	assert_false(out.overflow);
	jw_string(&jw, NULL, "0123456789");
	jw_array_end(&jw);
	assert_true(out.overflow);
}

#define TEST(test) \
	cmocka_unit_test_setup_teardown(test, set_up, arena_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(commas_stand_between_values_only),
	    TEST(every_kind_of_value_is_written),
	    TEST(a_value_may_stand_alone),
	    TEST(strings_and_keys_are_escaped),
	    TEST(every_character_reads_back_as_itself),
	    TEST(doubles_are_short_and_read_back_as_themselves),
	    TEST(a_text_that_does_not_fit_is_told_by_the_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
