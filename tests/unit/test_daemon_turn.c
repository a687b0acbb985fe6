/* test_daemon_turn: who may wait for events, and who not any more */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/clock.h"
#include "daemon/turn.h"
#include "unit_test.h"

/* Microseconds: a while in which nothing may happen, and one in which it has to. */
enum { WHILE = 60000, SOON = 20000000, THREADS = 4 };

const size_t arena_max = 1 << 20;

/* A thread that wants a turn. */
struct waiter {
	pthread_t thread;
	struct turn *turn;
	_Atomic bool ended;
	bool has; /* it, and not the news that there are none any more */
};

static _Atomic int taken;

static void
count_taken(void *context)
{
	assert_ptr_equal(context, &taken);
	taken++;
}

static struct turns *
make(size_t count)
{
	taken = 0;
	return turns_new(count, THREADS, count_taken, &taken);
}

static void *
wait_in_thread(void *context)
{
	struct waiter *waiter = context;

	waiter->has = turn_take(waiter->turn);
	waiter->ended = true;
	return NULL;
}

static void
begin_to_wait(struct waiter *waiter, struct turns *turns, size_t thread)
{
	*waiter = (struct waiter) {.turn = turns_of(turns, thread)};
	assert_int_equal(
	    pthread_create(&waiter->thread, NULL, wait_in_thread, waiter), 0);
}

/* True if it has a turn in the end. */
static bool
ends(struct waiter *waiter)
{
	const int64_t deadline = clock_monotonic() + SOON;

	while (!waiter->ended) {
		assert_true(clock_monotonic() < deadline);
		clock_sleep(1000);
	}
	pthread_join(waiter->thread, NULL);
	return waiter->has;
}

static void
assert_waits(const struct waiter *waiter)
{
	clock_sleep(WHILE);
	assert_false(waiter->ended);
}

static void
so_many_have_a_turn_and_no_more(void **test)
{
	struct turns *turns = make(2);
	struct waiter third;

	(void)test;
	assert_true(turn_take(turns_of(turns, 0)));
	assert_true(turn_take(turns_of(turns, 1)));
	/* Who has one has it at once. */
	assert_true(turn_take(turns_of(turns, 1)));
	begin_to_wait(&third, turns, 2);
	assert_waits(&third);
	turn_give(turns_of(turns, 0));
	assert_true(ends(&third));
	assert_int_equal(taken, 0);
	turns_free(turns);
}

static void
what_is_given_away_is_one_turn(void **test)
{
	struct turns *turns = make(1);
	struct waiter second, third;

	(void)test;
	assert_true(turn_take(turns_of(turns, 0)));
	/* It goes on with its event, for long, and has no turn meanwhile. */
	turn_begin(turns_of(turns, 0));
	begin_to_wait(&second, turns, 1);
	turn_give(turns_of(turns, 0));
	assert_true(ends(&second));
	turn_give(turns_of(turns, 0));
	begin_to_wait(&third, turns, 2);
	assert_waits(&third);
	turn_give(turns_of(turns, 1));
	assert_true(ends(&third));
	turns_free(turns);
}

static void
who_is_long_at_an_event_loses_the_turn(void **test)
{
	struct turns *turns = make(1);
	struct waiter second, first;

	(void)test;
	assert_true(turn_take(turns_of(turns, 0)));
	turn_begin(turns_of(turns, 0));
	begin_to_wait(&second, turns, 1);
	assert_true(ends(&second));
	turn_end(turns_of(turns, 0));
	begin_to_wait(&first, turns, 0);
	assert_waits(&first);
	assert_int_equal(taken, 1);
	turn_give(turns_of(turns, 1));
	assert_true(ends(&first));
	turns_free(turns);
}

/* One that has served an event, and one that has met none yet. */
static void
who_waits_for_events_keeps_the_turn(void **test)
{
	struct turns *turns = make(3);
	struct waiter other, one_more;
	int before;

	(void)test;
	assert_true(turn_take(turns_of(turns, 0)));
	assert_true(turn_take(turns_of(turns, 1)));
	turn_begin(turns_of(turns, 1));
	turn_end(turns_of(turns, 1));
	/* On a slow machine even that was long. */
	clock_sleep(WHILE);
	assert_true(turn_take(turns_of(turns, 1)));
	before = taken;
	assert_true(turn_take(turns_of(turns, 2)));
	turn_begin(turns_of(turns, 2));
	begin_to_wait(&other, turns, 3);
	assert_true(ends(&other));
	begin_to_wait(&one_more, turns, 2);
	assert_waits(&one_more);
	assert_int_equal(taken - before, 1);
	turns_stop(turns);
	assert_false(ends(&one_more));
	turns_free(turns);
}

static void
at_the_end_nobody_has_a_turn(void **test)
{
	struct turns *turns = make(1);
	struct waiter waiters[2];

	(void)test;
	assert_true(turn_take(turns_of(turns, 0)));
	begin_to_wait(&waiters[0], turns, 1);
	begin_to_wait(&waiters[1], turns, 2);
	clock_sleep(WHILE);
	turns_stop(turns);
	assert_false(ends(&waiters[0]));
	assert_false(ends(&waiters[1]));
	assert_false(turn_take(turns_of(turns, 0)));
	assert_false(turn_take(turns_of(turns, 3)));
	turns_free(turns);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(so_many_have_a_turn_and_no_more),
	    cmocka_unit_test(what_is_given_away_is_one_turn),
	    cmocka_unit_test(who_is_long_at_an_event_loses_the_turn),
	    cmocka_unit_test(who_waits_for_events_keeps_the_turn),
	    cmocka_unit_test(at_the_end_nobody_has_a_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
