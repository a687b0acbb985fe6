/* fcgi: requests in and responses out, over FastCGI */
#include "http/fcgi.h"

#include <assert.h>
#include <errno.h>
#include <fcgiapp.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

/* Nanoseconds, and microseconds. */
enum { ACCEPT_PAUSE = 50000000, TELL_PAUSE = 1000000 };

/* libfcgi's descriptor where there is no connection. */
enum { NO_SOCKET = -1 };

struct fcgi {
	FCGX_Request request;
};

bool
fcgi_start(void)
{
	if (FCGX_Init() != 0)
		return false;
	/* libfcgi takes SIGUSR1 for an order to accept no more. */
	signal(SIGUSR1, SIG_IGN);
	return true;
}

struct fcgi *
fcgi_new(void)
{
	struct fcgi *fcgi = memory_new(1, sizeof(*fcgi));
	int error;

	/* libfcgi is given connections, and accepts none itself. */
	error = FCGX_InitRequest(&fcgi->request, NO_SOCKET, 0);
	assert(error == 0); /* fcgi_start was called */
	return fcgi;
}

void
fcgi_free(struct fcgi *fcgi)
{
	FCGX_Free(&fcgi->request, 1);
	free(fcgi);
}

static size_t
read_body(struct http_request *request, char *buffer, size_t size)
{
	struct fcgi *fcgi = request->source;
	size_t got = 0;
	int n;

	while (got < size) {
		n = FCGX_GetStr(buffer + got,
		    size - got > INT_MAX ? INT_MAX : (int)(size - got),
		    fcgi->request.in);
		if (n <= 0)
			break;
		got += (size_t)n;
	}
	return got;
}

/*
 * A connection that cannot be taken stays in the queue, and the listener stays
 * readable: without a pause all threads would go round and round.
 */
static void
note_failed_accept(int error)
{
	static _Atomic int64_t told;
	const struct timespec pause = {0, ACCEPT_PAUSE};
	const int64_t now = clock_monotonic();

	if (error != EMFILE && error != ENFILE && error != ENOMEM &&
	    error != ENOBUFS)
		return;
	if (now - told >= TELL_PAUSE) {
		told = now;
		log_error("event=accept_failed error=\"%s\"", strerror(error));
	}
	nanosleep(&pause, NULL);
}

bool
fcgi_accept(struct fcgi *fcgi, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0) {
		note_failed_accept(errno);
		return false;
	}
	fcgi_take(fcgi, fd);
	return true;
}

void
fcgi_take(struct fcgi *fcgi, int fd)
{
	fcgi->request.ipcFd = fd;
	/* Or FCGX_Accept_r would close what it takes for an old connection. */
	fcgi->request.keepConnection = 1;
}

int
fcgi_release(struct fcgi *fcgi)
{
	int fd = fcgi->request.ipcFd;

	fcgi->request.ipcFd = NO_SOCKET;
	return fd;
}

int
fcgi_fd(const struct fcgi *fcgi)
{
	return fcgi->request.ipcFd;
}

bool
fcgi_read(struct fcgi *fcgi, struct arena *arena, struct http_request *request)
{
	/* It closes what breaks off, and then finds nothing to accept. */
	if (FCGX_Accept_r(&fcgi->request) != 0)
		return false;
	*request = http_request_new(arena, fcgi->request.envp);
	request->read = read_body;
	request->source = fcgi;
	return true;
}

bool
fcgi_finish(struct fcgi *fcgi, const struct str *response)
{
	char rest[4096];
	int size = response->len > INT_MAX ? INT_MAX : (int)response->len;

	/* nginx may still be writing the body; it must not see a closed end. */
	while (FCGX_GetStr(rest, sizeof(rest), fcgi->request.in) > 0)
		continue;
	FCGX_PutStr(response->data, size, fcgi->request.out);
	/*
	 * All was read: libfcgi need not wait up to two seconds for the peer.
	 */
	fcgi->request.detached = 1;
	FCGX_Finish_r(&fcgi->request);
	fcgi->request.detached = 0;
	return fcgi->request.ipcFd != NO_SOCKET;
}
