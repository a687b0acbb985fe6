/* test_store_ingest_commit: a COMMIT that is lost, and what becomes of it */
#include "ingest_test.h"
#include "proxy.h"

/* Cuts the COMMIT of a request off, and looks what became of it. */
static void
lose_commit(enum proxy_mode mode, struct ingest_event *events, size_t count)
{
	proxy_set(mode, NULL);
	apply(events, count);
	assert_int_equal(server_counters.commits_unknown, 1);
	assert_int_equal(rows_of("event"), 2);
	assert_int_equal(rows_of("user"), 1);
	assert_int_equal(points_of("ann"), 2);
	assert_given(&events[0], 1, "Visitor");
	assert_false(events[0].replayed);
	assert_given(&events[1], 2, NULL);
	assert_false(events[1].replayed);
}

static void
lose_commit_of_events_with_ids(enum proxy_mode mode)
{
	struct ingest_event events[] = {event_of("e", "ann", "visit", NULL),
	    event_of("f", "ann", "visit", NULL),
	    event_of("f", "ann", "visit", NULL)};

	lose_commit(mode, events, COUNT(events));
	assert_true(events[2].replayed);
	assert_given(&events[2], 2, NULL);
}

static void
lose_commit_of_events_without_ids(enum proxy_mode mode)
{
	struct ingest_event events[] = {
	    event_without_id("made-1", "ann", "visit"),
	    event_without_id("made-2", "ann", "visit"),
	};

	lose_commit(mode, events, COUNT(events));
}

static void
a_commit_whose_reply_is_lost_is_applied_once(void **state)
{
	(void)state;
	lose_commit_of_events_with_ids(PROXY_DROP_REPLY);
}

static void
a_commit_that_never_arrives_is_applied_once(void **state)
{
	(void)state;
	lose_commit_of_events_with_ids(PROXY_DROP_REQUEST);
}

static void
a_lost_reply_is_settled_for_ids_of_the_server_too(void **state)
{
	(void)state;
	lose_commit_of_events_without_ids(PROXY_DROP_REPLY);
}

static void
a_lost_commit_is_settled_for_ids_of_the_server_too(void **state)
{
	(void)state;
	lose_commit_of_events_without_ids(PROXY_DROP_REQUEST);
}

static void
send_the_same_elsewhere(void)
{
	post(application, "e", "ann", "visit", NULL);
}

/* The COMMIT never arrives, and another worker gets the client's repetition. */
static void
an_event_that_another_worker_applied_meanwhile_is_a_replay(void **state)
{
	struct ingest_event event = event_of("e", "ann", "visit", NULL);

	(void)state;
	proxy_set(PROXY_DROP_REQUEST, send_the_same_elsewhere);
	apply(&event, 1);
	assert_true(event.replayed);
	assert_given(&event, 1, "Visitor");
	assert_int_equal(rows_of("event"), 1);
	assert_int_equal(points_of("ann"), 1);
}

static void
send_another_elsewhere(void)
{
	post(application, "between", "ann", "visit", NULL);
}

/* The later one of two events has the later time of receipt. */
static void
a_commit_that_never_arrives_takes_its_place_anew(void **state)
{
	struct ingest_event event = event_of("e", "ann", "visit", NULL);

	(void)state;
	proxy_set(PROXY_DROP_REQUEST, send_another_elsewhere);
	apply(&event, 1);
	assert_false(event.replayed);
	assert_given(&event, 2, NULL);
	assert_int_equal(sql_number("SELECT MAX(id) FROM event"
	                            " WHERE application_id = %lld",
	                     (long long)application),
	    event.event.row);
}

/* The reply is lost, and another worker answers the client's repetition. */
static void
an_event_replayed_elsewhere_meanwhile_is_still_its_writers(void **state)
{
	struct ingest_event event = event_of("e", "ann", "visit", NULL);

	(void)state;
	proxy_set(PROXY_DROP_REPLY, send_the_same_elsewhere);
	apply(&event, 1);
	assert_false(event.replayed);
	assert_given(&event, 1, "Visitor");
	assert_int_equal(rows_of("event"), 1);
	assert_int_equal(points_of("ann"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_commit_whose_reply_is_lost_is_applied_once),
	    TEST(a_commit_that_never_arrives_is_applied_once),
	    TEST(a_lost_reply_is_settled_for_ids_of_the_server_too),
	    TEST(a_lost_commit_is_settled_for_ids_of_the_server_too),
	    TEST(an_event_that_another_worker_applied_meanwhile_is_a_replay),
	    TEST(a_commit_that_never_arrives_takes_its_place_anew),
	    TEST(an_event_replayed_elsewhere_meanwhile_is_still_its_writers),
	};

	return cmocka_run_group_tests(tests, ingest_server_start, server_stop);
}
