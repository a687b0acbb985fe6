/* request: one HTTP request as nginx handed it over */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct arena;

/* Strings live until the request is finished. None is NULL. */
struct http_request {
	struct arena *arena;
	const char *method;
	const char *path;  /* as sent: percent-encoded, without the query */
	const char *query; /* behind the question mark, "" if there is none */
	const char *content_type;
	const char *remote_address;
	const char *id;         /* for X-Request-Id */
	int64_t content_length; /* -1: not a number */
	int64_t started;        /* clock_monotonic */
	const char *body;       /* after http_read_body */
	size_t body_size;
	char *const
	    *params; /* FastCGI parameters: NAME=value, ends with NULL */
	size_t (*read)(struct http_request *request, char *buffer, size_t size);
	void *source;
};

/*
 * The request that FastCGI parameters describe: all but read and source. It
 * keeps pointers to them.
 */
struct http_request http_request_new(struct arena *arena, char *const *params);

/*
 * A FastCGI parameter, such as "HTTP_IF_MATCH" for a header; NULL if missing.
 */
const char *http_param(const struct http_request *request, const char *name);

/*
 * The name of a header that the API reads and that was sent more than once, or
 * NULL. nginx up to 1.22 gives both; later ones join them by a comma.
 */
const char *http_repeated_header(const struct http_request *request);

/*
 * Reads the body. ERR_BODY_TOO_LARGE past max bytes; ERR_BODY_INCOMPLETE if
 * fewer come than Content-Length says.
 */
enum error http_read_body(struct http_request *request, size_t max) MUST_CHECK;

/*
 * OK if the content type is application/json or any …+json, with or without
 * parameters, else ERR_UNSUPPORTED_MEDIA_TYPE.
 */
enum error http_check_json(const struct http_request *request) MUST_CHECK;

/* One query parameter that a route knows. */
struct http_query {
	const char *name;
	const char *value; /* out: decoded; NULL if missing */
};

/*
 * Splits the query string into the known parameters. ERR_INVALID_QUERY for an
 * unknown or repeated one, a bad escape or bad UTF-8; *why_out says what.
 */
enum error http_parse_query(struct http_request *request,
    struct http_query *known, size_t count, const char **why_out) MUST_CHECK;

#endif
