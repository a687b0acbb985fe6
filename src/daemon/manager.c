/* manager: what the service manager is told (sd_notify(3)), if there is one */
#include "daemon/manager.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

enum { MESSAGE_MAX = 1024, FIRST_PASSED = 3 };

/* A variable that is for the process of this number, or NULL. */
static const char *
own_variable(const char *name, const char *pid_name)
{
	const char *pid = getenv(pid_name);

	if (pid != NULL && strtol(pid, NULL, 10) != (long)getpid())
		return NULL;
	return getenv(name);
}

/* A path, or with @ in front a name in the abstract namespace. */
static bool
read_address(struct manager *manager, const char *name)
{
	const size_t len = strlen(name);

	if ((*name != '/' && *name != '@') || len < 2 ||
	    len >= sizeof(manager->address.sun_path))
		return false;
	manager->address.sun_family = AF_UNIX;
	memcpy(manager->address.sun_path, name, len);
	if (*name == '@')
		manager->address.sun_path[0] = '\0';
	manager->size =
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	return true;
}

void
manager_open(struct manager *manager)
{
	const struct timeval patience = {.tv_sec = 1};
	const char *name = getenv("NOTIFY_SOCKET");
	const char *watchdog = own_variable("WATCHDOG_USEC", "WATCHDOG_PID");

	*manager = (struct manager) {.socket = -1};
	if (name != NULL && read_address(manager, name))
		manager->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (manager->socket >= 0) {
		/* One that hangs must not hang us. */
		setsockopt(manager->socket, SOL_SOCKET, SO_SNDTIMEO, &patience,
		    sizeof(patience));
		if (watchdog != NULL)
			manager->ping_pause = strtoll(watchdog, NULL, 10) / 3;
	}
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(MANAGER_FDS_MAX * sizeof(int))];
};

/* Puts descriptors beside a message. */
static void
attach(struct msghdr *message, union control *control, const int *fds,
    size_t count)
{
	struct cmsghdr *header;

	message->msg_control = control->bytes;
	message->msg_controllen = CMSG_SPACE(count * sizeof(*fds));
	header = CMSG_FIRSTHDR(message);
	assert(header != NULL);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(count * sizeof(*fds));
	memcpy(CMSG_DATA(header), fds, count * sizeof(*fds));
}

/*
 * False and errno: it was not taken. Who gives descriptors tries again, and has
 * other things to do meanwhile; the rest waits a second for room.
 */
static bool
send_message(
    const struct manager *manager, char *text, const int *fds, size_t count)
{
	struct sockaddr_un address = manager->address;
	struct iovec part = {text, strlen(text)};
	union control control = {.bytes = {0}};
	struct msghdr message = {.msg_name = &address,
	    .msg_namelen = manager->size,
	    .msg_iov = &part,
	    .msg_iovlen = 1};

	if (count > 0)
		attach(&message, &control, fds, count);
	return sendmsg(manager->socket, &message,
	           MSG_NOSIGNAL | (count > 0 ? MSG_DONTWAIT : 0)) >= 0;
}

void
manager_tell(const struct manager *manager, const char *format, ...)
{
	char text[MESSAGE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (manager->socket >= 0 && !send_message(manager, text, NULL, 0))
		log_warn(
		    "event=service_manager_deaf error=\"%s\"", strerror(errno));
}

void
manager_ping(struct manager *manager)
{
	const int64_t now = clock_monotonic();

	if (manager->ping_pause == 0 || now < manager->ping_at)
		return;
	manager->ping_at = now + manager->ping_pause;
	manager_tell(manager, "WATCHDOG=1");
}

size_t
manager_passed(int *fds_out, size_t max)
{
	const char *text = own_variable("LISTEN_FDS", "LISTEN_PID");
	const long count = text == NULL ? 0 : strtol(text, NULL, 10);
	size_t taken = 0;
	int fd;

	for (fd = FIRST_PASSED; fd < FIRST_PASSED + count; fd++) {
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		if (taken < max)
			fds_out[taken++] = fd;
		else
			close(fd);
	}
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDNAMES");
	return taken;
}

#define KEPT_NAME "FDNAME=connection"

bool
manager_keep(const struct manager *manager, const int *fds, size_t count)
{
	char text[] = "FDSTORE=1\n" KEPT_NAME;

	return send_message(manager, text, fds, count);
}

void
manager_forget(const struct manager *manager)
{
	manager_tell(manager, "FDSTOREREMOVE=1\n" KEPT_NAME);
}

enum { SETTLE_PAUSE = 10000 }; /* microseconds */

/* Milliseconds until then, as poll takes them. */
static int
milliseconds_left(int64_t deadline)
{
	const int64_t left = deadline - clock_monotonic();

	return left < 0 ? 0 : (int)(left / 1000);
}

/* The manager closes what comes with BARRIER=1 when it has read all before. */
bool
manager_settle(const struct manager *manager, int64_t deadline)
{
	char text[] = "BARRIER=1";
	struct pollfd end = {0};
	bool settled;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	while (!(settled = send_message(manager, text, &ends[1], 1)) &&
	    milliseconds_left(deadline) > 0)
		clock_sleep(SETTLE_PAUSE);
	close(ends[1]);
	end.fd = ends[0];
	settled = settled && poll(&end, 1, milliseconds_left(deadline)) == 1;
	close(ends[0]);
	return settled;
}
