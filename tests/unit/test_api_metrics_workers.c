/* test_api_metrics_workers: many workers and threads count together */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pthread.h>

#include "metrics_test.h"

#define AT(member) offsetof(struct worker_metrics, member)

static void
every_counter_is_shown_summed_over_the_workers(void **test)
{
	static const struct {
		const char *name;
		const char *type;
		size_t offset;
	} rows[] = {
	    {"palmares_events_applied_total", "counter", AT(events_applied)},
	    {"palmares_events_replayed_total", "counter", AT(events_replayed)},
	    {"palmares_events_refused_total", "counter", AT(events_refused)},
	    {"palmares_awards_total", "counter", AT(awards)},
	    {"palmares_badges_won_total", "counter", AT(badges)},
	    {"palmares_batches_split_total", "counter", AT(batches_split)},
	    {"palmares_queued_events", "gauge", AT(queued_events)},
	    {"palmares_requests_in_progress", "gauge",
	        AT(requests_in_progress)},
	    {"palmares_busy_connections", "gauge", AT(busy_connections)},
	    {"palmares_db_connects_total", "counter", AT(db.connects)},
	    {"palmares_db_connect_failures_total", "counter",
	        AT(db.connect_failures)},
	    {"palmares_db_connections_lost_total", "counter",
	        AT(db.connections_lost)},
	    {"palmares_db_deadlocks_total", "counter", AT(db.deadlocks)},
	    {"palmares_db_lock_timeouts_total", "counter",
	        AT(db.lock_timeouts)},
	    {"palmares_db_retries_total", "counter", AT(db.retries)},
	    {"palmares_db_commits_total", "counter", AT(db.commits)},
	    {"palmares_db_rollbacks_total", "counter", AT(db.rollbacks)},
	    {"palmares_db_commits_unknown_total", "counter",
	        AT(db.commits_unknown)},
	};
	size_t i, j;

	(void)test;
	for (i = 0; i < COUNT(rows); i++)
		for (j = 0; j < WORKERS; j++) {
			char *worker = (char *)&metrics->worker[j];

			*(_Atomic uint64_t *)(worker + rows[i].offset) =
			    1000 * i + j + 1;
		}
	scrape();
	for (i = 0; i < COUNT(rows); i++) {
		expect(rows[i].name,
		    1000.0 * WORKERS * (double)i +
		        WORKERS * (WORKERS + 1) / 2.0);
		for (j = 0; j < sample_count; j++)
			if (strcmp(samples[j].series, rows[i].name) == 0)
				assert_string_equal(
				    samples[j].type, rows[i].type);
	}
}

static void
requests_are_summed_over_the_workers(void **test)
{
	size_t i;

	(void)test;
	for (i = 0; i < WORKERS; i++)
		metrics_request(
		    &metrics->worker[i], 1, i % 2 == 0 ? 201 : 422, 750);
	scrape();
	expect(REQUESTS(TWO, "201"), WORKERS / 2.0);
	expect(REQUESTS(TWO, "422"), WORKERS / 2.0);
	expect(LATENCY(TWO, "0.0005"), 0);
	expect(LATENCY(TWO, "0.001"), WORKERS);
	expect(LATENCY_COUNT(TWO), WORKERS);
	expect(LATENCY_SUM(TWO), WORKERS * 0.00075);
}

static void
what_one_process_counts_all_see(void **test)
{
	pid_t child;
	int status;

	(void)test;
	child = fork();
	if (child == 0) {
		metrics_request(&metrics->worker[5], 0, 200, 1);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	scrape();
	expect(REQUESTS(ONE, "200"), 1);
}

enum { THREADS = 4, EACH = 500000 };
static pthread_barrier_t all_there;

static void *
count_requests(void *worker)
{
	int i;

	pthread_barrier_wait(&all_there);
	for (i = 0; i < EACH; i++) {
		metrics_request(worker, 0, 200, 1);
		metrics_batch(worker, 3);
	}
	return NULL;
}

static void
threads_lose_no_count(void **test)
{
	pthread_t threads[THREADS];
	size_t i;

	(void)test;
	pthread_barrier_init(&all_there, NULL, THREADS);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
		                     count_requests, &metrics->worker[0]),
		    0);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&all_there);
	scrape();
	expect(REQUESTS(ONE, "200"), THREADS * EACH);
	expect(LATENCY_COUNT(ONE), THREADS * EACH);
	expect("palmares_batch_events_count", THREADS * EACH);
	expect("palmares_batch_events_sum", 3.0 * THREADS * EACH);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(every_counter_is_shown_summed_over_the_workers),
	    TEST(requests_are_summed_over_the_workers),
	    TEST(what_one_process_counts_all_see),
	    TEST(threads_lose_no_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
