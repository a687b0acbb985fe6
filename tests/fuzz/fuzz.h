/* fuzz: what the fuzz targets share */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"

struct arena;
struct http_request;

/* A target: properties are asserted, and a broken one is a finding. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FUZZ_ARENA_MAX = 256 << 20 };

/* An input that has several parts, each ended by a line feed. */
struct parts {
	struct arena *arena;
	const char *at;
	size_t left;
};

/*
 * The next part as a string, which ends at a NUL byte, as a header would; ""
 * when there is none.
 */
char *parts_next(struct parts *parts);

/* FastCGI parameters: parts up to an empty one. Ends with NULL. */
char **parts_params(struct parts *parts);

/* For a request whose source are parts: what is left of them is the body. */
size_t parts_read(struct http_request *request, char *buffer, size_t size);

/*
 * Whether text is UTF-8 and has no NUL before len. In other words than
 * base/text.c, which is under test.
 */
bool is_clean(const char *text, size_t len);

/* Whether both are NULL, or the same. */
bool same_text(const char *one, const char *other);

/* False if it is no JSON, or has faults that the parser finds. */
bool json_taken(struct arena *arena, const char *text, size_t len,
    struct json_object **body_out);

/*
 * What every fault must be: a pointer into body, but for what is missing or
 * stands there twice, with a word and a sentence that can be shown.
 */
void check_faults(const struct faults *faults, struct json_object *body);

#endif
