/* committer: gathers the events of a worker's requests into transactions */
#include "work/committer.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/memory.h"
#include "db/db.h"
#include "work/done.h"
#include "work/metrics.h"
#include "work/queue.h"

enum { JOB_ARENA_MAX = 128 << 20 };

/* Microseconds. */
enum {
	STALL_TIME =
	    1200000, /* a round that is so old: nobody joins the queue */
	LATE_PAUSE = 5000,
	PROBE_PAUSE = 100000,
	CLOCK_PAUSE = 20000,
	DOWN_TIME = 300000,
	HANG_TIME = 500000, /* of one statement: it is the database */
};

struct committer {
	pthread_t thread;
	pthread_t clock;
	pthread_mutex_t mutex;
	pthread_cond_t arrived;
	pthread_cond_t tick;
	bool clock_asleep;
	bool stopped;
	struct queue queue;
	struct queued_job *waiting;
	struct queued_job **newest;
	struct done *done;
	int64_t round_since; /* 0: no round is under way */
	bool down;           /* there is no connection to be had */
	bool stopping;
	struct queued_job *late; /* the thread's own */
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
count_queued(struct committer *committer)
{
	committer->metrics->queued_events = (int64_t)committer->queue.events;
}

/* Under the mutex. */
static void
append(struct committer *committer, struct queued_job *job)
{
	job->state = JOB_QUEUED;
	job->holders++;
	queue_put(&committer->queue, job);
	count_queued(committer);
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

/*
 * Under the mutex: why a job that was not begun is not waited for. The database
 * is the reason where it is being waited for, or where somebody has locked a
 * row.
 */
static enum error
reason(const struct committer *committer, enum job_state state)
{
	return state == JOB_LATE || committer->down ||
	        db_waited(committer->db) > HANG_TIME
	    ? ERR_DATABASE_UNAVAILABLE
	    : ERR_OVERLOADED;
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
	const enum error why = job->state == JOB_RUNNING
	    ? ERR_OUTCOME_UNKNOWN
	    : reason(committer, job->state);

	if (job->state == JOB_QUEUED) {
		queue_withdraw(&committer->queue, job);
		count_queued(committer);
		job->holders--;
	} else
		job->state = JOB_DROPPED;
	answer(committer, job, why);
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
		error = reason(committer, JOB_QUEUED);
	else if (!queue_has_room(&committer->queue, ingest_job))
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

/* Under the mutex: takes as many jobs as one transaction may have. */
static void
gather(struct committer *committer, struct round *round)
{
	size_t i;

	queue_gather(&committer->queue, round);
	for (i = 0; i < round->count; i++)
		queued(round->jobs[i])->state = JOB_RUNNING;
	count_queued(committer);
}

/* The latest of the jobs'. */
static int64_t
deadline_of(const struct round *round)
{
	int64_t deadline = 0;
	size_t i;

	for (i = 0; i < round->count; i++)
		if (queued(round->jobs[i])->deadline > deadline)
			deadline = queued(round->jobs[i])->deadline;
	return deadline;
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

	if (!job_is_applied(job))
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

/* Whether a job for which a transaction had no room comes again. */
static bool
comes_again(const struct ingest_job *job, enum error result)
{
	return result == OK && job->error == OK && job->postponed;
}

/* Under the mutex: the last first, so that they keep their order. */
static void
put_back(struct committer *committer, struct ingest_job *const *jobs,
    size_t count, enum error result)
{
	struct queued_job *job;

	while (count-- > 0) {
		job = queued(jobs[count]);
		if (job->state != JOB_RUNNING ||
		    !comes_again(&job->job, result))
			continue;
		job->state = JOB_QUEUED;
		queue_put_first(&committer->queue, job);
	}
	count_queued(committer);
}

/* Ends all jobs but those that come again. */
static void
finish(struct committer *committer, struct ingest_job *const *jobs,
    size_t count, enum error result)
{
	struct ingest_job *ended[ROUND_JOBS_MAX];
	size_t applied = 0, end = 0, i;

	for (i = 0; i < count && result == OK; i++)
		applied += count_outcome(committer->metrics, jobs[i]);
	if (applied > 0)
		metrics_batch(committer->metrics, applied);
	pthread_mutex_lock(&committer->mutex);
	put_back(committer, jobs, count, result);
	for (i = 0; i < count; i++) {
		if (queued(jobs[i])->state == JOB_QUEUED)
			continue;
		if (queued(jobs[i])->state != JOB_DROPPED)
			answer(committer, queued(jobs[i]), result);
		queued(jobs[i])->state = JOB_DONE;
		ended[end++] = jobs[i];
	}
	pthread_mutex_unlock(&committer->mutex);
	for (i = 0; i < end; i++)
		committer_release(ended[i]);
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
	    deadline_of(round), committer->late == NULL);
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

void
committer_connect(struct committer *committer)
{
	note_connection(committer);
}

/* Under the mutex: until there is something to do, or it is time to look. */
static void
wait_for_work(struct committer *committer)
{
	const int64_t moment =
	    clock_monotonic() + (committer->down ? PROBE_PAUSE : LATE_PAUSE);

	committer->round_since = 0;
	if (committer->down || committer->late != NULL) {
		if (committer->queue.first == NULL && !committer->stopping)
			clock_wait(
			    &committer->arrived, &committer->mutex, moment);
	} else
		while (committer->queue.first == NULL && !committer->stopping)
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
	struct committer *committer = memory_new(1, sizeof(*committer));

	pthread_mutex_init(&committer->mutex, NULL);
	clock_init_condition(&committer->arrived);
	clock_init_condition(&committer->tick);
	queue_init(&committer->queue, limits);
	committer->newest = &committer->waiting;
	committer->done = done;
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
