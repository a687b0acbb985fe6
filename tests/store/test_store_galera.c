/* test_store_galera: what a node of a Galera cluster answers, and others do not */
#include "db/tx.h"
#include "ingest_test.h"
#include "proxy.h"

/* What the proxy lets the server run in place of a statement. */
#define FAIL_WITH(number) "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = " #number
#define COMMIT_AND_FAIL_WITH(number) \
	"BEGIN NOT ATOMIC COMMIT; " FAIL_WITH(number) "; END"

/* The third is refused, for "e" is another event: bob is made and unmade. */
static void
post_three(void)
{
	struct ingest_event events[] = {event_of("e", "ann", "visit", NULL),
	    event_of("f", "ann", "visit", NULL),
	    event_of("e", "bob", "visit", NULL)};

	apply(events, COUNT(events));
	assert_given(&events[0], 1, "Visitor");
	assert_false(events[0].replayed);
	assert_given(&events[1], 2, NULL);
	assert_int_equal(events[2].error, ERR_EVENT_ID_REUSED);
	assert_int_equal(rows_of("event"), 2);
	assert_int_equal(rows_of("user"), 1);
	assert_int_equal(points_of("ann"), 2);
}

/*
 * A foreign write set aborts the transaction in the middle of an array-bound
 * statement: the node rolls back, and answers OK. There are three such: of the
 * events, of the users, and of users that are not needed after all.
 */
static void
arrays_that_are_rolled_back_and_answered_ok_are_retried(void **state)
{
	int behind;

	for (behind = 0; behind < 3; behind++) {
		make_everything(state);
		proxy_replace(PROXY_ARRAY, behind, "ROLLBACK");
		post_three();
		assert_int_equal(server_counters.deadlocks, 1);
		assert_int_equal(server_counters.retries, 1);
		assert_int_equal(server_counters.commits, 1);
	}
}

/* Error 1180 at COMMIT: the node lost its cluster while it waited for it. */
static void
an_error_during_commit_is_an_unknown_outcome_and_is_settled(void **state)
{
	static const char *const answers[] = {
	    FAIL_WITH(1180), COMMIT_AND_FAIL_WITH(1180)};
	size_t i;

	for (i = 0; i < COUNT(answers); i++) {
		make_everything(state);
		proxy_replace(PROXY_COMMIT, 0, answers[i]);
		post_three();
		assert_int_equal(server_counters.commits_unknown, 1);
	}
}

/* Whatever COMMIT fails with, if it does not say that it was rolled back. */
static void
any_other_error_at_commit_is_an_unknown_outcome(void **state)
{
	(void)state;
	proxy_replace(PROXY_COMMIT, 0, COMMIT_AND_FAIL_WITH(1105));
	post_three();
	assert_int_equal(server_counters.commits_unknown, 1);
}

static enum error
change_application(
    struct db *db, const struct tx_attempt *attempt, void *context)
{
	int64_t version;

	(void)attempt;
	(void)context;
	return application_change(db, application, &version);
}

/* A change cannot recognise its own write, as an event does. */
static void
a_change_tells_that_its_outcome_is_unknown(void **state)
{
	static const char *const answers[] = {
	    COMMIT_AND_FAIL_WITH(1180), COMMIT_AND_FAIL_WITH(1105)};
	const struct tx_options options = {.deadline = in_seconds(20)};
	struct db *db = connect_as(DB_REQUEST);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(answers); i++) {
		proxy_replace(PROXY_COMMIT, 0, answers[i]);
		assert_int_equal(tx_run(db, &options, change_application, NULL),
		    ERR_OUTCOME_UNKNOWN);
	}
	assert_int_equal(server_counters.retries, 0);
	db_free(db);
}

/*
 * Error 1615: on a node, a table was altered that an array is for, and the
 * connection hears it for ever. Error 1290: a primary that became a replica, and
 * what stands in front of both leads to the new one.
 */
static void
a_connection_that_is_of_no_use_is_made_anew(void **state)
{
	static const char *const answers[] = {FAIL_WITH(1615), FAIL_WITH(1290)};
	int behind;
	size_t i;

	for (i = 0; i < COUNT(answers); i++)
		for (behind = 0; behind < 3; behind++) {
			make_everything(state);
			proxy_replace(PROXY_ARRAY, behind, answers[i]);
			post_three();
			assert_int_equal(server_counters.connections_lost, 1);
			assert_int_equal(server_counters.retries, 1);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(arrays_that_are_rolled_back_and_answered_ok_are_retried),
	    TEST(an_error_during_commit_is_an_unknown_outcome_and_is_settled),
	    TEST(any_other_error_at_commit_is_an_unknown_outcome),
	    TEST(a_change_tells_that_its_outcome_is_unknown),
	    TEST(a_connection_that_is_of_no_use_is_made_anew),
	};

	return cmocka_run_group_tests(tests, ingest_server_start, server_stop);
}
