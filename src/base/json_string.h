/* json_string: the strings of a JSON text */
#ifndef BASE_JSON_STRING_H
#define BASE_JSON_STRING_H

#include <stdbool.h>
#include <stddef.h>

struct json_string {
	const char *at;  /* behind the opening quote; where the scan stands */
	const char *end; /* of the whole text */
	bool escaped;    /* has escapes */
	bool lone;       /* has half of a surrogate pair, escaped */
	const char *why; /* what is wrong at at */
};

/*
 * Goes to the closing quote. False if there is none, or before it a control
 * character, bytes that are no UTF-8, or an escape that is none.
 */
bool json_string_scan(struct json_string *string);

/*
 * Writes a scanned string's len bytes with the escapes resolved: UTF-8, but for
 * lone surrogates. Answers the number of bytes written, len at most.
 */
size_t json_string_resolve(const char *data, size_t len, char *to);

/*
 * Copies a whole JSON text that passed the check, with the characters that it
 * writes as pairs of surrogates written as themselves. Answers the number of
 * bytes written, len at most.
 */
size_t json_text_join_pairs(const char *text, size_t len, char *to);

#endif
