/* kept: the web server's connections from one master process to the next */
#include "daemon/kept.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

/* Microseconds, for the service manager to take what it is given. */
enum { PATIENCE = 10000000, PAUSE = 50000 };

/* Gives away what there is, the last first; false: the rest stays. */
static bool
give(struct kept *kept, const struct manager *manager)
{
	size_t part;

	while (kept->count > 0) {
		part = kept->count < MANAGER_FDS_MAX ? kept->count
		                                     : MANAGER_FDS_MAX;
		if (!manager_keep(
		        manager, kept->fds + kept->count - part, part))
			return false;
		kept->given = true;
		for (; part > 0; part--)
			close(kept->fds[--kept->count]);
	}
	return true;
}

bool
kept_save(struct kept *kept, const struct handover *handover,
    const struct manager *manager)
{
	int fd = -1;

	if (manager->socket < 0)
		return true;
	do {
		while (kept->count < KEPT_MAX &&
		    (fd = handover_take(handover)) >= 0)
			kept->fds[kept->count++] = fd;
		if (!give(kept, manager))
			return false;
	} while (fd >= 0);
	return true;
}

void
kept_leave(struct kept *kept, const struct handover *handover,
    const struct manager *manager)
{
	const int64_t deadline = clock_monotonic() + PATIENCE;
	bool saved;

	while (!(saved = kept_save(kept, handover, manager)) &&
	    clock_monotonic() < deadline)
		clock_sleep(PAUSE);
	if (!saved)
		log_warn("event=connections_dropped count=%zu"
		         " message=\"the service manager does not take them\"",
		    kept->count);
	else if (kept->given && !manager_settle(manager, deadline))
		log_warn("event=service_manager_deaf"
		         " message=\"it may not have the connections\"");
	kept_close(kept);
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
