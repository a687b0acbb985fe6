/* test_store_race: event transactions that meet at a row that somebody holds */
#include <pthread.h>
#include <string.h>

#include "store_test.h"

/* What was read of innodb_trx less than 100 ms ago is read again. */
enum { POLL_PAUSE = 120000 };

static int64_t application;
static struct db *holder; /* a foreign session */

/* ann has had an event, that gave her a point and a badge. */
static int
make_everything(void **state)
{
	static int number;

	(void)state;
	application =
	    make_application(arena_printf(test_arena, "race %d", ++number));
	make_rule(application,
	    (struct rule_definition) {.name = "point",
	        .enabled = true,
	        .event_type = "visit",
	        .times = 1,
	        .points = 1,
	        .point_scale = {.name = "points"},
	        .badge = {.name = "Visitor"}});
	post(application, "first", "ann", "visit", NULL);
	holder = connect_bare();
	memset(&server_counters, 0, sizeof(server_counters));
	return 0;
}

static int
leave_nothing_wrong(void **state)
{
	(void)state;
	db_free(holder);
	verify_finds_nothing();
	return 0;
}

static int64_t
number_of(const char *what)
{
	return sql_number(
	    "SELECT COUNT(*) FROM %s %lld", what, (long long)application);
}

static int64_t
id_of_ann(void)
{
	return sql_number("SELECT id FROM user WHERE username = 'ann'"
	                  " AND application_id = %lld",
	    (long long)application);
}

static void
let_go(void)
{
	assert_int_equal(db_text(holder, "ROLLBACK"), OK);
}

static int64_t
points_of_ann(void)
{
	return sql_number("SELECT points FROM balance WHERE user_id = %lld",
	    (long long)id_of_ann());
}

/* A worker's committer with one request, in a thread. */
struct poster {
	pthread_t thread;
	struct arena *arena;
	struct ingest_event events[2];
	size_t count;
	struct db *db;
	enum error error;
	_Atomic bool done;
};

static void *
poster_main(void *context)
{
	struct poster *poster = context;
	struct ingest_job job =
	    job_of(application, poster->events, poster->count);
	struct ingest_job *jobs = &job;
	struct ingest ingest;

	job.arena = poster->arena;
	ingest_init(&ingest, poster->db);
	/* As the API's committer does: a job that met a lock comes again. */
	do
		poster->error =
		    ingest_apply(&ingest, &jobs, 1, in_seconds(20), true);
	while (poster->error == ERR_LOCK_TIMEOUT);
	if (poster->error == OK)
		poster->error = job.error;
	keep_outcome(&job);
	ingest_free(&ingest);
	poster->done = true;
	return NULL;
}

/* The connection is there before; the rules are yet to be read. */
static void
poster_start(struct poster *poster)
{
	poster->arena = arena_new(64 << 20);
	poster->db = connect_as(DB_COMMITTER);
	assert_int_equal(
	    pthread_create(&poster->thread, NULL, poster_main, poster), 0);
}

/* Until so many transactions wait for locks, or the poster waits for none. */
static void
wait_for_waiters(int64_t count, const struct poster *poster)
{
	const int64_t deadline = in_seconds(10);

	do {
		assert_true(clock_monotonic() < deadline);
		clock_sleep(POLL_PAUSE);
	} while (!poster->done &&
	    sql_number("SELECT COUNT(*) FROM information_schema.innodb_trx"
	               " WHERE trx_state = 'LOCK WAIT'") < count);
}

static void
poster_end(struct poster *poster)
{
	pthread_join(poster->thread, NULL);
	db_free(poster->db);
	assert_int_equal(poster->error, OK);
}

/* Locks rows, for the foreign session. */
static void
hold(const char *rows)
{
	const char *text =
	    arena_printf(test_arena, "SELECT * FROM %s FOR UPDATE", rows);

	assert_int_equal(db_text(holder, "START TRANSACTION"), OK);
	assert_int_equal(db_text(holder, text), OK);
}

/*
 * Two requests at once: the first is stopped half-way, when it has read all,
 * written its event, and is about to write ann's balance; then comes the second.
 */
static void
meet(struct poster *first, struct poster *second)
{
	hold(arena_printf(test_arena,
	    "balance WHERE application_id = %lld AND user_id = %lld",
	    (long long)application, (long long)id_of_ann()));
	poster_start(first);
	wait_for_waiters(1, first);
	poster_start(second);
	wait_for_waiters(2, second);
	let_go();
	poster_end(first);
	poster_end(second);
}

static void
posters_free(struct poster *first, struct poster *second)
{
	arena_free(first->arena);
	arena_free(second->arena);
}

/* The user's lock makes one wait for the other; no unique key has to. */
static void
assert_nobody_tried_again(void)
{
	assert_int_equal(server_counters.retries, 0);
	assert_int_equal(server_counters.deadlocks, 0);
}

static void
two_events_of_a_user_come_one_after_the_other(void **state)
{
	struct poster first = {.count = 1}, second = {.count = 1};

	(void)state;
	first.events[0] = event_of("a", "ann", "visit", NULL);
	second.events[0] = event_of("b", "ann", "visit", NULL);
	meet(&first, &second);
	assert_int_equal(first.events[0].event.awards[0].balance, 2);
	assert_int_equal(second.events[0].event.awards[0].balance, 3);
	assert_null(first.events[0].event.awards[0].badge);
	assert_null(second.events[0].event.awards[0].badge);
	assert_true(second.events[0].event.row > first.events[0].event.row);
	posters_free(&first, &second);
	assert_int_equal(points_of_ann(), 3);
	assert_int_equal(number_of("user_badge WHERE application_id ="), 1);
	assert_nobody_tried_again();
}

static void
a_repetition_that_comes_at_once_waits_and_is_a_replay(void **state)
{
	struct poster first = {.count = 1}, second = {.count = 1};

	(void)state;
	first.events[0] = event_of("a", "ann", "visit", NULL);
	second.events[0] = event_of("a", "ann", "visit", NULL);
	meet(&first, &second);
	assert_false(first.events[0].replayed);
	assert_true(second.events[0].replayed);
	assert_int_equal(second.events[0].event.awards[0].balance, 2);
	posters_free(&first, &second);
	assert_int_equal(points_of_ann(), 2);
	assert_nobody_tried_again();
}

/* No lock of a user is between these two: the key of the ids is. */
static void
an_id_that_two_users_bring_at_once_is_stored_once(void **state)
{
	struct poster first = {.count = 1}, second = {.count = 1};

	(void)state;
	first.events[0] = event_of("same", "ann", "visit", NULL);
	second.events[0] = event_of("same", "bob", "visit", NULL);
	meet(&first, &second);
	assert_int_equal(first.events[0].error, OK);
	assert_int_equal(second.events[0].error, ERR_EVENT_ID_REUSED);
	posters_free(&first, &second);
	assert_int_equal(
	    number_of("event WHERE event_id = 'same' AND application_id ="), 1);
	assert_int_equal(
	    number_of("user WHERE username = 'bob' AND application_id ="), 0);
}

/* A request that waits for ann does not have bob, whom it names first. */
static void
users_are_locked_in_the_order_of_their_names(void **state)
{
	struct ingest_event event = event_of("c", "bob", "visit", NULL);
	struct ingest_job job = job_of(application, &event, 1), *jobs = &job;
	struct poster poster = {.count = 2};
	struct db *db = connect_as(DB_COMMITTER);
	struct ingest ingest;
	enum error error;

	(void)state;
	post(application, "bob's first", "bob", "visit", NULL);
	ingest_init(&ingest, db);
	poster.events[0] = event_of("a", "bob", "visit", NULL);
	poster.events[1] = event_of("b", "ann", "visit", NULL);
	hold(arena_printf(test_arena,
	    "user WHERE application_id = %lld AND username = 'ann'",
	    (long long)application));
	poster_start(&poster);
	wait_for_waiters(1, &poster);
	error = ingest_apply(&ingest, &jobs, 1, in_seconds(20), false);
	let_go();
	poster_end(&poster);
	assert_int_equal(error, OK);
	arena_free(poster.arena);
	ingest_job_clear(&job);
	ingest_free(&ingest);
	db_free(db);
	assert_int_equal(points_of_ann(), 2);
}

#define TEST(name)                       \
	cmocka_unit_test_setup_teardown( \
	    name, make_everything, leave_nothing_wrong)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(two_events_of_a_user_come_one_after_the_other),
	    TEST(a_repetition_that_comes_at_once_waits_and_is_a_replay),
	    TEST(an_id_that_two_users_bring_at_once_is_stored_once),
	    TEST(users_are_locked_in_the_order_of_their_names),
	};

	return cmocka_run_group_tests(
	    tests, server_start_migrated, server_stop);
}
