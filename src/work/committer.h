/* committer: gathers the events of a worker's requests into transactions */
#ifndef WORK_COMMITTER_H
#define WORK_COMMITTER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "ingest/ingest.h"

struct committer;
struct db_settings;
struct done;
struct worker_metrics;

struct committer_limits {
	size_t batch_events; /* in one transaction, but for one larger job */
	size_t queue_events; /* waiting, before ERR_OVERLOADED */
};

/* Starts the committer's thread. NULL if it cannot. */
struct committer *committer_new(const struct db_settings *settings,
    struct committer_limits limits, struct worker_metrics *metrics,
    struct done *done);

/*
 * Makes its connection, while there are no jobs yet: the first need not wait.
 */
void committer_connect(struct committer *committer);

/* Applies what is waiting, and ends the thread. */
void committer_free(struct committer *committer);

/*
 * A job with room for count events from a body of size bytes. It has an arena
 * of its own, in which all that the events point to must be, because it can
 * outlive the request. The caller releases it.
 */
struct ingest_job *committer_job(size_t count, size_t size);
void committer_release(struct ingest_job *job);

/*
 * Hands over the job, to be applied with whatever else is waiting, in the order
 * of arrival; but who needs a row that somebody has locked is overtaken. With
 * OK done will tell what became of it, and of whom: the waiter. Else it is
 * refused and not applied: ERR_OVERLOADED, too many events are waiting;
 * ERR_DATABASE_UNAVAILABLE.
 *
 * The result OK: it is durable, see the job's outcome. Past the deadline (of
 * clock_monotonic), or before where the database hangs, it is
 * ERR_DATABASE_UNAVAILABLE if the job was not begun, and is not applied; else
 * ERR_OUTCOME_UNKNOWN.
 */
enum error committer_submit(struct committer *committer, struct ingest_job *job,
    int64_t deadline, void *waiter) MUST_CHECK;

#endif
