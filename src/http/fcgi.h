/* fcgi: requests in and responses out, over FastCGI; the one user of libfcgi */
#ifndef HTTP_FCGI_H
#define HTTP_FCGI_H

#include <stdbool.h>

#include "base/str.h"
#include "http/request.h"

/* A connection from the web server, and the request that is on it. */
struct fcgi;

/* Once per process, before the first fcgi_new. False if libfcgi refuses. */
bool fcgi_start(void);

/* Without a connection yet. */
struct fcgi *fcgi_new(void);

/* With its connection, if it has one. */
void fcgi_free(struct fcgi *fcgi);

/*
 * Accepts a connection from a listening socket that does not block. False if
 * there was none (another thread was faster), or it could not be taken.
 */
bool fcgi_accept(struct fcgi *fcgi, int listener) MUST_CHECK;

/* Takes a connection over, as fcgi_release gave it up. */
void fcgi_take(struct fcgi *fcgi, int fd);

/* Gives up the connection without closing it, between requests. */
int fcgi_release(struct fcgi *fcgi);

/* The connection, to wait for; -1: there is none. */
int fcgi_fd(const struct fcgi *fcgi);

/*
 * Reads a request's parameters into *request, in its arena. Waits for them:
 * poll the connection first. False if it broke off, and is closed.
 */
bool fcgi_read(struct fcgi *fcgi, struct arena *arena,
    struct http_request *request) MUST_CHECK;

/*
 * Drains the request and writes the response in one piece. True if the
 * connection is kept, as the web server has asked; else it is closed.
 */
bool fcgi_finish(struct fcgi *fcgi, const struct str *response);

#endif
