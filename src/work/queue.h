/* queue: jobs that wait for the committer, and which come next */
#ifndef WORK_QUEUE_H
#define WORK_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "work/committer.h"
#include "work/done.h"

/*
 * Late: it needs a row that somebody has locked; it is tried again and again,
 * and no round waits for it. Dropped: its request has been answered, so it is
 * not tried again.
 */
enum job_state {
	JOB_NEW,
	JOB_QUEUED,
	JOB_RUNNING,
	JOB_LATE,
	JOB_DROPPED,
	JOB_DONE
};

/*
 * A job in the queue. The request that waits for it and the committer each hold
 * it; the last to let go frees it.
 */
struct queued_job {
	struct ingest_job job; /* first: see committer_release */
	_Atomic int holders;
	enum job_state state;
	int64_t deadline;
	struct queued_job *next;
	/* Among those whose requests wait, in the order of arrival. */
	struct queued_job *newer;
	struct queued_job **older;
	struct done_call done;
};

struct lane;
enum { QUEUE_BUCKETS = 64 };

/*
 * The jobs of each application are in a lane of their own, in the order of
 * arrival, and the lanes take turns: however much one application sends, the
 * others wait for a round or two. The caller has a mutex around it.
 */
struct queue {
	struct lane *first; /* in the order of their turns */
	struct lane **last;
	struct lane *buckets[QUEUE_BUCKETS];
	size_t events;
	struct committer_limits limits;
	bool one_was_alone; /* in the round before */
	uint64_t rounds;
};

enum { ROUND_JOBS_MAX = 1024 };

/* What one round of the committer applies. */
struct round {
	struct ingest_job *jobs[ROUND_JOBS_MAX];
	size_t count;
	size_t events;
	size_t size;
};

void queue_init(struct queue *queue, struct committer_limits limits);

/*
 * Whether there is room for the job. Of a full queue an application can have an
 * eighth, even if it is another that has filled it.
 */
bool queue_has_room(struct queue *queue, const struct ingest_job *job);

/* Behind, or before, all of its application. */
void queue_put(struct queue *queue, struct queued_job *job);
void queue_put_first(struct queue *queue, struct queued_job *job);

/* Takes a job out that is in it. */
void queue_withdraw(struct queue *queue, struct queued_job *job);

/*
 * Takes as many jobs as one transaction may have: of each lane one, again and
 * again. A job that is to be applied alone goes alone, every second round if
 * others wait.
 */
void queue_gather(struct queue *queue, struct round *round_out);

#endif
