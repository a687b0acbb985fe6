/* log: formats a line and writes it in one go */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

enum { LINE_SIZE = 4096 };

const char *const log_level_names[] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARN] = "warn",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
    NULL,
};

static enum log_level log_level = LOG_LEVEL_INFO;

void
log_set_level(enum log_level level)
{
	log_level = level;
}

static bool journal;

void
log_to_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[64];
	struct stat status;

	journal = false;
	if (stream == NULL || fstat(STDERR_FILENO, &status) != 0)
		return;
	snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)status.st_dev,
	    (uintmax_t)status.st_ino);
	journal = strcmp(stream, own) == 0;
}

/* syslog's number of a level, as the journal reads it. */
static const char *
priority(enum log_level level)
{
	static const char *const priorities[] = {
	    [LOG_LEVEL_ERROR] = "<3>",
	    [LOG_LEVEL_WARN] = "<4>",
	    [LOG_LEVEL_INFO] = "<6>",
	    [LOG_LEVEL_DEBUG] = "<7>",
	};

	return journal ? priorities[level] : "";
}

/* What a formatted piece took of its room: its length, or all but the NUL. */
static size_t
taken(int len, size_t room)
{
	if (len < 0)
		return 0;
	return (size_t)len < room ? (size_t)len : room - 1;
}

/* A line break inside would make two lines, the second one anybody's. */
static void
one_line(char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ')
			text[i] = '?';
}

static void
write_once(const char *line, size_t len)
{
	while (write(STDERR_FILENO, line, len) == -1 && errno == EINTR)
		continue;
}

void
log_line(enum log_level level, const char *format, ...)
{
	char line[LINE_SIZE], now[TIME_TEXT_SIZE];
	const size_t room = sizeof(line) - 1; /* the line break's place */
	int saved_errno = errno;
	va_list args;
	size_t len;

	if (level > log_level)
		return;
	time_format(clock_now(), now);
	len = taken(
	    snprintf(line, room, "%stime=%s level=%s pid=%ld ", priority(level),
	        now, log_level_names[level], (long)getpid()),
	    room);
	errno = saved_errno; /* for %m */
	va_start(args, format);
	len +=
	    taken(vsnprintf(line + len, room - len, format, args), room - len);
	va_end(args);
	one_line(line, len);
	line[len++] = '\n';
	write_once(line, len);
	errno = saved_errno;
}

/* One byte as it stands between quotes; answers its length. */
static size_t
quote_byte(char c, char out[5])
{
	if (c == '"' || c == '\\') {
		out[0] = '\\';
		out[1] = c;
		return 2;
	}
	if (c >= ' ' && c <= '~') {
		out[0] = c;
		return 1;
	}
	return (size_t)snprintf(out, 5, "\\x%02X", (unsigned char)c);
}

const char *
log_quote(const char *text, char *buffer, unsigned long size)
{
	char byte[5];
	size_t at = 0, len;

	buffer[at++] = '"';
	for (; *text != '\0'; text++) {
		len = quote_byte(*text, byte);
		if (at + len + 2 > size)
			break;
		memcpy(buffer + at, byte, len);
		at += len;
	}
	buffer[at++] = '"';
	buffer[at] = '\0';
	return buffer;
}
