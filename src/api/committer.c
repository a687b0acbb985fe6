/* committer: gathers the events of a worker's requests into transactions */
#include "api/committer.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "api/done.h"
#include "api/metrics.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/db.h"

/*
 * A round's bodies stay well below the server's max_allowed_packet of 16 MiB.
 */
enum { JOB_ARENA_MAX = 128 << 20, JOBS_MAX = 1024, ROUND_SIZE_MAX = 4 << 20 };

/* Microseconds. */
enum {
	STALL_TIME =
	    1200000, /* a round that is so old: nobody joins the queue */
	LATE_PAUSE = 5000,
	PROBE_PAUSE = 100000,
	CLOCK_PAUSE = 20000,
	DOWN_TIME = 300000,
};

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

struct committer {
	pthread_t thread;
	pthread_t clock;
	pthread_mutex_t mutex;
	pthread_cond_t arrived;
	pthread_cond_t tick;
	bool clock_asleep;
	bool stopped;
	struct queued_job *first;
	struct queued_job **last;
	struct queued_job *waiting;
	struct queued_job **newest;
	struct done *done;
	size_t queued_events;
	int64_t round_since; /* 0: no round is under way */
	bool down;           /* there is no connection to be had */
	bool stopping;
	struct queued_job *late; /* the thread's own */
	struct committer_limits limits;
	struct worker_metrics *metrics;
	struct db *db;
	struct ingest ingest;
};

static struct queued_job *
queued(struct ingest_job *job)
{
	return (struct queued_job *)job;
}

struct ingest_job *
committer_job(size_t count, size_t size)
{
	struct arena *arena = arena_new(JOB_ARENA_MAX);
	struct queued_job *job = arena_alloc(arena, sizeof(*job));

	job->job.arena = arena;
	job->job.count = count;
	job->job.events = arena_array(arena, count, sizeof(*job->job.events));
	job->holders = 1;
	job->job.size = size;
	return &job->job;
}

void
committer_release(struct ingest_job *job)
{
	if (--queued(job)->holders > 0)
		return;
	ingest_job_clear(job);
	arena_free(job->arena);
}

/* Under the mutex. */
static void
append(struct committer *committer, struct queued_job *job)
{
	job->state = JOB_QUEUED;
	job->holders++;
	*committer->last = job;
	committer->last = &job->next;
	committer->queued_events += job->job.count;
	committer->metrics->queued_events = (int64_t)committer->queued_events;
	if (committer->clock_asleep)
		pthread_cond_signal(&committer->tick);
	job->older = committer->newest;
	*committer->newest = job;
	committer->newest = &job->newer;
	pthread_cond_signal(&committer->arrived);
}

/* Under the mutex: the request is about to be answered. */
static void
answer(struct committer *committer, struct queued_job *job, enum error result)
{
	*job->older = job->newer;
	if (job->newer == NULL)
		committer->newest = job->older;
	else
		job->newer->older = job->older;
	job->done.result = result;
	done_put(committer->done, &job->done);
}

/* Under the mutex: takes a job that was not begun out of the queue. */
static void
withdraw(struct committer *committer, struct queued_job *job)
{
	struct queued_job **place = &committer->first;

	while (*place != job)
		place = &(*place)->next;
	*place = job->next;
	if (job->next == NULL)
		committer->last = place;
	committer->queued_events -= job->job.count;
	committer->metrics->queued_events = (int64_t)committer->queued_events;
	job->holders--;
}

/*
 * Under the mutex. Where a round hangs, those who come now are told at once:
 * behind those who wait already, their answer would be late.
 */
static bool
is_stalled(const struct committer *committer)
{
	return committer->round_since != 0 &&
	    clock_monotonic() - committer->round_since > STALL_TIME;
}

/*
 * Under the mutex. Who is not begun by the time that the round before hangs is
 * not waited for any longer: the answer is sure, and it is in time.
 */
static int64_t
wait_limit(const struct committer *committer, const struct queued_job *job)
{
	int64_t stall = committer->round_since + STALL_TIME;

	return job->state == JOB_QUEUED && committer->round_since != 0 &&
	        stall < job->deadline
	    ? stall
	    : job->deadline;
}

/* Under the mutex. */
static void
give_up(struct committer *committer, struct queued_job *job)
{
	bool running = job->state == JOB_RUNNING;

	if (job->state == JOB_QUEUED)
		withdraw(committer, job);
	else
		job->state = JOB_DROPPED;
	answer(committer, job,
	    running ? ERR_OUTCOME_UNKNOWN : ERR_DATABASE_UNAVAILABLE);
}

/*
 * Under the mutex. Without a connection a try is worth a moment, and no more.
 */
static int64_t
deadline_now(const struct committer *committer, int64_t deadline)
{
	int64_t moment = clock_monotonic() + DOWN_TIME;

	return committer->down && moment < deadline ? moment : deadline;
}

enum error
committer_submit(struct committer *committer, struct ingest_job *ingest_job,
    int64_t deadline, void *waiter)
{
	struct queued_job *job = queued(ingest_job);
	enum error error = OK;

	pthread_mutex_lock(&committer->mutex);
	job->deadline = deadline_now(committer, deadline);
	job->done.waiter = waiter;
	if (is_stalled(committer))
		error = ERR_DATABASE_UNAVAILABLE;
	else if (committer->queued_events + job->job.count >
	    committer->limits.queue_events)
		error = ERR_OVERLOADED;
	else
		append(committer, job);
	pthread_mutex_unlock(&committer->mutex);
	return error;
}

/* Under the mutex. Those who have waited too long are told so. */
static void
give_up_overdue(struct committer *committer)
{
	struct queued_job *job = committer->waiting, *newer;
	const int64_t now = clock_monotonic();

	for (; job != NULL; job = newer) {
		newer = job->newer;
		if (now >= wait_limit(committer, job))
			give_up(committer, job);
	}
}

/*
 * Looks at the clock for those who wait, now and then: the committer's own
 * thread may hang as long as its database does.
 */
static void *
clock_main(void *context)
{
	struct committer *committer = context;

	pthread_mutex_lock(&committer->mutex);
	while (!committer->stopped) {
		clock_wait(&committer->tick, &committer->mutex,
		    clock_monotonic() + CLOCK_PAUSE);
		give_up_overdue(committer);
		committer->clock_asleep = true;
		while (committer->waiting == NULL && !committer->stopped)
			pthread_cond_wait(&committer->tick, &committer->mutex);
		committer->clock_asleep = false;
	}
	pthread_mutex_unlock(&committer->mutex);
	return NULL;
}

/* What one round of the committer applies. */
struct round {
	struct ingest_job *jobs[JOBS_MAX];
	size_t count;
	size_t events;
	size_t size;
	int64_t deadline; /* the latest of the jobs' */
};

/* Under the mutex: takes as many jobs as one transaction may have. */
static void
gather(struct committer *committer, struct round *round)
{
	struct queued_job *job;

	*round = (struct round) {.count = 0};
	while ((job = committer->first) != NULL && round->count < JOBS_MAX) {
		if (round->count > 0 &&
		    (round->events + job->job.count >
		            committer->limits.batch_events ||
		        round->size + job->job.size > ROUND_SIZE_MAX))
			break;
		committer->first = job->next;
		if (committer->first == NULL)
			committer->last = &committer->first;
		job->next = NULL;
		job->state = JOB_RUNNING;
		round->jobs[round->count++] = &job->job;
		round->events += job->job.count;
		round->size += job->job.size;
		if (job->deadline > round->deadline)
			round->deadline = job->deadline;
	}
	committer->queued_events -= round->events;
	committer->metrics->queued_events = (int64_t)committer->queued_events;
}

static void
count_applied(struct worker_metrics *metrics, const struct event *event)
{
	size_t i;

	metrics->events_applied++;
	metrics->awards += event->award_count;
	for (i = 0; i < event->award_count; i++)
		metrics->badges += event->awards[i].badge != NULL;
}

/* What a transaction has done with a job; how many events it has stored. */
static size_t
count_outcome(struct worker_metrics *metrics, const struct ingest_job *job)
{
	size_t i, applied = 0;

	if (job->error != OK)
		return 0;
	for (i = 0; i < job->count; i++) {
		const struct ingest_event *event = &job->events[i];

		if (event->error != OK)
			metrics->events_refused++;
		else if (event->replayed)
			metrics->events_replayed++;
		else {
			count_applied(metrics, &event->event);
			applied++;
		}
	}
	return applied;
}

static void
finish(struct committer *committer, struct ingest_job *const *jobs,
    size_t count, enum error result)
{
	size_t i, applied = 0;

	for (i = 0; i < count && result == OK; i++)
		applied += count_outcome(committer->metrics, jobs[i]);
	if (applied > 0)
		metrics_batch(committer->metrics, applied);
	pthread_mutex_lock(&committer->mutex);
	for (i = 0; i < count; i++) {
		if (queued(jobs[i])->state != JOB_DROPPED)
			answer(committer, queued(jobs[i]), result);
		queued(jobs[i])->state = JOB_DONE;
	}
	pthread_mutex_unlock(&committer->mutex);
	for (i = 0; i < count; i++)
		committer_release(jobs[i]);
}

/*
 * Moves a job on. False if its request has gone: nothing was applied, and the
 * job is let go.
 */
static bool
move_on(
    struct committer *committer, struct queued_job *job, enum job_state state)
{
	bool wanted;

	pthread_mutex_lock(&committer->mutex);
	wanted = job->state != JOB_DROPPED;
	if (wanted)
		job->state = state;
	pthread_mutex_unlock(&committer->mutex);
	if (!wanted)
		committer_release(&job->job);
	return wanted;
}

/* Applies one job without waiting for a lock; false if it was not to be had. */
static bool
apply_alone(struct committer *committer, struct queued_job *job)
{
	struct ingest_job *ingest_job = &job->job;
	enum error error = ingest_apply(
	    &committer->ingest, &ingest_job, 1, job->deadline, false);

	if (error == ERR_LOCK_TIMEOUT)
		return false;
	finish(committer, &ingest_job, 1, error);
	return true;
}

static void
put_late(struct committer *committer, struct queued_job *job)
{
	struct queued_job **place = &committer->late;

	if (!move_on(committer, job, JOB_LATE))
		return;
	while (*place != NULL)
		place = &(*place)->next;
	job->next = NULL;
	*place = job;
}

/* Whether it may be one job's fault, which the others need not suffer for. */
static bool
lies_in_one(enum error error, size_t count)
{
	return error == ERR_LOCK_TIMEOUT ||
	    (error == ERR_INTERNAL && count > 1);
}

static void
apply_round(struct committer *committer, const struct round *round)
{
	enum error error;
	size_t i;

	error = ingest_apply(&committer->ingest, round->jobs, round->count,
	    round->deadline, committer->late == NULL);
	if (!lies_in_one(error, round->count)) {
		finish(committer, round->jobs, round->count, error);
		return;
	}
	committer->metrics->batches_split += round->count > 1;
	for (i = 0; i < round->count; i++)
		if (!apply_alone(committer, queued(round->jobs[i])))
			put_late(committer, queued(round->jobs[i]));
}

static void
apply_late(struct committer *committer)
{
	struct queued_job *job, *rest = committer->late;

	committer->late = NULL;
	while ((job = rest) != NULL) {
		rest = job->next;
		if (!move_on(committer, job, JOB_RUNNING))
			continue;
		committer->metrics->db.retries++;
		if (!apply_alone(committer, job))
			put_late(committer, job);
	}
}

/* Without a connection, nobody waits for long; the thread tries to get one. */
static void
note_connection(struct committer *committer)
{
	bool down =
	    !db_is_connected(committer->db) && db_connect(committer->db) != OK;

	pthread_mutex_lock(&committer->mutex);
	committer->down = down;
	pthread_mutex_unlock(&committer->mutex);
}

/* Under the mutex: until there is something to do, or it is time to look. */
static void
wait_for_work(struct committer *committer)
{
	const int64_t moment =
	    clock_monotonic() + (committer->down ? PROBE_PAUSE : LATE_PAUSE);

	committer->round_since = 0;
	if (committer->down || committer->late != NULL) {
		if (committer->first == NULL && !committer->stopping)
			clock_wait(
			    &committer->arrived, &committer->mutex, moment);
	} else
		while (committer->first == NULL && !committer->stopping)
			pthread_cond_wait(
			    &committer->arrived, &committer->mutex);
	committer->round_since = clock_monotonic();
}

static void *
committer_main(void *context)
{
	struct committer *committer = context;
	struct round round;
	bool stopping;

	for (;;) {
		pthread_mutex_lock(&committer->mutex);
		wait_for_work(committer);
		gather(committer, &round);
		stopping = committer->stopping;
		pthread_mutex_unlock(&committer->mutex);
		if (round.count > 0)
			apply_round(committer, &round);
		else if (stopping && committer->late == NULL)
			return NULL;
		apply_late(committer);
		note_connection(committer);
	}
}

/* What is waiting is applied first. */
static void
stop_thread(struct committer *committer)
{
	pthread_mutex_lock(&committer->mutex);
	committer->stopping = true;
	pthread_cond_signal(&committer->arrived);
	pthread_mutex_unlock(&committer->mutex);
	pthread_join(committer->thread, NULL);
}

static void
release(struct committer *committer)
{
	ingest_free(&committer->ingest);
	db_free(committer->db);
	pthread_cond_destroy(&committer->arrived);
	pthread_cond_destroy(&committer->tick);
	pthread_mutex_destroy(&committer->mutex);
	free(committer);
}

static bool
start_threads(struct committer *committer)
{
	if (pthread_create(
	        &committer->thread, NULL, committer_main, committer) != 0)
		return false;
	if (pthread_create(&committer->clock, NULL, clock_main, committer) == 0)
		return true;
	stop_thread(committer);
	return false;
}

struct committer *
committer_new(const struct db_settings *settings,
    struct committer_limits limits, struct worker_metrics *metrics,
    struct done *done)
{
	struct committer *committer = calloc(1, sizeof(*committer));

	if (committer == NULL)
		return NULL;
	pthread_mutex_init(&committer->mutex, NULL);
	clock_init_condition(&committer->arrived);
	clock_init_condition(&committer->tick);
	committer->last = &committer->first;
	committer->newest = &committer->waiting;
	committer->done = done;
	committer->limits = limits;
	committer->metrics = metrics;
	committer->db = db_new(settings, DB_COMMITTER, &metrics->db);
	ingest_init(&committer->ingest, committer->db);
	if (start_threads(committer))
		return committer;
	release(committer);
	return NULL;
}

void
committer_free(struct committer *committer)
{
	stop_thread(committer);
	pthread_mutex_lock(&committer->mutex);
	committer->stopped = true;
	pthread_cond_signal(&committer->tick);
	pthread_mutex_unlock(&committer->mutex);
	pthread_join(committer->clock, NULL);
	release(committer);
}
