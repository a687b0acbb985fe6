/* handover: kept connections from a worker that ends to one that goes on */
#include "daemon/handover.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

/*
 * Milliseconds, for the others to make room: they may be short of processor
 * time, and the master first tells the service manager that it stops.
 */
enum { GIVE_TIME = 3000 };

bool
handover_open(struct handover *handover)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
	        0, ends) != 0)
		return false;
	*handover = (struct handover) {.give = ends[0], .take = ends[1]};
	return true;
}

/* Room for one descriptor beside a message. */
union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

void
handover_give(const struct handover *handover, int fd)
{
	static _Atomic bool nobody_takes;
	char byte = 0;
	struct iovec text = {&byte, 1};
	union control control = {.bytes = {0}};
	struct msghdr message = {.msg_iov = &text,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof(control.bytes)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	struct pollfd room = {.fd = handover->give, .events = POLLOUT};

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	/* Whoever was waited for in vain once is not waited for again. */
	if (poll(&room, 1, nobody_takes ? 0 : GIVE_TIME) == 0) {
		if (!nobody_takes)
			log_info("event=connections_dropped");
		nobody_takes = true;
	} else if (sendmsg(handover->give, &message, MSG_NOSIGNAL) < 0)
		log_warn(
		    "event=connection_dropped error=\"%s\"", strerror(errno));
	else
		nobody_takes = false;
	close(fd);
}

int
handover_take(const struct handover *handover)
{
	char byte;
	struct iovec text = {&byte, 1};
	union control control = {.bytes = {0}};
	struct msghdr message = {.msg_iov = &text,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof(control.bytes)};
	const struct cmsghdr *header;
	int fd;

	if (recvmsg(handover->take, &message, MSG_CMSG_CLOEXEC) < 0)
		return -1;
	header = CMSG_FIRSTHDR(&message);
	if (header == NULL || header->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}
