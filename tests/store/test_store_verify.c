/* test_store_verify: every kind of damage is found, and nothing else */
#include <pthread.h>
#include <string.h>

#include "store_test.h"

enum { MANY = 300 };

#define ANN " WHERE username = 'ann'"

static int64_t one, two;

static struct plain_rule
rule_of(
    const char *name, const char *event_type, int64_t points, const char *scale)
{
	return (struct plain_rule) {.name = name,
	    .event_type = event_type,
	    .points = points,
	    .scale_name = scale};
}

/* Rules of every kind, and of every past that a rule can have. */
static void
make_rules(void)
{
	struct plain_rule rule;

	make_rule(one, rule_of("review", "review", 10, "reputation"));
	rule = rule_of("verified", "review", 5, "reputation");
	rule.property = "verified";
	rule.badge_name = "Verified";
	make_rule(one, rule);
	rule = rule_of("third", "review", 100, "gold");
	rule.times = 3;
	rule.badge_name = "Critic";
	make_rule(one, rule);
	make_rule(one, rule_of("nothing", "review", 0, "zero"));
	make_rule(one, rule_of("fine", "spam", -7, "reputation"));
	rule = rule_of("medal", "win", 0, NULL);
	rule.badge_name = "Medal";
	make_rule(one, rule);
	make_rule(one, rule_of("gone", "review", 1, "reputation"));
	make_rule(one, rule_of("unused", "never", 1, "unused"));
	make_rule(two, rule_of("review", "review", 1, "reputation"));
}

/* Posts many events as one request, to get past the pages of verify. */
static void
post_many(char prefix, bool one_user)
{
	struct ingest_event *events =
	    arena_array(test_arena, MANY, sizeof(*events));
	struct ingest_job job = job_of(two, events, MANY), *jobs = &job;
	struct db *db = connect_as(DB_COMMITTER);
	struct ingest ingest;
	int i;

	for (i = 0; i < MANY; i++)
		events[i] =
		    event_of(arena_printf(test_arena, "%c%d", prefix, i),
		        arena_printf(test_arena, "user %d", one_user ? -1 : i),
		        "review", NULL);
	ingest_init(&ingest, db);
	assert_int_equal(
	    ingest_apply(&ingest, &jobs, 1, in_seconds(20), true), OK);
	assert_int_equal(job.error, OK);
	ingest_job_clear(&job);
	ingest_free(&ingest);
	db_free(db);
}

static void
post_events(void)
{
	struct plain_rule rule;

	post(one, "a1", "ann", "review", "{\"verified\":true,\"stars\":5}");
	post(one, "a2", "ann", "review", "{\"verified\":false}");
	post(one, "b1", "bob", "review", "[\"verified\"]");
	post(one, "b2", "bob", "spam", "{\"verified\":null}");
	post(one, "c1", "cy", "other", NULL);
	rule = rule_of("review", "review", 20, "reputation");
	change_rule(one, rule);
	delete_rule(one, "gone");
	make_rule(one, rule_of("gone", "review", 2, "reputation"));
	post(one, "a3", "ann", "review", "{\"verified\":1}");
	rule.disabled = true;
	change_rule(one, rule);
	post(one, "a4", "ann", "review", NULL);
	post(one, "a5", "ann", "win", NULL);
	post(one, "a6", "ann", "win", NULL);
	post_many('t', true);
	post_many('u', false);
}

/* What a test changes is put back from here. */
static const char *const tables[] = {"application", "point_scale", "badge",
    "rule", "rule_revision", "rule_reference", "user", "event"};

static void
save_tables(void)
{
	size_t i;

	sql("CREATE DATABASE saved");
	for (i = 0; i < COUNT(tables); i++)
		sql("CREATE TABLE saved.%s AS SELECT * FROM %s", tables[i],
		    tables[i]);
}

static int
restore_tables(void **state)
{
	size_t i;

	(void)state;
	sql("SET foreign_key_checks = 0");
	for (i = 0; i < COUNT(tables); i++) {
		sql("DELETE FROM %s", tables[i]);
		sql("INSERT INTO %s SELECT * FROM saved.%s", tables[i],
		    tables[i]);
	}
	return 0;
}

static int
set_up(void **state)
{
	server_start_migrated(state);
	one = make_application("one");
	two = make_application("two");
	make_rules();
	post_events();
	save_tables();
	sql("SET foreign_key_checks = 0");
	sql("SET @one = %lld", (long long)one);
	return 0;
}

static void
a_clean_database_has_no_differences(void **state)
{
	struct verify_totals totals;

	(void)state;
	assert_string_equal(verify_lines(0, &totals), "");
	assert_int_equal(totals.differences, 0);
	assert_int_equal(totals.applications, 2);
	assert_int_equal(totals.events, 9 + 2 * MANY);
	assert_int_equal(totals.users, 3 + 1 + MANY);
}

static void
one_application_is_verified_alone(void **state)
{
	struct verify_totals totals;

	(void)state;
	sql("UPDATE user SET standing = CONCAT(standing, X'00')" ANN);
	verify_lines(two, &totals);
	assert_int_equal(totals.differences, 0);
	assert_int_equal(totals.applications, 1);
	assert_int_equal(totals.users, 1 + MANY);
	verify_lines(one, &totals);
	assert_true(totals.differences > 0);
	assert_int_equal(totals.events, 9);
}

#define RULE "(SELECT MIN(id) FROM rule WHERE name = 'third')"

/* One byte of the first award of a1: see store/award.h. */
#define AWARD(place, hex)                                                \
	"UPDATE event SET awards = INSERT(awards, " #place ", 1, X'" hex \
	"')" ANN " AND number = 1"

/* One statement that does damage, and the line that must tell of it. */
static const struct damage {
	const char *statement;
	const char *line;
} damages[] = {
    /* The user's row. */
    {"UPDATE user SET events = events + 1" ANN,
        "one: ann: events: stored 7, folded 6"},
    {"UPDATE user SET entries = entries - 1" ANN,
        "one: ann: ledger entries: stored"},
    {"UPDATE user SET last_event = last_event + 1" ANN,
        "one: ann: row of the last event: stored"},
    {"DELETE FROM user" ANN,
        "one: ann: events of a user who does not exist: stored 6, folded 0"},
    {"INSERT INTO user VALUES (@one, 'eve', 0, 0, 0, 0, 7, X'00', NULL)",
        "one: eve: row of the last event: stored 7, folded 0"},
    {"UPDATE user SET ahead = 2000000" ANN,
        "one: ann: microseconds of the last event ahead of its receipt: stored"
        " 2000000, folded 0"},
    {"UPDATE user SET application_id = 99" ANN,
        "application number 99: -: rows of table user, of an application"
        " that does not exist: stored 1, folded 0"},
    /* Events. */
    {"DELETE FROM event" ANN " AND number = 1",
        "one: ann: event 2 (\"a2\"): number: stored 2, folded 1"},
    {"DELETE FROM event" ANN " AND number = 3",
        "one: ann: event 4 (\"a4\"): number: stored 4, folded 3"},
    {"DELETE FROM event" ANN " AND number = 6",
        "one: ann: events: stored 6, folded 5"},
    {"UPDATE event SET number = 7" ANN " AND number = 6",
        "one: ann: event 7 (\"a6\"): number: stored 7, folded 6"},
    {"UPDATE event SET id = 1" ANN " AND number = 5",
        "one: ann: event 5 (\"a5\"): number: stored 5, folded 1"},
    {"UPDATE event SET previous = previous + 1" ANN " AND number = 5",
        "one: ann: event 5 (\"a5\"): row of the event before: stored"},
    {"UPDATE event SET previous = 1" ANN " AND number = 1",
        "one: ann: event 1 (\"a1\"): row of the event before: stored 1,"
        " folded 0"},
    {"UPDATE event SET ahead = 2000000" ANN " AND number = 2",
        "one: ann: event 2 (\"a2\"): microseconds ahead of the receipt:"
        " stored 2000000, folded 0"},
    {"UPDATE event SET timestamp = timestamp - 3" ANN " AND number = 2",
        "one: ann: event 2 (\"a2\"): microseconds ahead of the receipt:"
        " stored 0, folded 3"},
    {"UPDATE event SET ahead = 2000000, timestamp_given = TRUE" ANN
     " AND number = 2",
        "one: ann: event 2 (\"a2\"): microseconds ahead of the receipt:"
        " stored 2000000, folded 0"},
    {"UPDATE event SET ahead = 999999, timestamp_given = TRUE" ANN
     " AND number = 2",
        "one: ann: event 2 (\"a2\"): microseconds ahead of the receipt:"
        " stored 999999, folded 0"},
    {"UPDATE event SET version = 99" ANN " AND number = 6",
        "one: ann: event 6 (\"a6\"): version: stored 99, folded"},
    {"UPDATE event SET version = 1" ANN " AND number = 3",
        "one: ann: event 3 (\"a3\"): version: stored 1, folded"},
    {"UPDATE event SET event_type = 'spam'" ANN " AND number = 1",
        "one: ann: event 1 (\"a1\"): award of rule \"fine\": stored nothing,"
        " folded -7 points of \"reputation\", balance -7"},
    {"UPDATE event SET properties = '{}'" ANN " AND number = 1",
        "one: ann: event 1 (\"a1\"): award of rule \"verified\": stored 5"
        " points of \"reputation\", balance 15, badge \"Verified\","
        " folded nothing"},
    {"UPDATE event SET properties = '{\"ver'" ANN " AND number = 1",
        "one: ann: event 1 (\"a1\"): properties: stored no JSON"},
    {"UPDATE event SET username = 'eve'" ANN " AND number = 6",
        "one: eve: events of a user who does not exist: stored 1, folded 0"},
    {"UPDATE event SET application_id = 99" ANN " AND number = 6",
        "application number 99: -: rows of table event, of an application"
        " that does not exist: stored 1, folded 0"},
    /* What event a1 gave: its bytes are in AWARDS. */
    {"UPDATE event SET awards = NULL" ANN " AND number = 1",
        "one: ann: event 1 (\"a1\"): award of rule \"review\": stored nothing,"
        " folded 10 points of \"reputation\", balance 10"},
    {"UPDATE event SET awards = CONCAT(awards, X'00')" ANN " AND number = 1",
        "one: ann: event 1 (\"a1\"): awards: stored damaged, folded readable"},
    {"UPDATE event SET awards = INSERT(awards, 1, 1, X'07')" ANN
     " AND number = 1",
        "one: ann: event 1 (\"a1\"): ledger entries before: stored 7,"
        " folded 0"},
    {AWARD(3, "63"),
        "one: ann: event 1 (\"a1\"): award of rule number 99, which does not"
        " exist: stored 10 points"},
    {AWARD(4, "63"),
        "one: ann: event 1 (\"a1\"): award of rule \"review\": stored 10 points"
        " of number 99, which does not exist, balance 10, folded 10 points of"
        " \"reputation\", balance 10"},
    {AWARD(5, "16"),
        "one: ann: event 1 (\"a1\"): award of rule \"review\": stored 11"
        " points"},
    {AWARD(6, "16"),
        "one: ann: event 1 (\"a1\"): award of rule \"review\": stored 10 points"
        " of \"reputation\", balance 11, folded"},
    {AWARD(7, "63"),
        "one: ann: event 1 (\"a1\"): award of rule \"review\": stored 10 points"
        " of \"reputation\", balance 10, badge number 99, which does not"
        " exist, folded"},
    /* What ann has. */
    {"UPDATE user SET standing = NULL" ANN,
        "one: ann: standing: stored damaged, folded readable"},
    {"UPDATE user SET standing = CONCAT(standing, X'00')" ANN,
        "one: ann: standing: stored damaged, folded readable"},
    {"UPDATE user SET standing = X'00'" ANN,
        "one: ann: balance of point scale \"gold\": stored none, folded 100"},
    {"UPDATE user SET standing = X'00'" ANN,
        "one: ann: balance of point scale \"zero\": stored none, folded 0"},
    {"UPDATE user SET standing = X'00'" ANN,
        "one: ann: count of rule \"third\": stored none, folded 4"},
    {"UPDATE user SET standing = X'00'" ANN,
        "one: ann: place of badge \"Verified\": stored none, folded 1"},
    {"UPDATE user SET standing = X'01000163'" ANN,
        "one: ann: standing: stored damaged, folded readable"},
    {"UPDATE user SET standing = X'0100016302'" ANN,
        "one: ann: balance of point scale number 99, which does not exist:"
        " stored 1, folded none"},
    {"UPDATE user SET standing = X'01010163'" ANN,
        "one: ann: standing: stored damaged, folded readable"},
    {"UPDATE user SET standing = X'0101016305'" ANN,
        "one: ann: count of rule number 99, which does not exist: stored 5,"
        " folded none"},
    {"UPDATE user SET standing = X'0102016301'" ANN,
        "one: ann: place of badge number 99, which does not exist: stored 1,"
        " folded none"},
    {"UPDATE user SET standing = X'01020201020101'" ANN,
        "one: ann: place of badge \"Verified\": stored 2, folded 1"},
    {"UPDATE user SET standing = X'0102010101' WHERE username = 'cy'",
        "one: cy: place of badge \"Verified\": stored 1, folded none"},
    /* What keeps things that somebody has from being deleted. */
    {"UPDATE point_scale SET given = FALSE WHERE name = 'gold'",
        "one: -: point scale \"gold\": given: stored 0, folded 1"},
    {"UPDATE badge SET given = FALSE WHERE name = 'Critic'",
        "one: -: badge \"Critic\": given: stored 0, folded 1"},
    /* What the fold itself rests on. */
    {"UPDATE rule_revision SET document = JSON_SET(document, '$.points', 11)"
     " WHERE rule_id = 1"
     " AND until <> 0 ORDER BY since LIMIT 1",
        "one: ann: event 1 (\"a1\"): award of rule \"review\": stored 10 points"
        " of \"reputation\", balance 10, folded 11 points of \"reputation\","
        " balance 11"},
    {"UPDATE rule_revision SET document = JSON_SET(document, '$.points',"
     " 9223372036854775807)"
     " WHERE rule_id = " RULE,
        "one: ann: event 3 (\"a3\"): award of rule \"third\": stored 100"},
    {"UPDATE rule_revision SET document = JSON_SET(document, '$.points',"
     " 9223372036854775807)"
     " WHERE rule_id = 1 AND until <> 0 ORDER BY since LIMIT 1",
        "one: ann: event 1 (\"a1\"): outcome: stored applied,"
        " folded refused"},
    {"UPDATE rule_revision SET until = until + 1 WHERE rule_id = 1"
     " AND until <> 0 ORDER BY since LIMIT 1",
        "one: -: rule \"review\": stored a revision from version"},
    {"UPDATE rule_revision SET until = 0 WHERE rule_id = 1"
     " AND until <> 0 ORDER BY since LIMIT 1",
        "one: -: rule \"review\": stored a revision from version"},
    {"UPDATE rule_revision SET until = 50 WHERE rule_id = " RULE,
        "one: -: rule \"third\": stored a revision from version"},
    {"DELETE FROM rule_revision WHERE rule_id = " RULE,
        "one: -: rule \"third\": stored no revision"},
    {"DELETE FROM rule_reference WHERE kind = 1 AND rule_id = " RULE,
        "one: -: reference of rule \"third\": stored none, folded one"},
    {"UPDATE rule_reference SET ref_id = 99 WHERE kind = 1 AND rule_id = " RULE,
        "one: -: reference of rule number 3: stored one, folded none"},
    {"UPDATE rule_revision SET document = '{}' WHERE rule_id = " RULE,
        "one: -: rule \"third\": stored a revision that cannot be read,"
        " folded one that can"},
    {"DELETE FROM rule WHERE name = 'third'",
        "one: -: rule number 3, which does not exist: stored a revision"},
    {"DELETE FROM point_scale WHERE name = 'gold'",
        "one: -: rule \"third\": stored a point scale that does not"},
    {"DELETE FROM badge WHERE name = 'Critic'",
        "one: -: rule \"third\": stored a badge that does not exist"},
    {"DELETE FROM application WHERE name = 'one'",
        "rows of table event, of an application that does not exist:"
        " stored 9, folded 0"},
};

static void
each_kind_of_damage_is_found(void **state)
{
	struct verify_totals totals;
	const char *lines;
	size_t i;

	for (i = 0; i < COUNT(damages); i++) {
		sql("%s", damages[i].statement);
		lines = verify_lines(0, &totals);
		if (totals.differences == 0 ||
		    strstr(lines, damages[i].line) == NULL)
			fail_msg("%s\nis not told as\n%s\nbut as\n%s",
			    damages[i].statement, damages[i].line, lines);
		restore_tables(state);
		verify_finds_nothing();
	}
}

static void
an_event_id_that_two_events_have_is_found(void **state)
{
	struct verify_totals totals;

	(void)state;
	sql("ALTER TABLE event DROP KEY event_id,"
	    " ADD KEY event_id (application_id, event_id)");
	sql("UPDATE event SET event_id = 'a1'" ANN " AND number = 2");
	assert_non_null(strstr(verify_lines(0, &totals),
	    "one: -: events with the id \"a1\": stored several, folded one"));
	restore_tables(state);
	sql("ALTER TABLE event DROP KEY event_id,"
	    " ADD UNIQUE KEY event_id (application_id, event_id)");
}

/*
 * Bob has had no event since "gone", the seventh rule, was deleted, so that his
 * last count is still that: one more than the fifth by two, and then 1. Behind
 * it comes his only badge. Ann's is gone, with her next event.
 */
static void
the_counts_of_a_deleted_rule_do_not_matter(void **state)
{
	(void)state;
	assert_int_equal(
	    sql_number("SELECT RIGHT(standing, 6) = X'020102010101'"
	               " FROM user WHERE username = 'bob'"),
	    1);
	sql("UPDATE user SET standing = CONCAT(LEFT(standing,"
	    " LENGTH(standing) - 5), X'4D02010101') WHERE username = 'bob'");
	verify_finds_nothing();
}

/* As of more users than fit into memory. */
static void
parts_of_the_users_add_up_to_all(void **state)
{
	struct verify_totals totals;

	(void)state;
	users_at_once = MANY / 7;
	verify_lines(0, &totals);
	assert_int_equal(totals.differences, 0);
	assert_int_equal(totals.events, 9 + 2 * MANY);
	assert_int_equal(totals.users, 3 + 1 + MANY);
	sql("DELETE FROM user WHERE username = 'user 77'");
	sql("UPDATE event SET number = 2 WHERE username = 'user 88'");
	verify_lines(0, &totals);
	users_at_once = VERIFY_USERS_AT_ONCE;
	assert_int_equal(totals.differences, 2);
	assert_int_equal(totals.users, 3 + MANY);
}

/* Posts, with changes of a rule in between, until it is told to stop. */
static _Atomic bool stop;

static void *
keep_posting(void *context)
{
	const int64_t *writer = context;
	struct arena *arena = arena_new(256 << 20);
	struct db *db =
	    db_new(&server_settings, DB_COMMITTER, &server_counters);
	struct ingest_event events[3];
	struct ingest_job job = job_of(one, events, COUNT(events)),
	                  *jobs = &job;
	struct ingest ingest;
	size_t k;
	int i;

	job.arena = arena;
	ingest_init(&ingest, db);
	for (i = 0; !stop; i++) {
		for (k = 0; k < COUNT(events); k++)
			events[k] = event_of(arena_printf(arena, "%lld-%d-%zu",
			                         (long long)*writer, i, k),
			    arena_printf(arena, "busy %d", i * (int)k % 50),
			    "review", NULL);
		if (ingest_apply(&ingest, &jobs, 1, in_seconds(20), true) != OK)
			break;
	}
	ingest_job_clear(&job);
	ingest_free(&ingest);
	db_free(db);
	arena_free(arena);
	return NULL;
}

static void
a_system_at_work_has_no_differences(void **state)
{
	struct plain_rule rule = rule_of("nothing", "review", 0, "zero");
	int64_t writers[] = {1, 2, 3};
	pthread_t threads[COUNT(writers)];
	size_t i;

	(void)state;
	stop = false;
	for (i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, keep_posting,
		                     &writers[i]),
		    0);
	for (i = 0; i < 15; i++) {
		rule.points = (int64_t)i;
		change_rule(one, rule);
		verify_finds_nothing();
	}
	stop = true;
	for (i = 0; i < COUNT(threads); i++)
		pthread_join(threads[i], NULL);
	verify_finds_nothing();
	assert_true(sql_number("SELECT SUM(events) FROM user"
	                       " WHERE username LIKE 'busy%%'") > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_clean_database_has_no_differences),
	    cmocka_unit_test_teardown(
	        one_application_is_verified_alone, restore_tables),
	    cmocka_unit_test(each_kind_of_damage_is_found),
	    cmocka_unit_test_teardown(
	        an_event_id_that_two_events_have_is_found, restore_tables),
	    cmocka_unit_test_teardown(
	        the_counts_of_a_deleted_rule_do_not_matter, restore_tables),
	    cmocka_unit_test_teardown(
	        parts_of_the_users_add_up_to_all, restore_tables),
	    cmocka_unit_test(a_system_at_work_has_no_differences),
	};

	return cmocka_run_group_tests(tests, set_up, server_stop);
}
