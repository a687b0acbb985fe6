/* log: one line per happening on standard error, key=value */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

/* "error", "warn", "info" and "debug", by level; ends with NULL. */
extern const char *const log_level_names[];

/* Lines above this level are dropped. INFO at the start. */
void log_set_level(enum log_level level);

/*
 * Where standard error is the journal (JOURNAL_STREAM says so), a line begins
 * with its priority, "<4>", which the journal keeps apart.
 */
void log_to_journal(void);

/*
 * Writes "time=… level=… pid=… " and the formatted text with one write(2), so
 * that lines of several processes do not mix. The text is a run of key=value;
 * values that a client or a server chose go through log_quote.
 */
void log_line(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)  log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

/*
 * Text as a quoted value: quotes and backslashes escaped, bytes outside
 * printable ASCII as \xHH, cut to what fits. Answers buffer.
 */
const char *log_quote(const char *text, char *buffer, unsigned long size);

#endif
