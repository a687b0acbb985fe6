/* listener: the socket that nginx connects to */
#ifndef DAEMON_LISTENER_H
#define DAEMON_LISTENER_H

#include <stdbool.h>

#include "api/settings.h"

struct listener {
	int fd;         /* non-blocking */
	char path[108]; /* bound by us, to be removed at the end; or empty */
};

/*
 * Takes fd 0 if that is a listening Unix socket, else binds settings->socket.
 * NULL if all is well, else what is wrong.
 */
const char *
listener_open(const struct settings *settings, struct listener *listener_out);
void listener_close(struct listener *listener);

#endif
