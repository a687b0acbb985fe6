/* test_work_settings: palmares.conf, its defaults and its password file */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "unit_test.h"
#include "work/settings.h"

const size_t arena_max = 1 << 20;
static char directory[] = "/tmp/test_work_settings.XXXXXX";
static const char *conf, *secret;

static int
set_up(void **test)
{
	arena_set_up(test);
	if (mkdtemp(directory) == NULL)
		return -1;
	conf = arena_printf(arena, "%s/palmares.conf", directory);
	secret = arena_printf(arena, "%s/password", directory);
	return 0;
}

static int
tear_down(void **test)
{
	unlink(conf);
	unlink(secret);
	arena_tear_down(test);
	return rmdir(directory);
}

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static const char *
load(const char *text, struct settings *settings_out)
{
	write_file(conf, text);
	return settings_load(arena, conf, settings_out);
}

/* With a password file that says text. */
static const char *
load_with_password(const char *text, struct settings *settings_out)
{
	write_file(secret, text);
	return load(
	    arena_printf(arena, "[database]\npassword_file=%s\n", secret),
	    settings_out);
}

static void
expect_defaults(const struct settings *settings)
{
	assert_string_equal(settings->socket, "/run/palmares/palmares.sock");
	assert_true(settings->socket_mode == 0660);
	assert_true(settings->workers == 1);
	assert_true(settings->threads == 64);
	assert_true(settings->backlog == 4096);
	assert_true(settings->drain_seconds == 10);
	assert_true(settings->log_level == LOG_LEVEL_INFO);
	assert_false(settings->core_dumps);
	assert_string_equal(
	    settings->database.socket, "/run/mysqld/mysqld.sock");
	assert_string_equal(settings->database.host, "");
	assert_true(settings->database.port == 3306);
	assert_string_equal(settings->database.user, "palmares");
	assert_string_equal(settings->database.password, "");
	assert_string_equal(settings->database_file, "");
	assert_string_equal(settings->password_file, "");
	assert_null(settings->password_place);
	assert_string_equal(settings->database.name, "palmares");
	assert_true(settings->database.tls == DB_TLS_OFF);
	assert_string_equal(settings->database.tls_ca, "");
	assert_true(settings->connections == 4);
	assert_true(settings->batch_events == 1000);
	assert_true(settings->queue_events == 20000);
	assert_true(settings->max_clock_skew == 300);
	assert_false(settings->classic_autocreate);
}

static void
without_a_file_the_defaults_hold(void **test)
{
	struct settings settings;

	(void)test;
	memset(&settings, 0xAA, sizeof(settings));
	assert_null(settings_load(arena, NULL, &settings));
	expect_defaults(&settings);
	memset(&settings, 0xAA, sizeof(settings));
	assert_null(load("", &settings));
	expect_defaults(&settings);
}

static void
every_setting_is_read_into_its_place(void **test)
{
	struct settings settings;

	(void)test;
	assert_null(load("[server]\n"
	                 "socket=/s\nsocket_mode=0600\nworkers=3\nthreads=5\n"
	                 "backlog=7\ndrain_seconds=9\nlog_level=debug\n"
	                 "[database]\n"
	                 "socket=/d\nport=11\nuser=u\npassword=p\nname=n\n"
	                 "tls=verify\ntls_ca=/ca\nconnections=13\n"
	                 "[ingest]\nbatch_events=15\nqueue_events=1700\n"
	                 "max_clock_skew=19\n"
	                 "[classic]\nautocreate=yes\n",
	    &settings));
	assert_string_equal(settings.socket, "/s");
	assert_true(settings.socket_mode == 0600);
	assert_true(settings.workers == 3);
	assert_true(settings.threads == 5);
	assert_true(settings.backlog == 7);
	assert_true(settings.drain_seconds == 9);
	assert_true(settings.log_level == LOG_LEVEL_DEBUG);
	assert_string_equal(settings.database.socket, "/d");
	assert_true(settings.database.port == 11);
	assert_string_equal(settings.database.user, "u");
	assert_string_equal(settings.database.password, "p");
	assert_string_equal(settings.database.name, "n");
	assert_true(settings.database.tls == DB_TLS_VERIFY);
	assert_string_equal(settings.database.tls_ca, "/ca");
	assert_true(settings.connections == 13);
	assert_true(settings.batch_events == 15);
	assert_true(settings.queue_events == 1700);
	assert_true(settings.max_clock_skew == 19);
	assert_true(settings.classic_autocreate);
}

static void
words_mean_what_the_other_layers_mean(void **test)
{
	static const struct {
		const char *text;
		int64_t level, tls;
	} rows[] = {
	    {"[server]\nlog_level=error\n[database]\ntls=off\n",
	        LOG_LEVEL_ERROR, DB_TLS_OFF},
	    {"[server]\nlog_level=warn\n[database]\ntls=required\n",
	        LOG_LEVEL_WARN, DB_TLS_REQUIRED},
	    {"[server]\nlog_level=info\n[database]\ntls=verify\n",
	        LOG_LEVEL_INFO, DB_TLS_VERIFY},
	};
	struct settings settings;
	size_t i;

	(void)test;
	for (i = 0; i < COUNT(rows); i++) {
		assert_null(load(rows[i].text, &settings));
		assert_true(settings.log_level == rows[i].level);
		assert_true(settings.database.tls == rows[i].tls);
	}
}

static void
numbers_have_their_ranges(void **test)
{
	static const struct {
		const char *section, *name;
		long long min, max;
	} rows[] = {
	    {"server", "workers", 1, WORKERS_MAX},
	    {"server", "threads", 1, 1024},
	    {"server", "backlog", 1, 65535},
	    {"server", "drain_seconds", 1, 3600},
	    {"database", "port", 1, 65535},
	    {"database", "connections", 1, 256},
	    {"ingest", "batch_events", 1, 10000},
	    {"ingest", "queue_events", 1000, 1000000},
	    {"ingest", "max_clock_skew", 0, 31536000},
	};
	struct settings settings;
	size_t i, j;

	(void)test;
	for (i = 0; i < COUNT(rows); i++) {
		const long long values[] = {
		    rows[i].min - 1, rows[i].min, rows[i].max, rows[i].max + 1};

		for (j = 0; j < COUNT(values); j++) {
			const char *text =
			    arena_printf(arena, "[%s]\n%s=%lld\n",
			        rows[i].section, rows[i].name, values[j]);
			const char *fault = load(text, &settings);

			if ((fault == NULL) != (j == 1 || j == 2))
				fail_msg("%s", text);
			if (fault != NULL)
				assert_non_null(strstr(fault, rows[i].name));
		}
	}
}

static void
a_batch_request_always_fits_into_the_queue(void **test)
{
	struct settings settings;

	(void)test;
	assert_null(load("[ingest]\nqueue_events=1000\n", &settings));
	assert_non_null(load("[ingest]\nqueue_events=999\n", &settings));
}

static void
the_password_file_gives_its_first_line(void **test)
{
	static const struct {
		const char *text, *password;
	} rows[] = {
	    {"secret\n", "secret"},
	    {"secret", "secret"},
	    {"secret\r\n", "secret"},
	    {"secret\nmore\n", "secret"},
	    {"a ;#=\"b\" c\n", "a ;#=\"b\" c"},
	    {"  spaces  \n", "  spaces  "},
	    {"P\xC3\xA4ss\n", "P\xC3\xA4ss"},
	    {"\nsecond\n", ""},
	    {"", ""},
	};
	struct settings settings;
	size_t i;

	(void)test;
	for (i = 0; i < COUNT(rows); i++) {
		assert_null(load_with_password(rows[i].text, &settings));
		assert_string_equal(
		    settings.database.password, rows[i].password);
	}
	unlink(secret);
}

static void
a_password_that_is_too_long_is_a_fault_and_not_cut(void **test)
{
	static const char *const ends[] = {"", "\n", "\r\n", "\nmore\n"};
	struct settings settings;
	size_t i;

	(void)test;
	for (i = 0; i < COUNT(ends); i++) {
		assert_null(load_with_password(
		    arena_printf(arena, "%01024d%s", 7, ends[i]), &settings));
		assert_int_equal(strlen(settings.database.password), 1024);
		assert_string_equal(
		    load_with_password(
		        arena_printf(arena, "%01025d%s", 7, ends[i]),
		        &settings),
		    arena_printf(arena,
		        "[database] password_file: the password in %s is "
		        "longer than 1024 bytes",
		        secret));
	}
	unlink(secret);
}

static void
a_password_file_that_is_missing_is_named(void **test)
{
	const char *text =
	    arena_printf(arena, "[database]\npassword_file=%s\n", secret);
	struct settings settings;

	(void)test;
	unlink(secret);
	assert_string_equal(load(text, &settings),
	    arena_printf(arena,
	        "[database] password_file: %s cannot be read: "
	        "No such file or directory",
	        secret));
}

static void
a_password_file_that_is_a_directory_is_no_empty_password(void **test)
{
	const char *text =
	    arena_printf(arena, "[database]\npassword_file=%s\n", directory);
	struct settings settings;

	(void)test;
	assert_string_equal(load(text, &settings),
	    arena_printf(arena,
	        "[database] password_file: %s cannot be read: Is a directory",
	        directory));
}

static void
two_passwords_are_one_too_many(void **test)
{
	struct settings settings;
	const char *text;

	(void)test;
	write_file(secret, "one\n");
	text = arena_printf(
	    arena, "[database]\npassword=two\npassword_file=%s\n", secret);
	assert_string_equal(load(text, &settings),
	    "[database] has both password and password_file: remove one");
	/* An empty one is none. */
	text = arena_printf(
	    arena, "[database]\npassword=\npassword_file=%s\n", secret);
	assert_null(load(text, &settings));
	assert_string_equal(settings.database.password, "one");
	assert_null(
	    load("[database]\npassword=two\npassword_file=\n", &settings));
	assert_string_equal(settings.database.password, "two");
	unlink(secret);
}

static void
a_host_overrides_the_socket(void **test)
{
	static const char *const rows[] = {
	    "[database]\nhost=db.example\n",
	    "[database]\nhost=db.example\nsocket=/run/other.sock\n",
	    "[database]\nsocket=/run/other.sock\nhost=db.example\n",
	};
	struct settings settings;
	size_t i;

	(void)test;
	for (i = 0; i < COUNT(rows); i++) {
		assert_null(load(rows[i], &settings));
		assert_string_equal(settings.database.host, "db.example");
		assert_string_equal(settings.database.socket, "");
		/* The other socket is not the database's. */
		assert_string_equal(
		    settings.socket, "/run/palmares/palmares.sock");
	}
	assert_null(load("[database]\nhost=\n", &settings));
	assert_string_equal(
	    settings.database.socket, "/run/mysqld/mysqld.sock");
}

/* As for mariadb(1), and as dbconfig-common writes it. */
static void
localhost_is_the_socket(void **test)
{
	struct settings settings;

	(void)test;
	assert_null(load("[database]\nhost=localhost\nsocket=/s\n", &settings));
	assert_string_equal(settings.database.socket, "/s");
	assert_null(load("[database]\nhost=127.0.0.1\nsocket=/s\n", &settings));
	assert_string_equal(settings.database.socket, "");
}

static void
the_account_may_have_a_file_of_its_own(void **test)
{
	struct settings settings;

	(void)test;
	write_file(secret,
	    "[database]\nhost=db.example\nuser=u\npassword=p\nname=n\n");
	assert_null(load(
	    arena_printf(arena, "[database]\nfile=%s\ntls=verify\n", secret),
	    &settings));
	assert_string_equal(settings.database_file, secret);
	assert_string_equal(settings.password_place, secret);
	assert_string_equal(settings.database.host, "db.example");
	assert_string_equal(settings.database.socket, "");
	assert_string_equal(settings.database.user, "u");
	assert_string_equal(settings.database.password, "p");
	assert_string_equal(settings.database.name, "n");
	assert_true(settings.database.tls == DB_TLS_VERIFY);
	unlink(secret);
}

static void
nothing_is_written_where_there_is_a_fault(void **test)
{
	static const char *const rows[] = {
	    "[server]\nworkers=0\n",
	    "[server]\nwokers=1\n",
	    "[database]\npassword=a\npassword_file=/b\n",
	    "[database]\npassword_file=/nonexistent/password\n",
	};
	struct settings settings, before;
	size_t i;

	(void)test;
	memset(&before, 0xAA, sizeof(before));
	for (i = 0; i < COUNT(rows); i++) {
		memset(&settings, 0xAA, sizeof(settings));
		assert_non_null(load(rows[i], &settings));
		assert_memory_equal(&settings, &before, sizeof(settings));
	}
	assert_non_null(
	    settings_load(arena, "/nonexistent/palmares.conf", &settings));
	assert_memory_equal(&settings, &before, sizeof(settings));
}

static void
faults_of_the_file_are_told_with_their_line(void **test)
{
	struct settings settings;

	(void)test;
	assert_string_equal(load("[server]\n\nwokers=2\n", &settings),
	    arena_printf(arena,
	        "%s:3: there is no setting \"wokers\" in [server]; did you "
	        "mean \"workers\"?",
	        conf));
	assert_string_equal(load("[database]\ntls=on\n", &settings),
	    arena_printf(
	        arena, "%s:2: tls must be off, required or verify", conf));
	assert_string_equal(load("[server]\nlog_level=loud\n", &settings),
	    arena_printf(arena,
	        "%s:2: log_level must be error, warn, info or debug", conf));
	assert_string_equal(load("[server]\nlog_level=\n", &settings),
	    arena_printf(arena,
	        "%s:2: log_level must be error, warn, info or debug", conf));
	assert_string_equal(load("[server]\nsocket_mode=1777\n", &settings),
	    arena_printf(arena,
	        "%s:2: socket_mode must be an octal number from 0000 to 0777",
	        conf));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_a_file_the_defaults_hold),
	    cmocka_unit_test(every_setting_is_read_into_its_place),
	    cmocka_unit_test(words_mean_what_the_other_layers_mean),
	    cmocka_unit_test(numbers_have_their_ranges),
	    cmocka_unit_test(a_batch_request_always_fits_into_the_queue),
	    cmocka_unit_test(the_password_file_gives_its_first_line),
	    cmocka_unit_test(
	        a_password_that_is_too_long_is_a_fault_and_not_cut),
	    cmocka_unit_test(a_password_file_that_is_missing_is_named),
	    cmocka_unit_test(
	        a_password_file_that_is_a_directory_is_no_empty_password),
	    cmocka_unit_test(two_passwords_are_one_too_many),
	    cmocka_unit_test(a_host_overrides_the_socket),
	    cmocka_unit_test(localhost_is_the_socket),
	    cmocka_unit_test(the_account_may_have_a_file_of_its_own),
	    cmocka_unit_test(nothing_is_written_where_there_is_a_fault),
	    cmocka_unit_test(faults_of_the_file_are_told_with_their_line),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
