/* fcgi: requests in and responses out, over FastCGI */
#include "http/fcgi.h"

#include <errno.h>
#include <fcgiapp.h>
#include <limits.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"

struct fcgi {
	FCGX_Request request;
};

bool
fcgi_start(void)
{
	if (FCGX_Init() != 0)
		return false;
	/* libfcgi takes SIGUSR1 for an order to accept no more. */
	signal(SIGUSR1, SIG_IGN);
	return true;
}

struct fcgi *
fcgi_new(int listener)
{
	struct fcgi *fcgi = calloc(1, sizeof(*fcgi));

	if (fcgi != NULL &&
	    FCGX_InitRequest(
	        &fcgi->request, listener, FCGI_FAIL_ACCEPT_ON_INTR) != 0) {
		free(fcgi);
		return NULL;
	}
	return fcgi;
}

void
fcgi_free(struct fcgi *fcgi)
{
	if (fcgi == NULL)
		return;
	FCGX_Free(&fcgi->request, 1);
	free(fcgi);
}

static size_t
read_body(struct http_request *request, char *buffer, size_t size)
{
	struct fcgi *fcgi = request->source;
	size_t got = 0;
	int n;

	while (got < size) {
		n = FCGX_GetStr(buffer + got,
		    size - got > INT_MAX ? INT_MAX : (int)(size - got),
		    fcgi->request.in);
		if (n <= 0)
			break;
		got += (size_t)n;
	}
	return got;
}

static const char *
param_or(
    const struct http_request *request, const char *name, const char *fallback)
{
	const char *value = http_param(request, name);

	return value == NULL ? fallback : value;
}

/* 0 where there is none, -1 where it is no number. */
static int64_t
length_of(const char *text)
{
	long long length;
	char *end;

	if (*text == '\0')
		return 0;
	errno = 0;
	length = strtoll(text, &end, 10);
	return errno != 0 || *end != '\0' || length < 0 ? -1 : length;
}

/* nginx's id if it is a plain word, for it goes into a header; else our own. */
static const char *
request_id(const struct http_request *request)
{
	static const char plain[] = "0123456789abcdefghijklmnopqrstuvwxyz"
	                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.";
	const char *id = param_or(request, "REQUEST_ID", "");
	unsigned char bytes[16];
	char hex[2 * sizeof(bytes) + 1];

	if (*id != '\0' && strlen(id) <= 64 && id[strspn(id, plain)] == '\0')
		return id;
	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2hex(hex, sizeof(hex), bytes, sizeof(bytes));
	return arena_strdup(request->arena, hex);
}

bool
fcgi_accept(
    struct fcgi *fcgi, struct arena *arena, struct http_request *request)
{
	const char *target;
	size_t path_len;

	if (FCGX_Accept_r(&fcgi->request) != 0)
		return false;
	*request = (struct http_request) {.arena = arena,
	    .params = fcgi->request.envp,
	    .read = read_body,
	    .source = fcgi,
	    .body = "",
	    .started = clock_monotonic()};
	request->method = param_or(request, "REQUEST_METHOD", "");
	request->content_type = param_or(request, "CONTENT_TYPE", "");
	request->remote_address = param_or(request, "REMOTE_ADDR", "");
	request->content_length =
	    length_of(param_or(request, "CONTENT_LENGTH", ""));
	request->id = request_id(request);
	target = param_or(request, "REQUEST_URI", "");
	path_len = strcspn(target, "?");
	request->path = arena_copy(arena, target, path_len);
	request->query = target[path_len] == '?' ? target + path_len + 1 : "";
	return true;
}

void
fcgi_finish(struct fcgi *fcgi, const struct str *response)
{
	char rest[4096];
	int size = response->len > INT_MAX ? INT_MAX : (int)response->len;

	/* nginx may still be writing the body; it must not see a closed end. */
	while (FCGX_GetStr(rest, sizeof(rest), fcgi->request.in) > 0)
		continue;
	FCGX_PutStr(response->data, size, fcgi->request.out);
	FCGX_Finish_r(&fcgi->request);
}
