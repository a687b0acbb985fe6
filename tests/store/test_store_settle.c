/* test_store_settle: what changes while an outcome is unknown, and what cannot */
#include "ingest_test.h"
#include "proxy.h"
#include "store/key.h"

static enum error
deadlock_when_settling(
    struct db *db, const struct tx_attempt *attempt, void *context)
{
	(void)context;
	if (attempt->settling)
		return ERR_DEADLOCK;
	return db_text(db, "UPDATE application SET updated_at = 7");
}

/* It may have been applied, so nobody is told that it was not. */
static void
an_outcome_that_cannot_be_settled_stays_unknown(void **state)
{
	const struct tx_options options = {
	    .deadline = in_seconds(20), .may_settle = true};
	struct db *db = connect_as(DB_COMMITTER);

	(void)state;
	proxy_set(PROXY_DROP_REPLY, NULL);
	assert_int_equal(tx_run(db, &options, deadlock_when_settling, NULL),
	    ERR_OUTCOME_UNKNOWN);
	assert_int_equal(sql_number("SELECT updated_at FROM application"
	                            " WHERE id = %lld",
	                     (long long)application),
	    7);
	db_free(db);
}

static void
delete_the_rule(void)
{
	delete_rule(application, "point");
}

/* The classic interface refuses what no rule matches, but not afterwards. */
static void
what_a_rule_let_in_is_not_refused_when_the_rule_is_gone(void **state)
{
	struct ingest_event event = event_of("e", "ann", "visit", NULL);

	(void)state;
	event.must_match = true;
	proxy_set(PROXY_DROP_REPLY, delete_the_rule);
	apply(&event, 1);
	assert_int_equal(server_counters.commits_unknown, 1);
	assert_given(&event, 1, "Visitor");
	assert_int_equal(rows_of("event"), 1);
}

static void
what_was_not_committed_is_judged_by_the_rules_of_now(void **state)
{
	struct ingest_event event = event_of("e", "ann", "visit", NULL);

	(void)state;
	event.must_match = true;
	proxy_set(PROXY_DROP_REQUEST, delete_the_rule);
	apply(&event, 1);
	assert_int_equal(server_counters.commits_unknown, 1);
	assert_int_equal(event.error, ERR_NONE_MATCHES);
	assert_int_equal(rows_of("event"), 0);
	assert_int_equal(rows_of("user"), 0);
}

/* A COMMIT that has written nothing does not wait for the log. */
static void
whoever_settles_has_something_to_write(void **state)
{
	struct ingest_event event = event_of("e", "ann", "visit", NULL);

	(void)state;
	proxy_set(PROXY_DROP_REPLY, NULL);
	apply(&event, 1);
	assert_int_equal(server_counters.commits_unknown, 1);
	assert_false(event.replayed);
	assert_int_equal(sql_number("SELECT replays FROM user"), 1);
}

static int64_t key_id;
static struct key_hash key_sent;

static void
make_the_key(void)
{
	char text[KEY_TEXT_SIZE];
	struct key key = {
	    .application_id = application, .kind = KEY_SECRET, .label = ""};
	struct db *db = connect_as(DB_ADMIN);

	assert_int_equal(key_insert(db, &key, text), OK);
	db_free(db);
	key_id = key.id;
	assert_true(key_hash(text, &key_sent));
}

static enum error
revoke(struct db *db, const struct tx_attempt *attempt, void *context)
{
	int64_t version;
	enum error error = application_change(db, application, &version);

	(void)attempt;
	(void)context;
	return error == OK ? key_revoke(db, application, key_id) : error;
}

static void
revoke_the_key(void)
{
	must_run(revoke, NULL);
}

/*
 * Applies events with a key that is revoked while their COMMIT is in doubt.
 */
static struct ingest_job
apply_with_the_key(struct committer *committer, struct ingest_event *events,
    size_t count, enum proxy_mode mode)
{
	struct ingest_job job = job_of(application, events, count);

	make_the_key();
	job.key = &key_sent;
	committer_init(committer);
	proxy_set(mode, revoke_the_key);
	assert_int_equal(apply_job(committer, &job), OK);
	assert_int_equal(server_counters.commits_unknown, 1);
	return job;
}

static void
what_a_key_let_in_is_not_refused_when_the_key_is_revoked(void **state)
{
	struct ingest_event event = event_of("e", "ann", "visit", NULL);
	struct committer committer;
	struct ingest_job job =
	    apply_with_the_key(&committer, &event, 1, PROXY_DROP_REPLY);

	(void)state;
	assert_int_equal(job.error, OK);
	assert_given(&event, 1, "Visitor");
	/* And with that it is over. */
	assert_int_equal(apply_job(&committer, &job), OK);
	assert_int_equal(job.error, ERR_KEY_UNKNOWN);
	committer_free(&committer);
	assert_int_equal(rows_of("event"), 1);
}

/* What was refused in the first place is no reason to refuse the others. */
static void
what_lies_in_the_future_settles_nothing(void **state)
{
	struct ingest_event events[] = {event_of("f", "ann", "visit", NULL),
	    event_of("e", "ann", "visit", NULL)};
	struct committer committer;
	struct ingest_job job;

	(void)state;
	events[0].in_future = "ahead";
	job = apply_with_the_key(
	    &committer, events, COUNT(events), PROXY_DROP_REPLY);
	assert_int_equal(job.error, OK);
	assert_int_equal(events[0].error, ERR_TIMESTAMP_IN_FUTURE);
	assert_given(&events[1], 1, "Visitor");
	assert_false(events[1].replayed);
	committer_free(&committer);
	assert_int_equal(rows_of("event"), 1);
}

static void
what_was_not_committed_needs_a_key_that_is_live(void **state)
{
	struct ingest_event event = event_of("e", "ann", "visit", NULL);
	struct committer committer;
	struct ingest_job job =
	    apply_with_the_key(&committer, &event, 1, PROXY_DROP_REQUEST);

	(void)state;
	assert_int_equal(job.error, ERR_KEY_UNKNOWN);
	committer_free(&committer);
	assert_int_equal(rows_of("event"), 0);
	assert_int_equal(rows_of("user"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(an_outcome_that_cannot_be_settled_stays_unknown),
	    TEST(what_a_rule_let_in_is_not_refused_when_the_rule_is_gone),
	    TEST(what_a_key_let_in_is_not_refused_when_the_key_is_revoked),
	    TEST(what_was_not_committed_is_judged_by_the_rules_of_now),
	    TEST(what_lies_in_the_future_settles_nothing),
	    TEST(what_was_not_committed_needs_a_key_that_is_live),
	    TEST(whoever_settles_has_something_to_write),
	};

	return cmocka_run_group_tests(tests, ingest_server_start, server_stop);
}
