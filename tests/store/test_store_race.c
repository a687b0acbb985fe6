/* test_store_race: event transactions that meet at a row that somebody holds */
#include <pthread.h>

#include "ingest_test.h"

/* What was read of innodb_trx less than 100 ms ago is read again. */
enum { POLL_PAUSE = 120000 };

static struct db *holder; /* a foreign session */

/* ann has had an event already. */
static int
make_ann(void **state)
{
	make_everything(state);
	post(application, "first", "ann", "visit", NULL);
	holder = connect_bare();
	return 0;
}

static int
let_ann_go(void **state)
{
	db_free(holder);
	return leave_nothing_wrong(state);
}

/* A worker's committer with one request, in a thread. */
struct poster {
	pthread_t thread;
	struct arena *arena;
	struct ingest_event *events;
	size_t count;
	struct committer committer;
	enum error error;
	_Atomic bool done;
};

static void *
poster_main(void *context)
{
	struct poster *poster = context;
	struct ingest_job job =
	    job_of(application, poster->events, poster->count);

	job.arena = poster->arena;
	poster->error = apply_job(&poster->committer, &job);
	if (poster->error == OK)
		poster->error = job.error;
	poster->done = true;
	return NULL;
}

/*
 * The connection is there before; the rules are yet to be read. It is none of a
 * committer, because that waits but a second, and a slow machine may need more.
 */
static void
poster_start(struct poster *poster)
{
	poster->arena = arena_new(64 << 20);
	poster->committer.db = connect_as(DB_ADMIN);
	ingest_init(&poster->committer.ingest, poster->committer.db);
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
	committer_free(&poster->committer);
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

static void
let_go(void)
{
	assert_int_equal(db_text(holder, "ROLLBACK"), OK);
}

/*
 * Two requests at once: the first is stopped half-way, when it has written its
 * event and its user, and is about to mark its point scale as given; then comes
 * the second.
 */
static void
meet(struct poster *first, struct poster *second)
{
	sql("UPDATE point_scale SET given = FALSE WHERE application_id = %lld",
	    (long long)application);
	hold(arena_printf(test_arena, "point_scale WHERE application_id = %lld",
	    (long long)application));
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
	struct ingest_event one = event_of("a", "ann", "visit", NULL);
	struct ingest_event two = event_of("b", "ann", "visit", NULL);
	struct poster first = {.events = &one, .count = 1};
	struct poster second = {.events = &two, .count = 1};

	(void)state;
	meet(&first, &second);
	assert_int_equal(one.event.awards[0].balance, 2);
	assert_int_equal(two.event.awards[0].balance, 3);
	assert_null(one.event.awards[0].badge);
	assert_null(two.event.awards[0].badge);
	assert_true(two.event.row > one.event.row);
	posters_free(&first, &second);
	assert_int_equal(points_of("ann"), 3);
	assert_int_equal(badges_of("ann"), 1);
	assert_nobody_tried_again();
}

static void
a_repetition_that_comes_at_once_waits_and_is_a_replay(void **state)
{
	struct ingest_event one = event_of("a", "ann", "visit", NULL);
	struct ingest_event two = event_of("a", "ann", "visit", NULL);
	struct poster first = {.events = &one, .count = 1};
	struct poster second = {.events = &two, .count = 1};

	(void)state;
	meet(&first, &second);
	assert_false(one.replayed);
	assert_true(two.replayed);
	assert_int_equal(two.event.awards[0].balance, 2);
	posters_free(&first, &second);
	assert_int_equal(points_of("ann"), 2);
	assert_nobody_tried_again();
}

/* No lock of a user is between these two: the key of the ids is. */
static void
an_id_that_two_users_bring_at_once_is_stored_once(void **state)
{
	struct ingest_event one = event_of("same", "ann", "visit", NULL);
	struct ingest_event two = event_of("same", "bob", "visit", NULL);
	struct poster first = {.events = &one, .count = 1};
	struct poster second = {.events = &two, .count = 1};

	(void)state;
	meet(&first, &second);
	assert_int_equal(one.error, OK);
	assert_int_equal(two.error, ERR_EVENT_ID_REUSED);
	posters_free(&first, &second);
	/* ann's first, and hers of the two. */
	assert_int_equal(rows_of("event"), 2);
	assert_int_equal(rows_of("user"), 1);
}

/* A request that waits for ann does not have bob, whom it names first. */
static void
users_are_locked_in_the_order_of_their_names(void **state)
{
	struct ingest_event event = event_of("c", "bob", "visit", NULL);
	struct ingest_job job = job_of(application, &event, 1), *jobs = &job;
	struct ingest_event both[] = {event_of("a", "bob", "visit", NULL),
	    event_of("b", "ann", "visit", NULL)};
	struct poster poster = {.events = both, .count = COUNT(both)};
	struct committer committer;
	enum error error;

	(void)state;
	post(application, "bob's first", "bob", "visit", NULL);
	committer_init(&committer);
	hold(arena_printf(test_arena,
	    "user WHERE application_id = %lld AND username = 'ann'",
	    (long long)application));
	poster_start(&poster);
	wait_for_waiters(1, &poster);
	error =
	    ingest_apply(&committer.ingest, &jobs, 1, in_seconds(20), false);
	let_go();
	poster_end(&poster);
	assert_int_equal(error, OK);
	arena_free(poster.arena);
	ingest_job_clear(&job);
	committer_free(&committer);
	assert_int_equal(points_of("ann"), 2);
}

#define MEETING(name) \
	cmocka_unit_test_setup_teardown(name, make_ann, let_ann_go)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    MEETING(two_events_of_a_user_come_one_after_the_other),
	    MEETING(a_repetition_that_comes_at_once_waits_and_is_a_replay),
	    MEETING(an_id_that_two_users_bring_at_once_is_stored_once),
	    MEETING(users_are_locked_in_the_order_of_their_names),
	};

	return cmocka_run_group_tests(tests, ingest_server_start, server_stop);
}
