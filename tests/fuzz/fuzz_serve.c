/*
 * fuzz_serve: whole requests through the API, on a false store
 *
 * Whatever a client sends is answered, with a document that can be read and
 * never with 500, and without a key nobody gets in.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/auth.h"
#include "base/arena.h"
#include "base/str.h"
#include "false_store.h"
#include "fuzz.h"

/* An answer, taken apart. */
struct answer {
	int status;
	const char *headers; /* with the lines' ends */
	const char *body;
	size_t body_size;
};

static struct answer
take_apart(struct arena *arena, const struct str *text)
{
	const char *end = strstr(text->data, "\r\n\r\n");
	struct answer answer;

	assert(!text->overflow && end != NULL);
	assert(strncmp(text->data, "Status: ", 8) == 0);
	answer.status = (int)strtol(text->data + 8, NULL, 10);
	answer.headers =
	    arena_copy(arena, text->data, (size_t)(end - text->data) + 2);
	answer.body = end + 4;
	answer.body_size = text->len - (size_t)(answer.body - text->data);
	return answer;
}

/* The value of a header that stands there once, or NULL. */
static const char *
header(struct arena *arena, const struct answer *answer, const char *name)
{
	const char *start = arena_printf(arena, "\r\n%s: ", name), *at, *value;

	at = strstr(answer->headers, start);
	if (at == NULL)
		return NULL;
	value = at + strlen(start);
	assert(strstr(value, start) == NULL);
	return arena_copy(arena, value, strcspn(value, "\r"));
}

/* Every line is a name and a value, and nothing a client sent begins one. */
static void
check_headers(const struct answer *answer)
{
	static const char *const names[] = {"Status", "X-Request-Id", "ETag",
	    "Content-Type", "Content-Length", "Allow", "Location", "Link",
	    "Retry-After", "WWW-Authenticate", "Access-Control-",
	    "Accept-Encoding", "Cache-Control", "Vary",
	    "X-Content-Type-Options", "X-Truncated"};
	const size_t count = sizeof(names) / sizeof(names[0]);
	const char *line;
	size_t i, len;

	for (line = answer->headers; *line != '\0'; line += len + 2) {
		for (i = 0; i < count; i++)
			if (strncmp(line, names[i], strlen(names[i])) == 0)
				break;
		assert(i < count && strchr(line, ':') != NULL);
		for (len = 0; line[len] != '\r'; len++)
			assert(line[len] >= ' ' && line[len] < 0x7F);
		assert(line[len + 1] == '\n');
	}
}

static void
check_length(struct arena *arena, const struct answer *answer, bool head)
{
	const char *length = header(arena, answer, "Content-Length");
	const bool none = answer->status == 204 || answer->status == 304;

	assert((length == NULL) == none);
	if (none || head)
		assert(answer->body_size == 0);
	else
		assert(strtoull(length, NULL, 10) == answer->body_size);
}

static void
check_problem(const struct answer *answer, struct json_object *document)
{
	struct json_object *value;

	assert(json_object_object_get_ex(document, "status", &value));
	assert(json_object_get_int(value) == answer->status);
	assert(json_object_object_get_ex(document, "code", &value));
	assert(json_object_get_string_len(value) > 0);
	assert(json_object_object_get_ex(document, "requestId", &value));
	assert(json_object_object_get_ex(document, "detail", &value));
	assert(json_object_get_string_len(value) > 0);
}

static void
check_document(struct arena *arena, const struct answer *answer)
{
	const char *type = header(arena, answer, "Content-Type");
	struct json_object *document;
	bool taken;

	if (type == NULL || strstr(type, "json") == NULL ||
	    answer->body_size == 0)
		return;
	taken = json_taken(arena, answer->body, answer->body_size, &document);
	assert(taken);
	if (answer->status >= 400)
		check_problem(answer, document);
	assert(answer->status < 400 || strstr(type, "problem+json") != NULL);
}

static void
check_status(const struct answer *answer)
{
	static const int statuses[] = {200, 201, 202, 204, 304, 400, 401, 403,
	    404, 405, 409, 412, 413, 415, 422, 503};
	size_t i;

	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (answer->status == statuses[i])
			return;
	assert(!"a status of the contract");
}

static bool
sends(const struct http_request *request, const char *key)
{
	char *const *param;

	for (param = request->params; *param != NULL; param++)
		if (strstr(*param, key) != NULL)
			return true;
	return false;
}

/* What needs a key is not answered without one. */
static void
check_entry(const struct http_request *request, const struct answer *answer)
{
	struct route_match match;
	enum error error = router_find(routes, route_count, request->arena,
	    request->method, request->path, &match);
	bool secret = sends(request, false_secret);
	int access;

	if (error != OK) {
		assert(answer->status >= 400 ||
		    strcmp(request->method, "OPTIONS") == 0);
		return;
	}
	access = match.route->access;
	if (access == ACCESS_SECRET || access == ACCESS_EVENT)
		assert(
		    secret || answer->status == 401 || answer->status == 403);
	if (access == ACCESS_PUBLISHABLE)
		assert(secret || sends(request, false_publishable) ||
		    answer->status == 401);
}

/* Without a Content-Length, the body is what is there. */
static void
add_length(struct http_request *request, const struct parts *parts)
{
	if (http_param(request, "CONTENT_LENGTH") == NULL)
		request->content_length = (int64_t)parts->left;
}

static struct service *
the_service(void)
{
	static struct settings settings = {.classic_autocreate = true};
	static struct worker_metrics worker;
	static struct metrics metrics;
	static struct service service = {
	    .settings = &settings, .metrics = &metrics, .own_metrics = &worker};

	if (service.keys == NULL)
		service.keys = key_cache_new();
	return &service;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(FUZZ_ARENA_MAX);
	struct parts parts = {arena, (const char *)data, size};
	struct http_request request =
	    http_request_new(arena, parts_params(&parts));
	struct service *service = the_service();
	struct answer answer;
	struct str text;

	request.read = parts_read;
	request.source = &parts;
	add_length(&request, &parts);
	if (!api_begin(service, &request, NULL, &text))
		text = api_end(false_waiter, false_result);
	answer = take_apart(arena, &text);
	check_status(&answer);
	check_headers(&answer);
	check_length(arena, &answer, strcmp(request.method, "HEAD") == 0);
	check_document(arena, &answer);
	check_entry(&request, &answer);
	assert(same_text(header(arena, &answer, "X-Request-Id"), request.id));
	assert(service->own_metrics->busy_connections == 0);
	assert(service->own_metrics->requests_in_progress == 0);
	arena_free(arena);
	return 0;
}
