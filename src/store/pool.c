/* pool: a worker's connections for requests, a bounded set */
#include "store/pool.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"

/* Microseconds: nobody waits longer while the database is away. */
enum { DOWN_WAIT = 500000 };

struct pool {
	pthread_mutex_t mutex;
	pthread_cond_t freed;
	size_t size;
	size_t idle_count;
	struct db **idle; /* a stack: those not connected are at its bottom */
	bool down;        /* the last connection was lost, or not to be had */
	bool probing;     /* one caller tries to get one, while it is down */
	unsigned failed;  /* how often that was in vain */
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

/* Whether the caller has to wait: for a connection, or for who tries to get one. */
static bool
must_wait(const struct pool *pool)
{
	return pool->idle_count == 0 || (pool->down && pool->probing);
}

/* Until something changes or it is time; false if it is. */
static bool
wait_until(struct pool *pool, int64_t moment)
{
	const struct timespec until = {
	    moment / 1000000, moment % 1000000 * 1000};

	return pthread_cond_timedwait(&pool->freed, &pool->mutex, &until) == 0;
}

/*
 * Under the mutex. False if there is none by the deadline; or none but those
 * that somebody has tried to connect meanwhile, in vain.
 */
static bool
wait_idle(struct pool *pool, int64_t deadline)
{
	const unsigned failed = pool->failed;
	int64_t down_deadline = 0;

	while (must_wait(pool)) {
		if (pool->down && down_deadline == 0)
			down_deadline = clock_monotonic() + DOWN_WAIT;
		if (!wait_until(pool,
		        pool->down && down_deadline < deadline ? down_deadline
		                                               : deadline) &&
		    must_wait(pool))
			return false;
	}
	return pool->failed == failed ||
	    db_is_connected(pool->idle[pool->idle_count - 1]);
}

/* *probing_out: the caller is the one who tries whether the database is back. */
static struct db *
take_idle(struct pool *pool, int64_t deadline, bool *probing_out)
{
	struct db *db = NULL;

	pthread_mutex_lock(&pool->mutex);
	if (wait_idle(pool, deadline)) {
		db = pool->idle[--pool->idle_count];
		*probing_out = pool->down;
		pool->probing = pool->down;
	}
	pthread_mutex_unlock(&pool->mutex);
	return db;
}

static void
note_connect(struct pool *pool, bool connected, bool probing)
{
	pthread_mutex_lock(&pool->mutex);
	pool->down = !connected;
	pool->failed += !connected;
	if (probing)
		pool->probing = false;
	pthread_cond_broadcast(&pool->freed);
	pthread_mutex_unlock(&pool->mutex);
}

enum error
pool_take(struct pool *pool, int64_t deadline, struct db **db_out)
{
	bool probing = false, fresh;
	struct db *db = take_idle(pool, deadline, &probing);
	enum error error;

	if (db == NULL)
		return ERR_DATABASE_UNAVAILABLE;
	/* The caller tries again once: let that not be for an old one. */
	db_drop_if_closed(db);
	fresh = !db_is_connected(db);
	error = db_connect_bare(db);
	/* Who waits is told before the statements are prepared. */
	if (fresh || probing)
		note_connect(pool, error == OK, probing);
	if (error == OK)
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
	size_t place;

	pthread_mutex_lock(&pool->mutex);
	place = pool->idle_count++;
	if (!db_is_connected(db)) {
		pool->down = true;
		memmove(&pool->idle[1], &pool->idle[0],
		    place * sizeof(pool->idle[0]));
		place = 0;
	}
	pool->idle[place] = db;
	pthread_cond_signal(&pool->freed);
	pthread_mutex_unlock(&pool->mutex);
}
