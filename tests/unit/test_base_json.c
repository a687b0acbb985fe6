/* test_base_json: what is a JSON text and what is none */
#include <string.h>

#include "json_test.h"

const size_t arena_max = 64 * 1024 * 1024;

static void
good_texts_are_taken(void **state)
{
	/* The second text is json-c's plain rendering of the first. */
	static const struct {
		const char *text, *plain;
	} rows[] = {
	    {"null", "null"},
	    {"true", "true"},
	    {" false ", "false"},
	    {"\"\"", "\"\""},
	    {"{}", "{}"},
	    {"[]", "[]"},
	    {" \t\r\n{ \t\r\n} \t\r\n", "{}"},
	    {"[ 1 , 2 ]", "[1,2]"},
	    {"{\"a\" : 1 , \"b\" : [ { } ] }", "{\"a\":1,\"b\":[{}]}"},
	    {"{\"a\":{\"a\":{\"a\":1}}}", "{\"a\":{\"a\":{\"a\":1}}}"},
	    {"[{\"a\":1},{\"a\":1}]", "[{\"a\":1},{\"a\":1}]"},
	    {"{\"a\":{\"b\":1},\"b\":2}", "{\"a\":{\"b\":1},\"b\":2}"},
	    {"{\"a\":1,\"A\":2}", "{\"a\":1,\"A\":2}"},
	    {"{\"\":1}", "{\"\":1}"},
	    /* strings */
	    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\""},
	    {"\"\\u00e9\\u20AC\"", "\"\xC3\xA9\xE2\x82\xAC\""},
	    {"\"\\ud83c\\udfc6\"", "\"\xF0\x9F\x8F\x86\""},
	    {"\"\\uD83C\\uDFC6\"", "\"\xF0\x9F\x8F\x86\""},
	    {"\"\\uDBFF\\uDFFF\"", "\"\xF4\x8F\xBF\xBF\""},
	    {"\"\xF0\x9F\x8F\x86\"", "\"\xF0\x9F\x8F\x86\""},
	    {"\"\x7F\xC2\x80\"", "\"\x7F\xC2\x80\""},
	    {"\"\\uFFFF\\uFEFF\"", "\"\xEF\xBF\xBF\xEF\xBB\xBF\""},
	    {"{\"\\u0061\":1}", "{\"a\":1}"},
	    {"{\"\\u00e9\\ud83c\\udfc6\":1}",
	        "{\"\xC3\xA9\xF0\x9F\x8F\x86\":1}"},
	    /* numbers */
	    {"0", "0"},
	    {"-0", "0"},
	    {"123", "123"},
	    {"[-1]", "[-1]"},
	    {"-0.0", "-0.0"},
	    {"0.5", "0.5"},
	    {"1e5", "1e5"},
	    {"1E+05", "1E+05"},
	    {"1.25e-3", "1.25e-3"},
	    {"1e-400", "1e-400"},
	    {"9223372036854775807", "9223372036854775807"},
	    {"-9223372036854775808", "-9223372036854775808"},
	    {"9223372036854775808", "9223372036854775808"},
	    {"18446744073709551615", "18446744073709551615"},
	    {"1.7976931348623157e308", "1.7976931348623157e308"},
	    {"18446744073709551616.0", "18446744073709551616.0"},
	};
	struct json_object *object;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		object = parse(rows[i].text, &why);
		if (why != NULL)
			fail_msg("refused: %s: %s", rows[i].text, why);
		assert_string_equal(json_object_to_json_string_ext(object,
		                        JSON_C_TO_STRING_PLAIN |
		                            JSON_C_TO_STRING_NOSLASHESCAPE),
		    rows[i].plain);
		assert_int_equal(faults.count, 0);
	}
}

static void
texts_that_are_no_json_are_refused_with_the_byte(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
	    {"", "it is empty"},
	    {" ", "the text ends too early at byte 1"},
	    {"\n\t", "the text ends too early at byte 2"},
	    {"\xEF\xBB\xBF{}",
	        "it begins with a byte order mark, which JSON has not"},
	    {"\xFF\xFE{", "a value is missing at byte 0"},
	    {"{\"a\":\xEF\xBB\xBF"
	     "1}",
	        "a value is missing at byte 5"},
	    /* trailing bytes */
	    {"{}x", "something behind the end of the value at byte 2"},
	    {"{} {}", "something behind the end of the value at byte 3"},
	    {"1 2", "something behind the end of the value at byte 2"},
	    {"{},", "something behind the end of the value at byte 2"},
	    {"nullnull", "something behind the end of the value at byte 4"},
	    {"[]]", "something behind the end of the value at byte 2"},
	    /* words that JSON has not */
	    {"NaN", "a value is missing at byte 0"},
	    {"nan", "a value is missing at byte 0"},
	    {"Infinity", "a value is missing at byte 0"},
	    {"-Infinity", "a digit is missing at byte 1"},
	    {"[NaN]", "a value is missing at byte 1"},
	    {"True", "a value is missing at byte 0"},
	    {"NULL", "a value is missing at byte 0"},
	    {"nul", "a value is missing at byte 0"},
	    {"undefined", "a value is missing at byte 0"},
	    {"'a'", "a value is missing at byte 0"},
	    {"a", "a value is missing at byte 0"},
	    {"{a:1}", "a member's name is missing at byte 1"},
	    {"{'a':1}", "a member's name is missing at byte 1"},
	    {"{1:1}", "a member's name is missing at byte 1"},
	    {"{null:1}", "a member's name is missing at byte 1"},
	    {"/* x */ 1", "a value is missing at byte 0"},
	    {"1 // x", "something behind the end of the value at byte 2"},
	    {"[1,# x\n2]", "a value is missing at byte 3"},
	    /* structure */
	    {"{", "the text ends too early at byte 1"},
	    {"[", "the text ends too early at byte 1"},
	    {"[1", "the text ends too early at byte 2"},
	    {"[1,", "the text ends too early at byte 3"},
	    {"{\"a\"", "the text ends too early at byte 4"},
	    {"{\"a\":", "the text ends too early at byte 5"},
	    {"{\"a\":1", "the text ends too early at byte 6"},
	    {"{\"a\":1,", "the text ends too early at byte 7"},
	    {"\"abc", "the text ends too early at byte 4"},
	    {"[1,]", "a value is missing at byte 3"},
	    {"[,1]", "a value is missing at byte 1"},
	    {"[1,,2]", "a value is missing at byte 3"},
	    {"[1 2]", "a comma or a closing bracket is missing at byte 3"},
	    {"[1}", "a comma or a closing bracket is missing at byte 2"},
	    {"[1:2]", "a comma or a closing bracket is missing at byte 2"},
	    {"{\"a\":1,}", "a member's name is missing at byte 7"},
	    {"{,}", "a member's name is missing at byte 1"},
	    {"{\"a\" 1}", "a colon is missing at byte 5"},
	    {"{\"a\"=1}", "a colon is missing at byte 4"},
	    {"{\"a\"}", "a colon is missing at byte 4"},
	    {"{\"a\":}", "a value is missing at byte 5"},
	    {"{\"a\":1 \"b\":2}",
	        "a comma or a closing brace is missing at byte 7"},
	    {"{\"a\":1]", "a comma or a closing brace is missing at byte 6"},
	    {"]", "a value is missing at byte 0"},
	    {"}", "a value is missing at byte 0"},
	    {",", "a value is missing at byte 0"},
	    /* white space that JSON has not */
	    {"\f1", "a value is missing at byte 0"},
	    {"\v1", "a value is missing at byte 0"},
	    {"1\xC2\xA0", "something behind the end of the value at byte 1"},
	    /* numbers */
	    {"0123", "something behind the end of the value at byte 1"},
	    {"-0123", "something behind the end of the value at byte 2"},
	    {"00", "something behind the end of the value at byte 1"},
	    {"+1", "a value is missing at byte 0"},
	    {".5", "a value is missing at byte 0"},
	    {"-.5", "a digit is missing at byte 1"},
	    {"1.", "the text ends too early at byte 2"},
	    {"[1.]", "a digit is missing at byte 3"},
	    {"1.e5", "a digit is missing at byte 2"},
	    {"1.5.5", "something behind the end of the value at byte 3"},
	    {"[1e]", "a digit is missing at byte 3"},
	    {"[1e+]", "a digit is missing at byte 4"},
	    {"1e5.5", "something behind the end of the value at byte 3"},
	    {"[1e+-5]", "a digit is missing at byte 4"},
	    {"[-]", "a digit is missing at byte 2"},
	    {"--1", "a digit is missing at byte 1"},
	    {"- 1", "a digit is missing at byte 1"},
	    {"0x10", "something behind the end of the value at byte 1"},
	    {"1_000", "something behind the end of the value at byte 1"},
	    {"1,000", "something behind the end of the value at byte 1"},
	    {"[1a]", "a comma or a closing bracket is missing at byte 2"},
	    {"\xD9\xA1", "a value is missing at byte 0"}, /* Arabic digit */
	    /* escapes */
	    {"\"\\", "a bad escape at byte 1"},
	    {"\"\\x41\"", "a bad escape at byte 1"},
	    {"\"\\'\"", "a bad escape at byte 1"},
	    {"\"\\0\"", "a bad escape at byte 1"},
	    {"\"\\a\"", "a bad escape at byte 1"},
	    {"\"\\N\"", "a bad escape at byte 1"},
	    {"\"ab\\u\"", "a bad escape at byte 3"},
	    {"\"\\u12", "a bad escape at byte 1"},
	    {"\"\\u12\"", "a bad escape at byte 1"},
	    {"\"\\u123g\"", "a bad escape at byte 1"},
	    {"\"\\u+123\"", "a bad escape at byte 1"},
	    {"\"\\u 123\"", "a bad escape at byte 1"},
	    {"\"\\U0041\"", "a bad escape at byte 1"},
	    {"\"a\nb\"", "a control character in a string at byte 2"},
	    {"\"a\tb\"", "a control character in a string at byte 2"},
	    {"\"\x1F\"", "a control character in a string at byte 1"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		assert_refused(rows[i].text, strlen(rows[i].text), rows[i].why);
	assert_int_equal(faults.count, 0);
}

static void
nul_bytes_are_refused_wherever_they_stand(void **state)
{
	(void)state;
	assert_refused(
	    "{}\0", 3, "something behind the end of the value at byte 2");
	assert_refused(
	    "1\0", 2, "something behind the end of the value at byte 1");
	assert_refused("{}\0{\"a\":1}", 10,
	    "something behind the end of the value at byte 2");
	assert_refused("\0", 1, "a value is missing at byte 0");
	assert_refused("\0{}", 3, "a value is missing at byte 0");
	assert_refused("[1,\0002]", 6, "a value is missing at byte 3");
	assert_refused(
	    "\"a\0b\"", 5, "a control character in a string at byte 2");
	assert_refused("\"\\\0\"", 4, "a bad escape at byte 1");
	assert_refused(
	    "{\"a\0\":1}", 8, "a control character in a string at byte 3");
	assert_refused("{\"a\":1\0}", 8,
	    "a comma or a closing brace is missing at byte 6");
}

static void
null_is_a_value_and_no_error(void **state)
{
	const char *why = "unset";

	(void)state;
	assert_null(parse("null", &why));
	assert_null(why);
}

static void
the_object_lives_until_the_arena_is_reset(void **state)
{
	const char *why;
	struct json_object *object = parse("{\"a\":[1]}", &why);

	(void)state;
	/* One reference is ours, the other the arena's. */
	json_object_get(object);
	arena_reset(arena);
	assert_string_equal(
	    json_object_to_json_string_ext(object, 0), "{\"a\":[1]}");
	assert_int_equal(json_object_put(object), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    JSON_TEST(good_texts_are_taken),
	    JSON_TEST(texts_that_are_no_json_are_refused_with_the_byte),
	    JSON_TEST(nul_bytes_are_refused_wherever_they_stand),
	    JSON_TEST(null_is_a_value_and_no_error),
	    JSON_TEST(the_object_lives_until_the_arena_is_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
