/* metrics: what /metrics shows */
#include "api/metrics.h"

#include "api/api.h"
#include "base/str.h"

/* The sum over all workers of the number at an offset of worker_metrics. */
static uint64_t
sum(const struct metrics *metrics, size_t offset)
{
	uint64_t total = 0;
	size_t i;

	for (i = 0; i < 2 * WORKERS_MAX; i++)
		total += atomic_load((const _Atomic uint64_t
		        *)((const char *)&metrics->worker[i] + offset));
	return total;
}

#define AT(member) offsetof(struct worker_metrics, member)

static const struct {
	const char *name;
	const char *type;
	const char *help;
	size_t offset;
} simple[] = {
    {"palmares_events_applied_total", "counter", "Events stored.",
        AT(events_applied)},
    {"palmares_events_replayed_total", "counter",
        "Events that were stored before.", AT(events_replayed)},
    {"palmares_events_refused_total", "counter",
        "Events that were refused for what is in them.", AT(events_refused)},
    {"palmares_awards_total", "counter", "Awards given.", AT(awards)},
    {"palmares_badges_won_total", "counter", "Badges won.", AT(badges)},
    {"palmares_batches_split_total", "counter",
        "Gathered transactions that were done again one by one.",
        AT(batches_split)},
    {"palmares_queued_events", "gauge", "Events that wait for a transaction.",
        AT(queued_events)},
    {"palmares_requests_in_progress", "gauge",
        "Requests under way, those that wait for a commit among them.",
        AT(requests_in_progress)},
    {"palmares_busy_connections", "gauge",
        "Request connections to the database in use.", AT(busy_connections)},
    {"palmares_db_connects_total", "counter",
        "Connections to the database tried.", AT(db.connects)},
    {"palmares_db_connect_failures_total", "counter",
        "Connections to the database that failed.", AT(db.connect_failures)},
    {"palmares_db_connections_lost_total", "counter",
        "Connections that were lost.", AT(db.connections_lost)},
    {"palmares_db_deadlocks_total", "counter", "Deadlocks met.",
        AT(db.deadlocks)},
    {"palmares_db_lock_timeouts_total", "counter", "Lock waits that timed out.",
        AT(db.lock_timeouts)},
    {"palmares_db_retries_total", "counter", "Transactions tried again.",
        AT(db.retries)},
    {"palmares_db_commits_total", "counter", "Transactions committed.",
        AT(db.commits)},
    {"palmares_db_rollbacks_total", "counter", "Transactions rolled back.",
        AT(db.rollbacks)},
    {"palmares_db_commits_unknown_total", "counter",
        "COMMITs whose outcome was unknown at first.", AT(db.commits_unknown)},
};

static void
head(struct str *out, const char *name, const char *type, const char *help)
{
	str_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
write_simple(const struct metrics *metrics, struct str *out)
{
	size_t i;

	for (i = 0; i < sizeof(simple) / sizeof(simple[0]); i++) {
		head(out, simple[i].name, simple[i].type, simple[i].help);
		str_addf(out, "%s %llu\n", simple[i].name,
		    (unsigned long long)sum(metrics, simple[i].offset));
	}
}

static void
route_labels(struct str *out, size_t route)
{
	str_addf(out, "method=\"%s\",route=\"%s\"",
	    route < route_count ? routes[route].method : "",
	    route < route_count ? routes[route].path : "none");
}

static void
write_requests(const struct metrics *metrics, struct str *out)
{
	static const char name[] = "palmares_http_requests_total";
	uint64_t count;
	size_t route, status;

	head(out, name, "counter", "Requests by route and status.");
	for (route = 0; route <= route_count; route++)
		for (status = 0; status < METRICS_STATUSES; status++) {
			count = sum(metrics, AT(requests[route][status]));
			if (count == 0)
				continue;
			str_addf(out, "%s{", name);
			route_labels(out, route);
			str_addf(out, ",status=\"%d\"} %llu\n",
			    metrics_statuses[status],
			    (unsigned long long)count);
		}
}

static void
write_latency(const struct metrics *metrics, struct str *out, size_t route)
{
	static const char name[] = "palmares_http_request_duration_seconds";
	unsigned long long count = 0;
	size_t i;

	for (i = 0; i <= METRICS_LATENCIES; i++) {
		count += sum(metrics, AT(latency[route][i]));
		str_addf(out, "%s_bucket{", name);
		route_labels(out, route);
		if (i < METRICS_LATENCIES)
			str_addf(out, ",le=\"%g\"} %llu\n",
			    (double)metrics_latency_bounds[i] / 1e6, count);
		else
			str_addf(out, ",le=\"+Inf\"} %llu\n", count);
	}
	str_addf(out, "%s_sum{", name);
	route_labels(out, route);
	str_addf(out, "} %.6f\n%s_count{",
	    (double)sum(metrics, AT(latency_sum[route])) / 1e6, name);
	route_labels(out, route);
	str_addf(out, "} %llu\n", count);
}

static bool
route_used(const struct metrics *metrics, size_t route)
{
	size_t i;

	for (i = 0; i <= METRICS_LATENCIES; i++)
		if (sum(metrics, AT(latency[route][i])) > 0)
			return true;
	return false;
}

static void
write_batches(const struct metrics *metrics, struct str *out)
{
	static const char name[] = "palmares_batch_events";
	unsigned long long count = 0;
	size_t i;

	head(out, name, "histogram", "Events applied in one transaction.");
	for (i = 0; i <= METRICS_SIZES; i++) {
		count += sum(metrics, AT(batch_size[i]));
		if (i < METRICS_SIZES)
			str_addf(out, "%s_bucket{le=\"%zu\"} %llu\n", name,
			    metrics_size_bounds[i], count);
		else
			str_addf(
			    out, "%s_bucket{le=\"+Inf\"} %llu\n", name, count);
	}
	str_addf(out, "%s_sum %llu\n%s_count %llu\n", name,
	    (unsigned long long)sum(metrics, AT(batch_events)), name, count);
}

static void
write_pool(const struct metrics *metrics, struct str *out)
{
	head(out, "palmares_workers", "gauge", "Workers that are running.");
	str_addf(out, "palmares_workers %lld\n",
	    (long long)atomic_load(&metrics->workers));
	head(
	    out, "palmares_worker_starts_total", "counter", "Workers started.");
	str_addf(out, "palmares_worker_starts_total %llu\n",
	    (unsigned long long)atomic_load(&metrics->worker_starts));
	head(out, "palmares_worker_crashes_total", "counter",
	    "Workers that ended without being asked to.");
	str_addf(out, "palmares_worker_crashes_total %llu\n",
	    (unsigned long long)atomic_load(&metrics->worker_crashes));
}

void
metrics_write(const struct metrics *metrics, struct str *out)
{
	size_t route;

	write_pool(metrics, out);
	write_simple(metrics, out);
	write_batches(metrics, out);
	write_requests(metrics, out);
	head(out, "palmares_http_request_duration_seconds", "histogram",
	    "Time from the request's arrival to its answer.");
	for (route = 0; route <= route_count; route++)
		if (route_used(metrics, route))
			write_latency(metrics, out, route);
}
