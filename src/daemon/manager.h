/* manager: what the service manager is told (sd_notify(3)), if there is one */
#ifndef DAEMON_MANAGER_H
#define DAEMON_MANAGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct manager {
	int socket; /* -1: nobody is to be told */
	struct sockaddr_un address;
	socklen_t size;
	int64_t ping_pause; /* microseconds; 0: it does not wait for pings */
	int64_t ping_at;
};

/* Reads what the environment says of it, and takes that away. */
void manager_open(struct manager *manager);

/* One message: lines of NAME=value. */
void manager_tell(const struct manager *manager, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Says that the caller goes on, as often as that is waited for. */
void manager_ping(struct manager *manager);

/*
 * The descriptors that it passes, at most max of them; the others are closed.
 * Call it before anything else opens one, and once.
 */
size_t manager_passed(int *fds_out, size_t max);

/*
 * Gives it descriptors to keep, at most MANAGER_FDS_MAX, until a next process
 * gets them by manager_passed, which then says that it need not keep them any
 * more. They stay open here. False: it has no room for them now.
 */
enum { MANAGER_FDS_MAX = 64 };
bool manager_keep(const struct manager *manager, const int *fds, size_t count);
void manager_forget(const struct manager *manager);

/* Waits until it has read all that it was sent; false: not by the deadline. */
bool manager_settle(const struct manager *manager, int64_t deadline);

#endif
