/* fcgi: requests in and responses out, over FastCGI; the one user of libfcgi */
#ifndef HTTP_FCGI_H
#define HTTP_FCGI_H

#include <stdbool.h>

#include "base/str.h"
#include "http/request.h"

/* A connection slot of one accept thread. */
struct fcgi;

/* Once per process, before the first fcgi_new. False if libfcgi refuses. */
bool fcgi_start(void);

/* listener: a non-blocking listening socket. NULL if libfcgi refuses. */
struct fcgi *fcgi_new(int listener);
void fcgi_free(struct fcgi *fcgi);

/*
 * Accepts a connection and reads a request's parameters into *request, in its
 * arena. False if there was none to accept (another thread was faster) or it
 * broke off. Never waits for a connection: poll the listener first.
 */
bool fcgi_accept(struct fcgi *fcgi, struct arena *arena,
    struct http_request *request) MUST_CHECK;

/* Drains the request, writes the response in one piece, and closes. */
void fcgi_finish(struct fcgi *fcgi, const struct str *response);

#endif
