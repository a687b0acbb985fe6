/* str: a string that grows in an arena, with a sticky error */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/*
 * data always ends with a NUL that len does not count. Past max bytes nothing
 * more is added and overflow stays set: ask once, at the end of a run of calls.
 */
struct str {
	struct arena *arena;
	char *data;
	size_t len;
	size_t size;
	size_t max;
	bool overflow;
};

struct str str_new(struct arena *arena, size_t max);
void str_add(struct str *str, const char *data, size_t len);
void str_adds(struct str *str, const char *text);
void str_addc(struct str *str, char c);
void str_addi(struct str *str, int64_t number);
void str_addf(struct str *str, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds the bytes of text as hexadecimal digits. */
void str_add_hex(struct str *str, const char *text);

/* Adds text percent-encoded: all but RFC 3986's unreserved characters. */
void str_add_percent(struct str *str, const char *text);

/*
 * Adds a path of a URI as it was sent: percent-encoded is what may not stand
 * there (RFC 3986, appendix A), and what is in also.
 */
void str_add_path(struct str *str, const char *path, const char *also);

#endif
