/* reader: gathers the reads of a worker's requests into few queries */
#include "api/reader.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "api/metrics.h"
#include "base/clock.h"
#include "store/pool.h"

/*
 * Microseconds: a round whose connection died is run again if its first read
 * has so long until its deadline.
 */
enum { RETRY_TIME = 400000 };

struct reader {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t arrived;
	struct queued_read *first;
	struct queued_read **last;
	bool stopping;
	struct pool *pool;
	struct views *views;
	struct worker_metrics *metrics;
	struct done *done;
};

void
reader_submit(struct reader *reader, struct queued_read *read, void *waiter)
{
	read->done.waiter = waiter;
	read->next = NULL;
	pthread_mutex_lock(&reader->mutex);
	if (reader->first == NULL)
		pthread_cond_signal(&reader->arrived);
	*reader->last = read;
	reader->last = &read->next;
	pthread_mutex_unlock(&reader->mutex);
}

/* Up to max reads, in the order of arrival; waits for one if asked to. */
static size_t
take(struct reader *reader, struct queued_read **list, size_t max, bool wait)
{
	size_t count = 0;

	pthread_mutex_lock(&reader->mutex);
	while (wait && reader->first == NULL && !reader->stopping)
		pthread_cond_wait(&reader->arrived, &reader->mutex);
	while (reader->first != NULL && count < max) {
		list[count++] = reader->first;
		reader->first = reader->first->next;
	}
	if (reader->first == NULL)
		reader->last = &reader->first;
	pthread_mutex_unlock(&reader->mutex);
	return count;
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
run_once(struct reader *reader, struct queued_read **list, size_t count)
{
	struct user_read *reads[USER_READS_MAX];
	enum error error;
	struct db *db;
	size_t i;

	error = pool_take(reader->pool, list[0]->deadline, &db);
	if (error != OK)
		return error;
	for (i = 0; i < count; i++)
		reads[i] = &list[i]->read;
	reader->metrics->busy_connections++;
	error = users_read(db, reader->views, reads, count);
	reader->metrics->busy_connections--;
	pool_give(reader->pool, db);
	return error;
}

/* Those who have come meanwhile are told the same: they would be told late. */
static void
fail_all(struct reader *reader, enum error error)
{
	struct queued_read *list[USER_READS_MAX];
	size_t count;

	while ((count = take(reader, list, USER_READS_MAX, false)) > 0)
		finish(reader, list, count, error);
}

/* Those who have waited too long for the rounds before are told so. */
static size_t
drop_overdue(struct reader *reader, struct queued_read **list, size_t count)
{
	const int64_t now = clock_monotonic();
	size_t kept = 0, i;

	for (i = 0; i < count; i++)
		if (now < list[i]->deadline)
			list[kept++] = list[i];
		else
			finish(reader, &list[i], 1, ERR_DATABASE_UNAVAILABLE);
	return kept;
}

static void *
reader_main(void *context)
{
	struct queued_read *list[USER_READS_MAX];
	struct reader *reader = context;
	enum error error;
	size_t count;

	while ((count = take(reader, list, USER_READS_MAX, true)) > 0) {
		count = drop_overdue(reader, list, count);
		if (count == 0)
			continue;
		error = run_once(reader, list, count);
		if (error == ERR_CONNECTION_LOST &&
		    clock_monotonic() < list[0]->deadline - RETRY_TIME)
			error = run_once(reader, list, count);
		finish(reader, list, count, error);
		if (error != OK)
			fail_all(reader, error);
	}
	return NULL;
}

struct reader *
reader_new(struct pool *pool, struct views *views,
    struct worker_metrics *metrics, struct done *done)
{
	struct reader *reader = calloc(1, sizeof(*reader));

	if (reader == NULL)
		return NULL;
	pthread_mutex_init(&reader->mutex, NULL);
	pthread_cond_init(&reader->arrived, NULL);
	reader->last = &reader->first;
	reader->pool = pool;
	reader->views = views;
	reader->metrics = metrics;
	reader->done = done;
	if (pthread_create(&reader->thread, NULL, reader_main, reader) == 0)
		return reader;
	free(reader);
	return NULL;
}

void
reader_free(struct reader *reader)
{
	pthread_mutex_lock(&reader->mutex);
	reader->stopping = true;
	pthread_cond_signal(&reader->arrived);
	pthread_mutex_unlock(&reader->mutex);
	pthread_join(reader->thread, NULL);
	pthread_cond_destroy(&reader->arrived);
	pthread_mutex_destroy(&reader->mutex);
	free(reader);
}
