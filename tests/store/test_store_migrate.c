/* test_store_migrate: the schema's way to the newest version */
#include <pthread.h>
#include <string.h>

#include "base/str.h"
#include "db/migrate.h"
#include "store_test.h"

/* How a migration went: its lines, and where it is to be stopped. */
struct run {
	struct arena *arena;
	struct str lines;
	int steps;
	int stop; /* at this step; 0: never */
	const char *connection;
	enum error error;
	const char *why;
};

static void
on_step(const char *line, void *context)
{
	struct run *run = context;

	str_addf(&run->lines, "%s\n", line);
	if (++run->steps == run->stop)
		sql("KILL %s", run->connection);
}

/* Migrates on a connection of its own, without any of cmocka's assertions. */
static void
migrate(struct run *run)
{
	struct db *db = db_new(&server_settings, DB_ADMIN, &server_counters);

	run->lines = str_new(run->arena, 1 << 16);
	run->steps = 0;
	run->error = db_connect_bare(db);
	if (run->error == OK)
		run->error = db_text_value(
		    db, run->arena, "SELECT CONNECTION_ID()", &run->connection);
	if (run->error == OK)
		run->error =
		    migrate_run(db, run->arena, on_step, run, &run->why);
	db_free(db);
}

static void
run_until(int stop, struct run *run_out)
{
	*run_out = (struct run) {.arena = test_arena, .stop = stop};
	migrate(run_out);
}

static bool
has_line(const struct run *run, const char *part)
{
	return run->lines.data != NULL && strstr(run->lines.data, part) != NULL;
}

static const char *
status_of(int64_t *version_out)
{
	struct db *db = connect_bare();
	const char *why = NULL;

	assert_int_equal(migrate_status(db, test_arena, version_out, &why), OK);
	db_free(db);
	return why;
}

static enum error
connection_error(void)
{
	struct db *db = db_new(&server_settings, DB_REQUEST, &server_counters);
	enum error error = db_connect(db);

	db_free(db);
	return error;
}

static void
assert_migrated(void)
{
	int64_t version;
	const char *why = status_of(&version);

	if (why != NULL)
		fail_msg("%s", why);
	assert_int_equal(version, migrate_newest());
	assert_int_equal(connection_error(), OK);
}

static void
an_empty_database_is_migrated_and_then_left_alone(void **state)
{
	struct run run;
	int64_t version;

	(void)state;
	assert_non_null(strstr(status_of(&version), "palmaresctl migrate"));
	assert_int_equal(version, 0);
	assert_int_equal(connection_error(), ERR_SCHEMA_MISMATCH);
	run_until(0, &run);
	assert_int_equal(run.error, OK);
	assert_true(run.steps > 0);
	assert_migrated();
	run_until(0, &run);
	assert_int_equal(run.error, OK);
	assert_int_equal(run.steps, 0);
}

static void
an_interrupted_migration_is_gone_on_with(void **state)
{
	struct run run;

	(void)state;
	run_until(5, &run);
	assert_int_not_equal(run.error, OK);
	assert_non_null(run.why);
	assert_int_equal(connection_error(), ERR_SCHEMA_MISMATCH);
	assert_int_equal(
	    sql_number("SELECT done FROM schema_version WHERE version = 1"), 4);
	run_until(0, &run);
	assert_int_equal(run.error, OK);
	assert_true(has_line(&run, "statement 5 of"));
	assert_false(has_line(&run, "statement 4 of"));
	assert_migrated();
}

/* A statement that was run, and not recorded, is run again. */
static void
a_statement_may_run_twice(void **state)
{
	int64_t statements;
	struct run run;

	(void)state;
	run_until(0, &run);
	statements = sql_number(
	    "SELECT statements FROM schema_version WHERE version = 1");
	sql("UPDATE schema_version SET done = 0 WHERE version = 1");
	assert_int_equal(connection_error(), ERR_SCHEMA_MISMATCH);
	run_until(0, &run);
	assert_int_equal(run.error, OK);
	assert_true(run.steps >= statements);
	assert_migrated();
}

static void
an_unfinished_migration_with_another_text_begins_anew(void **state)
{
	struct run run;

	(void)state;
	run_until(5, &run);
	sql("UPDATE schema_version SET checksum = REPEAT('0', 64)");
	run_until(0, &run);
	assert_int_equal(run.error, OK);
	assert_true(has_line(&run, "statement 1 of"));
	assert_migrated();
}

static void
assert_refused(const char *because)
{
	struct run run;
	int64_t version;

	run_until(0, &run);
	assert_int_equal(run.error, ERR_SCHEMA_MISMATCH);
	if (run.why == NULL || strstr(run.why, because) == NULL)
		fail_msg("%s", run.why);
	assert_int_equal(run.steps, 0);
	assert_non_null(strstr(status_of(&version), because));
	assert_int_equal(connection_error(), ERR_SCHEMA_MISMATCH);
}

static void
a_database_with_the_tables_of_others_is_refused(void **state)
{
	(void)state;
	sql("CREATE TABLE wp_posts (id INT)");
	assert_refused("tables that are not of Palm");
	assert_int_equal(sql_number("SELECT COUNT(*) FROM"
	                            " information_schema.tables WHERE"
	                            " table_schema = 'palmares'"),
	    1);
}

static void
a_newer_schema_is_refused(void **state)
{
	struct run run;

	(void)state;
	run_until(0, &run);
	sql("INSERT INTO schema_version VALUES (%lld, 'x.sql',"
	    " REPEAT('0', 64), 1, 1, 1)",
	    (long long)migrate_newest() + 1);
	assert_refused("newer program");
}

/* It has changed something, and nobody else knows what. */
static void
a_newer_migration_that_has_only_begun_is_refused(void **state)
{
	struct run run;

	(void)state;
	run_until(0, &run);
	sql("INSERT INTO schema_version VALUES (%lld, 'x.sql',"
	    " REPEAT('0', 64), 2, 1, 1)",
	    (long long)migrate_newest() + 1);
	assert_refused("newer program");
}

static void
a_connection_tells_what_is_wrong_with_the_schema(void **state)
{
	struct db *db = db_new(&server_settings, DB_REQUEST, &server_counters);
	struct run run;

	(void)state;
	assert_int_equal(db_connect(db), ERR_SCHEMA_MISMATCH);
	assert_non_null(strstr(db_message(db), "palmaresctl migrate"));
	run_until(0, &run);
	sql("INSERT INTO schema_version VALUES (%lld, 'x.sql',"
	    " REPEAT('0', 64), 1, 1, 1)",
	    (long long)migrate_newest() + 1);
	assert_int_equal(db_connect(db), ERR_SCHEMA_MISMATCH);
	assert_non_null(strstr(db_message(db), "newer program"));
	sql("DELETE FROM schema_version WHERE version > %lld",
	    (long long)migrate_newest());
	sql("DROP TABLE event");
	assert_int_equal(db_connect(db), ERR_SCHEMA_MISMATCH);
	assert_non_null(strstr(db_message(db), "event"));
	db_free(db);
}

static void
a_migration_with_another_checksum_is_refused(void **state)
{
	struct run run;

	(void)state;
	run_until(0, &run);
	sql("UPDATE schema_version SET checksum = REPEAT('0', 64)"
	    " WHERE version = 1");
	assert_refused("checksum differs");
}

static void *
migrate_in_thread(void *context)
{
	migrate(context);
	return NULL;
}

static void
of_two_at_once_one_waits_for_the_other(void **state)
{
	struct run runs[2] = {{.stop = 0}, {.stop = 0}};
	pthread_t threads[2];
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		runs[i].arena = arena_new(1 << 20);
		assert_int_equal(pthread_create(&threads[i], NULL,
		                     migrate_in_thread, &runs[i]),
		    0);
	}
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(runs[0].error, OK);
	assert_int_equal(runs[1].error, OK);
	assert_true((runs[0].steps == 0) != (runs[1].steps == 0));
	assert_migrated();
	for (i = 0; i < 2; i++)
		arena_free(runs[i].arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(
	        an_empty_database_is_migrated_and_then_left_alone,
	        make_empty_database),
	    cmocka_unit_test_setup(
	        an_interrupted_migration_is_gone_on_with, make_empty_database),
	    cmocka_unit_test_setup(
	        a_statement_may_run_twice, make_empty_database),
	    cmocka_unit_test_setup(
	        an_unfinished_migration_with_another_text_begins_anew,
	        make_empty_database),
	    cmocka_unit_test_setup(
	        a_database_with_the_tables_of_others_is_refused,
	        make_empty_database),
	    cmocka_unit_test_setup(
	        a_newer_schema_is_refused, make_empty_database),
	    cmocka_unit_test_setup(
	        a_newer_migration_that_has_only_begun_is_refused,
	        make_empty_database),
	    cmocka_unit_test_setup(
	        a_connection_tells_what_is_wrong_with_the_schema,
	        make_empty_database),
	    cmocka_unit_test_setup(a_migration_with_another_checksum_is_refused,
	        make_empty_database),
	    cmocka_unit_test_setup(
	        of_two_at_once_one_waits_for_the_other, make_empty_database),
	};

	return cmocka_run_group_tests(tests, server_start, server_stop);
}
