/* turn: few of a worker's threads at a time wait for events and serve them */
#ifndef DAEMON_TURN_H
#define DAEMON_TURN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * To wake a thread for each event costs more than most events do, and one that
 * runs finds the next event for nothing. So a thread waits for events only
 * while it has a turn, of which there are few. It gives its turn away before it
 * waits for something else, such as the database; and it is taken from who has
 * been at one event for long, such as a request of which only half was sent.
 */
struct turns;

/* A thread's. */
struct turn;

/*
 * count: how many there are; threads: how many may want one. taken is called,
 * from a thread of its own, when a turn was taken from somebody.
 */
struct turns *turns_new(
    size_t count, size_t threads, void (*taken)(void *context), void *context);

/* When no thread has or wants a turn any more. */
void turns_free(struct turns *turns);

/* The turn of the thread with this number. */
struct turn *turns_of(struct turns *turns, size_t thread);

/*
 * Waits until the thread has a turn, at once if it has one. False: turns_stop
 * was called.
 */
bool turn_take(struct turn *turn);

/* Around what comes of an event. */
void turn_begin(struct turn *turn);
void turn_end(struct turn *turn);

/* Lets another thread have it, if the thread has one. */
void turn_give(struct turn *turn);

/* From here on nobody has a turn. */
void turns_stop(struct turns *turns);

#endif
