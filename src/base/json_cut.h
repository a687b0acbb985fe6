/* json_cut: places that are left out of a JSON text */
#ifndef BASE_JSON_CUT_H
#define BASE_JSON_CUT_H

#include <stddef.h>

struct arena;

/* A place of a text, and what is to stand there instead, which is no longer. */
struct json_cut {
	const char *from, *to;
	const char *value;
};

/* In the order of the text. */
struct json_cuts {
	struct arena *arena;
	struct json_cut *cuts;
	size_t count, size;
};

void json_cuts_add(struct json_cuts *cuts, struct json_cut cut);

/* Copies the text with its cuts. Answers the bytes written, len at most. */
size_t json_cuts_apply(
    const struct json_cuts *cuts, const char *text, size_t len, char *to);

#endif
