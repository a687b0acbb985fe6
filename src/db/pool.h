/* pool: a worker's connections for requests, a bounded set */
#ifndef DB_POOL_H
#define DB_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "db/db.h"

struct arena;
struct pool;

/*
 * size connections at most, for so many threads; none is made before it is
 * needed, or pool_warm is called. settings and counters must outlive it.
 * Without memory the process ends, with a log line.
 */
struct pool *pool_new(const struct db_settings *settings, size_t size,
    size_t threads, struct db_counters *counters);

/*
 * Makes some connections, as many as a worker has by default, while nobody uses
 * the pool yet: the first requests need not wait for them. It ends at the first
 * that cannot be had.
 */
void pool_warm(struct pool *pool);

/* All connections must have been given back. */
void pool_free(struct pool *pool);

/*
 * Takes a connection that is connected, for an application; 0: it is not known
 * yet. A quarter of them, and one at least of two or more, is left for others;
 * but not by POOL_NOBODY, for what has a bound of its own.
 * Waits for a free one until deadline (of clock_monotonic), and half a second
 * where the database is away; then it may take a second to connect.
 * ERR_OVERLOADED: three quarters of the threads are here for the application,
 * and no connection that it waits for has moved for a while.
 * ERR_DATABASE_UNAVAILABLE, ERR_SCHEMA_MISMATCH.
 */
enum { POOL_NOBODY = -1 };
enum error pool_take(struct pool *pool, int64_t application, int64_t deadline,
    struct db **db_out) MUST_CHECK;

/* What pool_take has last found to be wrong with the schema, in a sentence. */
const char *pool_mismatch(struct pool *pool, struct arena *arena);
void pool_give(struct pool *pool, struct db *db);

#endif
