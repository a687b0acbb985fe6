/* test_base_json_strings: which characters strings and names may have */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/text.h"
#include "json_test.h"

const size_t arena_max = 64 * 1024 * 1024;

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
a_lone_surrogate_is_a_fault_of_its_value_or_object(void **state)
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
	    "\\ud83c\\ud83c\\udfc6",
	    "a\\ud83cb",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		assert_one_fault(arena_printf(arena, "[1,\"%s\",2]", rows[i]),
		    "/1", "invalid_format");
		assert_one_fault(arena_printf(arena, "[{\"%s\":1}]", rows[i]),
		    "/0", "invalid_format");
	}
	assert_refused("\"\\ud83c\\udfc\"", 13, "a bad escape at byte 7");
	assert_refused("\"\\ud83c\\\"", 9, "the text ends too early at byte 9");
	assert_refused("\"\\ud83", 6, "a bad escape at byte 1");
}

/* json-c takes some of these for halves of pairs, such as U+1D800. */
static void
every_surrogate_pair_means_its_character(void **state)
{
	enum { RUN = 256 };
	char pairs[RUN * 12 + 1];
	char meant[RUN * 4 + 1] = "";
	struct json_object *object, *value;
	uint32_t first, i;
	const char *why;

	(void)state;
	for (first = 0x10000; first < 0x110000; first += RUN) {
		for (i = 0; i < RUN; i++) {
			sprintf(pairs + 12 * i, "\\u%04X\\u%04x",
			    0xD800 + ((first + i - 0x10000) >> 10),
			    0xDC00 + ((first + i) & 0x3FF));
			utf8_put(first + i, meant + 4 * i);
		}
		object = parse(arena_printf(arena, "{\"\\\\%s\":\"%s\\u00e9\"}",
		                   pairs, pairs),
		    &why);
		assert_null(why);
		assert_true(json_object_object_get_ex(
		    object, arena_printf(arena, "\\%s", meant), &value));
		assert_string_equal(json_object_get_string(value),
		    arena_printf(arena, "%s\xC3\xA9", meant));
		arena_reset(arena);
		faults_init(&faults, arena);
	}
}

static void
a_control_character_in_a_name_is_a_fault_of_the_member(void **state)
{
	static const struct {
		const char *name, *meant;
	} rows[] = {
	    {"Full\\nname", "Full\nname"},
	    {"\\t", "\t"},
	    {"\\u001f", "\x1F"},
	    {"\\u007f", "\x7F"},
	    {"\\u0080", "\xC2\x80"},
	    {"\\u009F", "\xC2\x9F"},
	    {"\x7F", "\x7F"},
	    {"\xC2\x80", "\xC2\x80"},
	    {"x\xC2\x9F", "x\xC2\x9F"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		assert_one_fault(
		    arena_printf(arena, "{\"a\":{\"%s\":1}}", rows[i].name),
		    arena_printf(arena, "/a/%s", rows[i].meant),
		    "control_character");
}

/* json-c would take "points\u0000x" for "points". */
static void
what_no_pointer_can_name_is_left_out_of_its_object(void **state)
{
	static const struct {
		const char *text, *plain;
	} rows[] = {
	    {"{\"points\\u0000x\":1}", "{}"},
	    {"{ \"\\u0000\" : [ 1, {} ] , \"b\" : 2 }", "{\"b\":2}"},
	    {"{\"a\":1,\"\\u0000\":{\"}\":[]}}", "{\"a\":1}"},
	    {"{\"a\":1 , \"\\u0000\":1 , \"b\":2}", "{\"a\":1,\"b\":2}"},
	    {"{\"\\u0000\":1,\"\\u0000\":1,\"b\":2}", "{\"b\":2}"},
	    {"{\"a\":1,\"\\u0000\":1,\"x\\u0000\":\"\\\"\"}", "{\"a\":1}"},
	    {"{\"\\u0000\":1,\"a\":1,\"\\u0000\":1,\"b\":2,\"\\u0000\":-1}",
	        "{\"a\":1,\"b\":2}"},
	    {"{\"\\u0000\":\"\\ud800\",\"\\u0000\":1e400}", "{}"},
	};
	struct json_object *object;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		assert_one_fault(rows[i].text, "", "control_character");
		object = parse(rows[i].text, &why);
		assert_string_equal(json_object_to_json_string_ext(
		                        object, JSON_C_TO_STRING_PLAIN),
		    rows[i].plain);
	}
	assert_one_fault("[[{\"a\\u0000\":1}]]", "/0/0", "control_character");
}

static void
names_are_limited_in_bytes(void **state)
{
	struct str name = str_new(arena, 5000);
	const char *why;

	(void)state;
	while (name.len < JSON_NAME_MAX)
		str_addc(&name, 'n');
	parse(arena_printf(arena, "{\"%s\":1}", name.data), &why);
	assert_int_equal(faults.count, 0);
	assert_one_fault(
	    arena_printf(arena, "[{\"%sn\":1}]", name.data), "/0", "too_long");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    JSON_TEST(a_nul_escape_in_a_value_is_a_character),
	    JSON_TEST(strings_that_are_no_utf8_are_refused),
	    JSON_TEST(a_lone_surrogate_is_a_fault_of_its_value_or_object),
	    JSON_TEST(every_surrogate_pair_means_its_character),
	    JSON_TEST(a_control_character_in_a_name_is_a_fault_of_the_member),
	    JSON_TEST(what_no_pointer_can_name_is_left_out_of_its_object),
	    JSON_TEST(names_are_limited_in_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
