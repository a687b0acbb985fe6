/* pool: a worker's connections for requests, a bounded set */
#include "store/pool.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"

struct pool {
	pthread_mutex_t mutex;
	pthread_cond_t freed;
	size_t size;
	size_t idle_count;
	struct db **idle; /* a stack: the one used last is taken first */
	struct db **all;
};

struct pool *
pool_new(const struct db_settings *settings, size_t size,
    struct db_counters *counters)
{
	struct pool *pool = calloc(1, sizeof(*pool));
	pthread_condattr_t attributes;
	size_t i;

	if (pool == NULL ||
	    (pool->all = calloc(size, sizeof(*pool->all))) == NULL ||
	    (pool->idle = calloc(size, sizeof(*pool->idle))) == NULL) {
		log_error("event=out_of_memory");
		exit(EXIT_FAILURE);
	}
	pthread_mutex_init(&pool->mutex, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&pool->freed, &attributes);
	pthread_condattr_destroy(&attributes);
	pool->size = pool->idle_count = size;
	for (i = 0; i < size; i++)
		pool->all[i] = pool->idle[i] =
		    db_new(settings, DB_REQUEST, counters);
	return pool;
}

void
pool_free(struct pool *pool)
{
	size_t i;

	assert(pool->idle_count == pool->size);
	for (i = 0; i < pool->size; i++)
		db_free(pool->all[i]);
	pthread_cond_destroy(&pool->freed);
	pthread_mutex_destroy(&pool->mutex);
	free(pool->idle);
	free(pool->all);
	free(pool);
}

static struct db *
take_idle(struct pool *pool, int64_t deadline)
{
	const struct timespec until = {
	    deadline / 1000000, deadline % 1000000 * 1000};
	struct db *db = NULL;
	int rc = 0;

	pthread_mutex_lock(&pool->mutex);
	while (pool->idle_count == 0 && rc == 0)
		rc = pthread_cond_timedwait(&pool->freed, &pool->mutex, &until);
	if (pool->idle_count > 0)
		db = pool->idle[--pool->idle_count];
	pthread_mutex_unlock(&pool->mutex);
	return db;
}

enum error
pool_take(struct pool *pool, int64_t deadline, struct db **db_out)
{
	struct db *db = take_idle(pool, deadline);
	enum error error;

	if (db == NULL)
		return ERR_DATABASE_UNAVAILABLE;
	error = db_connect(db);
	if (error != OK) {
		pool_give(pool, db);
		return error == ERR_SCHEMA_MISMATCH ? error
		                                    : ERR_DATABASE_UNAVAILABLE;
	}
	*db_out = db;
	return OK;
}

void
pool_give(struct pool *pool, struct db *db)
{
	pthread_mutex_lock(&pool->mutex);
	pool->idle[pool->idle_count++] = db;
	pthread_cond_signal(&pool->freed);
	pthread_mutex_unlock(&pool->mutex);
}
