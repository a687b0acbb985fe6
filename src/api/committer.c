/* committer: gathers the events of a worker's requests into transactions */
#include "api/committer.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "api/metrics.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/db.h"

/* A round's bodies stay well below the server's max_allowed_packet of 16 MiB. */
enum { JOB_ARENA_MAX = 128 << 20, JOBS_MAX = 1024, ROUND_SIZE_MAX = 4 << 20 };

enum job_state { JOB_NEW, JOB_QUEUED, JOB_RUNNING, JOB_DONE };

/*
 * A job in the queue. The request that waits for it and the committer each hold
 * it; the last to let go frees it.
 */
struct queued_job {
	struct ingest_job job; /* first: see committer_release */
	_Atomic int holders;
	enum job_state state;
	enum error result;
	int64_t deadline;
	size_t size;
	pthread_cond_t done;
	struct queued_job *next;
};

struct committer {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t arrived;
	struct queued_job *first;
	struct queued_job **last;
	size_t queued_events;
	bool stopping;
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
	pthread_condattr_t attributes;

	job->job.arena = arena;
	job->job.count = count;
	job->job.events = arena_array(arena, count, sizeof(*job->job.events));
	job->holders = 1;
	job->size = size;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&job->done, &attributes);
	pthread_condattr_destroy(&attributes);
	return &job->job;
}

void
committer_release(struct ingest_job *job)
{
	if (--queued(job)->holders > 0)
		return;
	pthread_cond_destroy(&queued(job)->done);
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
	pthread_cond_signal(&committer->arrived);
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

/* Under the mutex. */
static enum error
wait_done(struct committer *committer, struct queued_job *job)
{
	const struct timespec until = {
	    job->deadline / 1000000, job->deadline % 1000000 * 1000};
	int rc = 0;

	while (job->state != JOB_DONE && rc == 0)
		rc = pthread_cond_timedwait(
		    &job->done, &committer->mutex, &until);
	if (job->state == JOB_DONE)
		return job->result;
	if (job->state == JOB_RUNNING)
		return ERR_OUTCOME_UNKNOWN;
	withdraw(committer, job);
	return ERR_DATABASE_UNAVAILABLE;
}

enum error
committer_apply(struct committer *committer, struct ingest_job *ingest_job,
    int64_t deadline)
{
	struct queued_job *job = queued(ingest_job);
	enum error error = ERR_OVERLOADED;

	job->deadline = deadline;
	pthread_mutex_lock(&committer->mutex);
	if (committer->queued_events + job->job.count <=
	    committer->limits.queue_events) {
		append(committer, job);
		error = wait_done(committer, job);
	}
	pthread_mutex_unlock(&committer->mutex);
	return error;
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
		        round->size + job->size > ROUND_SIZE_MAX))
			break;
		committer->first = job->next;
		if (committer->first == NULL)
			committer->last = &committer->first;
		job->next = NULL;
		job->state = JOB_RUNNING;
		round->jobs[round->count++] = &job->job;
		round->events += job->job.count;
		round->size += job->size;
		if (job->deadline > round->deadline)
			round->deadline = job->deadline;
	}
	committer->queued_events -= round->events;
	committer->metrics->queued_events = (int64_t)committer->queued_events;
}

static void
count_outcome(struct worker_metrics *metrics, const struct ingest_job *job)
{
	size_t i, k;

	if (job->error != OK)
		return;
	for (i = 0; i < job->count; i++) {
		const struct ingest_event *event = &job->events[i];

		if (event->error != OK)
			metrics->events_refused++;
		else if (event->replayed)
			metrics->events_replayed++;
		else {
			metrics->events_applied++;
			metrics->awards += event->event.award_count;
			for (k = 0; k < event->event.award_count; k++)
				metrics->badges +=
				    event->event.awards[k].badge != NULL;
		}
	}
}

static void
finish(struct committer *committer, struct ingest_job *const *jobs,
    size_t count, enum error result)
{
	size_t i;

	for (i = 0; i < count && result == OK; i++)
		count_outcome(committer->metrics, jobs[i]);
	pthread_mutex_lock(&committer->mutex);
	for (i = 0; i < count; i++) {
		queued(jobs[i])->result = result;
		queued(jobs[i])->state = JOB_DONE;
		pthread_cond_signal(&queued(jobs[i])->done);
	}
	pthread_mutex_unlock(&committer->mutex);
	for (i = 0; i < count; i++)
		committer_release(jobs[i]);
}

/* Whether it may be one job's fault, which the others need not suffer for. */
static bool
lies_in_one(enum error error)
{
	return error == ERR_LOCK_TIMEOUT || error == ERR_INTERNAL ||
	    error == ERR_DUPLICATE;
}

static void
apply_round(struct committer *committer, const struct round *round)
{
	enum error error;
	size_t i;

	metrics_batch(committer->metrics, round->events);
	error = ingest_apply(
	    &committer->ingest, round->jobs, round->count, round->deadline);
	if (round->count == 1 || !lies_in_one(error)) {
		finish(committer, round->jobs, round->count, error);
		return;
	}
	committer->metrics->batches_split++;
	for (i = 0; i < round->count; i++) {
		error = ingest_apply(&committer->ingest, &round->jobs[i], 1,
		    queued(round->jobs[i])->deadline);
		finish(committer, &round->jobs[i], 1, error);
	}
}

static void *
committer_main(void *context)
{
	struct committer *committer = context;
	struct round round;

	for (;;) {
		pthread_mutex_lock(&committer->mutex);
		while (committer->first == NULL && !committer->stopping)
			pthread_cond_wait(
			    &committer->arrived, &committer->mutex);
		gather(committer, &round);
		pthread_mutex_unlock(&committer->mutex);
		if (round.count == 0)
			return NULL;
		apply_round(committer, &round);
	}
}

struct committer *
committer_new(const struct db_settings *settings,
    struct committer_limits limits, struct worker_metrics *metrics)
{
	struct committer *committer = calloc(1, sizeof(*committer));

	if (committer == NULL)
		return NULL;
	pthread_mutex_init(&committer->mutex, NULL);
	pthread_cond_init(&committer->arrived, NULL);
	committer->last = &committer->first;
	committer->limits = limits;
	committer->metrics = metrics;
	committer->db = db_new(settings, DB_COMMITTER, &metrics->db);
	ingest_init(
	    &committer->ingest, committer->db, getpid() % EVENT_WRITERS);
	if (pthread_create(
	        &committer->thread, NULL, committer_main, committer) == 0)
		return committer;
	ingest_free(&committer->ingest);
	db_free(committer->db);
	free(committer);
	return NULL;
}

void
committer_free(struct committer *committer)
{
	pthread_mutex_lock(&committer->mutex);
	committer->stopping = true;
	pthread_cond_signal(&committer->arrived);
	pthread_mutex_unlock(&committer->mutex);
	pthread_join(committer->thread, NULL);
	ingest_free(&committer->ingest);
	db_free(committer->db);
	pthread_cond_destroy(&committer->arrived);
	pthread_mutex_destroy(&committer->mutex);
	free(committer);
}
