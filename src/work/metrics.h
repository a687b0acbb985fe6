/* metrics: counters that all workers share, which /metrics shows */
#ifndef WORK_METRICS_H
#define WORK_METRICS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "db/db.h"
#include "work/settings.h"

enum {
	METRICS_ROUTES_MAX = 64,
	METRICS_STATUSES = 20,
	METRICS_LATENCIES = 12,
	METRICS_SIZES = 11,
};

/* The last one is for all others. */
extern const int metrics_statuses[METRICS_STATUSES];
/* Upper bounds, in microseconds and in events. */
extern const int64_t metrics_latency_bounds[METRICS_LATENCIES];
extern const size_t metrics_size_bounds[METRICS_SIZES];

/* One worker's; a worker that takes the place of another goes on counting. */
struct worker_metrics {
	/* By the route's place in the table; the last is for no route. */
	_Atomic uint64_t requests[METRICS_ROUTES_MAX][METRICS_STATUSES];
	_Atomic uint64_t latency[METRICS_ROUTES_MAX][METRICS_LATENCIES + 1];
	_Atomic uint64_t latency_sum[METRICS_ROUTES_MAX]; /* microseconds */

	_Atomic uint64_t events_applied;
	_Atomic uint64_t events_replayed;
	_Atomic uint64_t events_refused;
	_Atomic uint64_t awards;
	_Atomic uint64_t badges;
	_Atomic uint64_t batch_size[METRICS_SIZES + 1];
	_Atomic uint64_t batch_events;
	_Atomic uint64_t batches_split;

	_Atomic int64_t queued_events;
	_Atomic int64_t requests_in_progress;
	_Atomic int64_t busy_connections;
	struct db_counters db;
};

/* In memory shared by the master and its workers. */
struct metrics {
	_Atomic int64_t workers;
	_Atomic uint64_t worker_starts;
	_Atomic uint64_t worker_crashes;
	/* A worker and the one that takes its place count side by side. */
	struct worker_metrics worker[2 * WORKERS_MAX];
};

/* NULL if there is no memory. Never freed: it lives as long as the master. */
struct metrics *metrics_new(void);

/* A worker has ended: it has nothing under way any more. */
void metrics_rest(struct worker_metrics *metrics);

/* route: its place in the table, or the table's size for none. */
void metrics_request(struct worker_metrics *metrics, size_t route, int status,
    int64_t microseconds);
void metrics_batch(struct worker_metrics *metrics, size_t events);

#endif
