/* test_base_json_strings: which characters strings and names may have */
#include <stdio.h>
#include <string.h>

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    JSON_TEST(a_nul_escape_in_a_value_is_a_character),
	    JSON_TEST(strings_that_are_no_utf8_are_refused),
	    JSON_TEST(lone_surrogates_are_refused_in_values_and_names),
	    JSON_TEST(every_surrogate_pair_means_its_character),
	    JSON_TEST(control_characters_in_names_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
