/* metrics: what /metrics shows */
#ifndef API_METRICS_H
#define API_METRICS_H

struct metrics;
struct str;

/* All of it as Prometheus text (version 0.0.4). */
void metrics_write(const struct metrics *metrics, struct str *out);

#endif
