/* serve: the threads and connections of a worker */
#ifndef DAEMON_SERVE_H
#define DAEMON_SERVE_H

#include <stdbool.h>
#include <stddef.h>

#include "api/api.h"
#include "daemon/handover.h"

/*
 * Any thread reads any connection on which there is something, and none waits
 * for one. One thread at a time does so (see turn.h). A request that waits for
 * the committer or the reader holds no thread; what else waits for the database
 * holds one each.
 */
struct server;

/*
 * Starts so many threads, or as many as can be had: NULL if none. service,
 * listener and handover must outlive it.
 */
struct server *serve_start(struct service *service, int listener,
    const struct handover *handover, size_t threads);

/* How many threads there are. */
size_t serve_threads(const struct server *server);

/* Accepts no more, answers what was begun, and ends the threads. */
void serve_stop(struct server *server);

#endif
