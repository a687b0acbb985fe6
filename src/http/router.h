/* router: finds the row of a route table that serves a request */
#ifndef HTTP_ROUTER_H
#define HTTP_ROUTER_H

#include <stddef.h>

#include "base/error.h"

struct arena;
struct call;

/*
 * One row: "/api/v1/rules/{name}" has a parameter for each segment in braces.
 * What access, query, body_max and subject mean is the API's business.
 */
struct route {
	const char *method;
	const char *path;
	enum error (*handler)(struct call *call);
	int access;
	const char *query; /* the parameters it knows: "limit cursor" */
	size_t body_max;   /* 0: the body is not read */
	const void *subject;
};

enum { ROUTE_PARAMS_MAX = 2 };

struct route_match {
	const struct route *route;
	const struct route *any; /* a row of the path, whatever its method */
	const char *params[ROUTE_PARAMS_MAX]; /* decoded, in the path's order */
	const char *allow;                    /* "GET, HEAD, OPTIONS" */
};

/*
 * Compares the percent-encoded path segment by segment. Where a row has a word
 * and another a parameter, the word alone counts. HEAD goes where GET does.
 * ERR_ROUTE_NOT_FOUND: no path like this. ERR_METHOD_NOT_ALLOWED: allow says
 * which are. ERR_INVALID_PATH: a bad escape, bad UTF-8 or a NUL in a parameter.
 */
enum error router_find(const struct route *table, size_t count,
    struct arena *arena, const char *method, const char *path,
    struct route_match *match_out) MUST_CHECK;

#endif
