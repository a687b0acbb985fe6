/* turn: few of a worker's threads at a time wait for events and serve them */
#include "daemon/turn.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"

enum { TURN_TIME = 10000 }; /* microseconds of one event */

struct turn {
	struct turns *turns;
	bool mine;
	_Atomic int64_t since; /* of the event; 0: it waits for one */
};

struct turns {
	pthread_mutex_t mutex;
	pthread_cond_t free;
	pthread_cond_t begun;
	pthread_t watch;
	size_t left;
	bool stopping;
	_Atomic bool busy;   /* an event has begun since the watch has looked */
	_Atomic bool asleep; /* the watch, until one begins */
	void (*taken)(void *context);
	void *context;
	size_t count;
	struct turn list[];
};

/* Under the mutex. */
static void
put_back(struct turns *turns, struct turn *turn)
{
	turn->mine = false;
	turns->left++;
	pthread_cond_signal(&turns->free);
}

/* Under the mutex: whether a turn was taken from somebody. */
static bool
take_from_slow(struct turns *turns)
{
	const int64_t now = clock_monotonic();
	bool taken = false;
	int64_t since;
	size_t i;

	for (i = 0; i < turns->count; i++) {
		since = turns->list[i].since;
		if (!turns->list[i].mine || since == 0 ||
		    now - since < TURN_TIME)
			continue;
		put_back(turns, &turns->list[i]);
		taken = true;
	}
	return taken;
}

/* Looks now and then, as long as there is something to do. */
static void *
watch_main(void *context)
{
	struct turns *turns = context;
	int64_t moment;
	bool taken;

	pthread_mutex_lock(&turns->mutex);
	while (!turns->stopping) {
		turns->asleep = true;
		while (!turns->busy && !turns->stopping)
			pthread_cond_wait(&turns->begun, &turns->mutex);
		turns->asleep = false;
		turns->busy = false;
		/* To its end: one more may be told that an event has begun. */
		moment = clock_monotonic() + TURN_TIME;
		while (!turns->stopping &&
		    clock_wait(&turns->begun, &turns->mutex, moment))
			continue;
		taken = take_from_slow(turns);
		pthread_mutex_unlock(&turns->mutex);
		if (taken)
			turns->taken(turns->context);
		pthread_mutex_lock(&turns->mutex);
	}
	pthread_mutex_unlock(&turns->mutex);
	return NULL;
}

struct turns *
turns_new(
    size_t count, size_t threads, void (*taken)(void *context), void *context)
{
	struct turns *turns =
	    memory_new(1, sizeof(*turns) + threads * sizeof(*turns->list));
	size_t i;

	pthread_mutex_init(&turns->mutex, NULL);
	pthread_cond_init(&turns->free, NULL);
	clock_init_condition(&turns->begun);
	turns->left = count;
	turns->taken = taken;
	turns->context = context;
	turns->count = threads;
	for (i = 0; i < threads; i++)
		turns->list[i].turns = turns;
	if (pthread_create(&turns->watch, NULL, watch_main, turns) == 0)
		return turns;
	free(turns);
	return NULL;
}

void
turns_free(struct turns *turns)
{
	turns_stop(turns);
	pthread_join(turns->watch, NULL);
	pthread_cond_destroy(&turns->begun);
	pthread_cond_destroy(&turns->free);
	pthread_mutex_destroy(&turns->mutex);
	free(turns);
}

struct turn *
turns_of(struct turns *turns, size_t thread)
{
	return &turns->list[thread];
}

bool
turn_take(struct turn *turn)
{
	struct turns *turns = turn->turns;
	bool mine;

	pthread_mutex_lock(&turns->mutex);
	while (!turn->mine && turns->left == 0 && !turns->stopping)
		pthread_cond_wait(&turns->free, &turns->mutex);
	if (!turn->mine && !turns->stopping) {
		turn->mine = true;
		turns->left--;
	}
	mine = turn->mine && !turns->stopping;
	pthread_mutex_unlock(&turns->mutex);
	return mine;
}

void
turn_begin(struct turn *turn)
{
	struct turns *turns = turn->turns;

	turn->since = clock_monotonic();
	turns->busy = true;
	if (turns->asleep) {
		pthread_mutex_lock(&turns->mutex);
		pthread_cond_signal(&turns->begun);
		pthread_mutex_unlock(&turns->mutex);
	}
}

void
turn_end(struct turn *turn)
{
	turn->since = 0;
}

void
turn_give(struct turn *turn)
{
	struct turns *turns = turn->turns;

	pthread_mutex_lock(&turns->mutex);
	if (turn->mine)
		put_back(turns, turn);
	pthread_mutex_unlock(&turns->mutex);
}

void
turns_stop(struct turns *turns)
{
	pthread_mutex_lock(&turns->mutex);
	turns->stopping = true;
	pthread_cond_broadcast(&turns->free);
	pthread_cond_signal(&turns->begun);
	pthread_mutex_unlock(&turns->mutex);
}
