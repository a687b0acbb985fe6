/* test_store_ingest_workers: many committers at once on the same users */
#include <pthread.h>

#include "ingest_test.h"

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
	assert_int_equal(badges_of("new"), 1);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(batches_with_users_in_opposite_order_do_not_deadlock),
	    TEST(ten_at_once_on_a_new_user_make_one_row_and_a_hundred_points),
	    TEST(the_same_events_from_everywhere_count_once),
	};

	return cmocka_run_group_tests(tests, ingest_server_start, server_stop);
}
