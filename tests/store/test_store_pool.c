/* test_store_pool: the connections for requests, against a real server */
#include <pthread.h>

#include "db/pool.h"
#include "proxy.h"
#include "store_test.h"

enum {
	CALLERS = 4,
	THREADS = 64,
	WAIT_SECONDS = 10,
	/* Longer than who waits for a silent server, shorter than a request. */
	PREPARE_MILLISECONDS = 900,
	/* Longer than connecting may take. */
	SILENT_MILLISECONDS = 3000,
	/* Microseconds: connecting, and a wait for that, end after it. */
	LATE = 700000,
};

struct caller {
	struct pool *pool;
	pthread_barrier_t *barrier;
	enum error error;
	_Atomic bool ended;
};

/* No two callers are of the same one, so nobody waits for his share. */
static int64_t
another_application(void)
{
	static _Atomic int64_t last = 1000;

	return ++last;
}

/* Has a connection at the same time as all others. */
static void *
take_in_thread(void *context)
{
	struct caller *caller = context;
	struct db *db = NULL;

	caller->error = pool_take(
	    caller->pool, another_application(), in_seconds(WAIT_SECONDS), &db);
	pthread_barrier_wait(caller->barrier);
	if (db != NULL)
		pool_give(caller->pool, db);
	return NULL;
}

static void
take_all_at_once(struct pool *pool)
{
	struct caller callers[CALLERS];
	pthread_barrier_t barrier;
	pthread_t threads[CALLERS];
	size_t i;

	pthread_barrier_init(&barrier, NULL, CALLERS);
	for (i = 0; i < CALLERS; i++) {
		callers[i] =
		    (struct caller) {.pool = pool, .barrier = &barrier};
		assert_int_equal(pthread_create(&threads[i], NULL,
		                     take_in_thread, &callers[i]),
		    0);
	}
	for (i = 0; i < CALLERS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&barrier);
	for (i = 0; i < CALLERS; i++)
		assert_int_equal(callers[i].error, OK);
}

static struct db *
take(struct pool *pool)
{
	struct db *db;

	assert_int_equal(pool_take(pool, another_application(),
	                     in_seconds(WAIT_SECONDS), &db),
	    OK);
	return db;
}

static int64_t
open_connections(void)
{
	return sql_number("SELECT COUNT(*) FROM information_schema.processlist"
	                  " WHERE id <> CONNECTION_ID()");
}

/* All but the one that asks; answers how many there were. */
static int64_t
end_connections(void)
{
	int64_t count = open_connections(), i, deadline = in_seconds(5);

	for (i = 0; i < count; i++)
		sql("KILL CONNECTION %lld",
		    (long long)sql_number(
		        "SELECT MIN(id) FROM information_schema.processlist"
		        " WHERE id <> CONNECTION_ID() AND command = 'Sleep'"));
	while (open_connections() > 0) {
		assert_true(clock_monotonic() < deadline);
		clock_sleep(1000);
	}
	return count;
}

/* Also who has had a lost one already, and takes another. */
static void
nobody_gets_a_connection_that_was_closed(void **state)
{
	struct pool *pool =
	    pool_new(&server_settings, CALLERS, THREADS, &server_counters);
	struct db *taken[CALLERS];
	size_t i;

	(void)state;
	take_all_at_once(pool);
	assert_int_equal(end_connections(), CALLERS);
	for (i = 0; i < CALLERS; i++) {
		taken[i] = take(pool);
		assert_int_equal(db_text(taken[i], "DO 1"), OK);
	}
	for (i = 0; i < CALLERS; i++)
		pool_give(pool, taken[i]);
	pool_free(pool);
}

/* Fails on a connection that the server has ended, and gives it back. */
static void
lose_a_connection(struct pool *pool)
{
	struct db *db = take(pool);

	assert_int_not_equal(
	    db_text(db, "KILL CONNECTION CONNECTION_ID()"), OK);
	assert_int_not_equal(db_text(db, "DO 1"), OK);
	assert_false(db_is_connected(db));
	pool_give(pool, db);
}

/* Nobody is refused because another one's statements are still prepared. */
static void
a_server_that_is_reached_again_is_waited_for(void **state)
{
	struct pool *pool =
	    pool_new(&server_settings, CALLERS, THREADS, &server_counters);

	(void)state;
	lose_a_connection(pool);
	proxy_delay(PREPARE_MILLISECONDS / (int)db_statement_count());
	take_all_at_once(pool);
	proxy_delay(0);
	pool_free(pool);
}

static void *
try_in_thread(void *context)
{
	struct caller *caller = context;
	struct db *db;

	caller->error = pool_take(
	    caller->pool, another_application(), in_seconds(WAIT_SECONDS), &db);
	caller->ended = true;
	return NULL;
}

/*
 * Two ask a silent server for a connection, one late in the other's try.
 * Answers how often it was tried; 0 if the second came too late.
 */
static uint64_t
ask_twice(struct pool *pool)
{
	struct caller first = {.pool = pool, .error = OK};
	uint64_t before = server_counters.connects;
	pthread_t thread;
	struct db *db;
	bool too_late;

	assert_int_equal(
	    pthread_create(&thread, NULL, try_in_thread, &first), 0);
	while (server_counters.connects == before)
		clock_sleep(1000);
	clock_sleep(LATE);
	too_late = first.ended;
	assert_int_equal(pool_take(pool, another_application(),
	                     in_seconds(WAIT_SECONDS), &db),
	    ERR_DATABASE_UNAVAILABLE);
	pthread_join(thread, NULL);
	assert_int_equal(first.error, ERR_DATABASE_UNAVAILABLE);
	return too_late ? 0 : server_counters.connects - before;
}

/* Its answer would be late by the time that the second try may take. */
static void
who_waited_for_a_try_in_vain_does_not_try_again(void **state)
{
	struct pool *pool =
	    pool_new(&server_settings, CALLERS, THREADS, &server_counters);
	uint64_t tries;

	(void)state;
	lose_a_connection(pool);
	proxy_delay(SILENT_MILLISECONDS);
	while ((tries = ask_twice(pool)) == 0)
		;
	assert_int_equal(tries, 1);
	proxy_delay(0);
	pool_free(pool);
}

/* Also where the last that was given back is one that cannot be connected. */
static void
a_connection_that_is_there_is_given_out_first(void **state)
{
	struct pool *pool =
	    pool_new(&server_settings, CALLERS, THREADS, &server_counters);
	struct db *good = take(pool), *lost = take(pool), *db;

	(void)state;
	db_disconnect(lost);
	pool_give(pool, good);
	pool_give(pool, lost);
	db = take(pool);
	assert_ptr_equal(db, good);
	/* Whoever has found the database there has told the others. */
	lost = take(pool);
	pool_give(pool, lost);
	pool_give(pool, db);
	pool_free(pool);
}

static void
who_waits_has_what_is_given_back(void **state)
{
	struct pool *pool =
	    pool_new(&server_settings, 1, THREADS, &server_counters);
	struct db *db = take(pool);
	pthread_barrier_t alone;
	struct caller caller = {.pool = pool, .barrier = &alone};
	pthread_t thread;
	int64_t given;

	(void)state;
	pthread_barrier_init(&alone, NULL, 1);
	assert_int_equal(
	    pthread_create(&thread, NULL, take_in_thread, &caller), 0);
	clock_sleep(LATE);
	given = clock_monotonic();
	pool_give(pool, db);
	pthread_join(thread, NULL);
	assert_int_equal(caller.error, OK);
	/* By being told, and not by the end of its time. */
	assert_true(clock_monotonic() - given < WAIT_SECONDS * 1000000 / 2);
	pthread_barrier_destroy(&alone);
	pool_free(pool);
}

static int64_t
number_of(struct db *db, const char *query)
{
	int64_t number = -1;

	assert_int_equal(db_text_number(db, test_arena, query, &number), OK);
	return number;
}

static int
make_row(void **state)
{
	(void)state;
	sql("DROP TABLE IF EXISTS pair");
	sql("CREATE TABLE pair (id INT PRIMARY KEY, v INT NOT NULL)"
	    " ENGINE=InnoDB");
	sql("INSERT INTO pair VALUES (1, 0)");
	return 0;
}

/* It has no transaction, no lock, and the settings of a request. */
static void
assert_sound(struct db *db)
{
	assert_int_equal(number_of(db, "SELECT @@in_transaction"), 0);
	assert_int_equal(number_of(db, "SELECT @@autocommit"), 1);
	assert_int_equal(number_of(db, "SELECT v FROM pair WHERE id = 1"), 0);
	/* Nobody else has the row either. */
	sql("SELECT v FROM pair WHERE id = 1 FOR UPDATE NOWAIT");
	assert_int_equal(
	    number_of(db, "SELECT id FROM pair WHERE id = 1 FOR UPDATE"), 1);
}

/* Until what a connection had begun is undone, after it was closed. */
static void
wait_for_rollback(void)
{
	const int64_t deadline = in_seconds(5);

	/* InnoDB renews that table every 100 ms at most. */
	while (sql_number(
	           "SELECT COUNT(*) FROM information_schema.innodb_trx") > 0) {
		assert_true(clock_monotonic() < deadline);
		clock_sleep(120000);
	}
}

static enum error
change_and_fail(struct db *db, const struct tx_attempt *attempt, void *context)
{
	enum error error =
	    db_text(db, "UPDATE pair SET v = v + 1 WHERE id = 1");

	(void)attempt;
	return error == OK ? db_text(db, *(const char **)context) : error;
}

/* The same one again where the server only refused a statement. */
static void
what_has_met_an_error_is_given_out_sound(void **state)
{
	static const struct {
		const char *text;
		bool stays;
	} errors[] = {
	    {"INSERT INTO pair VALUES (1, 1)", true},
	    {"KILL QUERY CONNECTION_ID()", true},
	    {"SET STATEMENT max_statement_time = 0.01 FOR SELECT SUM(a.seq)"
	     " FROM seq_1_to_10000 a JOIN seq_1_to_10000 b",
	        true},
	    {"SELECT nothing at all", true},
	    {"SELECT v FROM no_such_table", false},
	    {"KILL CONNECTION CONNECTION_ID()", false},
	};
	/* No second try. */
	const struct tx_options options = {.deadline = clock_monotonic()};
	struct pool *pool =
	    pool_new(&server_settings, 1, THREADS, &server_counters);
	const char *text;
	uint64_t connects;
	struct db *db;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(errors); i++) {
		db = take(pool);
		connects = server_counters.connects;
		text = errors[i].text;
		assert_int_not_equal(
		    tx_run(db, &options, change_and_fail, &text), OK);
		pool_give(pool, db);
		db = take(pool);
		assert_int_equal(server_counters.connects - connects,
		    errors[i].stays ? 0 : 1);
		wait_for_rollback();
		assert_sound(db);
		pool_give(pool, db);
	}
	pool_free(pool);
}

static void
a_transaction_that_was_left_open_is_nobody_elses(void **state)
{
	struct pool *pool =
	    pool_new(&server_settings, CALLERS, THREADS, &server_counters);
	struct db *db = take(pool);

	(void)state;
	assert_int_equal(db_text(db, "START TRANSACTION"), OK);
	assert_int_equal(db_text(db, "UPDATE pair SET v = 1 WHERE id = 1"), OK);
	pool_give(pool, db);
	db = take(pool);
	/* At once: the server ends it by itself after some seconds. */
	assert_int_equal(number_of(db, "SELECT @@in_transaction"), 0);
	wait_for_rollback();
	assert_sound(db);
	pool_give(pool, db);
	pool_free(pool);
}

/* And those that are as they were are not made anew. */
static void
what_was_closed_is_counted_and_told_apart(void **state)
{
	struct pool *pool =
	    pool_new(&server_settings, 2, THREADS, &server_counters);
	struct db *lost = take(pool), *kept = take(pool), *one, *other;
	const uint64_t number = db_connection(lost), same = db_connection(kept);
	struct db_counters before;

	(void)state;
	sql("KILL CONNECTION %lld",
	    (long long)number_of(lost, "SELECT CONNECTION_ID()"));
	before = server_counters;
	pool_give(pool, lost);
	pool_give(pool, kept);
	one = take(pool);
	other = take(pool);
	assert_ptr_equal(one, kept);
	assert_ptr_equal(other, lost);
	assert_int_equal(db_connection(kept), same);
	assert_int_not_equal(db_connection(lost), number);
	assert_int_equal(
	    server_counters.connections_lost - before.connections_lost, 1);
	assert_int_equal(server_counters.connects - before.connects, 1);
	assert_int_equal(
	    server_counters.connect_failures, before.connect_failures);
	pool_give(pool, one);
	pool_give(pool, other);
	pool_free(pool);
}

/* A worker's first requests do not wait for connections to be made. */
static void
those_that_are_made_before_are_given_out_first(void **state)
{
	struct pool *pool =
	    pool_new(&server_settings, CALLERS + 1, THREADS, &server_counters);
	const uint64_t before = server_counters.connects;
	struct db *taken[CALLERS];
	size_t i;

	(void)state;
	pool_warm(pool);
	assert_int_equal(server_counters.connects - before, CALLERS);
	for (i = 0; i < CALLERS; i++)
		taken[i] = take(pool);
	assert_int_equal(server_counters.connects - before, CALLERS);
	for (i = 0; i < CALLERS; i++)
		pool_give(pool, taken[i]);
	pool_free(pool);
}

static enum error
take_for(
    struct pool *pool, int64_t application, double seconds, struct db **db_out)
{
	return pool_take(pool, application,
	    clock_monotonic() + (int64_t)(seconds * 1000000), db_out);
}

static void
one_application_leaves_a_quarter_to_others(void **state)
{
	static const struct {
		size_t size, share;
	} table[] = {{1, 1}, {2, 1}, {3, 2}, {4, 3}, {8, 6}};
	struct db *taken[9];
	struct pool *pool;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		pool = pool_new(
		    &server_settings, table[i].size, THREADS, &server_counters);
		for (n = 0; n < table[i].share; n++)
			assert_int_equal(
			    take_for(pool, 1, WAIT_SECONDS, &taken[n]), OK);
		assert_int_equal(take_for(pool, 1, 0.02, &taken[n]),
		    ERR_DATABASE_UNAVAILABLE);
		for (; n < table[i].size; n++)
			assert_int_equal(
			    take_for(pool, 2, WAIT_SECONDS, &taken[n]), OK);
		for (n = 0; n < table[i].size; n++)
			pool_give(pool, taken[n]);
		pool_free(pool);
	}
}

struct waiting {
	struct pool *pool;
	int64_t application;
	pthread_t thread;
	_Atomic bool begun;
	enum error error;
};

static void *
wait_in_thread(void *context)
{
	struct waiting *waiting = context;
	struct db *db = NULL;

	waiting->begun = true;
	waiting->error =
	    take_for(waiting->pool, waiting->application, WAIT_SECONDS, &db);
	if (db != NULL)
		pool_give(waiting->pool, db);
	return NULL;
}

static void
begin_to_wait(struct waiting *waiting, struct pool *pool, int64_t application)
{
	*waiting = (struct waiting) {.pool = pool, .application = application};
	assert_int_equal(
	    pthread_create(&waiting->thread, NULL, wait_in_thread, waiting), 0);
	while (!waiting->begun)
		clock_sleep(1000);
	clock_sleep(50000);
}

/* However many wait before who can have nothing of what was given back. */
static void
who_may_have_what_is_given_back_gets_it(void **state)
{
	struct pool *pool =
	    pool_new(&server_settings, 2, THREADS, &server_counters);
	struct waiting one, other;
	struct db *of_one, *of_other;

	(void)state;
	assert_int_equal(take_for(pool, 1, WAIT_SECONDS, &of_one), OK);
	assert_int_equal(take_for(pool, 2, WAIT_SECONDS, &of_other), OK);
	begin_to_wait(&one, pool, 1);
	begin_to_wait(&other, pool, 3);
	pool_give(pool, of_other);
	pthread_join(other.thread, NULL);
	assert_int_equal(other.error, OK);
	pool_give(pool, of_one);
	pthread_join(one.thread, NULL);
	assert_int_equal(one.error, OK);
	pool_free(pool);
}

/* Of four threads the application has three: one more is not kept waiting. */
static void
one_application_leaves_threads_to_others(void **state)
{
	struct pool *pool = pool_new(&server_settings, 2, 4, &server_counters);
	struct waiting first, second;
	struct db *of_one, *of_other;

	(void)state;
	assert_int_equal(take_for(pool, 1, WAIT_SECONDS, &of_one), OK);
	begin_to_wait(&first, pool, 1);
	begin_to_wait(&second, pool, 1);
	/* While the first gets on, it may wait, and here does so in vain. */
	assert_int_equal(
	    take_for(pool, 1, WAIT_SECONDS, &of_other), ERR_OVERLOADED);
	assert_int_equal(take_for(pool, 2, WAIT_SECONDS, &of_other), OK);
	pool_give(pool, of_other);
	pool_give(pool, of_one);
	pthread_join(first.thread, NULL);
	pthread_join(second.thread, NULL);
	assert_int_equal(first.error, OK);
	assert_int_equal(second.error, OK);
	pool_free(pool);
}

static int
start_proxy(void **state)
{
	(void)state;
	proxy_start();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nobody_gets_a_connection_that_was_closed),
	    cmocka_unit_test(a_connection_that_is_there_is_given_out_first),
	    cmocka_unit_test(those_that_are_made_before_are_given_out_first),
	    cmocka_unit_test(who_waits_has_what_is_given_back),
	    cmocka_unit_test_setup(
	        what_has_met_an_error_is_given_out_sound, make_row),
	    cmocka_unit_test_setup(
	        a_transaction_that_was_left_open_is_nobody_elses, make_row),
	    cmocka_unit_test(what_was_closed_is_counted_and_told_apart),
	    cmocka_unit_test(one_application_leaves_a_quarter_to_others),
	    cmocka_unit_test(who_may_have_what_is_given_back_gets_it),
	    cmocka_unit_test(one_application_leaves_threads_to_others),
	    cmocka_unit_test_setup(
	        a_server_that_is_reached_again_is_waited_for, start_proxy),
	    cmocka_unit_test(who_waited_for_a_try_in_vain_does_not_try_again),
	};

	return cmocka_run_group_tests(
	    tests, server_start_migrated, server_stop);
}
