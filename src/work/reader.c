/* reader: gathers the reads of a worker's requests into few queries */
#include "work/reader.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "db/pool.h"
#include "work/metrics.h"

/*
 * Microseconds: a round whose connection died is run again if its first read
 * has so long until its deadline.
 */
enum { RETRY_TIME = 400000 };

enum { READERS_MAX = 16 };

/*
 * The reads of one application that wait. While a thread has some of it, no
 * other takes any: however slow one application's reads are, they hold up one
 * thread. There is none without a read, but while a thread has it.
 */
struct lane {
	int64_t application;
	struct queued_read *first;
	struct queued_read **last;
	bool busy;
	struct lane *next;
};

struct reader {
	pthread_t threads[READERS_MAX];
	size_t thread_count;
	pthread_mutex_t mutex;
	pthread_cond_t arrived;
	struct lane *lanes; /* in the order of their turns */
	bool stopping;
	struct pool *pool;
	struct views *views;
	struct worker_metrics *metrics;
	struct done *done;
};

/* What a thread has taken: so many reads of one lane. */
struct round {
	struct lane *lane;
	struct queued_read *list[USER_READS_MAX];
	size_t count;
};

/* Under the mutex: where the lane is, or the end. */
static struct lane **
place_of(struct reader *reader, int64_t application)
{
	struct lane **place = &reader->lanes;

	while (*place != NULL && (*place)->application != application)
		place = &(*place)->next;
	return place;
}

/* Under the mutex: the application's lane, made behind all others. */
static struct lane *
lane_of(struct reader *reader, int64_t application)
{
	struct lane **place = place_of(reader, application), *lane = *place;

	if (lane != NULL)
		return lane;
	lane = memory_new(1, sizeof(*lane));
	lane->application = application;
	lane->last = &lane->first;
	*place = lane;
	return lane;
}

void
reader_submit(struct reader *reader, struct queued_read *read, void *waiter)
{
	struct lane *lane;

	read->done.waiter = waiter;
	read->next = NULL;
	pthread_mutex_lock(&reader->mutex);
	lane = lane_of(reader, read->read.application);
	if (lane->first == NULL && !lane->busy)
		pthread_cond_signal(&reader->arrived);
	*lane->last = read;
	lane->last = &read->next;
	pthread_mutex_unlock(&reader->mutex);
}

/* Under the mutex: the lane whose turn it is, or NULL. */
static struct lane *
next_lane(struct reader *reader)
{
	struct lane *lane = reader->lanes;

	while (lane != NULL && lane->busy)
		lane = lane->next;
	return lane;
}

/* Up to so many of a lane, in the order of arrival; false if there are none. */
static bool
take(struct reader *reader, struct round *round, bool wait)
{
	struct lane *lane;

	pthread_mutex_lock(&reader->mutex);
	while ((lane = next_lane(reader)) == NULL && wait && !reader->stopping)
		pthread_cond_wait(&reader->arrived, &reader->mutex);
	round->lane = lane;
	round->count = 0;
	while (lane != NULL && lane->first != NULL &&
	    round->count < USER_READS_MAX) {
		round->list[round->count++] = lane->first;
		lane->first = lane->first->next;
	}
	if (lane != NULL) {
		lane->busy = true;
		if (lane->first == NULL)
			lane->last = &lane->first;
	}
	pthread_mutex_unlock(&reader->mutex);
	return lane != NULL;
}

/* Its next turn comes behind those of all others. */
static void
give_back(struct reader *reader, struct lane *lane)
{
	struct lane **place;

	pthread_mutex_lock(&reader->mutex);
	lane->busy = false;
	place = place_of(reader, lane->application);
	*place = lane->next;
	lane->next = NULL;
	if (lane->first == NULL)
		free(lane);
	else {
		while (*place != NULL)
			place = &(*place)->next;
		*place = lane;
		pthread_cond_signal(&reader->arrived);
	}
	pthread_mutex_unlock(&reader->mutex);
}

static void
finish(struct reader *reader, struct queued_read **list, size_t count,
    enum error error)
{
	size_t i;

	for (i = 0; i < count; i++) {
		list[i]->done.result = error;
		done_put(reader->done, &list[i]->done);
	}
}

static enum error
run_once(struct reader *reader, const struct round *round)
{
	struct user_read *reads[USER_READS_MAX];
	enum error error;
	struct db *db;
	size_t i;

	/* Its bound is a thread: it never waits for a share of connections. */
	error =
	    pool_take(reader->pool, POOL_NOBODY, round->list[0]->deadline, &db);
	if (error != OK)
		return error;
	for (i = 0; i < round->count; i++)
		reads[i] = &round->list[i]->read;
	reader->metrics->busy_connections++;
	error = users_read(db, reader->views, reads, round->count);
	reader->metrics->busy_connections--;
	pool_give(reader->pool, db);
	return error;
}

/* Those who wait are told the same: they would be told late. */
static void
fail_all(struct reader *reader, enum error error)
{
	struct round round;

	while (take(reader, &round, false)) {
		finish(reader, round.list, round.count, error);
		give_back(reader, round.lane);
	}
}

/* Those who have waited too long for the rounds before are told so. */
static void
drop_overdue(struct reader *reader, struct round *round)
{
	const int64_t now = clock_monotonic();
	size_t kept = 0, i;

	for (i = 0; i < round->count; i++)
		if (now < round->list[i]->deadline)
			round->list[kept++] = round->list[i];
		else
			finish(reader, &round->list[i], 1,
			    ERR_DATABASE_UNAVAILABLE);
	round->count = kept;
}

/* A lost connection may be the fault of these reads; the others try theirs. */
static void
read_round(struct reader *reader, struct round *round)
{
	enum error error = run_once(reader, round);

	if (error == ERR_CONNECTION_LOST &&
	    clock_monotonic() < round->list[0]->deadline - RETRY_TIME)
		error = run_once(reader, round);
	finish(reader, round->list, round->count, error);
	if (error != OK && error != ERR_CONNECTION_LOST)
		fail_all(reader, error);
}

static void *
reader_main(void *context)
{
	struct reader *reader = context;
	struct round round;

	while (take(reader, &round, true)) {
		drop_overdue(reader, &round);
		if (round.count > 0)
			read_round(reader, &round);
		give_back(reader, round.lane);
	}
	return NULL;
}

static bool
start_threads(struct reader *reader, size_t count)
{
	while (reader->thread_count < count &&
	    reader->thread_count < READERS_MAX &&
	    pthread_create(&reader->threads[reader->thread_count], NULL,
	        reader_main, reader) == 0)
		reader->thread_count++;
	return reader->thread_count > 0;
}

struct reader *
reader_new(struct pool *pool, size_t threads, struct views *views,
    struct worker_metrics *metrics, struct done *done)
{
	struct reader *reader = memory_new(1, sizeof(*reader));

	pthread_mutex_init(&reader->mutex, NULL);
	pthread_cond_init(&reader->arrived, NULL);
	reader->pool = pool;
	reader->views = views;
	reader->metrics = metrics;
	reader->done = done;
	if (start_threads(reader, threads))
		return reader;
	free(reader);
	return NULL;
}

void
reader_free(struct reader *reader)
{
	size_t i;

	pthread_mutex_lock(&reader->mutex);
	reader->stopping = true;
	pthread_cond_broadcast(&reader->arrived);
	pthread_mutex_unlock(&reader->mutex);
	for (i = 0; i < reader->thread_count; i++)
		pthread_join(reader->threads[i], NULL);
	pthread_cond_destroy(&reader->arrived);
	pthread_mutex_destroy(&reader->mutex);
	free(reader);
}
