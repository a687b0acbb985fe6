/* test_store_jobs: what requests in one transaction, and a user's past, share */
#include "base/clock.h"
#include "ingest_test.h"
#include "store/key.h"

static int64_t other_application;

/* The same in another application, but for ten points. */
static int
make_two(void **state)
{
	make_everything(state);
	other_application = make_application(
	    arena_printf(test_arena, "other %lld", (long long)application));
	make_rule(other_application,
	    (struct plain_rule) {.name = "point",
	        .event_type = "visit",
	        .points = 10,
	        .scale_name = "points",
	        .badge_name = "Visitor"});
	return 0;
}

/* Applies the requests in one transaction, as a committer gathers them. */
static void
apply_together(struct ingest_job *jobs, size_t count)
{
	struct ingest_job *list[2] = {&jobs[0], &jobs[count - 1]};
	struct committer committer;
	size_t i;

	committer_init(&committer);
	assert_int_equal(
	    ingest_apply(&committer.ingest, list, count, in_seconds(20), true),
	    OK);
	for (i = 0; i < count; i++)
		keep_outcome(&jobs[i]);
	committer_free(&committer);
}

static void
assert_outcome(const struct ingest_event *event, int64_t balance, bool replayed)
{
	assert_int_equal(event->error, OK);
	assert_int_equal(event->replayed, replayed);
	assert_int_equal(event->event.award_count, 1);
	assert_int_equal(event->event.awards[0].balance, balance);
}

/* Sends the same id, user and event type to both, in one transaction. */
static void
post_to_both(const char *id, int64_t number, bool replayed)
{
	struct ingest_event one = event_of(id, "ann", "visit", NULL);
	struct ingest_event two = event_of(id, "ann", "visit", NULL);
	struct ingest_job jobs[] = {
	    job_of(application, &one, 1), job_of(other_application, &two, 1)};

	apply_together(jobs, COUNT(jobs));
	assert_outcome(&one, number, replayed);
	assert_outcome(&two, 10 * number, replayed);
}

/*
 * So many that some id of the one application meets that of the other in
 * whatever table they are looked up in.
 */
static void
two_applications_share_nothing_in_a_transaction(void **state)
{
	enum { IDS = 100 };
	int i;

	(void)state;
	for (i = 0; i < 2 * IDS; i++)
		post_to_both(arena_printf(test_arena, "e%d", i % IDS),
		    i % IDS + 1, i >= IDS);
	assert_int_equal(points_of("ann"), IDS);
	assert_int_equal(rows_of("user"), 1);
}

static void
a_request_is_refused_for_its_own_key_alone(void **state)
{
	struct ingest_event good = event_of("g", "ann", "visit", NULL);
	struct ingest_event bad = event_of("b", "bob", "visit", NULL);
	struct ingest_job jobs[] = {
	    job_of(application, &bad, 1), job_of(application, &good, 1)};

	(void)state;
	jobs[0].key = &nobodys_key;
	apply_together(jobs, COUNT(jobs));
	assert_int_equal(jobs[0].error, ERR_KEY_UNKNOWN);
	assert_int_equal(jobs[1].error, OK);
	assert_outcome(&good, 1, false);
	assert_int_equal(rows_of("event"), 1);
}

/* Users that are there in another order than that of their names and ids. */
static void
each_user_gets_their_own_outcome(void **state)
{
	static const char *const names[] = {"cat", "ann", "bob", "dan", "eve"};
	struct ingest_event *events =
	    arena_array(test_arena, COUNT(names), sizeof(*events));
	struct ingest_job job = job_of(application, events, COUNT(names));
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(names); i++)
		for (k = 0; k < i; k++)
			post(application,
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

/* All of ann's past, which is one event, lies an hour ahead. */
static void
move_past_ahead(void)
{
	sql("UPDATE event SET id = id + 3600000000 * %d,"
	    " timestamp = timestamp + 3600000000"
	    " WHERE application_id = %lld",
	    EVENT_WRITERS, (long long)application);
	sql("UPDATE user SET last_event = last_event + 3600000000 * %d"
	    " WHERE application_id = %lld",
	    EVENT_WRITERS, (long long)application);
}

static void
after_the_clock_was_set_back_an_event_still_comes_last(void **state)
{
	struct ingest_event event = event_of("b", "ann", "visit", NULL);
	struct ingest_job job = job_of(application, &event, 1);

	(void)state;
	post(application, "a", "ann", "visit", NULL);
	move_past_ahead();
	apply_together(&job, 1);
	assert_int_equal(sql_number("SELECT id FROM event WHERE"
	                            " application_id = %lld"
	                            " ORDER BY id DESC LIMIT 1",
	                     (long long)application),
	    event.event.row);
	/* Its times are those of now. */
	assert_true(event.event.timestamp < clock_now() + 1000000);
	assert_int_equal(
	    event.event.timestamp, event_received_at(&event.event));
	assert_int_equal(event.occurrence.moment.time, event.event.timestamp);
	assert_int_equal(sql_number("SELECT id DIV %d - ahead FROM event WHERE"
	                            " application_id = %lld"
	                            " ORDER BY id DESC LIMIT 1",
	                     EVENT_WRITERS, (long long)application),
	    event.event.timestamp);
	verify_finds_nothing();
}

/* The account of these tests could change it: it is root. */
static void
nothing_changes_how_durable_the_server_is(void **state)
{
	(void)state;
	sql("SET GLOBAL innodb_flush_log_at_trx_commit = 1");
	post(application, "a", "ann", "visit", NULL);
	assert_int_equal(
	    sql_number("SELECT @@GLOBAL.innodb_flush_log_at_trx_commit"), 1);
	sql("SET GLOBAL innodb_flush_log_at_trx_commit = 0");
}

static int64_t
make_key_of_other(void)
{
	char text[KEY_TEXT_SIZE];
	struct key key = {.application_id = other_application,
	    .kind = KEY_SECRET,
	    .label = ""};
	struct db *db = connect_as(DB_ADMIN);

	assert_int_equal(key_insert(db, &key, text), OK);
	db_free(db);
	return key.id;
}

static void
an_application_revokes_its_own_keys_alone(void **state)
{
	const int64_t key = make_key_of_other();
	struct db *db = connect_as(DB_ADMIN);

	(void)state;
	assert_int_equal(key_revoke(db, application, key), ERR_KEY_NOT_FOUND);
	assert_int_equal(sql_number("SELECT revoked_at IS NULL FROM api_key"
	                            " WHERE id = %lld",
	                     (long long)key),
	    1);
	assert_int_equal(key_revoke(db, other_application, key), OK);
	db_free(db);
}

#define OF_TWO(name) \
	cmocka_unit_test_setup_teardown(name, make_two, leave_nothing_wrong)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    OF_TWO(two_applications_share_nothing_in_a_transaction),
	    OF_TWO(a_request_is_refused_for_its_own_key_alone),
	    OF_TWO(each_user_gets_their_own_outcome),
	    OF_TWO(after_the_clock_was_set_back_an_event_still_comes_last),
	    OF_TWO(nothing_changes_how_durable_the_server_is),
	    OF_TWO(an_application_revokes_its_own_keys_alone),
	};

	return cmocka_run_group_tests(tests, ingest_server_start, server_stop);
}
