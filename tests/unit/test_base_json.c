/* test_base_json: what is a JSON text and what is none; faults and pointers */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "unit_test.h"

const size_t arena_max = 64 * 1024 * 1024;
static struct faults faults;

static int
set_up(void **state)
{
	arena_set_up(state);
	faults_init(&faults, arena);
	return 0;
}

/*
 * Parses a copy without a NUL behind it, so that the sanitizer sees a byte read
 * too far.
 */
static struct json_object *
parse_bytes(const char *text, size_t len, const char **why_out)
{
	char *copy = malloc(len > 0 ? len : 1);
	struct json_object *object;

	assert_non_null(copy);
	memcpy(copy, text, len);
	object = json_parse(arena, copy, len, &faults, why_out);
	free(copy);
	return object;
}

static struct json_object *
parse(const char *text, const char **why_out)
{
	return parse_bytes(text, strlen(text), why_out);
}

static void
assert_refused(const char *text, size_t len, const char *wanted)
{
	const char *why = NULL;

	if (parse_bytes(text, len, &why) != NULL || why == NULL)
		fail_msg("taken: %s", text);
	else if (wanted != NULL)
		assert_string_equal(why, wanted);
}

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
a_nul_escape_in_a_value_is_a_character(void **state)
{
	const char *why;
	struct json_object *object = parse("\"a\\u0000b\"", &why);

	(void)state;
	assert_null(why);
	assert_int_equal(json_object_get_string_len(object), 3);
	assert_memory_equal(json_object_get_string(object), "a\0b", 3);
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
strings_that_are_no_utf8_are_refused(void **state)
{
	static const char *const rows[] = {
	    "\x80",
	    "\xC0\x80", /* overlong NUL */
	    "\xC0\xAF", /* overlong slash */
	    "\xC1\xA1", /* overlong a */
	    "\xE0\x80\xAF",
	    "\xF0\x80\x80\xAF",
	    "\xED\xA0\x80", /* surrogates */
	    "\xED\xBF\xBF",
	    "\xED\xA0\xBC\xED\xBF\x86",
	    "\xF4\x90\x80\x80", /* past U+10FFFF */
	    "\xF8\x88\x80\x80\x80",
	    "\xFF",
	    "\xC3", /* the quote takes the continuation's place */
	    "\xE2\x82",
	    "caf\xE9",
	};
	const char *value, *name;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		value = arena_printf(arena, "[\"%s\"]", rows[i]);
		assert_refused(value, strlen(value), NULL);
		name = arena_printf(arena, "{\"%s\":1}", rows[i]);
		assert_refused(name, strlen(name), NULL);
	}
	assert_refused("\"ab\xC3\"", 5, "bytes that are no UTF-8 at byte 3");
	assert_refused(
	    "\"ab\xF0\x9F\x8F", 6, "bytes that are no UTF-8 at byte 3");
}

static void
lone_surrogates_are_refused_in_values_and_names(void **state)
{
	static const char *const rows[] = {
	    "\\ud800",
	    "\\udbff",
	    "\\udc00",
	    "\\udfff",
	    "\\uD83C",
	    "\\ud83cx",
	    "\\ud83c\\n",
	    "\\ud83c\\ndfc6",
	    "\\ud83cxudfc6",
	    "\\ud83c\\u0041",
	    "\\ud83c\\ud83c",
	    "\\udfc6\\ud83c",
	    "\\ud83c\\udfc",
	    "\\ud83c\\",
	    "a\\ud83cb",
	};
	const char *text;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		text = arena_printf(arena, "\"%s\"", rows[i]);
		assert_refused(text, strlen(text), NULL);
		text = arena_printf(arena, "{\"%s\":1}", rows[i]);
		assert_refused(text, strlen(text), NULL);
	}
	/* cut off: nothing past the end is looked at */
	text = "\"\\ud83c\\udfc6";
	for (i = 3; i < strlen(text); i++)
		assert_refused(text, i, "a bad escape at byte 1");
	assert_refused("\"a\\ud800\"", 9, "a bad escape at byte 2");
}

static void
control_characters_in_names_are_refused(void **state)
{
	static const char *const rows[] = {
	    "points\\u0000x", /* to json-c this is "points" */
	    "\\u0000",
	    "\\n",
	    "\\t",
	    "\\u001f",
	    "\\u007f",
	    "\\u0080",
	    "\\u009F",
	    "\x7F",
	    "\xC2\x80",
	    "x\xC2\x9F",
	};
	const char *text;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		text = arena_printf(arena, "{\"%s\":1}", rows[i]);
		assert_refused(text, strlen(text),
		    "a control character in a member's name at byte 2");
	}
}

static void
the_same_member_twice_is_refused(void **state)
{
	static const struct {
		const char *text;
		int byte;
	} rows[] = {
	    {"{\"a\":1,\"a\":2}", 8},
	    {"{\"a\":1,\"a\":1}", 8},
	    {"{\"\":1,\"\":2}", 7},
	    {"{\"a\":1,\"b\":2,\"a\":3}", 14},
	    {"{\"a\":1,\"\\u0061\":2}", 8},
	    {"{\"\\u0061\":1,\"a\":2}", 13},
	    {"{\"\\u0061\":1,\"\\u0061\":2}", 13},
	    {"{\"a\\/b\":1,\"a/b\":2}", 11},
	    {"{\"\\u00e9\":1,\"\xC3\xA9\":2}", 13},
	    {"{\"\\ud83c\\udfc6\":1,\"\xF0\x9F\x8F\x86\":2}", 19},
	    {"{\"\\u20AC\":1,\"\xE2\x82\xAC\":2}", 13},
	    {"[0,{\"x\":{\"a\":1,\"a\":2}}]", 16},
	    {"{\"a\":{\"a\":1,\"b\":{\"a\":2}},\"a\":{}}", 26},
	    {"{\"a\":[{\"b\":1},{\"b\":1,\"b\":1}]}", 22},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		assert_refused(rows[i].text, strlen(rows[i].text),
		    arena_printf(arena,
		        "the same member for the second time at byte %d",
		        rows[i].byte));
}

/* {"m0":0,"m1":0,…} with one more member named extra. */
static struct str
object_of(size_t count, const char *extra)
{
	struct str text = str_new(arena, 32 * 1024 * 1024);
	size_t i;

	str_adds(&text, "{");
	for (i = 0; i < count; i++)
		str_addf(&text, "\"m%zu\":0,", i);
	str_addf(&text, "\"%s\":0}", extra);
	assert_false(text.overflow);
	return text;
}

static void
duplicates_are_found_in_objects_of_any_size(void **state)
{
	static const size_t sizes[] = {1, 2, 15, 16, 17, 31, 33, 500, 5000};
	const char *why;
	struct str text;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(sizes); i++) {
		text = object_of(sizes[i], "x");
		assert_non_null(parse_bytes(text.data, text.len, &why));
		text = object_of(sizes[i], "m0");
		assert_refused(text.data, text.len, NULL);
		text = object_of(sizes[i], "\\u006d0");
		assert_refused(text.data, text.len,
		    arena_printf(arena,
		        "the same member for the second time at byte %zu",
		        text.len - strlen("\\u006d0\":0}")));
		text = object_of(
		    sizes[i], arena_printf(arena, "m%zu", sizes[i] - 1));
		assert_refused(text.data, text.len, NULL);
	}
}

static void
an_object_of_very_many_members_takes_no_long_time(void **state)
{
	struct str text = object_of(JSON_VALUES_MAX - 10, "x");
	int64_t start = clock_monotonic();
	const char *why;

	(void)state;
	assert_non_null(parse_bytes(text.data, text.len, &why));
	/* Pair by pair it would be minutes. */
	assert_true(clock_monotonic() - start < 5000000);
}

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

#define TEST(test) \
	cmocka_unit_test_setup_teardown(test, set_up, arena_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(good_texts_are_taken),
	    TEST(a_nul_escape_in_a_value_is_a_character),
	    TEST(texts_that_are_no_json_are_refused_with_the_byte),
	    TEST(nul_bytes_are_refused_wherever_they_stand),
	    TEST(strings_that_are_no_utf8_are_refused),
	    TEST(lone_surrogates_are_refused_in_values_and_names),
	    TEST(control_characters_in_names_are_refused),
	    TEST(the_same_member_twice_is_refused),
	    TEST(duplicates_are_found_in_objects_of_any_size),
	    TEST(an_object_of_very_many_members_takes_no_long_time),
	    TEST(depth_is_limited_to_32),
	    TEST(the_number_of_values_is_limited),
	    TEST(numbers_that_64_bits_cannot_hold_are_faults),
	    TEST(all_numbers_off_the_range_are_told),
	    TEST(null_is_a_value_and_no_error),
	    TEST(the_object_lives_until_the_arena_is_reset),
	    TEST(pointers_escape_as_rfc_6901_says),
	    TEST(faults_are_kept_in_order_one_for_each_pointer),
	    TEST(no_more_than_faults_max_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
