/* test_api_metrics: what is counted and shown, each in its series */
#include <string.h>

#include "api/metrics.h"
#include "base/str.h"
#include "metrics_test.h"

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
	static const struct answered rows[] = {
	    {0, 0, 200, 1},
	    {1, 0, 200, 1},
	    {0, 1, 201, 1},
	    {0, NO_ROUTE, 404, 1},
	};
	size_t i, j;

	(void)test;
	count_answered(rows, COUNT(rows));
	scrape();
	for (i = 0; i < sample_count; i++)
		for (j = 0; j < i; j++)
			assert_string_not_equal(
			    samples[i].series, samples[j].series);
}

static void
requests_are_counted_by_route_and_status(void **test)
{
	static const struct answered rows[] = {
	    {0, 0, 200, 1},
	    {0, 0, 200, 1},
	    {0, 0, 304, 1},
	    {0, 1, 201, 1},
	    {0, 1, 503, 1},
	    {0, NO_ROUTE, 404, 1},
	};
	static const struct wanted wanted[] = {
	    {REQUESTS(ONE, "200"), 2},
	    {REQUESTS(ONE, "304"), 1},
	    {REQUESTS(TWO, "201"), 1},
	    {REQUESTS(TWO, "503"), 1},
	    {REQUESTS(NONE, "404"), 1},
	    {REQUESTS(ONE, "404"), -1},
	    {REQUESTS(THREE, "200"), -1},
	    {LATENCY_COUNT(ONE), 3},
	    {LATENCY_COUNT(TWO), 2},
	    {LATENCY_COUNT(NONE), 1},
	    {LATENCY_COUNT(THREE), -1},
	};

	(void)test;
	count_answered(rows, COUNT(rows));
	scrape();
	expect_all(wanted, COUNT(wanted));
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
	static const struct answered rows[] = {
	    {0, 0, 418, 1},
	    {0, 0, 599, 1},
	};
	static const struct wanted wanted[] = {
	    {REQUESTS(ONE, "0"), 2},
	    {LATENCY_COUNT(ONE), 2},
	};

	(void)test;
	count_answered(rows, COUNT(rows));
	scrape();
	expect_all(wanted, COUNT(wanted));
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(at_the_start_all_is_0),
	    TEST(no_series_comes_twice),
	    TEST(requests_are_counted_by_route_and_status),
	    TEST(every_status_of_the_contract_has_its_place),
	    TEST(a_status_that_nobody_thought_of_is_counted_too),
	    TEST(the_pool_is_shown),
	    TEST(large_counts_are_not_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
