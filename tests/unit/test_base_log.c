/* test_base_log: one happening, one line */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "unit_test.h"

/* Standard error goes to a file while a test runs. */
static FILE *captured;
static int saved_stderr;
static char text[16384];

static int
capture(void **state)
{
	(void)state;
	captured = tmpfile();
	saved_stderr = dup(STDERR_FILENO);
	dup2(fileno(captured), STDERR_FILENO);
	log_set_level(LOG_LEVEL_INFO);
	return captured == NULL || saved_stderr == -1;
}

static int
release(void **state)
{
	(void)state;
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	return fclose(captured);
}

static const char *
logged(void)
{
	size_t len;

	rewind(captured);
	len = fread(text, 1, sizeof(text) - 1, captured);
	text[len] = '\0';
	return text;
}

static void
a_line_has_time_level_pid_and_text(void **state)
{
	char time[64], tail[128];
	int64_t parsed;

	(void)state;
	log_warn("event=%s count=%d", "test", 3);
	snprintf(tail, sizeof(tail), " level=warn pid=%ld event=test count=3\n",
	    (long)getpid());
	assert_int_equal(sscanf(logged(), "time=%40s", time), 1);
	assert_true(time_parse(time, &parsed));
	assert_string_equal(text + strlen("time=") + strlen(time), tail);
}

/* JOURNAL_STREAM names the file that standard error is. */
static void
to_journal(int other)
{
	struct stat status;
	char stream[64];

	assert_int_equal(fstat(STDERR_FILENO, &status), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)status.st_dev,
	    (uintmax_t)status.st_ino + (uintmax_t)other);
	setenv("JOURNAL_STREAM", stream, 1);
	log_to_journal();
}

static void
a_line_in_the_journal_begins_with_its_priority(void **state)
{
	(void)state;
	to_journal(0);
	log_error("event=a");
	log_warn("event=b");
	log_info("event=c");
	assert_memory_equal(logged(), "<3>time=", 8);
	assert_non_null(strstr(text, "event=a\n<4>time="));
	assert_non_null(strstr(text, "event=b\n<6>time="));
	unsetenv("JOURNAL_STREAM");
	log_to_journal();
}

static void
another_file_is_not_the_journal(void **state)
{
	(void)state;
	to_journal(1);
	log_error("event=a");
	assert_memory_equal(logged(), "time=", 5);
	unsetenv("JOURNAL_STREAM");
	log_to_journal();
}

static void
lines_above_the_level_are_dropped(void **state)
{
	(void)state;
	log_debug("event=unseen");
	log_set_level(LOG_LEVEL_ERROR);
	log_warn("event=unseen");
	log_error("event=seen");
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("event=debugged");
	assert_null(strstr(logged(), "unseen"));
	assert_non_null(strstr(text, "event=seen"));
	assert_non_null(strstr(text, "event=debugged"));
}

static void
a_line_stays_one_line(void **state)
{
	(void)state;
	log_info("event=a\nlevel=error event=forged\r\x1b[2J");
	logged();
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	assert_null(strchr(text, '\x1b'));
	assert_non_null(strstr(text, "event=a?level=error"));
}

static void
a_long_line_is_cut_and_ends(void **state)
{
	(void)state;
	log_info("event=%*d", 10000, 1);
	assert_between(strlen(logged()), 1000, 4096);
	assert_int_equal(text[strlen(text) - 1], '\n');
}

static void
errno_is_kept_and_can_be_printed(void **state)
{
	(void)state;
	errno = ENOENT;
	log_info("event=failed why=\"%m\"");
	assert_int_equal(errno, ENOENT);
	assert_non_null(strstr(logged(), "why=\"No such file or directory\""));
}

static void
levels_have_names(void **state)
{
	(void)state;
	assert_string_equal(log_level_names[LOG_LEVEL_ERROR], "error");
	assert_string_equal(log_level_names[LOG_LEVEL_WARN], "warn");
	assert_string_equal(log_level_names[LOG_LEVEL_INFO], "info");
	assert_string_equal(log_level_names[LOG_LEVEL_DEBUG], "debug");
	assert_null(log_level_names[LOG_LEVEL_DEBUG + 1]);
}

static void
values_are_quoted(void **state)
{
	char buffer[64];

	(void)state;
	assert_string_equal(log_quote("", buffer, sizeof(buffer)), "\"\"");
	assert_string_equal(
	    log_quote("a b=c", buffer, sizeof(buffer)), "\"a b=c\"");
	assert_string_equal(
	    log_quote("\"\\", buffer, sizeof(buffer)), "\"\\\"\\\\\"");
	assert_string_equal(log_quote("\n\x7F\xC3\xA9", buffer, sizeof(buffer)),
	    "\"\\x0A\\x7F\\xC3\\xA9\"");
}

static void
a_quoted_value_is_cut_between_escapes(void **state)
{
	static const char *const wanted[] = {"\"\"", "\"a\"", "\"a\"", "\"a\"",
	    "\"a\"", "\"a\\x0A\"", "\"a\\x0Ab\""};
	char buffer[16];
	unsigned long size;

	(void)state;
	for (size = 3; size < 10; size++) {
		memset(buffer, '#', sizeof(buffer));
		log_quote("a\nb", buffer, size);
		assert_string_equal(buffer, wanted[size - 3]);
		assert_int_equal(buffer[size], '#');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
	        a_line_has_time_level_pid_and_text, capture, release),
	    cmocka_unit_test_setup_teardown(
	        a_line_in_the_journal_begins_with_its_priority, capture,
	        release),
	    cmocka_unit_test_setup_teardown(
	        another_file_is_not_the_journal, capture, release),
	    cmocka_unit_test_setup_teardown(
	        lines_above_the_level_are_dropped, capture, release),
	    cmocka_unit_test_setup_teardown(
	        a_line_stays_one_line, capture, release),
	    cmocka_unit_test_setup_teardown(
	        a_long_line_is_cut_and_ends, capture, release),
	    cmocka_unit_test_setup_teardown(
	        errno_is_kept_and_can_be_printed, capture, release),
	    cmocka_unit_test(levels_have_names),
	    cmocka_unit_test(values_are_quoted),
	    cmocka_unit_test(a_quoted_value_is_cut_between_escapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
