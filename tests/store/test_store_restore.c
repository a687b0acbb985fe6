/* test_store_restore: a database that is being restored, and what it is for others */
#include <string.h>

#include "db/migrate.h"
#include "db/restore.h"
#include "db/strangers.h"
#include "store_test.h"

static void
ignore(const char *line, void *context)
{
	(void)line;
	(void)context;
}

static void
migrate(struct db *db)
{
	const char *why;

	assert_int_equal(migrate_run(db, test_arena, ignore, NULL, &why), OK);
}

/* It closes connections to the database: not the tests' own. */
static enum error
begin(struct db *db)
{
	enum error error;

	sql("USE mysql");
	error = restore_begin(db, test_arena);
	sql("USE palmares");
	return error;
}

static enum error
undo(struct db *db)
{
	enum error error;

	sql("USE mysql");
	error = restore_undo(db, test_arena);
	sql("USE palmares");
	return error;
}

static int64_t
obstacles(struct db *db)
{
	int64_t tables;

	assert_int_equal(restore_obstacles(db, test_arena, &tables), OK);
	return tables;
}

static int64_t
tables(void)
{
	return sql_number("SELECT COUNT(*) FROM information_schema.tables"
	                  " WHERE table_schema = 'palmares'");
}

static const char *
why_not(struct db *db)
{
	const char *why = NULL;
	int64_t version;

	assert_int_equal(migrate_status(db, test_arena, &version, &why), OK);
	return why;
}

static void
tables_of_others_are_in_the_way(void **state)
{
	struct db *db = connect_bare();

	(void)state;
	assert_int_equal(obstacles(db), 0);
	sql("CREATE TABLE wp_posts (id INT)");
	/* These are called as ours. */
	sql("CREATE TABLE user (id INT)");
	assert_int_equal(obstacles(db), 2);
	sql("CREATE TABLE schema_version (version INT)");
	assert_int_equal(obstacles(db), 3);
	sql("DROP TABLE user");
	assert_int_equal(begin(db), ERR_SCHEMA_MISMATCH);
	assert_int_equal(tables(), 2);
	sql("DROP TABLE schema_version");
	sql("RENAME TABLE wp_posts TO mysql.wp_posts");
	migrate(db);
	sql("RENAME TABLE mysql.wp_posts TO wp_posts");
	assert_int_equal(obstacles(db), 1);
	assert_int_equal(begin(db), ERR_SCHEMA_MISMATCH);
	db_free(db);
}

/* Of each kind one, and one of them with a name that wants quoting. */
static const char *const strange[] = {
    "CREATE TRIGGER eats AFTER INSERT ON event FOR EACH ROW SET @n = 1",
    "CREATE EVENT `ev``ery` ON SCHEDULE EVERY 1 DAY DO DELETE FROM event",
    "CREATE PROCEDURE wipe() DELETE FROM event",
    "CREATE FUNCTION one() RETURNS INT RETURN 1",
    "CREATE VIEW seen AS SELECT id FROM event",
    "CREATE SEQUENCE numbers",
    "CREATE TABLE notes (id INT) WITH SYSTEM VERSIONING",
};

/* Everything there is in the database, of whatever kind. */
static int64_t
all_there_is(void)
{
	return tables() +
	    sql_number("SELECT (SELECT COUNT(*) FROM information_schema"
	               ".triggers WHERE trigger_schema = 'palmares') +"
	               " (SELECT COUNT(*) FROM information_schema.events"
	               " WHERE event_schema = 'palmares') +"
	               " (SELECT COUNT(*) FROM information_schema.routines"
	               " WHERE routine_schema = 'palmares')");
}

static void
what_no_migration_makes_is_in_the_way_and_named(void **state)
{
	struct db *db = connect_bare();
	struct strangers strangers;
	size_t i;

	for (i = 0; i < COUNT(strange); i++) {
		make_empty_database(state);
		db_disconnect(db);
		assert_int_equal(db_connect_bare(db), OK);
		migrate(db);
		assert_int_equal(obstacles(db), 0);
		sql("%s", strange[i]);
		assert_int_equal(obstacles(db), 1);
		assert_int_equal(begin(db), ERR_SCHEMA_MISMATCH);
		assert_int_equal(
		    strangers_find(db, test_arena, &strangers), OK);
		assert_int_equal(strangers.active != NULL, i < 2);
		assert_int_equal(strangers.passive != NULL, i >= 2);
	}
	db_free(db);
}

static void
a_restore_that_is_undone_leaves_nothing_at_all(void **state)
{
	struct db *db = connect_bare();
	struct strangers strangers;
	size_t i;

	(void)state;
	assert_int_equal(begin(db), OK);
	sql("CREATE TABLE event (id INT, awards INT)");
	for (i = 0; i < COUNT(strange); i++)
		sql("%s", strange[i]);
	assert_int_equal(strangers_find(db, test_arena, &strangers), OK);
	assert_string_equal(strangers.active, "event ev`ery, trigger eats");
	assert_string_equal(strangers.passive,
	    "function one, procedure wipe, sequence numbers, view seen, table"
	    " notes");
	assert_int_equal(undo(db), OK);
	assert_int_equal(all_there_is(), 0);
	db_free(db);
}

static void
tables_are_in_the_way_once_they_are_written_to(void **state)
{
	struct db *db = connect_bare();
	int64_t before;

	(void)state;
	migrate(db);
	before = tables();
	assert_int_equal(obstacles(db), 0);
	sql("INSERT INTO application VALUES (1, 1, 'a', '', 'UTC', 0, 0, 1, 1,"
	    " 0, 1, 1)");
	assert_int_equal(obstacles(db), 1);
	assert_int_equal(begin(db), ERR_SCHEMA_MISMATCH);
	assert_int_equal(tables(), before);
	sql("DELETE FROM application");
	assert_int_equal(begin(db), OK);
	assert_int_equal(tables(), 1);
	db_free(db);
}

static void
nobody_uses_a_database_before_its_restore_has_ended(void **state)
{
	struct db *db = connect_bare();
	const char *why;

	(void)state;
	assert_int_equal(begin(db), OK);
	/* What a restore loads: in the end, all that migrations make. */
	sql("DROP TABLE restore_unfinished");
	migrate(db);
	assert_int_equal(migrate_check(db), OK);
	sql("CREATE TABLE restore_unfinished (id INT)");
	assert_int_equal(migrate_check(db), ERR_SCHEMA_MISMATCH);
	assert_non_null(strstr(why_not(db), "palmaresctl restore"));
	assert_int_equal(migrate_run(db, test_arena, ignore, NULL, &why),
	    ERR_SCHEMA_MISMATCH);
	assert_non_null(strstr(why, "palmaresctl restore"));
	assert_int_equal(restore_end(db), OK);
	assert_int_equal(migrate_check(db), OK);
	assert_null(why_not(db));
	db_free(db);
}

static void
an_interrupted_restore_is_begun_anew(void **state)
{
	struct db *db = connect_bare();

	(void)state;
	assert_int_equal(begin(db), OK);
	sql("CREATE TABLE `odd ``name` (id INT PRIMARY KEY) ENGINE=InnoDB");
	sql("CREATE TABLE child (id INT, FOREIGN KEY (id)"
	    " REFERENCES `odd ``name` (id)) ENGINE=InnoDB");
	assert_int_equal(tables(), 3);
	assert_int_equal(obstacles(db), 0);
	assert_int_equal(begin(db), OK);
	assert_int_equal(tables(), 1);
	assert_int_equal(undo(db), OK);
	assert_int_equal(tables(), 0);
	db_free(db);
}

static void
a_mark_alone_is_no_leave_to_drop(void **state)
{
	struct db *db = connect_bare();
	int64_t before;

	(void)state;
	migrate(db);
	sql("INSERT INTO application VALUES (1, 1, 'a', '', 'UTC', 0, 0, 1, 1,"
	    " 0, 1, 1)");
	before = tables();
	/* What is left of one who died before the second look. */
	sql("CREATE TABLE restore_unfinished (it_begins_anew INT)");
	assert_int_equal(obstacles(db), 0);
	assert_int_equal(begin(db), ERR_SCHEMA_MISMATCH);
	assert_int_equal(tables(), before);
	assert_int_equal(obstacles(db), 1);
	assert_null(why_not(db));
	db_free(db);
}

static void
connections_of_before_are_closed(void **state)
{
	struct db *db = connect_bare(), *other = connect_bare();

	(void)state;
	assert_int_equal(begin(db), OK);
	assert_int_equal(db_text(other, "DO 1"), ERR_CONNECTION_LOST);
	assert_int_equal(db_text(db, "DO 1"), OK);
	db_free(other);
	db_free(db);
}

static const char *
no_backup_because(struct db *db)
{
	struct backup_source source;

	assert_int_equal(backup_look(db, test_arena, &source), OK);
	return source.why;
}

static void
a_backup_is_of_one_moment_and_one_schema(void **state)
{
	struct db *db = connect_bare();
	struct backup_source source;
	const char *last;

	(void)state;
	assert_non_null(no_backup_because(db));
	migrate(db);
	assert_int_equal(backup_look(db, test_arena, &source), OK);
	assert_null(source.why);
	assert_int_equal(source.version, migrate_newest());
	last = strrchr(source.tables, '\n');
	assert_non_null(last);
	assert_string_equal(last + 1, "schema_version");
	sql("CREATE TABLE notes (id INT) ENGINE=Aria");
	assert_non_null(strstr(no_backup_because(db), "notes (Aria)"));
	sql("DROP TABLE notes");
	sql("INSERT INTO schema_version VALUES (%lld, 'x.sql',"
	    " REPEAT('0', 64), 2, 1, 1)",
	    (long long)migrate_newest() + 1);
	assert_non_null(strstr(no_backup_because(db), "migration"));
	sql("UPDATE schema_version SET done = statements");
	assert_non_null(strstr(no_backup_because(db), "newer program"));
	db_free(db);
}

static void
the_lock_of_migrations_is_held_by_one(void **state)
{
	struct db *db = connect_bare(), *other = connect_bare();

	(void)state;
	assert_int_equal(migrate_lock(db, test_arena, 0), OK);
	assert_int_equal(migrate_still_locked(db, test_arena), OK);
	assert_int_equal(migrate_lock(other, test_arena, 0), ERR_LOCK_TIMEOUT);
	assert_int_equal(
	    migrate_still_locked(other, test_arena), ERR_LOCK_TIMEOUT);
	migrate_unlock(db);
	assert_int_equal(
	    migrate_still_locked(db, test_arena), ERR_LOCK_TIMEOUT);
	assert_int_equal(migrate_lock(other, test_arena, 0), OK);
	db_free(other);
	assert_int_equal(migrate_lock(db, test_arena, 5), OK);
	db_free(db);
}

static void
another_database_has_a_lock_of_its_own(void **state)
{
	struct db_settings settings = server_settings;
	struct db *db = connect_bare(), *other;

	(void)state;
	settings.name = "mysql";
	other = db_new(&settings, DB_ADMIN, &server_counters);
	assert_int_equal(db_connect_bare(other), OK);
	assert_int_equal(migrate_lock(db, test_arena, 0), OK);
	assert_int_equal(migrate_lock(other, test_arena, 0), OK);
	db_free(other);
	db_free(db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(
	        tables_of_others_are_in_the_way, make_empty_database),
	    cmocka_unit_test_setup(
	        what_no_migration_makes_is_in_the_way_and_named,
	        make_empty_database),
	    cmocka_unit_test_setup(
	        a_restore_that_is_undone_leaves_nothing_at_all,
	        make_empty_database),
	    cmocka_unit_test_setup(
	        tables_are_in_the_way_once_they_are_written_to,
	        make_empty_database),
	    cmocka_unit_test_setup(
	        nobody_uses_a_database_before_its_restore_has_ended,
	        make_empty_database),
	    cmocka_unit_test_setup(
	        an_interrupted_restore_is_begun_anew, make_empty_database),
	    cmocka_unit_test_setup(
	        a_mark_alone_is_no_leave_to_drop, make_empty_database),
	    cmocka_unit_test_setup(
	        connections_of_before_are_closed, make_empty_database),
	    cmocka_unit_test_setup(
	        a_backup_is_of_one_moment_and_one_schema, make_empty_database),
	    cmocka_unit_test_setup(
	        the_lock_of_migrations_is_held_by_one, make_empty_database),
	    cmocka_unit_test_setup(
	        another_database_has_a_lock_of_its_own, make_empty_database),
	};

	return cmocka_run_group_tests(tests, server_start, server_stop);
}
