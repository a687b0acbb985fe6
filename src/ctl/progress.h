/* progress: one line on the terminal that tells how far a long command is */
#ifndef CTL_PROGRESS_H
#define CTL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool terminal;
	bool shown;   /* a line stands on the terminal */
	int64_t next; /* when it is told again */
};

/* On standard error, if that is a terminal. */
struct progress progress_new(void);

/* Replaces the line, a few times a second at most. */
void progress_say(struct progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Before anything else is written. */
void progress_clear(struct progress *progress);

#endif
