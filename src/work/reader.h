/* reader: gathers the reads of a worker's requests into few queries */
#ifndef WORK_READER_H
#define WORK_READER_H

#include <stdint.h>

#include "store/user.h"
#include "work/done.h"

struct pool;
struct reader;
struct views;
struct worker_metrics;

/* One read, in the arena of its call. */
struct queued_read {
	struct user_read read; /* in: see there */
	int64_t deadline;      /* in, of clock_monotonic: not begun after it */
	struct done_call done;
	struct queued_read *next;
};

/*
 * Starts so many threads, each of which needs a connection of the pool at
 * times. Applications take turns, and none has more than one thread at a time.
 * NULL if no thread can be started.
 */
struct reader *reader_new(struct pool *pool, size_t threads,
    struct views *views, struct worker_metrics *metrics, struct done *done);

/* Reads what is waiting, and ends the threads. */
void reader_free(struct reader *reader);

/*
 * Has it read, with whatever else of its application is waiting. done will tell
 * the waiter, with OK (then see the read's own error), or that there was no
 * connection to be had or no time left.
 */
void
reader_submit(struct reader *reader, struct queued_read *read, void *waiter);

#endif
