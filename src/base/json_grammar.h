/* json_grammar: what is a JSON text, and what is none */
#ifndef BASE_JSON_GRAMMAR_H
#define BASE_JSON_GRAMMAR_H

#include <stddef.h>

struct arena;

/*
 * NULL if text is exactly one JSON text (RFC 8259), however deep, else what is
 * wrong and at which byte, counted from 0. It takes as much memory as the text
 * is deep, a bit for each level, and no more of the stack for a deep one.
 */
const char *json_grammar(struct arena *arena, const char *text, size_t len);

#endif
