/* test_store_jobs: what requests in one transaction, and a user's past, share */
#include <string.h>

#include "proxy.h"
#include "store_test.h"

static int64_t first_application, second_application;

static int64_t
make_one(const char *name, int64_t points)
{
	int64_t application = make_application(name);

	make_rule(application,
	    (struct rule_definition) {.name = "point",
	        .enabled = true,
	        .event_type = "visit",
	        .times = 1,
	        .points = points,
	        .point_scale = {.name = "points"},
	        .badge = {.name = "Visitor"}});
	return application;
}

static int
make_everything(void **state)
{
	static int number;

	(void)state;
	first_application =
	    make_one(arena_printf(test_arena, "one %d", ++number), 1);
	second_application =
	    make_one(arena_printf(test_arena, "two %d", number), 10);
	memset(&server_counters, 0, sizeof(server_counters));
	return 0;
}

static int
leave_nothing_wrong(void **state)
{
	(void)state;
	proxy_set(PROXY_PASS, NULL);
	verify_finds_nothing();
	return 0;
}

/* Applies the requests in one transaction, as a committer gathers them. */
static void
apply_together(struct ingest_job *jobs, size_t count)
{
	struct ingest_job *list[2] = {&jobs[0], &jobs[count - 1]};
	struct db *db = connect_as(DB_COMMITTER);
	struct ingest ingest;
	size_t i;

	ingest_init(&ingest, db);
	assert_int_equal(
	    ingest_apply(&ingest, list, count, in_seconds(20), true), OK);
	for (i = 0; i < count; i++)
		keep_outcome(&jobs[i]);
	ingest_free(&ingest);
	db_free(db);
}

static void
assert_outcome(const struct ingest_event *event, int64_t balance, bool replayed)
{
	assert_int_equal(event->error, OK);
	assert_int_equal(event->replayed, replayed);
	assert_int_equal(event->event.award_count, 1);
	assert_int_equal(event->event.awards[0].balance, balance);
	assert_string_equal(event->event.awards[0].badge, "Visitor");
}

/* The same id, user and event type in both, at the same time. */
static void
two_applications_share_nothing_in_a_transaction(void **state)
{
	int turn;

	(void)state;
	for (turn = 0; turn < 2; turn++) {
		struct ingest_event one = event_of("e", "ann", "visit", NULL);
		struct ingest_event two = event_of("e", "ann", "visit", NULL);
		struct ingest_job jobs[] = {job_of(first_application, &one, 1),
		    job_of(second_application, &two, 1)};

		apply_together(jobs, COUNT(jobs));
		assert_outcome(&one, 1, turn == 1);
		assert_outcome(&two, 10, turn == 1);
	}
	assert_int_equal(
	    sql_number("SELECT COUNT(*) FROM user"
	               " WHERE username = 'ann'"
	               " AND application_id IN (%lld, %lld)",
	        (long long)first_application, (long long)second_application),
	    2);
}

static void
a_request_is_refused_for_its_own_key_alone(void **state)
{
	struct ingest_event good = event_of("g", "ann", "visit", NULL);
	struct ingest_event bad = event_of("b", "bob", "visit", NULL);
	struct ingest_job jobs[] = {job_of(first_application, &bad, 1),
	    job_of(first_application, &good, 1)};

	(void)state;
	jobs[0].key = 4711;
	apply_together(jobs, COUNT(jobs));
	assert_int_equal(jobs[0].error, ERR_KEY_UNKNOWN);
	assert_int_equal(jobs[1].error, OK);
	assert_outcome(&good, 1, false);
	assert_int_equal(sql_number("SELECT COUNT(*) FROM event"
	                            " WHERE application_id = %lld",
	                     (long long)first_application),
	    1);
}

/* Users that are there in another order than that of their names and ids. */
static void
each_user_gets_their_own_outcome(void **state)
{
	static const char *const names[] = {"cat", "ann", "bob", "dan", "eve"};
	struct ingest_event events[COUNT(names)];
	struct ingest_job job =
	    job_of(first_application, events, COUNT(events));
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(names); i++)
		for (k = 0; k < i; k++)
			post(first_application,
			    arena_printf(test_arena, "%zu-%zu", i, k), names[i],
			    "visit", NULL);
	for (i = 0; i < COUNT(names); i++)
		events[i] = event_of(names[i], names[i], "visit", NULL);
	apply_together(&job, 1);
	for (i = 0; i < COUNT(names); i++) {
		assert_int_equal(events[i].event.award_count, 1);
		assert_int_equal(
		    events[i].event.awards[0].balance, (int64_t)i + 1);
	}
}

/* All of ann's past lies an hour ahead. */
static void
move_past_ahead(void)
{
	static const struct {
		const char *table;
		const char *column;
		long long microseconds;
	} times[] = {
	    {"event", "id", EVENT_WRITERS},
	    {"ledger", "event", EVENT_WRITERS},
	    {"user_badge", "event", EVENT_WRITERS},
	    {"user", "last_event_at", 1},
	};
	size_t i;

	for (i = 0; i < COUNT(times); i++)
		sql("UPDATE %s SET %s = %s + 3600000000 * %lld"
		    " WHERE application_id = %lld",
		    times[i].table, times[i].column, times[i].column,
		    times[i].microseconds, (long long)first_application);
}

static void
after_the_clock_was_set_back_an_event_still_comes_last(void **state)
{
	struct ingest_event event = event_of("b", "ann", "visit", NULL);
	struct ingest_job job = job_of(first_application, &event, 1);

	(void)state;
	post(first_application, "a", "ann", "visit", NULL);
	move_past_ahead();
	apply_together(&job, 1);
	assert_int_equal(sql_number("SELECT id FROM event WHERE"
	                            " application_id = %lld"
	                            " ORDER BY id DESC LIMIT 1",
	                     (long long)first_application),
	    event.event.row);
}

static enum error
deadlock_when_settling(
    struct db *db, const struct tx_attempt *attempt, void *context)
{
	(void)context;
	if (attempt->settling)
		return ERR_DEADLOCK;
	return db_text(db, "UPDATE application SET updated_at = 7");
}

/* It may have been applied, so nobody is told that it was not. */
static void
an_outcome_that_cannot_be_settled_stays_unknown(void **state)
{
	const struct tx_options options = {
	    .deadline = in_seconds(20), .may_settle = true};
	struct db *db;

	(void)state;
	db = connect_as(DB_COMMITTER);
	proxy_set(PROXY_DROP_REPLY, NULL);
	assert_int_equal(tx_run(db, &options, deadlock_when_settling, NULL),
	    ERR_OUTCOME_UNKNOWN);
	assert_int_equal(sql_number("SELECT updated_at FROM application"
	                            " WHERE id = %lld",
	                     (long long)first_application),
	    7);
	db_free(db);
}

/* The account of these tests could change it: it is root. */
static void
nothing_changes_how_durable_the_server_is(void **state)
{
	(void)state;
	sql("SET GLOBAL innodb_flush_log_at_trx_commit = 1");
	post(first_application, "a", "ann", "visit", NULL);
	assert_int_equal(
	    sql_number("SELECT @@GLOBAL.innodb_flush_log_at_trx_commit"), 1);
	sql("SET GLOBAL innodb_flush_log_at_trx_commit = 0");
}

static int64_t
make_key(int64_t application)
{
	char text[KEY_TEXT_SIZE];
	struct key key = {
	    .application_id = application, .kind = KEY_SECRET, .label = ""};
	struct db *db = connect_as(DB_ADMIN);

	assert_int_equal(key_insert(db, &key, text), OK);
	db_free(db);
	return key.id;
}

static void
an_application_revokes_its_own_keys_alone(void **state)
{
	const int64_t key = make_key(second_application);
	struct db *db = connect_as(DB_ADMIN);

	(void)state;
	assert_int_equal(
	    key_revoke(db, first_application, key), ERR_KEY_NOT_FOUND);
	assert_int_equal(sql_number("SELECT revoked_at IS NULL FROM api_key"
	                            " WHERE id = %lld",
	                     (long long)key),
	    1);
	assert_int_equal(key_revoke(db, second_application, key), OK);
	db_free(db);
}

static int
set_up(void **state)
{
	server_start_migrated(state);
	proxy_start();
	return 0;
}

#define TEST(name)                       \
	cmocka_unit_test_setup_teardown( \
	    name, make_everything, leave_nothing_wrong)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(two_applications_share_nothing_in_a_transaction),
	    TEST(a_request_is_refused_for_its_own_key_alone),
	    TEST(each_user_gets_their_own_outcome),
	    TEST(after_the_clock_was_set_back_an_event_still_comes_last),
	    TEST(an_outcome_that_cannot_be_settled_stays_unknown),
	    TEST(nothing_changes_how_durable_the_server_is),
	    TEST(an_application_revokes_its_own_keys_alone),
	};

	return cmocka_run_group_tests(tests, set_up, server_stop);
}
