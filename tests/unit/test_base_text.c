/* test_base_text: UTF-8, white space, percent-encoding, slips */
#include <string.h>

#include "base/text.h"
#include "unit_test.h"

static void
characters_are_counted_not_bytes(void **state)
{
	static const struct {
		const char *text;
		long length;
	} rows[] = {
	    {"", 0}, {"abc", 3}, {"\x7F", 1}, {"\xC2\x80", 1}, {"\xDF\xBF", 1},
	    {"\xE0\xA0\x80", 1}, {"\xED\x9F\xBF", 1}, /* U+D7FF */
	    {"\xEE\x80\x80", 1},                      /* U+E000 */
	    {"\xEF\xBF\xBF", 1}, {"\xF0\x90\x80\x80", 1},
	    {"\xF4\x8F\xBF\xBF", 1}, /* U+10FFFF */
	    {"Palmar\xC3\xA8s", 8}, {"a\xF0\x9F\x8F\x86z", 3},
	    {"e\xCC\x81", 2}, /* a letter and an accent */
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		assert_int_equal(
		    utf8_length(rows[i].text, strlen(rows[i].text)),
		    rows[i].length);
	assert_int_equal(utf8_length("a\0b", 3), 3);
}

static void
bytes_that_are_no_utf8_are_refused(void **state)
{
	static const char *const rows[] = {
	    "\x80", "\xBF", "a\x80", "\xC0\x80", /* overlong NUL */
	    "\xC0\xAF",                          /* overlong slash */
	    "\xC1\xBF", "\xE0\x80\xAF", "\xE0\x9F\xBF", "\xF0\x80\x80\xAF",
	    "\xF0\x8F\xBF\xBF", "\xF8\x88\x80\x80\x80",
	    "\xED\xA0\x80",                             /* surrogate D800 */
	    "\xED\xBF\xBF",                             /* surrogate DFFF */
	    "\xED\xA0\xBD\xED\xB8\x80",                 /* CESU-8 */
	    "\xF4\x90\x80\x80",                         /* U+110000 */
	    "\xF5\x80\x80\x80", "\xFE", "\xFF", "\xC3", /* cut off */
	    "\xE2\x82", "\xF0\x9F\x8F", "\xC3z",        /* no continuation */
	    "\xE2\x82z", "\xE2z\x82", "\xF0\x9F\x8Fz",
	    "Palmar\xE8s", /* Latin-1 */
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		if (utf8_length(rows[i], strlen(rows[i])) != -1)
			fail_msg("row %zu was taken", i);
}

static void
a_cut_off_character_is_not_read_past_its_end(void **state)
{
	/* The byte that would complete it is there, but not ours. */
	(void)state;
	assert_int_equal(utf8_length("\xC3\xA9", 1), -1);
	assert_int_equal(utf8_length("\xF0\x9F\x8F\x86", 3), -1);
}

static void
a_character_comes_with_its_code_point(void **state)
{
	static const struct {
		const char *text;
		size_t bytes;
		uint32_t character;
	} rows[] = {
	    {"ab", 1, 'a'},
	    {"\x7F\x80", 1, 0x7F},
	    {"\xC2\x80", 2, 0x80},
	    {"\xC3\xA9z", 2, 0xE9},
	    {"\xDF\xBF", 2, 0x7FF},
	    {"\xE0\xA0\x80", 3, 0x800},
	    {"\xEF\xBF\xBF", 3, 0xFFFF},
	    {"\xF0\x90\x80\x80", 4, 0x10000},
	    {"\xE2\x82\xACz", 3, 0x20AC},
	    {"\xF0\x9F\x8F\x86z", 4, 0x1F3C6},
	    {"\xF4\x8F\xBF\xBF", 4, 0x10FFFF},
	};
	uint32_t character;
	char back[4];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		assert_int_equal(
		    utf8_next(rows[i].text, strlen(rows[i].text), &character),
		    rows[i].bytes);
		assert_int_equal(character, rows[i].character);
		assert_int_equal(utf8_put(character, back), rows[i].bytes);
		assert_memory_equal(back, rows[i].text, rows[i].bytes);
	}
	assert_int_equal(utf8_next("", 0, &character), 0);
}

static void
control_characters_are_found(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		bool has;
	} rows[] = {
	    {"", 0, false}, {"plain text", 10, false}, {"a\0b", 3, true},
	    {"a\nb", 3, true}, {"\x1F", 1, true}, {" ", 1, false},
	    {"~", 1, false}, {"\x7F", 1, true}, {"\xC2\x80", 2, true},
	    {"x\xC2\x9F", 3, true}, {"\xC2\xA0", 2, false},
	    {"\xC3\x80", 2, false},
	    {"\xE2\x80\x8B", 3, false}, /* zero width space: no control */
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		if (text_has_control(rows[i].text, rows[i].len) != rows[i].has)
			fail_msg("row %zu", i);
}

static void
outer_white_space_of_unicode_is_found(void **state)
{
	static const char *const spaces[] = {"\t", "\n", "\v", "\f", "\r", " ",
	    "\xC2\x85", "\xC2\xA0", "\xE1\x9A\x80", "\xE2\x80\x80",
	    "\xE2\x80\x85", "\xE2\x80\x8A", "\xE2\x80\xA8", "\xE2\x80\xA9",
	    "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};
	char text[16];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(spaces); i++) {
		strcpy(text, spaces[i]);
		assert_true(text_has_outer_space(text, strlen(text)));
		strcat(text, "x");
		assert_true(text_has_outer_space(text, strlen(text)));
		strcpy(text, "\xC3\xA9");
		strcat(text, spaces[i]);
		assert_true(text_has_outer_space(text, strlen(text)));
		strcat(text, "\xC3\xA9");
		assert_false(text_has_outer_space(text, strlen(text)));
	}
}

static void
what_only_looks_like_white_space_is_none(void **state)
{
	static const char *const rows[] = {"", "a", "\xC3\xA9",
	    "\xE1\xA0\x8E",     /* Mongolian vowel separator */
	    "\xE2\x80\x8B",     /* zero width space */
	    "\xE2\x81\xA0",     /* word joiner */
	    "\xEF\xBB\xBF",     /* byte order mark */
	    "\xE2\xA0\x80",     /* Braille blank */
	    "\xF0\x9F\x8F\x86", /* a trophy */
	    "\xC2\x84", "\xE2\x80\xB0"};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		if (text_has_outer_space(rows[i], strlen(rows[i])))
			fail_msg("row %zu", i);
}

static void
percent_encoding_is_undone(void **state)
{
	static const struct {
		const char *text, *means;
		long len;
	} rows[] = {
	    {"", "", 0},
	    {"plain", "plain", 5},
	    {"a%20b", "a b", 3},
	    {"%2F%2f", "//", 2},
	    {"a+b", "a+b", 3},
	    {"%C3%A9", "\xC3\xA9", 2},
	    {"%00", "\0", 1},
	    {"%2525", "%25", 3},
	    {"%Ff", "\xFF", 1},
	};
	char text[32];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		strcpy(text, rows[i].text);
		assert_int_equal(
		    percent_decode(text, strlen(text)), rows[i].len);
		assert_memory_equal(text, rows[i].means, rows[i].len);
	}
}

static void
malformed_escapes_are_refused(void **state)
{
	static const char *const rows[] = {"%", "%2", "a%", "a%4", "%G0", "%0G",
	    "%%20", "%-1", "% 1", "%+1", "%0x"};
	char text[32];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		strcpy(text, rows[i]);
		if (percent_decode(text, strlen(text)) != -1)
			fail_msg("%s was taken", rows[i]);
	}
	strcpy(text, "a%20");
	assert_int_equal(percent_decode(text, 3), -1);
}

static void
what_is_decoded_to_a_string_is_one(void **state)
{
	static const struct {
		const char *text, *means; /* NULL: it is refused */
	} rows[] = {
	    {"", ""},
	    {"a%20b", "a b"},
	    {"%C3%A9", "\xC3\xA9"},
	    {"%00", NULL},
	    {"a%00b", NULL},
	    {"%Ff", NULL},
	    {"%C3", NULL},
	    {"\xC3(", NULL},
	    {"%2", NULL},
	};
	char text[32];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		memset(text, 'x', sizeof(text));
		memcpy(text, rows[i].text, strlen(rows[i].text));
		assert_int_equal(
		    percent_decode_text(text, strlen(rows[i].text)),
		    rows[i].means != NULL);
		if (rows[i].means != NULL)
			assert_string_equal(text, rows[i].means);
	}
}

static void
slips_of_the_keyboard_are_near(void **state)
{
	static const struct {
		const char *one, *other;
		bool near;
	} rows[] = {
	    {"points", "points", true},
	    {"point", "points", true},
	    {"pints", "points", true},
	    {"piont", "points", false}, /* three away */
	    {"opints", "points", true},
	    {"appkey", "appKey", true},
	    {"ID", "id", true},
	    {"ids", "id", true},
	    {"xy", "id", false},
	    {"username", "userName", true},
	    {"userId", "username", false},
	    {"", "id", false},
	    {"x", "", false},
	    {"0123456789012345678901234567890123456789x", "x", false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		if (text_is_near(rows[i].one, rows[i].other) != rows[i].near)
			fail_msg("%s and %s", rows[i].one, rows[i].other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(characters_are_counted_not_bytes),
	    cmocka_unit_test(bytes_that_are_no_utf8_are_refused),
	    cmocka_unit_test(a_cut_off_character_is_not_read_past_its_end),
	    cmocka_unit_test(a_character_comes_with_its_code_point),
	    cmocka_unit_test(control_characters_are_found),
	    cmocka_unit_test(outer_white_space_of_unicode_is_found),
	    cmocka_unit_test(what_only_looks_like_white_space_is_none),
	    cmocka_unit_test(percent_encoding_is_undone),
	    cmocka_unit_test(malformed_escapes_are_refused),
	    cmocka_unit_test(what_is_decoded_to_a_string_is_one),
	    cmocka_unit_test(slips_of_the_keyboard_are_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
