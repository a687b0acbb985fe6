/* test_store_ingest: events, applied exactly once */
#include "ingest_test.h"

static void
an_event_is_stored_with_what_it_gave(void **state)
{
	struct ingest_event event = event_of("e", "ann", "visit", NULL);

	(void)state;
	apply(&event, 1);
	assert_given(&event, 1, "Visitor");
	assert_false(event.replayed);
	assert_true(event.event.row > 0);
	assert_int_equal(
	    event.event.timestamp, event_received_at(&event.event));
	assert_int_equal(event.occurrence.moment.time, event.event.timestamp);
	assert_int_equal(points_of("ann"), 1);
}

static void
a_replay_answers_what_the_first_answer_said(void **state)
{
	struct ingest_event first = event_of("e", "ann", "visit", NULL);
	struct ingest_event second = event_of("f", "ann", "visit", NULL);
	struct ingest_event again = event_of("e", "ann", "visit", NULL);
	struct ingest_event other = event_of("e", "ann", "leave", NULL);

	(void)state;
	apply(&first, 1);
	apply(&second, 1);
	assert_given(&second, 2, NULL);
	apply(&again, 1);
	assert_true(again.replayed);
	assert_given(&again, 1, "Visitor");
	assert_int_equal(again.event.row, first.event.row);
	apply(&other, 1);
	assert_int_equal(other.error, ERR_EVENT_ID_REUSED);
	assert_int_equal(rows_of("event"), 2);
	assert_int_equal(points_of("ann"), 2);
}

static void
the_same_id_twice_in_a_request_counts_once(void **state)
{
	struct ingest_event events[] = {event_of("e", "ann", "visit", NULL),
	    event_of("e", "ann", "visit", NULL),
	    event_of("e", "bob", "visit", NULL)};

	(void)state;
	apply(events, COUNT(events));
	assert_given(&events[0], 1, "Visitor");
	assert_false(events[0].replayed);
	assert_given(&events[1], 1, "Visitor");
	assert_true(events[1].replayed);
	assert_int_equal(events[2].error, ERR_EVENT_ID_REUSED);
	assert_int_equal(rows_of("event"), 1);
	/* Nothing was stored of bob, who was locked. */
	assert_int_equal(rows_of("user"), 1);
}

static void
what_is_refused_leaves_nothing_behind(void **state)
{
	struct ingest_event rich = event_of("r", "eve", "rich", NULL);
	struct ingest_event richer = event_of("s", "eve", "rich", NULL);
	struct ingest_event useless = event_of("u", "zoe", "nothing", NULL);

	(void)state;
	make_rule(application,
	    (struct plain_rule) {.name = "rich",
	        .event_type = "rich",
	        .points = INT64_MAX,
	        .scale_name = "gold"});
	apply(&rich, 1);
	assert_int_equal(rich.error, OK);
	apply(&richer, 1);
	assert_int_equal(richer.error, ERR_BALANCE_OVERFLOW);
	/* The rules saw its time, though it has none that is stored. */
	assert_true(
	    richer.occurrence.moment.time > rich.occurrence.moment.time);
	useless.must_match = true;
	apply(&useless, 1);
	assert_int_equal(useless.error, ERR_NONE_MATCHES);
	assert_int_equal(rows_of("event"), 1);
	assert_int_equal(rows_of("user"), 1);
}

static void
what_lies_in_the_future_is_refused_unless_it_is_stored(void **state)
{
	struct ingest_event first = event_of("e", "ann", "visit", NULL);
	struct ingest_event again = event_of("e", "ann", "visit", NULL);
	struct ingest_event other = event_of("e", "ann", "leave", NULL);
	struct ingest_event events[] = {event_of("f", "zoe", "visit", NULL),
	    event_of("g", "ann", "visit", NULL)};

	(void)state;
	apply(&first, 1);
	again.in_future = other.in_future = events[0].in_future = "ahead";
	apply(&again, 1);
	assert_true(again.replayed);
	assert_given(&again, 1, "Visitor");
	apply(&other, 1);
	assert_int_equal(other.error, ERR_EVENT_ID_REUSED);
	apply(events, COUNT(events));
	assert_int_equal(events[0].error, ERR_TIMESTAMP_IN_FUTURE);
	assert_given(&events[1], 2, NULL);
	assert_int_equal(rows_of("event"), 2);
	assert_int_equal(rows_of("user"), 1);
}

static void
a_job_with_a_key_that_is_not_live_is_refused(void **state)
{
	struct ingest_event event = event_of("e", "ann", "visit", NULL);
	struct ingest_job job = job_of(application, &event, 1);
	struct committer committer;

	(void)state;
	job.key = &nobodys_key;
	committer_init(&committer);
	assert_int_equal(apply_job(&committer, &job), OK);
	assert_int_equal(job.error, ERR_KEY_UNKNOWN);
	committer_free(&committer);
	assert_int_equal(rows_of("event"), 0);
}

/* So nothing is added to an application while it is being deleted. */
static void
without_a_key_the_classic_interface_must_be_on(void **state)
{
	struct ingest_event event = event_of("e", "ann", "visit", NULL);
	struct ingest_job job;

	(void)state;
	sql("UPDATE application SET classic = 0 WHERE id = %lld",
	    (long long)application);
	job = apply(&event, 1);
	assert_int_equal(job.error, ERR_APPLICATION_NOT_FOUND);
	assert_int_equal(rows_of("event"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(an_event_is_stored_with_what_it_gave),
	    TEST(a_replay_answers_what_the_first_answer_said),
	    TEST(the_same_id_twice_in_a_request_counts_once),
	    TEST(what_is_refused_leaves_nothing_behind),
	    TEST(what_lies_in_the_future_is_refused_unless_it_is_stored),
	    TEST(a_job_with_a_key_that_is_not_live_is_refused),
	    TEST(without_a_key_the_classic_interface_must_be_on),
	};

	return cmocka_run_group_tests(tests, ingest_server_start, server_stop);
}
