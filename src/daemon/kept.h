/* kept: the web server's connections from one master process to the next */
#ifndef DAEMON_KEPT_H
#define DAEMON_KEPT_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/handover.h"
#include "daemon/manager.h"

/* What palmares.service lets the service manager keep, and its sockets. */
enum { KEPT_MAX = 1024 + 16 };

/*
 * What the service manager has passed: -1, a connection, or something else. Or
 * what it is to have.
 */
struct kept {
	int fds[KEPT_MAX];
	size_t count;
	bool given; /* to the manager: it has some of them, or will */
};

/*
 * The last workers end, and nobody is left to take the connections that the web
 * server keeps, on which a request may be under way: the service manager gives
 * them to the next master. What it does not take now stays in kept for the next
 * call, and the answer is false: a manager without processor time takes nothing
 * for seconds, and whatever is closed before is a request lost.
 */
bool kept_save(struct kept *kept, const struct handover *handover,
    const struct manager *manager);

/*
 * The same at the very end: waits until the manager has all of them, because
 * what it has not seen yet could come after the next master's start. What it
 * does not take in 10 s is lost, with a line in the log.
 */
void kept_leave(struct kept *kept, const struct handover *handover,
    const struct manager *manager);

/* The first worker serves, and may have what was saved. */
void kept_restore(struct kept *kept, const struct handover *handover,
    const struct manager *manager);

/* They are another process's. */
void kept_close(struct kept *kept);

#endif
