/* request: one HTTP request as nginx handed it over */
#include "http/request.h"

#include <errno.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"

const char *
http_param(const struct http_request *request, const char *name)
{
	size_t len = strlen(name);
	char *const *param;

	for (param = request->params; *param != NULL; param++)
		if (strncmp(*param, name, len) == 0 && (*param)[len] == '=')
			return *param + len + 1;
	return NULL;
}

const char *
http_repeated_header(const struct http_request *request)
{
	static const struct {
		const char *param, *header;
	} single[] = {
	    {"HTTP_AUTHORIZATION=", "Authorization"},
	    {"HTTP_X_API_KEY=", "X-API-Key"},
	    {"HTTP_IDEMPOTENCY_KEY=", "Idempotency-Key"},
	    {"HTTP_APPKEY=", "appKey"},
	    {"HTTP_IF_MATCH=", "If-Match"},
	    {"HTTP_IF_NONE_MATCH=", "If-None-Match"},
	    {"HTTP_CONTENT_ENCODING=", "Content-Encoding"},
	};
	unsigned seen[sizeof(single) / sizeof(single[0])] = {0};
	char *const *param;
	size_t i;

	for (param = request->params; *param != NULL; param++)
		for (i = 0; i < sizeof(single) / sizeof(single[0]); i++)
			if (strncmp(*param, single[i].param,
			        strlen(single[i].param)) == 0 &&
			    ++seen[i] == 2)
				return single[i].header;
	return NULL;
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

struct http_request
http_request_new(struct arena *arena, char *const *params)
{
	struct http_request request = {.arena = arena,
	    .params = params,
	    .body = "",
	    .started = clock_monotonic()};
	const char *target;
	size_t path_len;

	request.method = param_or(&request, "REQUEST_METHOD", "");
	request.content_type = param_or(&request, "CONTENT_TYPE", "");
	request.remote_address = param_or(&request, "REMOTE_ADDR", "");
	request.content_length =
	    length_of(param_or(&request, "CONTENT_LENGTH", ""));
	request.id = request_id(&request);
	target = param_or(&request, "REQUEST_URI", "");
	path_len = strcspn(target, "?");
	request.path = arena_copy(arena, target, path_len);
	request.query = target[path_len] == '?' ? target + path_len + 1 : "";
	return request;
}

enum error
http_read_body(struct http_request *request, size_t max)
{
	size_t expected, got;
	char *body;

	if (request->content_length < 0)
		return ERR_INVALID_HEADER;
	if ((uint64_t)request->content_length > max)
		return ERR_BODY_TOO_LARGE;
	expected = (size_t)request->content_length;
	body = arena_alloc(request->arena, expected + 1);
	got = request->read(request, body, expected);
	if (got < expected)
		return ERR_BODY_INCOMPLETE;
	request->body = body;
	request->body_size = got;
	return OK;
}

static bool
ends_with(const char *text, size_t len, const char *end)
{
	size_t end_len = strlen(end);

	return len >= end_len &&
	    strncasecmp(text + len - end_len, end, end_len) == 0;
}

enum error
http_check_json(const struct http_request *request)
{
	const char *type = request->content_type;
	size_t len = strcspn(type, "; \t");
	static const char json[] = "application/json";

	if (len == sizeof(json) - 1 && strncasecmp(type, json, len) == 0)
		return OK;
	if (memchr(type, '/', len) != NULL && ends_with(type, len, "+json"))
		return OK;
	return ERR_UNSUPPORTED_MEDIA_TYPE;
}

/* A decoded copy; NULL for a bad escape, bad UTF-8 or a NUL. '+' is a space. */
static const char *
decode_part(struct arena *arena, const char *text, size_t len)
{
	char *copy = arena_copy(arena, text, len);
	size_t i;

	for (i = 0; i < len; i++)
		if (copy[i] == '+')
			copy[i] = ' ';
	return percent_decode_text(copy, len) ? copy : NULL;
}

static enum error
take_pair(struct http_request *request, const char *pair, size_t len,
    struct http_query *known, size_t count, const char **why_out)
{
	const char *equals = memchr(pair, '=', len);
	size_t name_len = equals == NULL ? len : (size_t)(equals - pair), i;
	const char *name = decode_part(request->arena, pair, name_len);
	const char *value = equals == NULL
	    ? ""
	    : decode_part(request->arena, equals + 1, len - name_len - 1);

	if (name == NULL || value == NULL) {
		*why_out = "the query string has a bad percent escape or is"
		           " no UTF-8";
		return ERR_INVALID_QUERY;
	}
	for (i = 0; i < count; i++)
		if (strcmp(known[i].name, name) == 0)
			break;
	if (i == count || known[i].value != NULL) {
		*why_out = arena_printf(request->arena,
		    "the query parameter '%s' %s", name,
		    i == count ? "is not known here" : "is given twice");
		return ERR_INVALID_QUERY;
	}
	known[i].value = value;
	return OK;
}

enum error
http_parse_query(struct http_request *request, struct http_query *known,
    size_t count, const char **why_out)
{
	const char *pair = request->query;
	enum error error = OK;
	size_t len;

	for (; *pair != '\0' && error == OK; pair += len + (pair[len] == '&')) {
		len = strcspn(pair, "&");
		if (len > 0)
			error = take_pair(
			    request, pair, len, known, count, why_out);
	}
	return error;
}
