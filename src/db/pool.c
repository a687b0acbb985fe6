/* pool: a worker's connections for requests, a bounded set */
#include "db/pool.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/memory.h"

/*
 * Microseconds: nobody waits longer while the database is away, nor beyond an
 * application's share of the threads while its connections are stuck.
 */
enum { DOWN_WAIT = 500000, STUCK_WAIT = 100000 };

/* What is left for others: so much of all, and one at least of two or more. */
enum { OTHERS_PART = 4 };

/* Of what is wrong with the schema: as much as a connection keeps. */
enum { WHY_SIZE = 512 };

enum { WARM_COUNT = 4 };

struct pool {
	pthread_mutex_t mutex;
	pthread_cond_t freed;
	size_t size;
	size_t threads; /* that may call */
	size_t waiting_count;
	int64_t *waiting; /* for which applications threads wait */
	size_t idle_count;
	struct db **idle; /* a stack: those not connected are at its bottom */
	bool down;        /* the last connection was lost, or not to be had */
	bool probing;     /* one caller tries to get one, while it is down */
	unsigned failed;  /* how often that was in vain */
	char why[WHY_SIZE];
	struct db **all;
	int64_t *holders; /* of each of all: the application, or POOL_NOBODY */
	int64_t *since;   /* and when that was last another */
};

struct pool *
pool_new(const struct db_settings *settings, size_t size, size_t threads,
    struct db_counters *counters)
{
	struct pool *pool = memory_new(1, sizeof(*pool));
	size_t i;

	pool->all = memory_new(size, sizeof(*pool->all));
	pool->idle = memory_new(size, sizeof(*pool->idle));
	pool->holders = memory_new(size, sizeof(*pool->holders));
	pool->since = memory_new(size, sizeof(*pool->since));
	pool->waiting = memory_new(threads, sizeof(*pool->waiting));
	pthread_mutex_init(&pool->mutex, NULL);
	clock_init_condition(&pool->freed);
	pool->size = pool->idle_count = size;
	pool->threads = threads;
	for (i = 0; i < size; i++) {
		pool->all[i] = pool->idle[i] =
		    db_new(settings, DB_REQUEST, counters);
		pool->holders[i] = POOL_NOBODY;
	}
	return pool;
}

void
pool_warm(struct pool *pool)
{
	const size_t cold =
	    pool->size > WARM_COUNT ? pool->size - WARM_COUNT : 0;
	size_t i = pool->size;

	/* From the top of the stack, where those are that are connected. */
	while (i > cold && db_connect(pool->idle[i - 1]) == OK)
		i--;
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
	free(pool->holders);
	free(pool->since);
	free(pool->waiting);
	free(pool->all);
	free(pool);
}

/* What one application may have of so many. */
static size_t
share_of(size_t count)
{
	size_t rest = count / OTHERS_PART;

	if (rest == 0 && count > 1)
		rest = 1;
	return count - rest;
}

static size_t
count_of(const int64_t *list, size_t count, int64_t application)
{
	size_t own = 0, i;

	for (i = 0; i < count; i++)
		own += list[i] == application;
	return own;
}

/* Under the mutex: whether the application has all but the part of others. */
static bool
has_its_share(const struct pool *pool, int64_t application)
{
	return application != POOL_NOBODY &&
	    count_of(pool->holders, pool->size, application) >=
	    share_of(pool->size);
}

/* The same of threads, which have a connection or wait for one. */
static bool
is_crowd(const struct pool *pool, int64_t application)
{
	const size_t own = count_of(pool->holders, pool->size, application) +
	    count_of(pool->waiting, pool->waiting_count, application);

	return application != POOL_NOBODY && own >= share_of(pool->threads);
}

/* Under the mutex: no connection that it waits for has moved for a while. */
static bool
is_stuck(const struct pool *pool, int64_t application)
{
	const int64_t then = clock_monotonic() - STUCK_WAIT;
	const bool of_all = !has_its_share(pool, application);
	size_t i = 0;

	while (i < pool->size &&
	    ((pool->holders[i] != application && !of_all) ||
	        pool->since[i] < then))
		i++;
	return i == pool->size;
}

/* For a connection, or for who tries to get one. */
static bool
must_wait(const struct pool *pool, int64_t application)
{
	return has_its_share(pool, application) || pool->idle_count == 0 ||
	    (pool->down && pool->probing);
}

static void
set_holder(struct pool *pool, const struct db *db, int64_t application)
{
	size_t i = 0;

	while (pool->all[i] != db)
		i++;
	pool->holders[i] = application;
	pool->since[i] = clock_monotonic();
}

/*
 * Under the mutex. False if there is none by the deadline; or none but those
 * that somebody has tried to connect meanwhile, in vain.
 */
static bool
wait_until(struct pool *pool, int64_t application, int64_t deadline)
{
	const unsigned failed = pool->failed;
	int64_t down_deadline = 0, limit;

	while (must_wait(pool, application)) {
		if (pool->down && down_deadline == 0)
			down_deadline = clock_monotonic() + DOWN_WAIT;
		limit = pool->down && down_deadline < deadline ? down_deadline
		                                               : deadline;
		if (!clock_wait(&pool->freed, &pool->mutex, limit) &&
		    must_wait(pool, application))
			return false;
	}
	return pool->failed == failed ||
	    db_is_connected(pool->idle[pool->idle_count - 1]);
}

/* Under the mutex: among those who wait, while it does. */
static bool
wait_idle(struct pool *pool, int64_t application, int64_t deadline)
{
	size_t i = 0;
	bool idle;

	if (application == POOL_NOBODY)
		return wait_until(pool, application, deadline);
	assert(pool->waiting_count < pool->threads);
	pool->waiting[pool->waiting_count++] = application;
	idle = wait_until(pool, application, deadline);
	/* Any of the same application's will do. */
	while (pool->waiting[i] != application)
		i++;
	pool->waiting[i] = pool->waiting[--pool->waiting_count];
	return idle;
}

/*
 * Under the mutex. A thread beyond the application's share of them waits as
 * long as the application's requests get on.
 */
static enum error
wait_in_crowd(struct pool *pool, int64_t application, int64_t deadline)
{
	int64_t now = clock_monotonic(), soon;

	while (!pool->down && now < deadline && !is_stuck(pool, application)) {
		soon =
		    now + STUCK_WAIT < deadline ? now + STUCK_WAIT : deadline;
		if (wait_idle(pool, application, soon))
			return OK;
		now = clock_monotonic();
	}
	return pool->down ? ERR_DATABASE_UNAVAILABLE : ERR_OVERLOADED;
}

/* Under the mutex. */
static enum error
wait_turn(struct pool *pool, int64_t application, int64_t deadline)
{
	if (must_wait(pool, application) && is_crowd(pool, application))
		return wait_in_crowd(pool, application, deadline);
	return wait_idle(pool, application, deadline)
	    ? OK
	    : ERR_DATABASE_UNAVAILABLE;
}

/* *probing_out: the caller is who tries whether the database is back. */
static enum error
take_idle(struct pool *pool, int64_t application, int64_t deadline,
    struct db **db_out, bool *probing_out)
{
	enum error error;

	pthread_mutex_lock(&pool->mutex);
	error = wait_turn(pool, application, deadline);
	if (error == OK) {
		*db_out = pool->idle[--pool->idle_count];
		set_holder(pool, *db_out, application);
		*probing_out = pool->down;
		pool->probing = pool->down;
	}
	pthread_mutex_unlock(&pool->mutex);
	return error;
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

static void
note_mismatch(struct pool *pool, const struct db *db)
{
	pthread_mutex_lock(&pool->mutex);
	snprintf(pool->why, sizeof(pool->why), "%s", db_message(db));
	pthread_mutex_unlock(&pool->mutex);
}

const char *
pool_mismatch(struct pool *pool, struct arena *arena)
{
	const char *why;

	pthread_mutex_lock(&pool->mutex);
	why = arena_strdup(arena, pool->why);
	pthread_mutex_unlock(&pool->mutex);
	return why;
}

enum error
pool_take(struct pool *pool, int64_t application, int64_t deadline,
    struct db **db_out)
{
	bool probing = false, fresh;
	struct db *db = NULL;
	enum error error =
	    take_idle(pool, application, deadline, &db, &probing);

	if (error != OK)
		return error;
	/* The caller tries again once: let that not be for an old one. */
	db_drop_if_closed(db);
	fresh = !db_is_connected(db);
	error = db_connect_bare(db);
	/* Waiters are told before the statements are prepared. */
	if (fresh || probing)
		note_connect(pool, error == OK, probing);
	if (error == OK)
		error = db_connect(db);
	if (error == ERR_SCHEMA_MISMATCH)
		note_mismatch(pool, db);
	if (error != OK) {
		pool_give(pool, db);
		return error == ERR_SCHEMA_MISMATCH ? error
		                                    : ERR_DATABASE_UNAVAILABLE;
	}
	*db_out = db;
	return OK;
}

/* Under the mutex. One that is not connected goes below those that are. */
static void
put_idle(struct pool *pool, struct db *db)
{
	size_t place = pool->idle_count++;

	while (!db_is_connected(db) && place > 0 &&
	    db_is_connected(pool->idle[place - 1])) {
		pool->idle[place] = pool->idle[place - 1];
		place--;
	}
	pool->idle[place] = db;
}

void
pool_give(struct pool *pool, struct db *db)
{
	const bool lost = !db_is_connected(db);

	/* The next one would be in it, and would commit or lose it. */
	db_drop_if_begun(db);
	pthread_mutex_lock(&pool->mutex);
	if (lost)
		pool->down = true;
	put_idle(pool, db);
	set_holder(pool, db, POOL_NOBODY);
	/* Whom a signal would wake may not be one who may have it. */
	pthread_cond_broadcast(&pool->freed);
	pthread_mutex_unlock(&pool->mutex);
}
