/* announce: what the log and the service manager hear of palmaresd's state */
#ifndef DAEMON_ANNOUNCE_H
#define DAEMON_ANNOUNCE_H

#include <stdbool.h>

#include "daemon/manager.h"
#include "daemon/watch.h"

struct announcer {
	struct manager manager;
	struct watch_report report; /* the last one */
	bool ready;
	bool reloading;
};

void
announce_report(struct announcer *announcer, const struct watch_report *report);

/* It is what it was asked to be; says so once after a start or a reload. */
void announce_ready(struct announcer *announcer);
void announce_reload(struct announcer *announcer);
/* The start or the reload came to nothing. */
void announce_fault(struct announcer *announcer, const char *fault);
void announce_stop(struct announcer *announcer);

#endif
