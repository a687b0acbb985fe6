/* test_store_ingest: events, applied exactly once */
#include <pthread.h>
#include <string.h>

#include "proxy.h"
#include "store/tx.h"
#include "store_test.h"

/* An application that gives a point and, the first time, a badge. */
static int64_t application;

static int
make_everything(void **state)
{
	static int number;

	(void)state;
	application =
	    make_application(arena_printf(test_arena, "app %d", ++number));
	make_rule(application,
	    (struct rule_definition) {.name = "point",
	        .enabled = true,
	        .event_type = "visit",
	        .times = 1,
	        .points = 1,
	        .point_scale = {.name = "points"},
	        .badge = {.name = "Visitor"}});
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

/* A committer: what a worker has one of. */
struct committer {
	struct db *db;
	struct ingest ingest;
};

static void
committer_init(struct committer *committer)
{
	committer->db =
	    db_new(&server_settings, DB_COMMITTER, &server_counters);
	ingest_init(&committer->ingest, committer->db);
}

static void
committer_free(struct committer *committer)
{
	ingest_free(&committer->ingest);
	db_free(committer->db);
}

static enum error
apply_job(struct committer *committer, struct ingest_job *job)
{
	enum error error =
	    ingest_apply(&committer->ingest, &job, 1, in_seconds(20), true);

	keep_outcome(job);
	return error;
}

/* Applies events as one request, on a committer of its own. */
static struct ingest_job
apply(struct ingest_event *events, size_t count)
{
	struct ingest_job job = job_of(application, events, count);
	struct committer committer;

	committer_init(&committer);
	assert_int_equal(apply_job(&committer, &job), OK);
	committer_free(&committer);
	return job;
}

static int64_t
points_of(const char *username)
{
	return sql_number("SELECT COALESCE(SUM(b.points), 0) FROM balance b"
	                  " JOIN user u ON u.id = b.user_id"
	                  " WHERE u.application_id = %lld"
	                  " AND u.username = '%s'",
	    (long long)application, username);
}

static int64_t
rows_of(const char *table)
{
	return sql_number("SELECT COUNT(*) FROM %s WHERE application_id = %lld",
	    table, (long long)application);
}

static void
assert_given(
    const struct ingest_event *event, int64_t balance, const char *badge)
{
	const struct given_award *award = event->event.awards;

	assert_int_equal(event->error, OK);
	assert_int_equal(event->event.award_count, 1);
	assert_string_equal(award->rule, "point");
	assert_string_equal(award->point_scale, "points");
	assert_int_equal(award->points, 1);
	assert_int_equal(award->balance, balance);
	assert_int_equal(award->badge != NULL, badge != NULL);
	if (badge != NULL)
		assert_string_equal(award->badge, badge);
}

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
	    (struct rule_definition) {.name = "rich",
	        .enabled = true,
	        .event_type = "rich",
	        .times = 1,
	        .points = INT64_MAX,
	        .point_scale = {.name = "gold"}});
	apply(&rich, 1);
	assert_int_equal(rich.error, OK);
	apply(&richer, 1);
	assert_int_equal(richer.error, ERR_BALANCE_OVERFLOW);
	useless.must_match = true;
	apply(&useless, 1);
	assert_int_equal(useless.error, ERR_NONE_MATCHES);
	assert_int_equal(rows_of("event"), 1);
	assert_int_equal(rows_of("user"), 1);
}

static void
a_job_with_a_key_that_is_not_live_is_refused(void **state)
{
	struct ingest_event event = event_of("e", "ann", "visit", NULL);
	struct ingest_job job = job_of(application, &event, 1);
	struct committer committer;

	(void)state;
	job.key = 4711;
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

/* A worker in a thread. The threads share nothing but the database. */
struct worker {
	pthread_t thread;
	int64_t number;
	struct arena *arena;
	enum error error;
};

static void
run_workers(struct worker *workers, size_t count, void *(*main)(void *))
{
	size_t i;

	for (i = 0; i < count; i++) {
		workers[i].number = (int64_t)i;
		workers[i].error = OK;
		workers[i].arena = arena_new(64 << 20);
		assert_int_equal(
		    pthread_create(&workers[i].thread, NULL, main, &workers[i]),
		    0);
	}
	for (i = 0; i < count; i++) {
		pthread_join(workers[i].thread, NULL);
		arena_free(workers[i].arena);
		assert_int_equal(workers[i].error, OK);
	}
}

static const char *
event_id(const struct worker *worker, int number)
{
	return arena_printf(
	    worker->arena, "%lld-%d", (long long)worker->number, number);
}

/* Applies events that must succeed; the first error stays. */
static void
work(struct worker *worker, struct committer *committer,
    struct ingest_event *events, size_t count)
{
	struct ingest_job job = job_of(application, events, count);
	enum error error;
	size_t i;

	job.arena = worker->arena;
	error = apply_job(committer, &job);
	if (error == OK)
		error = job.error;
	for (i = 0; i < count && error == OK; i++)
		error = events[i].error;
	if (worker->error == OK)
		worker->error = error;
}

enum { ROUNDS = 50 };

/* Even workers name ann first, odd ones bob. */
static void *
post_pairs(void *context)
{
	static const char *const names[] = {"ann", "bob"};
	struct worker *worker = context;
	struct ingest_event events[2];
	struct committer committer;
	int round, i;

	committer_init(&committer);
	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < 2; i++)
			events[i] = event_of(event_id(worker, 2 * round + i),
			    names[(worker->number + i) % 2], "visit", NULL);
		work(worker, &committer, events, 2);
	}
	committer_free(&committer);
	return NULL;
}

static void
batches_with_users_in_opposite_order_do_not_deadlock(void **state)
{
	struct worker workers[4];

	(void)state;
	run_workers(workers, COUNT(workers), post_pairs);
	assert_int_equal(points_of("ann"), 4 * ROUNDS);
	assert_int_equal(points_of("bob"), 4 * ROUNDS);
	assert_int_equal(rows_of("user"), 2);
	assert_int_equal(server_counters.deadlocks, 0);
}

static void *
post_ten(void *context)
{
	struct worker *worker = context;
	struct ingest_event event;
	struct committer committer;
	int i;

	committer_init(&committer);
	for (i = 0; i < 10; i++) {
		event = event_of(event_id(worker, i), "new", "visit", NULL);
		work(worker, &committer, &event, 1);
	}
	committer_free(&committer);
	return NULL;
}

/* The course project's load test: five rows there, and 11 points. */
static void
ten_at_once_on_a_new_user_make_one_row_and_a_hundred_points(void **state)
{
	struct worker workers[10];

	(void)state;
	run_workers(workers, COUNT(workers), post_ten);
	assert_int_equal(rows_of("user"), 1);
	assert_int_equal(points_of("new"), 100);
	assert_int_equal(rows_of("user_badge"), 1);
	assert_int_equal(sql_number("SELECT events FROM user"
	                            " WHERE application_id = %lld",
	                     (long long)application),
	    100);
	assert_int_equal(sql_number("SELECT MAX(number) FROM event"
	                            " WHERE application_id = %lld",
	                     (long long)application),
	    100);
}

/* All workers send the same ids: one of them writes each, the others replay. */
static void *
post_the_same(void *context)
{
	struct worker *worker = context;
	struct ingest_event event;
	struct committer committer;
	int i;

	committer_init(&committer);
	for (i = 0; i < 20; i++) {
		event = event_of(arena_printf(worker->arena, "same-%d", i),
		    i % 2 == 0 ? "ann" : "bob", "visit", NULL);
		work(worker, &committer, &event, 1);
	}
	committer_free(&committer);
	return NULL;
}

static void
the_same_events_from_everywhere_count_once(void **state)
{
	struct worker workers[6];

	(void)state;
	run_workers(workers, COUNT(workers), post_the_same);
	assert_int_equal(rows_of("event"), 20);
	assert_int_equal(points_of("ann") + points_of("bob"), 20);
	assert_int_equal(sql_number("SELECT SUM(replays) FROM user"
	                            " WHERE application_id = %lld",
	                     (long long)application),
	    100);
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
	    TEST(an_event_is_stored_with_what_it_gave),
	    TEST(a_replay_answers_what_the_first_answer_said),
	    TEST(the_same_id_twice_in_a_request_counts_once),
	    TEST(what_is_refused_leaves_nothing_behind),
	    TEST(a_job_with_a_key_that_is_not_live_is_refused),
	    TEST(without_a_key_the_classic_interface_must_be_on),
	    TEST(a_commit_whose_reply_is_lost_is_applied_once),
	    TEST(a_commit_that_never_arrives_is_applied_once),
	    TEST(a_lost_reply_is_settled_for_ids_of_the_server_too),
	    TEST(a_lost_commit_is_settled_for_ids_of_the_server_too),
	    TEST(an_event_that_another_worker_applied_meanwhile_is_a_replay),
	    TEST(a_commit_that_never_arrives_takes_its_place_anew),
	    TEST(an_event_replayed_elsewhere_meanwhile_is_still_its_writers),
	    TEST(batches_with_users_in_opposite_order_do_not_deadlock),
	    TEST(ten_at_once_on_a_new_user_make_one_row_and_a_hundred_points),
	    TEST(the_same_events_from_everywhere_count_once),
	};

	return cmocka_run_group_tests(tests, set_up, server_stop);
}
