/* listener: the socket that nginx connects to */
#ifndef DAEMON_LISTENER_H
#define DAEMON_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

#include "work/settings.h"

struct listener {
	int fd;         /* non-blocking */
	char path[108]; /* bound by us, to be removed at the end; or empty */
};

/*
 * Takes the descriptor that listens of those passed, which is then -1 there;
 * else fd 0 if that listens, else binds settings->socket. NULL if all is well,
 * else what is wrong.
 */
const char *listener_open(const struct settings *settings, int *passed,
    size_t passed_count, struct listener *listener_out);
void listener_close(struct listener *listener);

#endif
