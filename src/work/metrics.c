/* metrics: counters that all workers share */
#include "work/metrics.h"

#include <sys/mman.h>

#include <assert.h>

const int metrics_statuses[METRICS_STATUSES] = {200, 201, 202, 204, 304, 400,
    401, 403, 404, 405, 409, 412, 413, 415, 422, 500, 503};

const int64_t metrics_latency_bounds[METRICS_LATENCIES] = {500, 1000, 2500,
    5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000};
const size_t metrics_size_bounds[METRICS_SIZES] = {
    1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000};

struct metrics *
metrics_new(void)
{
	void *memory = mmap(NULL, sizeof(struct metrics),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void
metrics_rest(struct worker_metrics *metrics)
{
	metrics->queued_events = 0;
	metrics->requests_in_progress = 0;
	metrics->busy_connections = 0;
}

void
metrics_request(struct worker_metrics *metrics, size_t route, int status,
    int64_t microseconds)
{
	size_t place = 0, bucket = 0;

	assert(route < METRICS_ROUTES_MAX);
	while (
	    place < METRICS_STATUSES - 1 && metrics_statuses[place] != status)
		place++;
	while (bucket < METRICS_LATENCIES &&
	    microseconds > metrics_latency_bounds[bucket])
		bucket++;
	metrics->requests[route][place]++;
	metrics->latency[route][bucket]++;
	metrics->latency_sum[route] += (uint64_t)microseconds;
}

void
metrics_batch(struct worker_metrics *metrics, size_t events)
{
	size_t bucket = 0;

	while (bucket < METRICS_SIZES && events > metrics_size_bounds[bucket])
		bucket++;
	metrics->batch_size[bucket]++;
	metrics->batch_events += events;
}
