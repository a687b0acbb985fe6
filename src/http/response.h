/* response: an HTTP response, built whole and written once */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct http_response {
	int status;
	const char *content_type; /* NULL: no body */
	const char *etag;         /* quoted; NULL: none */
	struct str headers;       /* "Name: value\r\n" each */
	struct str body;
};

/* Bytes of a body. */
enum { RESPONSE_MAX = 32 << 20 };

void http_response_init(struct http_response *response, struct arena *arena);

/* Forgets what was put in so far. */
void http_response_reset(struct http_response *response);

/* value has no control characters: the caller encodes what a client chose. */
void http_response_header(
    struct http_response *response, const char *name, const char *value);

/* The strong ETag of a representation: its hash, quoted. */
const char *http_etag(struct arena *arena, const struct str *body);

/*
 * Whether an If-Match or If-None-Match header names etag, or is '*'. A weak
 * prefix is ignored, because gzip in front adds one.
 */
bool http_etag_matches(const char *header, const char *etag);

/* The whole response as FastCGI wants it; without the body for HEAD. */
struct str http_response_text(
    struct http_response *response, const char *request_id, bool head);

#endif
