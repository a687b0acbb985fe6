/* test_store_verify: every kind of damage is found, and nothing else */
#include <pthread.h>
#include <string.h>

#include "store_test.h"

enum { MANY = 300 };

static int64_t one, two;

static struct rule_definition
rule_of(
    const char *name, const char *event_type, int64_t points, const char *scale)
{
	return (struct rule_definition) {.named.name = name,
	    .enabled = true,
	    .event_type = event_type,
	    .times = 1,
	    .points = points,
	    .point_scale = {.name = scale}};
}

/* Rules of every kind, and of every past that a rule can have. */
static void
make_rules(void)
{
	struct rule_definition rule;

	make_rule(one, rule_of("review", "review", 10, "reputation"));
	rule = rule_of("verified", "review", 5, "reputation");
	rule.property = "verified";
	rule.badge.named.name = "Verified";
	make_rule(one, rule);
	rule = rule_of("third", "review", 100, "gold");
	rule.times = 3;
	rule.badge.named.name = "Critic";
	make_rule(one, rule);
	make_rule(one, rule_of("nothing", "review", 0, "zero"));
	make_rule(one, rule_of("fine", "spam", -7, "reputation"));
	rule = rule_of("medal", "win", 0, NULL);
	rule.badge.named.name = "Medal";
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
	struct rule_definition rule;

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
	rule.enabled = false;
	change_rule(one, rule);
	post(one, "a4", "ann", "review", NULL);
	post(one, "a5", "ann", "win", NULL);
	post(one, "a6", "ann", "win", NULL);
	post_many('t', true);
	post_many('u', false);
}

/* What a test changes is put back from here. */
static const char *const tables[] = {"application", "point_scale", "badge",
    "rule", "rule_revision", "user", "event", "ledger", "balance", "rule_count",
    "user_badge"};

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
	sql("SET @ann = (SELECT id FROM user WHERE username = 'ann')");
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
	sql("UPDATE balance SET points = points + 1 WHERE user_id = @ann");
	verify_lines(two, &totals);
	assert_int_equal(totals.differences, 0);
	assert_int_equal(totals.applications, 1);
	assert_int_equal(totals.users, 1 + MANY);
	verify_lines(one, &totals);
	assert_true(totals.differences > 0);
	assert_int_equal(totals.events, 9);
}

#define ANN  " WHERE user_id = @ann"
#define RULE "(SELECT MIN(id) FROM rule WHERE name = 'third')"

/* One statement that does damage, and the line that must tell of it. */
static const struct damage {
	const char *statement;
	const char *line;
} damages[] = {
    /* The user's row. */
    {"UPDATE user SET events = events + 1 WHERE id = @ann",
        "one: ann: events: stored 7, folded 6"},
    {"UPDATE user SET entries = entries - 1 WHERE id = @ann",
        "one: ann: ledger entries: stored"},
    {"UPDATE user SET last_event_at = last_event_at + 1 WHERE id = @ann",
        "one: ann: time of the last event: stored"},
    {"DELETE FROM user WHERE id = @ann", "rows of table event, of user number"},
    {"UPDATE user SET id = @ann WHERE username = 'bob'",
        "one: -: users with the number"},
    {"UPDATE user SET application_id = 99 WHERE id = @ann",
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
        "one: ann: event 5 (\"a5\"): row: stored 1, folded more than"},
    {"UPDATE event SET version = 99" ANN " AND number = 6",
        "one: ann: event 6 (\"a6\"): version: stored 99, folded"},
    {"UPDATE event SET version = 1" ANN " AND number = 3",
        "one: ann: event 3 (\"a3\"): version: stored 1, folded"},
    {"UPDATE event SET first_entry = 9" ANN " AND number = 1",
        "one: ann: event 1 (\"a1\"): first ledger entry: stored 9,"
        " folded 1"},
    {"UPDATE event SET entries = entries + 1" ANN " AND number = 1",
        "one: ann: event 1 (\"a1\"): ledger entries: stored 5, folded 4"},
    {"UPDATE event SET badges = 0" ANN " AND number = 1",
        "one: ann: event 1 (\"a1\"): badges won: stored 0, folded 1"},
    {"UPDATE event SET event_type = 'spam'" ANN " AND number = 1",
        "one: ann: ledger entry 1: stored nothing, folded -7 points by rule"
        " \"fine\""},
    {"UPDATE event SET properties = '{}'" ANN " AND number = 1",
        "one: ann: badge \"Verified\": event's row: stored"},
    {"UPDATE event SET properties = '{\"ver'" ANN " AND number = 1",
        "one: ann: event 1 (\"a1\"): properties: stored no JSON"},
    {"UPDATE event SET user_id = 999" ANN " AND number = 6",
        "one: -: rows of table event, of user number 999, who does not"
        " exist: stored 1, folded 0"},
    {"UPDATE event SET application_id = 99" ANN " AND number = 6",
        "application number 99: -: rows of table event, of an application"
        " that does not exist: stored 1, folded 0"},
    /* The ledger. */
    {"UPDATE ledger SET point_scale_id = 999" ANN " AND number = 2",
        "one: ann: ledger entry 2: point scale: stored number 999, which does"
        " not exist, folded \"reputation\""},
    {"UPDATE ledger SET points = 6" ANN " AND number = 2",
        "one: ann: ledger entry 2: points: stored 6, folded 5"},
    {"UPDATE ledger SET balance = 16" ANN " AND number = 2",
        "one: ann: ledger entry 2: balance: stored 16, folded 15"},
    {"UPDATE ledger SET event = event + 1" ANN " AND number = 2",
        "one: ann: ledger entry 2: stored 5 points by rule \"verified\","
        " folded nothing"},
    {"UPDATE ledger SET rule_id = " RULE ANN " AND number = 2",
        "one: ann: ledger entry 2: stored 5 points by rule \"third\", folded"
        " nothing"},
    {"UPDATE ledger SET rule_id = 999" ANN " AND number = 2",
        "one: ann: ledger entry 2: stored 5 points by rule number 999, which"
        " does not exist, folded nothing"},
    {"DELETE FROM ledger" ANN " AND number = 2",
        "one: ann: ledger entry 2: stored nothing, folded 5 points by rule"
        " \"verified\""},
    {"UPDATE ledger SET number = 99" ANN " AND number = 14",
        "one: ann: ledger entry 99: number: stored 99, folded 14"},
    {"UPDATE ledger SET number = 99" ANN " AND number = 2",
        "one: ann: ledger entry 99: stored 5 points by rule \"verified\","
        " folded nothing"},
    {"INSERT INTO ledger SELECT application_id, user_id, 0,"
     " point_scale_id, points, balance, event - 1, rule_id FROM ledger" ANN
     " AND number = 1",
        "one: ann: ledger entry 0: stored 10 points by rule \"review\","
        " folded nothing"},
    {"INSERT INTO ledger SELECT application_id, user_id, 15,"
     " point_scale_id, points, balance, event, rule_id FROM ledger" ANN
     " AND number = 1",
        "one: ann: ledger entry 15: stored 10 points by rule \"review\","
        " folded nothing"},
    {"INSERT INTO ledger SELECT application_id, 999, number,"
     " point_scale_id, points, balance, event, rule_id FROM ledger" ANN
     " AND number = 1",
        "rows of table ledger, of user number 999, who does not exist"},
    {"UPDATE ledger SET application_id = 99" ANN " AND number = 1",
        "rows of table ledger, of an application that does not exist"},
    /* Balances. */
    {"UPDATE balance SET points = points + 1" ANN " AND points = 100",
        "one: ann: balance of point scale \"gold\": stored 101,"
        " folded 100"},
    {"UPDATE balance SET points = points + 1" ANN " AND points = 100",
        "one: ann: balance of point scale \"gold\" against the sum of its"
        " ledger entries: stored 101, folded 100"},
    {"UPDATE ledger SET points = points + 1" ANN " AND points = 100",
        "one: ann: balance of point scale \"gold\" against the sum of its"
        " ledger entries: stored 100, folded 101"},
    {"DELETE FROM balance" ANN " AND points = 100",
        "one: ann: balance of point scale \"gold\": stored nothing,"
        " folded 100"},
    {"DELETE FROM balance" ANN " AND points = 0",
        "one: ann: balance of point scale \"zero\": stored nothing,"
        " folded 0"},
    {"INSERT INTO balance SELECT @one, @ann, id, 0 FROM point_scale"
     " WHERE name = 'unused'",
        "one: ann: balance of point scale \"unused\": stored there,"
        " folded nothing"},
    {"INSERT INTO balance VALUES (@one, @ann, 999, 0)",
        "one: ann: balance of point scale number 999, which does not"
        " exist: stored there, folded nothing"},
    {"INSERT INTO balance VALUES (@one, 999, 1, 0)",
        "rows of table balance, of user number 999, who does not exist"},
    {"INSERT INTO balance VALUES (99, @ann, 1, 0)",
        "rows of table balance, of an application that does not exist"},
    /* Counts. */
    {"UPDATE rule_count SET count = 5" ANN " AND rule_id = " RULE,
        "one: ann: count of rule \"third\": stored 5, folded 4"},
    {"DELETE FROM rule_count" ANN " AND rule_id = " RULE,
        "one: ann: count of rule \"third\": stored nothing, folded 4"},
    {"INSERT INTO rule_count SELECT @one, @ann, id, 1 FROM rule"
     " WHERE name = 'unused'",
        "one: ann: count of rule \"unused\": stored there,"
        " folded nothing"},
    {"INSERT INTO rule_count VALUES (@one, @ann, 999, 1)",
        "one: ann: count of rule number 999, which does not exist: stored"
        " there, folded nothing"},
    {"INSERT INTO rule_count VALUES (@one, 999, 1, 1)",
        "rows of table rule_count, of user number 999, who does not"},
    {"INSERT INTO rule_count VALUES (99, @ann, 1, 1)",
        "rows of table rule_count, of an application that does not"},
    /* Badges. */
    {"UPDATE user_badge SET event = event + 1" ANN " LIMIT 1",
        "one: ann: badge \"Verified\": event's row: stored"},
    {"UPDATE user_badge SET rule_id = 1" ANN " LIMIT 1",
        "one: ann: badge \"Verified\": rule: stored \"review\", folded"
        " \"verified\""},
    {"DELETE FROM user_badge" ANN " LIMIT 1",
        "one: ann: badge \"Verified\": stored nothing, folded there"},
    {"INSERT INTO user_badge SELECT application_id, id, 1, 1, 1"
     " FROM user WHERE username = 'cy'",
        "one: cy: badge \"Verified\": stored there, folded nothing"},
    {"INSERT INTO user_badge VALUES (@one, @ann, 999, 1, 1)",
        "one: ann: badge number 999, which does not exist: stored there,"
        " folded nothing"},
    {"INSERT INTO user_badge VALUES (@one, 999, 1, 1, 1)",
        "rows of table user_badge, of user number 999, who does not"},
    {"INSERT INTO user_badge VALUES (99, @ann, 1, 1, 1)",
        "rows of table user_badge, of an application that does not"},
    /* What the fold itself rests on. */
    {"UPDATE rule_revision SET points = 11 WHERE rule_id = 1"
     " AND until <> 0 ORDER BY since LIMIT 1",
        "one: ann: ledger entry 1: points: stored 10, folded 11"},
    {"UPDATE rule_revision SET points = 9223372036854775807"
     " WHERE rule_id = " RULE,
        "one: ann: ledger entry"},
    {"UPDATE rule_revision SET points = 9223372036854775807"
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

static void
the_counts_of_a_deleted_rule_do_not_matter(void **state)
{
	(void)state;
	sql("UPDATE rule_count SET count = 77 WHERE rule_id ="
	    " (SELECT id FROM rule WHERE deleted <> 0)");
	verify_finds_nothing();
	sql("DELETE FROM rule_count WHERE rule_id ="
	    " (SELECT id FROM rule WHERE deleted <> 0)");
	verify_finds_nothing();
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
	struct rule_definition rule = rule_of("nothing", "review", 0, "zero");
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
	    cmocka_unit_test(a_system_at_work_has_no_differences),
	};

	return cmocka_run_group_tests(tests, set_up, server_stop);
}
