/* kept: the web server's connections from one master process to the next */
#ifndef DAEMON_KEPT_H
#define DAEMON_KEPT_H

#include <stddef.h>

#include "daemon/handover.h"
#include "daemon/manager.h"

enum { KEPT_MAX = 1024 };

/* What the service manager has passed: -1, a connection, or something else. */
struct kept {
	int fds[KEPT_MAX];
	size_t count;
};

/*
 * The last workers end, and nobody is left to take the connections that the web
 * server keeps, on which a request may be under way: the service manager gives
 * them to the next master.
 */
void kept_save(const struct handover *handover, const struct manager *manager);

/* The first worker serves, and may have what was saved. */
void kept_restore(struct kept *kept, const struct handover *handover,
    const struct manager *manager);

/* They are another process's. */
void kept_close(struct kept *kept);

#endif
