/* text: what a name may be; UTF-8; percent-encoding */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The bytes of the character that data begins with, 1 to 4, or 0 if none is
 * there: strict UTF-8, as below.
 */
size_t utf8_next(const char *data, size_t len, uint32_t *character_out);

/* Writes the character's 1 to 4 bytes and answers their number. */
size_t utf8_put(uint32_t character, char *to);

/*
 * Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing past
 * U+10FFFF. Answers the number of characters, or -1.
 */
long utf8_length(const char *data, size_t len);

/* Whether both are NULL, or the same. */
bool text_same(const char *one, const char *other);

/* Whether it, valid UTF-8, has a control: U+0000-001F, U+007F-009F. */
bool text_has_control(const char *data, size_t len);

/* Whether it begins or ends with a character of Unicode's White_Space. */
bool text_has_outer_space(const char *data, size_t len);

/*
 * Whether it is "." or "..", or has one between its slashes: in the path of a
 * URL, where a slash is %2F, clients and servers take that for another place,
 * however it is encoded.
 */
bool text_has_dot_segment(const char *data, size_t len);

/* The value of a hexadecimal digit, or -1. */
int hex_digit(char c);

/*
 * Decodes %XX in place of len bytes; '+' stays. Answers the new length, or -1
 * for a malformed escape. The result is not NUL-terminated.
 */
long percent_decode(char *data, size_t len);

/*
 * The same for what becomes a string: puts a NUL behind it, for which there is
 * room. False also for what is no UTF-8 or has a NUL in it.
 */
bool percent_decode_text(char *text, size_t len);

/*
 * Whether one is the other with a slip of the keyboard: at most two letters
 * added, missing or wrong, one in words of two or three; case does not count.
 */
bool text_is_near(const char *one, const char *other);

#endif
