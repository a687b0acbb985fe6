/* listener: the socket that nginx connects to */
#include "daemon/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char message[512];

static const char *
fault(const char *path, const char *what)
{
	snprintf(message, sizeof(message), "socket %s: %s", path, what);
	return message;
}

static bool
listens(int fd)
{
	int listening = 0;
	socklen_t size = sizeof(listening);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) ==
	    0 &&
	    listening;
}

static bool
is_unix(int fd)
{
	int domain = 0;
	socklen_t size = sizeof(domain);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
	    domain == AF_UNIX;
}

/* The socket that somebody listens on for us, or -1. */
static int
inherited(int *passed, size_t passed_count)
{
	size_t i;
	int fd;

	for (i = 0; i < passed_count; i++)
		if (listens(passed[i])) {
			fd = passed[i];
			passed[i] = -1;
			return fd;
		}
	return listens(STDIN_FILENO) ? STDIN_FILENO : -1;
}

/* Removes a socket that a process left behind; one in use stays. */
static const char *
clear_path(const char *path, const struct sockaddr_un *address)
{
	struct stat status;
	int fd, rc, why;

	if (lstat(path, &status) != 0)
		return NULL;
	if (!S_ISSOCK(status.st_mode))
		return fault(path, "there is a file of another kind");
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	rc = fd < 0
	    ? -1
	    : connect(fd, (const struct sockaddr *)address, sizeof(*address));
	why = errno;
	if (fd >= 0)
		close(fd);
	if (rc == 0)
		return fault(path, "in use: is palmaresd running already?");
	if (why != ECONNREFUSED)
		return fault(path, strerror(why));
	if (unlink(path) != 0)
		return fault(path, strerror(errno));
	return NULL;
}

static const char *
bind_path(const struct settings *settings, int *fd_out)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = settings->socket, *why;
	mode_t old;
	int fd, rc;

	if (strlen(path) >= sizeof(address.sun_path))
		return fault(path, "the path is too long (107 bytes at most)");
	memcpy(address.sun_path, path, strlen(path) + 1);
	why = clear_path(path, &address);
	if (why != NULL)
		return why;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fault(path, strerror(errno));
	/* Nobody gets in before the mode is what the settings say. */
	old = umask(0777);
	rc = bind(fd, (const struct sockaddr *)&address, sizeof(address));
	umask(old);
	if (rc == 0)
		rc = chmod(path, (mode_t)settings->socket_mode);
	if (rc == 0)
		rc = listen(fd, (int)settings->backlog);
	if (rc == 0) {
		*fd_out = fd;
		return NULL;
	}
	why = fault(path, strerror(errno));
	close(fd);
	return why;
}

const char *
listener_open(const struct settings *settings, int *passed, size_t passed_count,
    struct listener *listener_out)
{
	struct listener listener = {.fd = inherited(passed, passed_count)};
	const char *why;

	if (listener.fd < 0) {
		why = bind_path(settings, &listener.fd);
		if (why != NULL)
			return why;
		/* A copy: the settings may be read again. */
		memcpy(listener.path, settings->socket,
		    strlen(settings->socket) + 1);
	} else if (!is_unix(listener.fd))
		return "the socket that was handed over listens on a network:"
		       " only a Unix socket is served";
	if (fcntl(listener.fd, F_SETFL, O_NONBLOCK) != 0)
		return fault(settings->socket, strerror(errno));
	*listener_out = listener;
	return NULL;
}

void
listener_close(struct listener *listener)
{
	if (*listener->path != '\0')
		unlink(listener->path);
	close(listener->fd);
}
