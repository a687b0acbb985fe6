/* handover: kept connections from a worker that ends to one that goes on */
#ifndef DAEMON_HANDOVER_H
#define DAEMON_HANDOVER_H

#include <stdbool.h>

/*
 * A pair of sockets that the master makes and all its workers have. Closing a
 * connection that the web server keeps could lose a request: it may have been
 * sent already.
 */
struct handover {
	int give;
	int take; /* does not block */
};

/* False and errno: it cannot be had. */
bool handover_open(struct handover *handover);

/* Gives the descriptor away; if nobody makes room for it, it is closed. */
void handover_give(const struct handover *handover, int fd);

/* Somebody else's connection; -1: there is none just now. */
int handover_take(const struct handover *handover);

#endif
