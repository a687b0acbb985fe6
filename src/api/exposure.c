/* exposure: what caches and browser pages may do with an answer */
#include <stdbool.h>
#include <stddef.h>

#include "api/api.h"

#define ASK_FIRST "private, no-cache"
#define KEYS      "Authorization, X-API-Key"

/*
 * A cache keeps apart what a key or an appKey brought (RFC 9111, section 3.5,
 * knows Authorization alone), and asks again before it answers, so that ETags
 * are of use. pages: a page of any origin in a browser may read the answer. The
 * classic interface needs no key, so that a page would need nothing but a
 * browser in the right network to write by it.
 */
static const struct exposure {
	const char *cache;
	const char *vary;
	bool pages;
} exposures[ACCESS_COUNT] = {
    [ACCESS_OPEN] = {ASK_FIRST, KEYS, true},
    [ACCESS_PROBE] = {"no-store", NULL, false},
    [ACCESS_LOOPBACK] = {"no-store", NULL, false},
    [ACCESS_PUBLISHABLE] = {ASK_FIRST, KEYS, true},
    [ACCESS_SECRET] = {ASK_FIRST, KEYS, true},
    [ACCESS_USER] = {ASK_FIRST, KEYS, true},
    [ACCESS_EVENT] = {ASK_FIRST, KEYS, true},
    [ACCESS_CLASSIC] = {ASK_FIRST, "appKey", false},
};

/* That of the path, whatever the method; an unknown path is as v1's. */
static const struct exposure *
exposure_of(const struct call *call)
{
	const struct route *route = call->match.any;

	return &exposures[route == NULL ? ACCESS_OPEN : route->access];
}

void
exposure_add(struct call *call)
{
	const struct exposure *exposure = exposure_of(call);
	struct http_response *response = &call->response;

	http_response_header(response, "Cache-Control", exposure->cache);
	if (exposure->vary != NULL)
		http_response_header(response, "Vary", exposure->vary);
	http_response_header(response, "X-Content-Type-Options", "nosniff");
	if (!exposure->pages)
		return;
	http_response_header(response, "Access-Control-Allow-Origin", "*");
	http_response_header(response, "Access-Control-Expose-Headers",
	    "Accept-Encoding, Allow, ETag, Link, Location, Retry-After,"
	    " WWW-Authenticate, X-Request-Id");
}

void
exposure_options(struct call *call)
{
	struct http_response *response = &call->response;

	response->status = 204;
	http_response_header(response, "Allow", call->match.allow);
	if (!exposure_of(call)->pages)
		return;
	http_response_header(
	    response, "Access-Control-Allow-Methods", call->match.allow);
	http_response_header(response, "Access-Control-Allow-Headers",
	    "Authorization, X-API-Key, Content-Type, Idempotency-Key,"
	    " If-Match, If-None-Match");
	http_response_header(response, "Access-Control-Max-Age", "86400");
}
