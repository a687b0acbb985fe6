/* test_store_tx: transactions against a real server */
#include <pthread.h>
#include <string.h>

#include "proxy.h"
#include "store_test.h"

/* Two rows that transactions want. */
static int
make_rows(void **state)
{
	(void)state;
	sql("DROP TABLE IF EXISTS pair");
	sql("CREATE TABLE pair (id INT PRIMARY KEY, v INT NOT NULL)"
	    " ENGINE=InnoDB");
	sql("INSERT INTO pair VALUES (1, 0), (2, 0)");
	memset(&server_counters, 0, sizeof(server_counters));
	return 0;
}

static int64_t
value_of(int id)
{
	return sql_number("SELECT v FROM pair WHERE id = %d", id);
}

static const char *const add_to[] = {NULL,
    "UPDATE pair SET v = v + 1 WHERE id = 1",
    "UPDATE pair SET v = v + 1 WHERE id = 2"};

/* Two transactions that lock the same rows in opposite order. */
struct crossing {
	int first;
	int second;
	pthread_barrier_t *barrier;
	enum error error;
	int attempts;
};

static enum error
cross(struct db *db, const struct tx_attempt *attempt, void *context)
{
	struct crossing *crossing = context;
	enum error error = db_text(db, add_to[crossing->first]);

	crossing->attempts = attempt->attempt;
	/* Only a first attempt waits for the other to have its first row. */
	if (attempt->attempt == 1)
		pthread_barrier_wait(crossing->barrier);
	return error == OK ? db_text(db, add_to[crossing->second]) : error;
}

static void *
cross_in_thread(void *context)
{
	const struct tx_options options = {.deadline = in_seconds(20)};
	struct crossing *crossing = context;
	struct db *db =
	    db_new(&server_settings, DB_COMMITTER, &server_counters);

	crossing->error = tx_run(db, &options, cross, crossing);
	db_free(db);
	return NULL;
}

static void
a_deadlock_is_retried_and_both_succeed(void **state)
{
	struct crossing crossings[2] = {
	    {.first = 1, .second = 2}, {.first = 2, .second = 1}};
	pthread_barrier_t barrier;
	pthread_t threads[2];
	size_t i;

	(void)state;
	pthread_barrier_init(&barrier, NULL, 2);
	for (i = 0; i < 2; i++) {
		crossings[i].barrier = &barrier;
		assert_int_equal(pthread_create(&threads[i], NULL,
		                     cross_in_thread, &crossings[i]),
		    0);
	}
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&barrier);
	assert_int_equal(crossings[0].error, OK);
	assert_int_equal(crossings[1].error, OK);
	assert_int_equal(server_counters.deadlocks, 1);
	assert_int_equal(crossings[0].attempts + crossings[1].attempts, 3);
	assert_int_equal(value_of(1), 2);
	assert_int_equal(value_of(2), 2);
}

/* Wants row 2, which another session holds until the second attempt. */
static enum error
wait_for_row(struct db *db, const struct tx_attempt *attempt, void *context)
{
	struct db *holder = context;
	enum error error = OK;

	if (attempt->attempt == 2)
		error = db_text(holder, "ROLLBACK");
	if (error == OK)
		error = db_text(db, add_to[1]);
	return error == OK ? db_text(db, add_to[2]) : error;
}

static struct db *
hold_row(void)
{
	struct db *holder = connect_bare();

	assert_int_equal(db_text(holder, "START TRANSACTION"), OK);
	assert_int_equal(db_text(holder, add_to[2]), OK);
	return holder;
}

/* Without the ROLLBACK the next START TRANSACTION would commit row 1. */
static void
a_lock_wait_timeout_rolls_back_and_is_retried(void **state)
{
	const struct tx_options options = {.deadline = in_seconds(20)};
	struct db *holder = hold_row(), *db = connect_as(DB_COMMITTER);

	(void)state;
	assert_int_equal(tx_run(db, &options, wait_for_row, holder), OK);
	assert_int_equal(server_counters.lock_timeouts, 1);
	assert_int_equal(server_counters.retries, 1);
	assert_int_equal(server_counters.rollbacks, 1);
	assert_int_equal(value_of(1), 1);
	assert_int_equal(value_of(2), 1);
	db_free(db);
	db_free(holder);
}

static void
a_lock_wait_timeout_is_returned_to_those_who_yield(void **state)
{
	const struct tx_options options = {
	    .deadline = in_seconds(20), .yield_lock = true};
	struct db *holder = hold_row(), *db = connect_as(DB_COMMITTER);

	(void)state;
	assert_int_equal(
	    tx_run(db, &options, wait_for_row, holder), ERR_LOCK_TIMEOUT);
	assert_int_equal(server_counters.retries, 0);
	assert_int_equal(value_of(1), 0);
	db_free(db);
	db_free(holder);
}

static enum error
be_killed(struct db *db, const struct tx_attempt *attempt, void *context)
{
	const char *id;
	enum error error = db_text(db, add_to[1]);

	(void)context;
	if (error == OK && attempt->attempt == 1) {
		error = db_text_value(
		    db, test_arena, "SELECT CONNECTION_ID()", &id);
		if (error == OK)
			sql("KILL %s", id);
	}
	return error == OK ? db_text(db, add_to[2]) : error;
}

static void
a_connection_killed_before_commit_is_retried(void **state)
{
	const struct tx_options options = {.deadline = in_seconds(20)};
	struct db *db = connect_as(DB_COMMITTER);

	(void)state;
	assert_int_equal(tx_run(db, &options, be_killed, NULL), OK);
	assert_int_equal(server_counters.connections_lost, 1);
	assert_int_equal(server_counters.commits_unknown, 0);
	assert_int_equal(value_of(1), 1);
	assert_int_equal(value_of(2), 1);
	db_free(db);
}

static enum error
insert_twice(struct db *db, const struct tx_attempt *attempt, void *context)
{
	enum error error = db_text(db, add_to[1]);

	(void)context;
	if (error == OK && attempt->attempt == 1)
		error = db_text(db, "INSERT INTO pair VALUES (2, 0)");
	return error;
}

static void
a_duplicate_is_retried_where_that_is_asked_for(void **state)
{
	struct tx_options options = {.deadline = in_seconds(20)};
	struct db *db = connect_as(DB_COMMITTER);

	(void)state;
	assert_int_equal(
	    tx_run(db, &options, insert_twice, NULL), ERR_DATABASE_UNAVAILABLE);
	assert_int_equal(value_of(1), 0);
	options.retry_duplicate = true;
	assert_int_equal(tx_run(db, &options, insert_twice, NULL), OK);
	assert_int_equal(value_of(1), 1);
	db_free(db);
}

static enum error
refuse(struct db *db, const struct tx_attempt *attempt, void *context)
{
	enum error error = db_text(db, add_to[1]);

	(void)attempt;
	(void)context;
	return error == OK ? ERR_RULE_EXISTS : error;
}

static void
any_other_error_rolls_back_and_is_returned(void **state)
{
	const struct tx_options options = {.deadline = in_seconds(20)};
	struct db *db = connect_as(DB_COMMITTER);

	(void)state;
	assert_int_equal(tx_run(db, &options, refuse, NULL), ERR_RULE_EXISTS);
	assert_int_equal(server_counters.retries, 0);
	assert_int_equal(value_of(1), 0);
	db_free(db);
}

static enum error
deadlock_for_ever(
    struct db *db, const struct tx_attempt *attempt, void *context)
{
	int *attempts = context;

	(void)db;
	*attempts = attempt->attempt;
	return ERR_DEADLOCK;
}

static void
there_are_six_tries_and_no_more(void **state)
{
	const struct tx_options options = {.deadline = in_seconds(20)};
	struct db *db = connect_as(DB_COMMITTER);
	int attempts = 0;

	(void)state;
	assert_int_equal(tx_run(db, &options, deadlock_for_ever, &attempts),
	    ERR_DATABASE_UNAVAILABLE);
	assert_int_equal(attempts, TX_TRIES);
	db_free(db);
}

static void
without_a_server_it_ends_by_the_deadline(void **state)
{
	const struct db_settings nowhere = {
	    .socket = "/nowhere", .user = "root"};
	const struct tx_options options = {
	    .deadline = clock_monotonic() + 1500000,
	};
	struct db *db = db_new(&nowhere, DB_COMMITTER, &server_counters);

	(void)state;
	assert_int_equal(
	    tx_run(db, &options, refuse, NULL), ERR_DATABASE_UNAVAILABLE);
	assert_true(clock_monotonic() < options.deadline + 100000);
	assert_true(server_counters.connects > TX_TRIES);
	db_free(db);
}

static enum error
add_one(struct db *db, const struct tx_attempt *attempt, void *context)
{
	(void)attempt;
	(void)context;
	return db_text(db, add_to[1]);
}

static void
a_lost_commit_is_no_reason_to_repeat_what_cannot_be_settled(void **state)
{
	const struct tx_options options = {.deadline = in_seconds(20)};
	struct db *db = connect_as(DB_COMMITTER);

	(void)state;
	proxy_set(PROXY_DROP_REPLY, NULL);
	assert_int_equal(
	    tx_run(db, &options, add_one, NULL), ERR_OUTCOME_UNKNOWN);
	assert_int_equal(server_counters.commits_unknown, 1);
	assert_int_equal(server_counters.connections_lost, 1);
	assert_int_equal(server_counters.retries, 0);
	assert_int_equal(value_of(1), 1);
	db_free(db);
}

/* It was committed, as here, or it was not: nobody knows. */
static void
a_lost_commit_counts_neither_as_committed_nor_as_rolled_back(void **state)
{
	const struct tx_options options = {.deadline = in_seconds(20)};
	struct db *db = connect_as(DB_COMMITTER);

	(void)state;
	proxy_set(PROXY_DROP_REPLY, NULL);
	assert_int_equal(
	    tx_run(db, &options, add_one, NULL), ERR_OUTCOME_UNKNOWN);
	assert_int_equal(server_counters.commits, 0);
	assert_int_equal(server_counters.rollbacks, 0);
	assert_int_equal(tx_run(db, &options, add_one, NULL), OK);
	assert_int_equal(server_counters.commits, 1);
	assert_int_equal(server_counters.rollbacks, 0);
	db_free(db);
}

/* Its connection is closed while nobody uses it. */
static void
what_never_began_is_not_counted_as_rolled_back(void **state)
{
	const struct tx_options options = {.deadline = in_seconds(20)};
	struct db *db = connect_as(DB_REQUEST);
	int64_t id = 0;

	(void)state;
	assert_int_equal(
	    db_text_number(db, test_arena, "SELECT CONNECTION_ID()", &id), OK);
	sql("KILL CONNECTION %lld", (long long)id);
	memset(&server_counters, 0, sizeof(server_counters));
	assert_int_equal(tx_run(db, &options, add_one, NULL), OK);
	assert_int_equal(server_counters.connections_lost, 1);
	assert_int_equal(server_counters.connects, 1);
	assert_int_equal(server_counters.connect_failures, 0);
	assert_int_equal(server_counters.retries, 1);
	assert_int_equal(server_counters.rollbacks, 0);
	assert_int_equal(server_counters.commits, 1);
	assert_int_equal(value_of(1), 1);
	db_free(db);
}

static void
what_is_never_connected_is_neither_lost_nor_retried(void **state)
{
	struct db_settings nowhere = server_settings;
	struct tx_options options = {.deadline = in_seconds(1)};
	struct db *db;

	(void)state;
	nowhere.socket = "/nowhere/db.sock";
	db = db_new(&nowhere, DB_REQUEST, &server_counters);
	assert_int_equal(
	    tx_run(db, &options, add_one, NULL), ERR_DATABASE_UNAVAILABLE);
	assert_true(server_counters.connects > 1);
	assert_int_equal(
	    server_counters.connect_failures, server_counters.connects);
	assert_int_equal(server_counters.connections_lost, 0);
	assert_int_equal(server_counters.retries, 0);
	assert_int_equal(server_counters.rollbacks, 0);
	assert_int_equal(value_of(1), 0);
	db_free(db);
}

/* Adds to row 1 unless an earlier attempt has. */
static enum error
add_one_once(struct db *db, const struct tx_attempt *attempt, void *context)
{
	const char *value = NULL;
	enum error error = OK;

	*(bool *)context = attempt->settling;
	if (attempt->settling)
		error = db_text_value(db, test_arena,
		    "SELECT v FROM pair WHERE id = 1 FOR UPDATE", &value);
	if (error == OK && (value == NULL || strcmp(value, "0") == 0))
		error = db_text(db, add_to[1]);
	return error;
}

static void
a_lost_commit_is_settled_by_a_body_that_can(void **state)
{
	static const enum proxy_mode modes[] = {
	    PROXY_DROP_REPLY, PROXY_DROP_REQUEST};
	const struct tx_options options = {
	    .deadline = in_seconds(20), .may_settle = true};
	struct db *db = connect_as(DB_COMMITTER);
	bool settled;
	size_t i;

	for (i = 0; i < COUNT(modes); i++) {
		make_rows(state);
		proxy_set(modes[i], NULL);
		settled = false;
		assert_int_equal(
		    tx_run(db, &options, add_one_once, &settled), OK);
		assert_true(settled);
		assert_int_equal(server_counters.commits_unknown, 1);
		assert_int_equal(value_of(1), 1);
	}
	db_free(db);
}

/* Meets a held row when it has already lost a COMMIT. */
static enum error
settle_against_lock(
    struct db *db, const struct tx_attempt *attempt, void *context)
{
	struct db **holder = context;
	bool settled = false;

	if (attempt->attempt == 2)
		*holder = hold_row();
	if (attempt->attempt == 3)
		assert_int_equal(db_text(*holder, "ROLLBACK"), OK);
	return attempt->attempt == 2 ? db_text(db, add_to[2])
	                             : add_one_once(db, attempt, &settled);
}

static void
a_lock_wait_timeout_while_settling_is_retried_even_by_those_who_yield(
    void **state)
{
	const struct tx_options options = {
	    .deadline = in_seconds(20), .may_settle = true, .yield_lock = true};
	struct db *db = connect_as(DB_COMMITTER), *holder = NULL;

	(void)state;
	proxy_set(PROXY_DROP_REPLY, NULL);
	assert_int_equal(
	    tx_run(db, &options, settle_against_lock, &holder), OK);
	assert_int_equal(server_counters.lock_timeouts, 1);
	assert_int_equal(value_of(1), 1);
	db_free(holder);
	db_free(db);
}

static enum error
read_twice(struct db *db, const struct tx_attempt *attempt, void *context)
{
	const char *before = NULL, *after = NULL;
	enum error error;

	(void)attempt;
	error =
	    db_text_value(db, test_arena, "SELECT SUM(v) FROM pair", &before);
	sql("UPDATE pair SET v = v + 1");
	if (error == OK)
		error = db_text_value(
		    db, test_arena, "SELECT SUM(v) FROM pair", &after);
	*(bool *)context = error == OK && strcmp(before, after) == 0;
	return error;
}

static void
a_snapshot_is_of_one_moment(void **state)
{
	struct db *db = connect_as(DB_ADMIN);
	bool same = false;

	(void)state;
	assert_int_equal(tx_snapshot(db, read_twice, &same), OK);
	assert_true(same);
	assert_int_equal(value_of(1), 1);
	db_free(db);
}

static void
a_snapshot_writes_nothing(void **state)
{
	const struct tx_options options = {.deadline = in_seconds(20)};
	struct db *db = connect_as(DB_ADMIN);

	(void)state;
	assert_int_not_equal(tx_snapshot(db, add_one, NULL), OK);
	assert_int_equal(value_of(1), 0);
	/* And what comes after it on the connection may. */
	assert_int_equal(tx_run(db, &options, add_one, NULL), OK);
	assert_int_equal(value_of(1), 1);
	db_free(db);
}

static int
set_up(void **state)
{
	server_start_migrated(state);
	proxy_start();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(
	        a_deadlock_is_retried_and_both_succeed, make_rows),
	    cmocka_unit_test_setup(
	        a_lock_wait_timeout_rolls_back_and_is_retried, make_rows),
	    cmocka_unit_test_setup(
	        a_lock_wait_timeout_is_returned_to_those_who_yield, make_rows),
	    cmocka_unit_test_setup(
	        a_connection_killed_before_commit_is_retried, make_rows),
	    cmocka_unit_test_setup(
	        a_duplicate_is_retried_where_that_is_asked_for, make_rows),
	    cmocka_unit_test_setup(
	        any_other_error_rolls_back_and_is_returned, make_rows),
	    cmocka_unit_test_setup(there_are_six_tries_and_no_more, make_rows),
	    cmocka_unit_test_setup(
	        without_a_server_it_ends_by_the_deadline, make_rows),
	    cmocka_unit_test_setup(
	        a_lost_commit_is_no_reason_to_repeat_what_cannot_be_settled,
	        make_rows),
	    cmocka_unit_test_setup(
	        a_lost_commit_counts_neither_as_committed_nor_as_rolled_back,
	        make_rows),
	    cmocka_unit_test_setup(
	        what_never_began_is_not_counted_as_rolled_back, make_rows),
	    cmocka_unit_test_setup(
	        what_is_never_connected_is_neither_lost_nor_retried, make_rows),
	    cmocka_unit_test_setup(
	        a_lost_commit_is_settled_by_a_body_that_can, make_rows),
	    cmocka_unit_test_setup(
	        a_lock_wait_timeout_while_settling_is_retried_even_by_those_who_yield,
	        make_rows),
	    cmocka_unit_test_setup(a_snapshot_is_of_one_moment, make_rows),
	    cmocka_unit_test_setup(a_snapshot_writes_nothing, make_rows),
	};

	return cmocka_run_group_tests(tests, set_up, server_stop);
}
