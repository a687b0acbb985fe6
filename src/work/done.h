/* done: calls that have waited and can be answered, for whoever serves them */
#ifndef WORK_DONE_H
#define WORK_DONE_H

#include "base/error.h"

struct done;

/* A place in the list: a member of what was waited for. */
struct done_call {
	struct done_call *next;
	void *waiter;
	enum error result;
};

/* NULL if there is no descriptor left for it. */
struct done *done_new(void);
void done_free(struct done *done);

/*
 * Any thread, of a call that nobody has put here before: waiter and result are
 * set. From here on it may be answered, and its memory gone.
 */
void done_put(struct done *done, struct done_call *call);

/* The waiter of a call, and its result; NULL if there is none just now. */
void *done_take(struct done *done, enum error *result_out);

/* Wakes one more, if there is something: who was woken may be held up. */
void done_remind(struct done *done);

/*
 * For epoll, edge-triggered: readable when there may be something to take. Who
 * is woken by it takes all there is.
 */
int done_fd(const struct done *done);

#endif
