/* child: runs the programs that backup and restore consist of */
#ifndef CTL_CHILD_H
#define CTL_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "ctl/ctl.h"

/* A program that runs. All zero: none. */
struct child {
	const char *program;
	pid_t pid;
	int complaints; /* its standard error, a file in memory */
};

/*
 * The option that names the account and the way to the database to a client of
 * MariaDB. It must be the first one.
 */
#define CHILD_ACCOUNT "--defaults-file=/proc/self/fd/3"

/*
 * A file in memory with them, for child_start; closed when it ends. So they
 * stand neither in the list of processes nor on a disk. CTL_FAILED with a
 * message.
 */
int child_account(struct ctl *ctl, int *fd_out) MUST_CHECK;

/*
 * Runs a program of a Debian package with these descriptors as its standard
 * input and output, and account (unless -1) for CHILD_ACCOUNT. The descriptors
 * stay open here too. CTL_FAILED with a message, as where it is not installed.
 */
int child_start(struct ctl *ctl, struct child *child, const char *package,
    const char *const *argv, int in, int out, int account) MUST_CHECK;

/* Waits for its end: whether it succeeded. */
bool child_end(struct child *child);

/* The same for one that is not needed any more. */
void child_stop(struct child *child);

/* "mariadb says: …", once it has ended; how it ended, where it said nothing. */
const char *child_said(struct ctl *ctl, const struct child *child);

/* From now on SIGINT, SIGTERM and SIGHUP end no more than a system call. */
void child_catch_signals(void);
bool child_interrupted(void);

/* Both go on after a signal unless it is one that interrupts; -1, errno. */
ssize_t child_read(int fd, char *data, size_t size);
bool child_write(int fd, const char *data, size_t len);

/* A pipe whose ends children do not inherit. CTL_FAILED with a message. */
int child_pipe(int *out_end, int *in_end) MUST_CHECK;

#endif
