/* test_base_config: INI files by a table */
#include <dlfcn.h>
#include <ini.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "unit_test.h"

struct settings {
	const char *socket;
	const char *password;
	const char *password_place;
	const char *more;
	int64_t workers;
	int64_t offset;
	int64_t mode;
	int64_t level;
	int64_t port;
	bool autocreate;
};

static const char *const levels[] = {"error", "warn", "info", NULL};

static const struct setting table[] = {
    {"server", "socket", SETTING_TEXT, offsetof(struct settings, socket),
        .fallback = "/run/test.sock"},
    {"server", "workers", SETTING_INT, offsetof(struct settings, workers),
        .fallback = "2", .min = 1, .max = 64},
    {"server", "offset", SETTING_INT, offsetof(struct settings, offset),
        .fallback = "-1", .min = INT64_MIN, .max = INT64_MAX},
    {"server", "socket_mode", SETTING_OCTAL, offsetof(struct settings, mode),
        .fallback = "0660", .min = 0, .max = 0777},
    {"server", "log_level", SETTING_CHOICE, offsetof(struct settings, level),
        .fallback = "info", .choices = levels},
    {"database", "password", SETTING_TEXT, offsetof(struct settings, password),
        .fallback = "", .place = offsetof(struct settings, password_place)},
    {"database", "file", SETTING_FILE, offsetof(struct settings, more),
        .fallback = ""},
    {"database", "port", SETTING_INT, offsetof(struct settings, port),
        .fallback = "3306", .min = 1, .max = 65535},
    {"classic", "autocreate", SETTING_BOOL,
        offsetof(struct settings, autocreate), .fallback = "no"},
};

const size_t arena_max = 1024 * 1024;
static char path[] = "/tmp/test_base_config.XXXXXX";
static char more[sizeof(path) + sizeof(".more")]; /* not always there */

struct reader {
	ini_reader read;
	void *stream;
};

/* As fgets would answer: from 58 on, libinih counts on it. */
static char *
read_with_break(char *to, int size, void *reader_void)
{
	struct reader *reader = reader_void;
	char *line = reader->read(to, size, reader->stream);

	if (line != NULL) {
		assert_true(strlen(line) > 0 && strlen(line) < (size_t)size);
		assert_int_equal(line[strlen(line) - 1], '\n');
	}
	return line;
}

/* Without another function of it the linker would leave libinih out. */
static int (*const needed)(const char *, ini_handler, void *)
    __attribute__((used)) = ini_parse_string;

/* It comes before libinih's own, because the program has it. */
int
ini_parse_stream(ini_reader read, void *stream, ini_handler handler, void *user)
{
	int (*real)(ini_reader, void *, ini_handler, void *);
	void *found = dlsym(RTLD_NEXT, __func__);
	struct reader reader = {read, stream};

	assert_non_null(found);
	/* Copied: a pointer to data is not converted to one to a function. */
	memcpy(&real, &found, sizeof(real));
	return real(read_with_break, &reader, handler, user);
}

static int
set_up(void **state)
{
	int fd = mkstemp(path);

	arena_set_up(state);
	snprintf(more, sizeof(more), "%s.more", path);
	return fd == -1 || close(fd) == -1;
}

static int
tear_down(void **state)
{
	unlink(more);
	arena_tear_down(state);
	return unlink(path);
}

static void
write_to(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* Loads len bytes as a file; the message without the file's name. */
static const char *
load_bytes(const char *text, size_t len, struct settings *settings)
{
	FILE *file = fopen(path, "w");
	const char *fault;

	assert_non_null(file);
	fwrite(text, 1, len, file);
	fclose(file);
	fault = config_load(arena, table, COUNT(table), path, settings);
	if (fault == NULL)
		return NULL;
	assert_ptr_equal(strstr(fault, path), fault);
	return fault + strlen(path);
}

static const char *
load(const char *text, struct settings *settings)
{
	return load_bytes(text, strlen(text), settings);
}

static void
no_file_means_the_defaults(void **state)
{
	struct settings settings;

	(void)state;
	memset(&settings, 0xAA, sizeof(settings));
	assert_null(config_load(arena, table, COUNT(table), NULL, &settings));
	assert_string_equal(settings.socket, "/run/test.sock");
	assert_string_equal(settings.password, "");
	assert_true(settings.workers == 2);
	assert_true(settings.offset == -1);
	assert_true(settings.mode == 0660);
	assert_true(settings.level == 2);
	assert_false(settings.autocreate);
}

static void
every_type_of_setting_is_read(void **state)
{
	struct settings settings;

	(void)state;
	assert_null(load("[server]\n"
	                 "socket = /tmp/a b.sock\n"
	                 "workers=64\n"
	                 "offset = -9223372036854775808\n"
	                 "socket_mode = 777\n"
	                 "log_level = error\n"
	                 "[database]\n"
	                 "password = \n"
	                 "[classic]\n"
	                 "autocreate = yes\n",
	    &settings));
	assert_string_equal(settings.socket, "/tmp/a b.sock");
	assert_true(settings.workers == 64);
	assert_true(settings.offset == INT64_MIN);
	assert_true(settings.mode == 0777);
	assert_true(settings.level == 0);
	assert_string_equal(settings.password, "");
	assert_true(settings.autocreate);
}

static void
the_words_for_yes_and_no_are_known(void **state)
{
	static const struct {
		const char *word;
		bool means;
	} rows[] = {{"yes", true}, {"on", true}, {"true", true}, {"1", true},
	    {"no", false}, {"off", false}, {"false", false}, {"0", false}};
	struct settings settings;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		assert_null(
		    load(arena_printf(
		             arena, "[classic]\nautocreate=%s\n", rows[i].word),
		        &settings));
		assert_int_equal(settings.autocreate, rows[i].means);
	}
}

static void
comments_blank_lines_and_indents_do_not_matter(void **state)
{
	struct settings settings;

	(void)state;
	assert_null(load("; a comment\n"
	                 "# another\n"
	                 "\n"
	                 "   ; indented\n"
	                 "\t[server]\r\n"
	                 "  workers = 3 \t\r\n"
	                 "    socket_mode = 0600\n"
	                 "[server]\n"
	                 "log_level = warn",
	    &settings));
	assert_true(settings.workers == 3);
	assert_true(settings.mode == 0600);
	assert_true(settings.level == 1);
}

static void
a_byte_order_mark_does_not_matter(void **state)
{
	struct settings settings;

	(void)state;
	assert_null(load("\xEF\xBB\xBF[server]\nworkers=5\n", &settings));
	assert_true(settings.workers == 5);
}

static void
a_value_is_kept_as_it_stands(void **state)
{
	static const char *const values[] = {
	    "a ; b", "a;b", "#x", "a=b:c", "\"quoted\"", "p\xC3\xA4ss", "a  b"};
	struct settings settings;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(values); i++) {
		assert_null(load(arena_printf(arena,
		                     "[database]\npassword = %s\n", values[i]),
		    &settings));
		assert_string_equal(settings.password, values[i]);
	}
}

static void
faults_are_told_with_line_and_setting(void **state)
{
	static const struct {
		const char *text, *fault;
	} rows[] = {
	    /* values */
	    {"[server]\nworkers=0\n",
	        ":2: workers must be a number from 1 to 64"},
	    {"[server]\n\n\nworkers = 65\n",
	        ":4: workers must be a number from 1 to 64"},
	    {"[server]\nworkers=two\n",
	        ":2: workers must be a number from 1 to 64"},
	    {"[server]\nworkers=\n",
	        ":2: workers must be a number from 1 to 64"},
	    {"[server]\nworkers=2x\n",
	        ":2: workers must be a number from 1 to 64"},
	    {"[server]\nworkers=+2\n",
	        ":2: workers must be a number from 1 to 64"},
	    {"[server]\nworkers=-\n",
	        ":2: workers must be a number from 1 to 64"},
	    {"[server]\nworkers=0x2\n",
	        ":2: workers must be a number from 1 to 64"},
	    {"[server]\nworkers=99999999999999999999\n",
	        ":2: workers must be a number from 1 to 64"},
	    {"[server]\noffset=9223372036854775808\n",
	        ":2: offset must be a number from -9223372036854775808 to "
	        "9223372036854775807"},
	    {"[server]\nsocket_mode=0888\n",
	        ":2: socket_mode must be an octal number from 0000 to 0777"},
	    {"[server]\nsocket_mode=1000\n",
	        ":2: socket_mode must be an octal number from 0000 to 0777"},
	    {"[server]\nsocket_mode=-1\n",
	        ":2: socket_mode must be an octal number from 0000 to 0777"},
	    {"[server]\nlog_level=loud\n",
	        ":2: log_level must be error, warn or info"},
	    {"[classic]\nautocreate=maybe\n",
	        ":2: autocreate must be yes or no"},
	    {"[classic]\nautocreate=\n", ":2: autocreate must be yes or no"},
	    {"[classic]\nautocreate=Yes\n", ":2: autocreate must be yes or no"},
	    /* names */
	    {"[server]\nwokers=2\n",
	        ":2: there is no setting \"wokers\" in [server]; did you mean "
	        "\"workers\"?"},
	    {"[server]\nquux=2\n",
	        ":2: there is no setting \"quux\" in [server]"},
	    {"[server]\nautocreate=yes\n",
	        ":2: there is no setting \"autocreate\" in [server]"},
	    {"[sever]\nworkers=2\n",
	        ":2: there is no section [sever]; did you mean [server]?"},
	    {"[cache]\nworkers=2\n", ":2: there is no section [cache]"},
	    {"workers=2\n",
	        ":1: \"workers\" stands before the first [section]"},
	    {"[server]\nworkers=2\nworkers=2\n",
	        ":3: workers is set already in line 2; leave one of the two "
	        "out"},
	    {"[server]\nworkers=2\n[classic]\n\n[server]\n workers=3\n",
	        ":6: workers is set already in line 2; leave one of the two "
	        "out"},
	    /* lines that are no setting */
	    {"[server]\nworkers\n",
	        ":2: must be [section] or name = value, or a comment that "
	        "begins with ; or #"},
	    {"[server\nworkers=2\n",
	        ":1: must be [section] or name = value, or a comment that "
	        "begins with ; or #"},
	    {"[server]\nworkers ; = 2\n",
	        ":2: must be [section] or name = value, or a comment that "
	        "begins with ; or #"},
	    /* the first fault counts */
	    {"[server]\nworkers=0\nnonsense\n",
	        ":2: workers must be a number from 1 to 64"},
	    {"[server]\nnonsense\nworkers=0\n",
	        ":2: must be [section] or name = value, or a comment that "
	        "begins with ; or #"},
	};
	struct settings settings;
	const char *fault;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		fault = load(rows[i].text, &settings);
		if (fault == NULL)
			fail_msg("taken: %s", rows[i].text);
		else
			assert_string_equal(fault, rows[i].fault);
	}
}

/* libinih's buffer holds some 200 bytes; what it cannot hold is not lost. */
static void
a_line_of_any_length_takes_nothing_from_those_after_it(void **state)
{
	static const struct {
		const char *before, *after;
		bool comment;
	} rows[] = {
	    {"[server]\nsocket=", "\nworkers=9\n", false},
	    {"[server]\n   socket = ", " \t\r\nworkers=9\n", false},
	    {"[server]\nworkers=9\nsocket=", "", false},
	    {"[server]\n; socket=", "\nworkers=9\n", true},
	    {"[server]\n\t# socket=", "\nworkers=9", true},
	};
	struct settings settings;
	const char *value;
	size_t i;
	int len;

	(void)state;
	for (i = 0; i < 600 * COUNT(rows); i++) {
		len = (int)(i / COUNT(rows)) + 1;
		value = arena_printf(arena, "/%0*d", len, 7);
		assert_null(load(
		    arena_printf(arena, "%s%s%s", rows[i % COUNT(rows)].before,
		        value, rows[i % COUNT(rows)].after),
		    &settings));
		assert_true(settings.workers == 9);
		assert_string_equal(settings.socket,
		    rows[i % COUNT(rows)].comment ? "/run/test.sock" : value);
		arena_reset(arena);
	}
}

static void
a_name_of_any_length_is_told_with_its_line(void **state)
{
	struct settings settings;
	const char *fault;
	int len;

	(void)state;
	for (len = 1; len < 600; len++) {
		fault = load(arena_printf(arena,
		                 "[server]\n%0*d=1\nworkers=0\n", len, 7),
		    &settings);
		assert_non_null(fault);
		assert_memory_equal(fault, ":2: ", 4);
		arena_reset(arena);
	}
}

static void
a_nul_byte_is_a_fault(void **state)
{
	struct settings settings;

	(void)state;
	assert_string_equal(
	    load_bytes("[server]\nworkers=2\0;\n", 21, &settings),
	    ":2: the line has a NUL byte in it");
}

static void
a_file_that_cannot_be_read_is_named(void **state)
{
	struct settings settings;

	(void)state;
	assert_string_equal(config_load(arena, table, COUNT(table),
	                        "/nonexistent/palmares.conf", &settings),
	    "cannot open /nonexistent/palmares.conf: "
	    "No such file or directory");
	assert_string_equal(
	    config_load(arena, table, COUNT(table), "/tmp", &settings),
	    "cannot read /tmp: Is a directory");
}

static void
an_empty_file_means_the_defaults(void **state)
{
	struct settings settings;

	(void)state;
	assert_null(load("", &settings));
	assert_true(settings.workers == 2);
}

static const char *
load_both(const char *text, const char *more_text, struct settings *settings)
{
	write_to(more, more_text);
	return load(
	    arena_printf(arena, "[database]\nfile = %s\n%s", more, text),
	    settings);
}

static void
a_second_file_has_more_of_its_section(void **state)
{
	struct settings settings = {0};

	(void)state;
	assert_null(load_both("port=1\n[server]\nworkers=3\n",
	    "; the account\n[database]\npassword=a ; b\n", &settings));
	assert_string_equal(settings.more, more);
	assert_string_equal(settings.password, "a ; b");
	assert_true(settings.port == 1);
	assert_true(settings.workers == 3);
	assert_null(load_both("", "", &settings));
	assert_string_equal(settings.password, "");
	assert_true(settings.port == 3306);
}

static void
a_second_file_may_be_missing(void **state)
{
	struct settings settings = {0};

	(void)state;
	unlink(more);
	assert_null(
	    load(arena_printf(arena, "[database]\nfile=%s\nport=5\n", more),
	        &settings));
	assert_true(settings.port == 5);
	assert_string_equal(settings.more, more);
}

static void
a_second_file_that_cannot_be_read_is_a_fault(void **state)
{
	struct settings settings = {0};

	(void)state;
	write_to(path, arena_printf(arena, "[database]\nfile=/dev/null/x\n"));
	assert_string_equal(
	    config_load(arena, table, COUNT(table), path, &settings),
	    "cannot open /dev/null/x: Not a directory");
	write_to(path, arena_printf(arena, "[database]\nfile=/\n"));
	assert_string_equal(
	    config_load(arena, table, COUNT(table), path, &settings),
	    "cannot read /: Is a directory");
}

static void
faults_of_a_second_file_name_it_and_its_line(void **state)
{
	static const struct {
		const char *text, *more, *fault;
	} rows[] = {
	    {"", "\n[database]\npasword=x\n",
	        ":3: there is no setting \"pasword\" in [database]; did you "
	        "mean \"password\"?"},
	    {"", "[database]\n\nport=0\n",
	        ":3: port must be a number from 1 to 65535"},
	    {"", "password=x\n",
	        ":1: \"password\" stands before the first [section]"},
	    {"", "[database]\n[server]\nworkers=1\n",
	        ":3: [server] is not for this file, only [database] is"},
	    {"", "[databse]\nport=1\n",
	        ":2: [databse] is not for this file, only [database] is"},
	    {"", "[database]\nfile=/etc/other\n",
	        ":2: file is not for this file"},
	    {"", "[database]\nport=1\nport=1\n",
	        ":3: port is set already in line 2; leave one of the two "
	        "out"},
	    {"", "[database]\nport\n",
	        ":2: must be [section] or name = value, or a comment that "
	        "begins with ; or #"},
	};
	struct settings settings = {0};
	const char *fault;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		write_to(more, rows[i].more);
		write_to(path,
		    arena_printf(
		        arena, "[database]\nfile=%s\n%s", more, rows[i].text));
		fault =
		    config_load(arena, table, COUNT(table), path, &settings);
		assert_non_null(fault);
		assert_string_equal(
		    fault, arena_printf(arena, "%s%s", more, rows[i].fault));
	}
}

static void
what_two_files_set_is_set_twice(void **state)
{
	struct settings settings = {0};

	(void)state;
	write_to(more, "[database]\nport=2\n");
	write_to(
	    path, arena_printf(arena, "[database]\nport=1\nfile=%s\n", more));
	assert_string_equal(
	    config_load(arena, table, COUNT(table), path, &settings),
	    arena_printf(arena,
	        "%s:2: port is set already in %s, line 2; leave one of the "
	        "two out",
	        more, path));
}

static void
the_place_of_a_setting_is_the_file_that_has_it(void **state)
{
	struct settings settings = {0};

	(void)state;
	assert_null(load_both("", "[database]\npassword=x\n", &settings));
	assert_string_equal(settings.password_place, more);
	assert_null(load_both("password=x\n", "", &settings));
	assert_string_equal(settings.password_place, path);
	settings.password_place = NULL;
	assert_null(load_both("", "", &settings));
	assert_null(settings.password_place);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_file_means_the_defaults),
	    cmocka_unit_test(every_type_of_setting_is_read),
	    cmocka_unit_test(the_words_for_yes_and_no_are_known),
	    cmocka_unit_test(comments_blank_lines_and_indents_do_not_matter),
	    cmocka_unit_test(a_byte_order_mark_does_not_matter),
	    cmocka_unit_test(a_value_is_kept_as_it_stands),
	    cmocka_unit_test(faults_are_told_with_line_and_setting),
	    cmocka_unit_test(
	        a_line_of_any_length_takes_nothing_from_those_after_it),
	    cmocka_unit_test(a_name_of_any_length_is_told_with_its_line),
	    cmocka_unit_test(a_nul_byte_is_a_fault),
	    cmocka_unit_test(a_file_that_cannot_be_read_is_named),
	    cmocka_unit_test(an_empty_file_means_the_defaults),
	    cmocka_unit_test(a_second_file_has_more_of_its_section),
	    cmocka_unit_test(a_second_file_may_be_missing),
	    cmocka_unit_test(a_second_file_that_cannot_be_read_is_a_fault),
	    cmocka_unit_test(faults_of_a_second_file_name_it_and_its_line),
	    cmocka_unit_test(what_two_files_set_is_set_twice),
	    cmocka_unit_test(the_place_of_a_setting_is_the_file_that_has_it),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
