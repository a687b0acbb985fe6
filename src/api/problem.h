/* problem: errors as documents, RFC 9457 */
#ifndef API_PROBLEM_H
#define API_PROBLEM_H

#include "api/api.h"

/*
 * A problem document into the writer, as an object under key (NULL: at the
 * top).
 */
struct problem {
	enum error error;
	int status;
	const char *detail;
	const char *instance;        /* NULL: left out */
	const char *request_id;      /* NULL: left out */
	const struct faults *faults; /* NULL: none */
};
void problem_write(
    struct json_writer *jw, const char *key, const struct problem *problem);

/* Makes the response the problem document of an error. */
void problem_respond(struct call *call, enum error error, int status);

#endif
