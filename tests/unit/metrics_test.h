/* metrics_test: a table of routes, and the Prometheus text parsed back */
#ifndef METRICS_TEST_H
#define METRICS_TEST_H

#include <stdbool.h>

#include "api/api.h"
#include "unit_test.h"

/* The labels of the routes in order, and of a request that none of them fits. */
#define ONE   "method=\"GET\",route=\"/one\""
#define TWO   "method=\"POST\",route=\"/two/{name}\""
#define THREE "method=\"PUT\",route=\"/three\""
#define NONE  "method=\"\",route=\"none\""

#define REQUESTS(labels, status) \
	"palmares_http_requests_total{" labels ",status=\"" status "\"}"
#define LATENCY(labels, le)                                                 \
	"palmares_http_request_duration_seconds_bucket{" labels ",le=\"" le \
	"\"}"
#define LATENCY_SUM(labels) \
	"palmares_http_request_duration_seconds_sum{" labels "}"
#define LATENCY_COUNT(labels) \
	"palmares_http_request_duration_seconds_count{" labels "}"

/* A line of the text. */
struct sample {
	const char *family; /* the TYPE line's name that it stands under */
	const char *type;
	const char *series; /* name and labels, as written */
	const char *name;
	double value;
};

/* The page that all workers count in, and its text as scrape found it. */
extern struct metrics *metrics;
extern struct sample samples[];
extern size_t sample_count;

enum { NO_ROUTE = 3, WORKERS = 2 * WORKERS_MAX };

/* Test fixtures: an arena and a page of zeros. */
int metrics_set_up(void **test);
int metrics_tear_down(void **test);

#define TEST(function)                   \
	cmocka_unit_test_setup_teardown( \
	    function, metrics_set_up, metrics_tear_down)

/* Requests that were answered, each with the worker that did it. */
struct answered {
	size_t worker, route;
	int status;
	int64_t microseconds;
};

void count_answered(const struct answered *rows, size_t count);

/* Writes the page and parses it; fails the test where it is malformed. */
void scrape(void);

/* The value of a series; -1 if there is none. */
double value(const char *series);

/* A series, and the value that it must have; -1: it must not be there. */
struct wanted {
	const char *series;
	double value;
};

void expect(const char *series, double wanted);
void expect_all(const struct wanted *rows, size_t count);

#endif
