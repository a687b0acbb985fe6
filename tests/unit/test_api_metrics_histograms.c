/* test_api_metrics_histograms: times and sizes fall into their buckets */
#include <string.h>

#include "metrics_test.h"

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
	static const struct answered rows[] = {
	    {0, 0, 200, 100},
	    {0, 0, 200, 400},
	    {0, 0, 404, 900},
	    {0, 0, 503, 2000000},
	    {0, 0, 503, 9000000},
	};
	static const struct wanted wanted[] = {
	    {LATENCY(ONE, "0.0005"), 2},
	    {LATENCY(ONE, "0.001"), 3},
	    {LATENCY(ONE, "0.0025"), 3},
	    {LATENCY(ONE, "1"), 3},
	    {LATENCY(ONE, "2.5"), 4},
	    {LATENCY(ONE, "+Inf"), 5},
	    {LATENCY_COUNT(ONE), 5},
	    {LATENCY_SUM(ONE), 11.0014},
	};

	(void)test;
	count_answered(rows, COUNT(rows));
	scrape();
	expect_all(wanted, COUNT(wanted));
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(times_fall_into_the_bucket_that_holds_them),
	    TEST(buckets_count_all_that_is_below_them),
	    TEST(batches_are_counted_by_their_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
