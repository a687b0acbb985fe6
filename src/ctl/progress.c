/* progress: one line on the terminal that tells how far a long command is */
#include "ctl/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

enum { PAUSE = 200000 };

struct progress
progress_new(void)
{
	return (struct progress) {.terminal = isatty(STDERR_FILENO) != 0};
}

void
progress_say(struct progress *progress, const char *format, ...)
{
	va_list args;

	if (!progress->terminal || clock_monotonic() < progress->next)
		return;
	fputc('\r', stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputs("\033[K", stderr);
	progress->shown = true;
	progress->next = clock_monotonic() + PAUSE;
}

void
progress_clear(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = false;
}
