/* test_ctl_dump: the text of a backup, in pieces of any size */
#include "ctl/dump.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "unit_test.h"

static const char body[] = "/*!40101 SET NAMES utf8mb4 */;\n"
                           "\n"
                           "-- Dumping data for table `event`\n"
                           "\n"
                           "INSERT INTO `event` VALUES\n"
                           "(1,0x61),\n"
                           "(2,0x62);\n"
                           "\n"
                           "-- Dump completed on 2026-11-22  9:00:00\n";

const size_t arena_max = 1 << 22;

/* The text as it comes in pieces of one size. */
static void
feed(struct dump *dump, const char *text, size_t piece)
{
	size_t len = strlen(text), part;

	dump_begin(dump);
	for (; len > 0; text += part, len -= part) {
		part = piece < len ? piece : len;
		dump_feed(dump, text, part);
	}
}

static const char *
sealed(const char *text)
{
	struct dump dump;
	char seal[DUMP_SEAL_SIZE];

	feed(&dump, text, 1000);
	dump_seal(&dump, seal);
	return arena_printf(arena, "%s%s", text, seal);
}

static void
what_it_counts_does_not_depend_on_the_pieces(void **state)
{
	const char *whole = sealed(body);
	struct dump dump;
	size_t piece;

	(void)state;
	for (piece = 1; piece <= strlen(whole); piece++) {
		feed(&dump, whole, piece);
		assert_int_equal(dump.bytes, strlen(body));
		assert_int_equal(dump.rows, 2);
		assert_string_equal(dump.table, "event");
		assert_true(dump.completed);
		assert_true(dump.sealed);
		assert_false(dump.damaged);
	}
}

static void
lines_longer_than_are_kept_count_whole(void **state)
{
	const char *row = arena_printf(arena, "(1,0x%01000d),\n", 0);
	const char *whole =
	    sealed(arena_printf(arena, "%s%s%s", row, row, body));
	struct dump dump;
	size_t piece;

	(void)state;
	for (piece = 1; piece < 600; piece++) {
		feed(&dump, whole, piece);
		assert_int_equal(dump.rows, 4);
		assert_int_equal(dump.bytes, 2 * strlen(row) + strlen(body));
		assert_true(dump.sealed && !dump.damaged);
	}
}

static void
every_byte_that_is_changed_or_missing_shows(void **state)
{
	const char *whole = sealed(body);
	size_t i, len = strlen(whole);
	struct dump dump;
	char *text;

	(void)state;
	for (i = 0; i < len; i++) {
		text = arena_strdup(arena, whole);
		text[i] ^= 1;
		feed(&dump, text, 100);
		assert_true(!dump.sealed || dump.damaged);
		feed(&dump, arena_copy(arena, whole, i), 100);
		assert_false(dump.sealed);
	}
}

static void
nothing_may_come_behind_the_seal(void **state)
{
	const char *whole = sealed(body);
	const char *seal = whole + strlen(body);
	struct dump dump;

	(void)state;
	feed(&dump, arena_printf(arena, "%sx", whole), 100);
	assert_true(dump.damaged);
	feed(&dump, arena_printf(arena, "%s%s", whole, seal), 100);
	assert_true(dump.damaged);
	feed(&dump, arena_printf(arena, "%sDROP TABLE event;\n", whole), 100);
	assert_true(dump.damaged);
}

static void
a_head_is_read_as_it_was_written(void **state)
{
	const struct dump_head head = {
	    12, "1:aa,2:bb", "taken then from \"x\""};
	const char *text = dump_head_text(&head, arena);
	struct dump_head again;
	size_t i;

	(void)state;
	assert_null(dump_head_read(text, strlen(text), arena, &again));
	assert_int_equal(again.version, 12);
	assert_string_equal(again.list, head.list);
	assert_string_equal(again.origin, head.origin);
	/* The empty line at its end is not read. */
	for (i = 0; i < strlen(text) - 1; i++) {
		assert_false(dump_head_is_there(text, i));
		assert_non_null(dump_head_read(text, i, arena, &again));
	}
	assert_true(dump_head_is_there(text, i));
}

static void
a_head_of_something_else_is_told_from_one_of_a_newer_program(void **state)
{
	static const struct {
		const char *text;
		const char *word;
	} cases[] = {
	    {"-- MariaDB dump 10.19\n--\n--\n", "no backup"},
	    {"\n\n\n", "no backup"},
	    {"-- Palmarès backup, format 2\n\n\n", "newer"},
	    {"-- Palmarès backup, format 1\n-- scheme 1: 1:a\n-- x\n",
	        "changed"},
	    {"-- Palmarès backup, format 1\n-- schema 1; 1:a\n-- x\n",
	        "changed"},
	    {"-- Palmarès backup, format 1\n-- schema 1: 1:a\nx\n", "changed"},
	};
	struct dump_head head;
	const char *fault;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		fault = dump_head_read(
		    cases[i].text, strlen(cases[i].text), arena, &head);
		assert_non_null(fault);
		if (strstr(fault, cases[i].word) == NULL)
			fail_msg("%s: %s", cases[i].text, fault);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_it_counts_does_not_depend_on_the_pieces),
	    cmocka_unit_test(lines_longer_than_are_kept_count_whole),
	    cmocka_unit_test(every_byte_that_is_changed_or_missing_shows),
	    cmocka_unit_test(nothing_may_come_behind_the_seal),
	    cmocka_unit_test(a_head_is_read_as_it_was_written),
	    cmocka_unit_test(
	        a_head_of_something_else_is_told_from_one_of_a_newer_program),
	};

	return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
