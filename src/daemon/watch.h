/* watch: whether the database can be used, asked now and then */
#ifndef DAEMON_WATCH_H
#define DAEMON_WATCH_H

#include <stdbool.h>

#include "work/settings.h"

enum watch_state {
	WATCH_UNKNOWN,
	WATCH_FINE,
	WATCH_WAITING, /* it cannot be used */
	WATCH_HOLDING, /* and requests wait until the tables are brought to our
	                * schema, which is under way */
};

enum { WATCH_TEXT = 400 };

/* What is to be told, in a sentence without a full stop. */
struct watch_report {
	enum watch_state state;
	char text[WATCH_TEXT];
};

/* From the workers to the master, which makes it. */
struct watch {
	int tell;
	int hear; /* does not block */
};

/* False and errno: it cannot be had. */
bool watch_open(struct watch *watch);

/* The next report; false: there is none just now. */
bool watch_hear(const struct watch *watch, struct watch_report *report_out);

/*
 * For a worker that is about to serve. While a migration is due or under way it
 * waits for that, for some seconds at most: the requests stay in the socket's
 * queue. tell is NULL for all workers but one. False: SIGTERM, which is
 * blocked, has come. *fine_out: whether the database can be used.
 */
bool watch_hold(
    const struct settings *settings, const struct watch *tell, bool *fine_out);

struct watcher;

/* Asks and tells from now on, in a thread. NULL: it cannot be had. */
struct watcher *
watcher_start(const struct settings *settings, const struct watch *tell);
void watcher_stop(struct watcher *watcher);

#endif
