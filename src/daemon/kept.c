/* kept: the web server's connections from one master process to the next */
#include "daemon/kept.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

void
kept_save(const struct handover *handover, const struct manager *manager)
{
	enum { AT_ONCE = 64 };
	int fds[AT_ONCE];
	size_t count, i;

	if (manager->socket < 0)
		return;
	do {
		for (count = 0; count < AT_ONCE; count++)
			if ((fds[count] = handover_take(handover)) < 0)
				break;
		manager_keep(manager, fds, count);
		for (i = 0; i < count; i++)
			close(fds[i]);
	} while (count > 0);
}

/* Whether it is a connection that may be given; it blocks from then on. */
static bool
fits(int fd)
{
	struct sockaddr_storage peer = {0};
	socklen_t size = sizeof(peer);

	return getpeername(fd, (struct sockaddr *)&peer, &size) == 0 &&
	    peer.ss_family == AF_UNIX && fcntl(fd, F_SETFL, 0) == 0;
}

void
kept_restore(struct kept *kept, const struct handover *handover,
    const struct manager *manager)
{
	size_t i;

	for (i = 0; i < kept->count; i++)
		if (kept->fds[i] >= 0 && fits(kept->fds[i]))
			handover_give(handover, kept->fds[i]);
		else if (kept->fds[i] >= 0)
			close(kept->fds[i]);
	if (kept->count > 0)
		manager_forget(manager);
	kept->count = 0;
}

void
kept_close(struct kept *kept)
{
	size_t i;

	for (i = 0; i < kept->count; i++)
		if (kept->fds[i] >= 0)
			close(kept->fds[i]);
	kept->count = 0;
}
