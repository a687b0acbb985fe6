/* test_api_metrics: counters, and the Prometheus text that shows them */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pthread.h>

#include "api/api.h"
#include "base/str.h"
#include "unit_test.h"

/* In the real table's place. */
const struct route routes[] = {
    {.method = "GET", .path = "/one"},
    {.method = "POST", .path = "/two/{name}"},
    {.method = "PUT", .path = "/three"},
};
const size_t route_count = COUNT(routes);

#define ONE   "method=\"GET\",route=\"/one\""
#define TWO   "method=\"POST\",route=\"/two/{name}\""
#define THREE "method=\"PUT\",route=\"/three\""
#define NONE  "method=\"\",route=\"none\""

enum { SAMPLES_MAX = 1000, WORKERS = 2 * WORKERS_MAX };

/* The text, parsed back. */
struct sample {
	const char *family; /* the TYPE line's name that it stands under */
	const char *type;
	const char *series; /* name and labels, as written */
	const char *name;
	double value;
};

const size_t arena_max = 16 << 20;
static struct metrics *metrics;
static struct sample samples[SAMPLES_MAX];
static size_t sample_count;

static int
set_up(void **test)
{
	arena_set_up(test);
	metrics = metrics_new();
	return metrics == NULL;
}

static int
tear_down(void **test)
{
	arena_tear_down(test);
	return munmap(metrics, sizeof(*metrics));
}

/* The word up to one of the bytes in end, which is skipped. */
static const char *
take(const char **at, const char *end)
{
	size_t len = strcspn(*at, end);
	const char *word = arena_copy(arena, *at, len);

	assert_true((*at)[len] != '\0');
	*at += len + 1;
	return word;
}

static void
expect_name(const char *name)
{
	assert_true(*name >= 'a' && *name <= 'z');
	assert_int_equal(
	    strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
	assert_memory_equal(name, "palmares_", strlen("palmares_"));
}

/* "# HELP name text" and "# TYPE name type"; each family comes once. */
static void
parse_head(const char **at, struct sample *family)
{
	const char *name;
	size_t i;

	assert_memory_equal(*at, "# HELP ", strlen("# HELP "));
	*at += strlen("# HELP ");
	name = take(at, " ");
	expect_name(name);
	assert_true(strlen(take(at, "\n")) > 5);
	assert_memory_equal(*at, "# TYPE ", strlen("# TYPE "));
	*at += strlen("# TYPE ");
	family->family = take(at, " ");
	assert_string_equal(family->family, name);
	family->type = take(at, "\n");
	assert_true(strcmp(family->type, "counter") == 0 ||
	    strcmp(family->type, "gauge") == 0 ||
	    strcmp(family->type, "histogram") == 0);
	for (i = 0; i < sample_count; i++)
		assert_string_not_equal(samples[i].family, name);
}

/* name="value",name="value"} */
static void
skip_labels(const char **at)
{
	size_t len;

	do {
		len = strspn(*at, "abcdefghijklmnopqrstuvwxyz");
		assert_true(len > 0);
		*at += len;
		assert_memory_equal(*at, "=\"", 2);
		*at += 2;
		*at += strcspn(*at, "\"\\\n");
		assert_int_equal(**at, '"');
		++*at;
	} while (*(*at)++ == ',');
	assert_int_equal((*at)[-1], '}');
}

static void
parse_sample(const char **at, const struct sample *family)
{
	struct sample *sample = &samples[sample_count];
	const char *begin = *at, *name, *number, *rest;
	char *end;

	*sample = *family;
	*at += strcspn(*at, " {");
	name = arena_copy(arena, begin, (size_t)(*at - begin));
	expect_name(name);
	sample->name = name;
	if (**at == '{') {
		++*at;
		skip_labels(at);
	}
	sample->series = arena_copy(arena, begin, (size_t)(*at - begin));
	assert_int_equal(*(*at)++, ' ');
	number = take(at, "\n");
	sample->value = strtod(number, &end);
	assert_true(end != number && *end == '\0');
	/* A histogram has three kinds of series, all else has one. */
	assert_memory_equal(name, family->family, strlen(family->family));
	rest = name + strlen(family->family);
	if (strcmp(family->type, "histogram") == 0)
		assert_true(strcmp(rest, "_bucket") == 0 ||
		    strcmp(rest, "_sum") == 0 || strcmp(rest, "_count") == 0);
	else
		assert_string_equal(rest, "");
	sample_count++;
	assert_true(sample_count < SAMPLES_MAX);
}

static void
scrape(void)
{
	struct str text = str_new(arena, 1 << 20);
	struct sample family = {.family = "", .type = ""};
	const char *at;

	metrics_write(metrics, &text);
	assert_false(text.overflow);
	assert_int_equal(strlen(text.data), text.len);
	sample_count = 0;
	for (at = text.data; *at != '\0';) {
		if (*at == '#')
			parse_head(&at, &family);
		assert_string_not_equal(family.family, "");
		if (*at != '#' && *at != '\0')
			parse_sample(&at, &family);
	}
	assert_true(sample_count > 10);
}

/* The value of a series; -1 if there is none. */
static double
value(const char *series)
{
	double found = -1;
	size_t i;

	for (i = 0; i < sample_count; i++)
		if (strcmp(samples[i].series, series) == 0) {
			assert_true(found < 0);
			found = samples[i].value;
		}
	return found;
}

static void
expect(const char *series, double wanted)
{
	double found = value(series), off = found - wanted;

	if (off > 1e-9 || off < -1e-9)
		fail_msg("%s is %f instead of %f", series, found, wanted);
}

#define REQUESTS(labels, status) \
	"palmares_http_requests_total{" labels ",status=\"" status "\"}"
#define LATENCY(labels, le)                                                 \
	"palmares_http_request_duration_seconds_bucket{" labels ",le=\"" le \
	"\"}"
#define LATENCY_SUM(labels) \
	"palmares_http_request_duration_seconds_sum{" labels "}"
#define LATENCY_COUNT(labels) \
	"palmares_http_request_duration_seconds_count{" labels "}"

static void
at_the_start_all_is_0(void **test)
{
	size_t i;

	(void)test;
	scrape();
	for (i = 0; i < sample_count; i++)
		if (samples[i].value != 0)
			fail_msg("%s", samples[i].series);
	/* Nobody has asked anything: no series for the routes yet. */
	assert_true(value(REQUESTS(ONE, "200")) < 0);
	assert_true(value(LATENCY_COUNT(ONE)) < 0);
}

static void
no_series_comes_twice(void **test)
{
	size_t i, j;

	(void)test;
	metrics_request(&metrics->worker[0], 0, 200, 1);
	metrics_request(&metrics->worker[1], 0, 200, 1);
	metrics_request(&metrics->worker[0], 1, 201, 1);
	metrics_request(&metrics->worker[0], route_count, 404, 1);
	scrape();
	for (i = 0; i < sample_count; i++)
		for (j = 0; j < i; j++)
			assert_string_not_equal(
			    samples[i].series, samples[j].series);
}

static void
requests_are_counted_by_route_and_status(void **test)
{
	struct worker_metrics *worker = &metrics->worker[0];

	(void)test;
	metrics_request(worker, 0, 200, 1);
	metrics_request(worker, 0, 200, 1);
	metrics_request(worker, 0, 304, 1);
	metrics_request(worker, 1, 201, 1);
	metrics_request(worker, 1, 503, 1);
	metrics_request(worker, route_count, 404, 1);
	scrape();
	expect(REQUESTS(ONE, "200"), 2);
	expect(REQUESTS(ONE, "304"), 1);
	expect(REQUESTS(TWO, "201"), 1);
	expect(REQUESTS(TWO, "503"), 1);
	expect(REQUESTS(NONE, "404"), 1);
	assert_true(value(REQUESTS(ONE, "404")) < 0);
	assert_true(value(REQUESTS(THREE, "200")) < 0);
	expect(LATENCY_COUNT(ONE), 3);
	expect(LATENCY_COUNT(TWO), 2);
	expect(LATENCY_COUNT(NONE), 1);
	assert_true(value(LATENCY_COUNT(THREE)) < 0);
}

static void
every_status_of_the_contract_has_its_place(void **test)
{
	static const int statuses[] = {200, 201, 202, 204, 304, 400, 401, 403,
	    404, 405, 409, 412, 413, 415, 422, 500, 503};
	size_t i;

	(void)test;
	for (i = 0; i < COUNT(statuses); i++)
		metrics_request(&metrics->worker[0], 0, statuses[i], 1);
	scrape();
	for (i = 0; i < COUNT(statuses); i++)
		expect(arena_printf(arena,
		           "palmares_http_requests_total{%s,status=\"%d\"}",
		           ONE, statuses[i]),
		    1);
}

static void
a_status_that_nobody_thought_of_is_counted_too(void **test)
{
	(void)test;
	metrics_request(&metrics->worker[0], 0, 418, 1);
	metrics_request(&metrics->worker[0], 0, 599, 1);
	scrape();
	expect(REQUESTS(ONE, "0"), 2);
	expect(LATENCY_COUNT(ONE), 2);
}

static void
times_fall_into_the_bucket_that_holds_them(void **test)
{
	static const struct {
		int64_t microseconds;
		const char *le; /* the first bucket that counts it */
	} rows[] = {
	    {0, "0.0005"},
	    {1, "0.0005"},
	    {500, "0.0005"},
	    {501, "0.001"},
	    {1000, "0.001"},
	    {1001, "0.0025"},
	    {2500, "0.0025"},
	    {2501, "0.005"},
	    {5001, "0.01"},
	    {10001, "0.025"},
	    {25001, "0.05"},
	    {50001, "0.1"},
	    {100001, "0.25"},
	    {250001, "0.5"},
	    {500001, "1"},
	    {1000000, "1"},
	    {1000001, "2.5"},
	    {2500000, "2.5"},
	    {2500001, "+Inf"},
	    {INT64_C(3600000000), "+Inf"},
	};
	static const char *const bounds[] = {"0.0005", "0.001", "0.0025",
	    "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5",
	    "+Inf"};
	size_t i, j;

	(void)test;
	for (i = 0; i < COUNT(rows); i++) {
		double wanted = 0;

		memset(metrics, 0, sizeof(*metrics));
		metrics_request(
		    &metrics->worker[0], 1, 200, rows[i].microseconds);
		scrape();
		for (j = 0; j < COUNT(bounds); j++) {
			if (strcmp(bounds[j], rows[i].le) == 0)
				wanted = 1;
			expect(arena_printf(arena,
			           "palmares_http_request_duration_seconds"
			           "_bucket{%s,le=\"%s\"}",
			           TWO, bounds[j]),
			    wanted);
		}
		assert_true(wanted == 1);
		expect(LATENCY_SUM(TWO), (double)rows[i].microseconds / 1e6);
		expect(LATENCY_COUNT(TWO), 1);
	}
}

static void
buckets_count_all_that_is_below_them(void **test)
{
	struct worker_metrics *worker = &metrics->worker[0];

	(void)test;
	metrics_request(worker, 0, 200, 100);
	metrics_request(worker, 0, 200, 400);
	metrics_request(worker, 0, 404, 900);
	metrics_request(worker, 0, 503, 2000000);
	metrics_request(worker, 0, 503, 9000000);
	scrape();
	expect(LATENCY(ONE, "0.0005"), 2);
	expect(LATENCY(ONE, "0.001"), 3);
	expect(LATENCY(ONE, "0.0025"), 3);
	expect(LATENCY(ONE, "1"), 3);
	expect(LATENCY(ONE, "2.5"), 4);
	expect(LATENCY(ONE, "+Inf"), 5);
	expect(LATENCY_COUNT(ONE), 5);
	expect(LATENCY_SUM(ONE), 11.0014);
}

static void
batches_are_counted_by_their_size(void **test)
{
	static const size_t sizes[] = {
	    1, 1, 2, 3, 4, 64, 65, 512, 1000, 1001, 5000};
	static const struct {
		const char *le;
		double count;
	} rows[] = {{"1", 2}, {"2", 3}, {"4", 5}, {"8", 5}, {"16", 5},
	    {"32", 5}, {"64", 6}, {"128", 7}, {"256", 7}, {"512", 8},
	    {"1000", 9}, {"+Inf", 11}};
	size_t i;

	(void)test;
	for (i = 0; i < COUNT(sizes); i++)
		metrics_batch(&metrics->worker[i % 3], sizes[i]);
	scrape();
	for (i = 0; i < COUNT(rows); i++)
		expect(
		    arena_printf(arena,
		        "palmares_batch_events_bucket{le=\"%s\"}", rows[i].le),
		    rows[i].count);
	expect("palmares_batch_events_count", 11);
	expect("palmares_batch_events_sum", 7653);
}

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
	    {"palmares_busy_threads", "gauge", AT(busy_threads)},
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
the_pool_is_shown(void **test)
{
	(void)test;
	metrics->workers = 4;
	metrics->worker_starts = 7;
	metrics->worker_crashes = 2;
	scrape();
	expect("palmares_workers", 4);
	expect("palmares_worker_starts_total", 7);
	expect("palmares_worker_crashes_total", 2);
}

static void
large_counts_are_not_cut(void **test)
{
	struct str text = str_new(arena, 1 << 20);

	(void)test;
	metrics->worker[0].events_applied = UINT64_C(9007199254740993);
	metrics->worker[3].events_applied = UINT64_C(9000000000000000000);
	metrics_write(metrics, &text);
	assert_non_null(strstr(text.data,
	    "\npalmares_events_applied_total 9009007199254740993\n"));
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

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(at_the_start_all_is_0),
	    TEST(no_series_comes_twice),
	    TEST(requests_are_counted_by_route_and_status),
	    TEST(every_status_of_the_contract_has_its_place),
	    TEST(a_status_that_nobody_thought_of_is_counted_too),
	    TEST(times_fall_into_the_bucket_that_holds_them),
	    TEST(buckets_count_all_that_is_below_them),
	    TEST(batches_are_counted_by_their_size),
	    TEST(every_counter_is_shown_summed_over_the_workers),
	    TEST(requests_are_summed_over_the_workers),
	    TEST(the_pool_is_shown),
	    TEST(large_counts_are_not_cut),
	    TEST(what_one_process_counts_all_see),
	    TEST(threads_lose_no_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
