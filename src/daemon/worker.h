/* worker: a process that serves requests */
#ifndef DAEMON_WORKER_H
#define DAEMON_WORKER_H

#include <stddef.h>
#include <sys/types.h>

#include "daemon/handover.h"
#include "daemon/watch.h"
#include "work/metrics.h"
#include "work/settings.h"

/*
 * Serves requests from the listener until SIGTERM, then finishes those it has
 * begun. Writes a byte to ready_fd and closes it once it accepts. Returns the
 * process's exit status. watch is NULL, or where it tells of the database.
 * master is the process that keeps it. Signals are blocked when it is called,
 * and stay so.
 */
int worker_run(const struct settings *settings, int listener,
    const struct handover *handover, const struct watch *watch,
    struct metrics *metrics, size_t metrics_index, int ready_fd, pid_t master);

#endif
