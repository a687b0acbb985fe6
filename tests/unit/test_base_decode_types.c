/* test_base_decode_types: what each type of field takes */
#include <string.h>

#include "base/str.h"
#include "decode_test.h"

const size_t arena_max = 16 * 1024 * 1024;

static void
every_type_is_decoded(void **state)
{
	struct body body = decode_text("{\"name\":\"n\",\"id\":\"i/1\","
	                               "\"description\":\"a\\nb\","
	                               "\"points\":-10,\"times\":1000,"
	                               "\"timestamp\":\"1970-01-01T00:00:01Z\","
	                               "\"enabled\":false,\"any\":\"x\"}");

	(void)state;
	assert_string_equal(told(), "");
	assert_string_equal(body.name, "n");
	assert_string_equal(body.id, "i/1");
	assert_string_equal(body.description, "a\nb");
	assert_true(body.points == -10);
	assert_true(body.times == 1000);
	assert_true(body.at == 1000000);
	assert_false(body.enabled);
	assert_string_equal(body.any, "x");
}

static void
wrong_types_are_told(void **state)
{
	static const struct {
		const char *member, *wanted;
	} rows[] = {
	    {"name", "must be a string"},
	    {"id", "must be a string"},
	    {"description", "must be a string"},
	    {"points", "must be a whole number"},
	    {"times", "must be a whole number"},
	    {"timestamp", "must be a string with a time"},
	    {"enabled", "must be true or false"},
	};
	static const char *const values[] = {"[]", "{}", "[\"x\"]", "1.5"};
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		for (j = 0; j < COUNT(values); j++) {
			decode_text(arena_printf(arena, "{%s\"%s\":%s}",
			    i == 0 ? "" : "\"name\":\"n\",", rows[i].member,
			    values[j]));
			assert_string_equal(told(),
			    arena_printf(arena, "/%s invalid_type %s",
			        rows[i].member, rows[i].wanted));
		}
	}
}

static void
types_are_not_converted(void **state)
{
	(void)state;
	decode_text("{\"name\":1,\"id\":true,\"points\":\"1\",\"times\":true,"
	            "\"timestamp\":0,\"enabled\":\"true\"}");
	assert_int_equal(faults.count, 6);
	decode_text("{\"name\":\"n\",\"enabled\":0}");
	assert_int_equal(faults.count, 1);
	decode_text("{\"name\":\"n\",\"enabled\":1}");
	assert_int_equal(faults.count, 1);
}

static void
only_whole_numbers_are_integers(void **state)
{
	static const char *const rows[] = {"0.5", "1.5e0", "15e-1", "1e-400",
	    "-0.1", "9007199254740993.5", "1e-1", "12345678901234567890.5"};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		decode_text(arena_printf(
		    arena, "{\"name\":\"n\",\"points\":%s}", rows[i]));
		assert_string_equal(
		    told(), "/points invalid_type must be a whole number");
	}
}

static void
integers_are_taken_to_the_edges_of_int64(void **state)
{
	static const struct {
		const char *text;
		int64_t value;
	} rows[] = {
	    {"0", 0},
	    {"-0", 0},
	    {"9223372036854775807", INT64_MAX},
	    {"-9223372036854775808", INT64_MIN},
	    /* JSON Schema 2020-12 validation, section 6.1.1 */
	    {"10.0", 10},
	    {"1e2", 100},
	    {"1.5e1", 15},
	    {"-0.0", 0},
	    {"0e99999999999999999999", 0},
	    {"1E0", 1},
	    {"-2.50e+1", -25},
	    {"100e-2", 1},
	    {"1e18", 1000000000000000000},
	    {"9007199254740993.0", 9007199254740993},
	    {"92233720368547758070e-1", INT64_MAX},
	    {"-9.223372036854775808e18", INT64_MIN},
	    {"0.000000000000000000009223372036854775807e39", INT64_MAX},
	};
	struct body body;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		body = decode_text(arena_printf(
		    arena, "{\"name\":\"n\",\"points\":%s}", rows[i].text));
		assert_int_equal(faults.count, 0);
		assert_true(body.points == rows[i].value);
	}
}

static void
integers_past_the_edges_are_out_of_range(void **state)
{
	static const char *const points[] = {"9223372036854775808",
	    "18446744073709551615", "18446744073709551616",
	    "-9223372036854775809", "1000000000000000000000", "1e400",
	    "9223372036854775808.0", "92233720368547758080e-1", "1e19",
	    "9.999e18", "18446744073709551617e0", "1e300"};
	static const char *const times[] = {"0", "-1", "1001",
	    "9223372036854775807", "-9223372036854775808",
	    "18446744073709551615"};
	struct body body;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(points); i++) {
		decode_text(arena_printf(
		    arena, "{\"name\":\"n\",\"points\":%s}", points[i]));
		assert_int_equal(faults.count, 1);
		assert_string_equal(faults.first->pointer, "/points");
		assert_string_equal(faults.first->code, "out_of_range");
	}
	for (i = 0; i < COUNT(times); i++) {
		body = decode_text(arena_printf(
		    arena, "{\"name\":\"n\",\"times\":%s}", times[i]));
		assert_string_equal(
		    told(), "/times out_of_range must be from 1 to 1000");
		assert_true(body.times == 0);
	}
}

/* count times piece. */
static const char *
repeat(const char *piece, size_t count)
{
	struct str text = str_new(arena, 100000);
	size_t i;

	for (i = 0; i < count; i++)
		str_adds(&text, piece);
	return text.data;
}

static void
the_rule_for_names_and_keys(void **state)
{
	static const struct {
		enum field_type type;
		const char *piece;
		size_t count;
		const char *code; /* NULL: fine */
	} rows[] = {
	    /* a name's characters are counted, a key's bytes */
	    {FIELD_NAME, "a", 1, NULL},
	    {FIELD_NAME, "a", 100, NULL},
	    {FIELD_NAME, "a", 101, "too_long"},
	    {FIELD_NAME, "\xF0\x9F\x8F\x86", 100, NULL},
	    {FIELD_NAME, "\xF0\x9F\x8F\x86", 101, "too_long"},
	    {FIELD_NAME, "", 0, "too_short"},
	    {FIELD_KEY, "a", 190, NULL},
	    {FIELD_KEY, "a", 191, "too_long"},
	    {FIELD_KEY, "\xC3\xA9", 95, NULL},
	    {FIELD_KEY, "\xC3\xA9", 96, "too_long"},
	    {FIELD_KEY, "", 0, "too_short"},
	    /* characters */
	    {FIELD_NAME, "a\nb", 1, "control_character"},
	    {FIELD_NAME, "a\x7F", 1, "control_character"},
	    {FIELD_KEY, "a\xC2\x80", 1, "control_character"},
	    {FIELD_NAME, " a", 1, "surrounding_space"},
	    {FIELD_KEY, "a ", 1, "surrounding_space"},
	    {FIELD_KEY, " ", 1, "surrounding_space"},
	    {FIELD_NAME,
	        "\xC2\xA0"
	        "a",
	        1, "surrounding_space"},
	    {FIELD_NAME, "a\xE3\x80\x80", 1, "surrounding_space"},
	    {FIELD_NAME, "a b", 1, NULL},
	    {FIELD_NAME, "/?#%\\\"'<>&", 1, NULL},
	    {FIELD_ID, "a", 190, NULL},
	    {FIELD_ID, "a", 191, "too_long"},
	    /* what the path of a URL cannot carry */
	    {FIELD_NAME, ".", 1, "not_addressable"},
	    {FIELD_NAME, "..", 1, "not_addressable"},
	    {FIELD_ID, "../x", 1, "not_addressable"},
	    {FIELD_ID, "x/..", 1, "not_addressable"},
	    {FIELD_ID, "x/./y", 1, "not_addressable"},
	    {FIELD_ID, "/..", 1, "not_addressable"},
	    {FIELD_ID, "./", 1, "not_addressable"},
	    {FIELD_ID, "...", 1, NULL},
	    {FIELD_ID, ".a/b./..c", 1, NULL},
	    {FIELD_ID, "//", 1, NULL},
	    {FIELD_ID, "\\..\\", 1, NULL},
	    {FIELD_KEY, "..", 1, NULL},
	    {FIELD_NAME, "a\xE9", 1, "invalid_format"},
	    {FIELD_KEY, "\xC0\x80", 1, "invalid_format"},
	};
	const char *text, *code, *detail;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		text = repeat(rows[i].piece, rows[i].count);
		code = text_fault(rows[i].type, text, strlen(text), &detail);
		if (rows[i].code == NULL)
			assert_null(code);
		else
			assert_string_equal(code, rows[i].code);
	}
	assert_string_equal(
	    text_fault(FIELD_NAME, "a\0b", 3, &detail), "control_character");
}

static void
the_rule_for_names_holds_in_bodies(void **state)
{
	(void)state;
	decode_text("{\"name\":\"\",\"id\":\" x\"}");
	assert_string_equal(told(),
	    "/name too_short must be 1 to 100 characters\n"
	    "/id surrounding_space must not begin or end with white space");
	decode_text("{\"name\":\"a\\u0000\",\"id\":\"a\\tb\"}");
	assert_string_equal(told(),
	    "/name control_character must not contain control characters\n"
	    "/id control_character must not contain control characters");
	decode_text(arena_printf(arena, "{\"name\":\"%s\",\"id\":\"%s\"}",
	    repeat("x", 101), repeat("x", 191)));
	assert_string_equal(told(),
	    "/name too_long must be 1 to 100 characters\n"
	    "/id too_long must be 1 to 190 bytes");
}

static void
texts_are_limited_in_characters(void **state)
{
	(void)state;
	decode_text("{\"name\":\"n\",\"description\":\"\"}");
	assert_int_equal(faults.count, 0);
	decode_text("{\"name\":\"n\",\"description\":\"\xC3\xA9\xC3\xA9\xC3\xA9"
	            "\xC3\xA9\xC3\xA9\"}");
	assert_int_equal(faults.count, 0);
	decode_text("{\"name\":\"n\",\"description\":\"123456\"}");
	assert_string_equal(
	    told(), "/description too_long must be at most 5 characters");
	decode_text("{\"name\":\"n\",\"description\":\"a\\u0000b\"}");
	assert_string_equal(told(),
	    "/description control_character must not contain the character "
	    "U+0000");
}

static void
times_must_be_of_rfc_3339(void **state)
{
	static const char *const rows[] = {"yesterday", "",
	    "2026-02-30T00:00:00Z", "2026-11-22",
	    "2026-11-22T09:00:00Z\\u0000"};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		decode_text(arena_printf(
		    arena, "{\"name\":\"n\",\"timestamp\":\"%s\"}", rows[i]));
		assert_string_equal(told(),
		    "/timestamp invalid_format must be a time of RFC 3339 that "
		    "exists, such as 2026-11-22T09:00:00Z");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    DECODE_TEST(every_type_is_decoded),
	    DECODE_TEST(wrong_types_are_told),
	    DECODE_TEST(types_are_not_converted),
	    DECODE_TEST(only_whole_numbers_are_integers),
	    DECODE_TEST(integers_are_taken_to_the_edges_of_int64),
	    DECODE_TEST(integers_past_the_edges_are_out_of_range),
	    DECODE_TEST(the_rule_for_names_and_keys),
	    DECODE_TEST(the_rule_for_names_holds_in_bodies),
	    DECODE_TEST(texts_are_limited_in_characters),
	    DECODE_TEST(times_must_be_of_rfc_3339),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
