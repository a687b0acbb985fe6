/* api: serves one request */
#include "api/api.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "api/auth.h"
#include "api/event.h"
#include "api/problem.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/key.h"
#include "work/reader.h"

enum { DETAIL_MAX = 1024 };

/*
 * Microseconds. A statement may hang for a second, and an answer is due in two:
 * so nobody waits longer for a connection, and a GET whose connection died is
 * run once more only early on.
 */
enum { CONNECTION_WAIT = 800000, RETRY_WITHIN = 400000 };

enum error
call_fail(struct call *call, enum error error, const char *format, ...)
{
	char text[DETAIL_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	call->detail = arena_strdup(call->arena, text);
	return error;
}

enum error
call_db(struct call *call)
{
	enum error error;

	if (call->db != NULL && call->db_application == call->application)
		return OK;
	/* Each takes from the share of its own. */
	call_give_db(call);
	if (call->service->thread_waits != NULL)
		call->service->thread_waits();
	error = pool_take(call->service->pool, call->application,
	    call->request->started + CONNECTION_WAIT, &call->db);
	if (error == OK)
		call->service->own_metrics->busy_connections++;
	call->db_application = call->application;
	return error;
}

void
call_give_db(struct call *call)
{
	if (call->db == NULL)
		return;
	call->service->own_metrics->busy_connections--;
	pool_give(call->service->pool, call->db);
	call->db = NULL;
}

const char *
call_query(const struct call *call, const char *name)
{
	size_t i;

	for (i = 0; i < call->query_count; i++)
		if (strcmp(call->query[i].name, name) == 0)
			return call->query[i].value;
	return NULL;
}

enum error
call_faults(struct call *call)
{
	return call->faults.count == 0 ? OK : ERR_INVALID_BODY;
}

struct json_writer
call_json(struct call *call, int status)
{
	call->response.status = status;
	call->response.content_type = "application/json";
	return (struct json_writer) {.out = &call->response.body};
}

static enum error
take_query(struct call *call)
{
	const char *name = call->match.route->query;
	size_t len;

	/* A name takes two bytes of the list, at least. */
	call->query = arena_array(
	    call->arena, strlen(name) / 2 + 1, sizeof(*call->query));
	while (*name != '\0') {
		len = strcspn(name, " ");
		call->query[call->query_count++] = (struct http_query) {
		    .name = arena_copy(call->arena, name, len)};
		name += len + strspn(name + len, " ");
	}
	return http_parse_query(
	    call->request, call->query, call->query_count, &call->detail);
}

static bool
is_encoded(const struct http_request *request)
{
	const char *encoding = http_param(request, "HTTP_CONTENT_ENCODING");

	return encoding != NULL && *encoding != '\0' &&
	    strcasecmp(encoding, "identity") != 0;
}

static enum error
take_body(struct call *call)
{
	const struct route *route = call->match.route;
	struct http_request *request = call->request;
	const char *why = NULL;
	enum error error;

	if (route->body_max == 0)
		return OK;
	if (is_encoded(request))
		return ERR_UNSUPPORTED_ENCODING;
	error = http_check_json(request);
	if (error != OK)
		return call_fail(call, error,
		    "send the body as Content-Type: application/json");
	error = http_read_body(request, route->body_max);
	if (error == ERR_BODY_TOO_LARGE)
		return call_fail(call, error, "at most %zu bytes are allowed",
		    route->body_max);
	if (error != OK)
		return error;
	if (route->handler == event_post_batch)
		faults_init_items(&call->faults, call->arena);
	call->body = json_parse(call->arena, request->body, request->body_size,
	    &call->faults, &why);
	if (why != NULL)
		return call_fail(call, ERR_INVALID_JSON, "%s", why);
	return OK;
}

/* All but OPTIONS: the order of the checks decides the status. */
static enum error
run_route(struct call *call)
{
	const struct route *route = call->match.route;
	const char *repeated = http_repeated_header(call->request);
	enum error error;

	if (repeated != NULL)
		return call_fail(call, ERR_INVALID_HEADER,
		    "the header %s is sent twice: send one", repeated);
	error = auth_check(call, (enum access)route->access);
	if (error == OK)
		error = take_query(call);
	if (error == OK)
		error = take_body(call);
	if (error == OK)
		error = route->handler(call);
	return error;
}

bool
call_may_reconnect(struct call *call, enum error error)
{
	if (error != ERR_CONNECTION_LOST ||
	    clock_monotonic() - call->request->started > RETRY_WITHIN)
		return false;
	call_give_db(call);
	return true;
}

static bool
is_get(const struct call *call)
{
	return strcmp(call->match.route->method, "GET") == 0;
}

/* What the client sees of errors that only the store tells apart. */
static enum error
outward(const struct call *call, enum error error)
{
	switch (error) {
	case ERR_TOO_SLOW:
		/* Only a list can be narrowed. */
		return is_get(call) ? error : ERR_DATABASE_UNAVAILABLE;
	case ERR_CONNECTION_LOST:
	case ERR_NOT_CONNECTED:
	case ERR_DEADLOCK:
	case ERR_LOCK_TIMEOUT:
		return ERR_DATABASE_UNAVAILABLE;
	case ERR_COMMIT_UNKNOWN:
		return ERR_OUTCOME_UNKNOWN;
	default:
		return error;
	}
}

/* It has no room, or the store gave up on reading it: no GET has a body. */
static bool
answer_is_too_large(const struct call *call, enum error error)
{
	if (error == OK)
		return call->response.body.overflow;
	return error == ERR_BODY_TOO_LARGE && is_get(call);
}

/*
 * The truth about an answer that cannot be given: a read did nothing, but a
 * post did.
 */
static enum error
too_large(struct call *call)
{
	if (is_get(call))
		return call_fail(call, ERR_INVALID_QUERY,
		    "the answer would be too large: ask for less at once");
	return call_fail(call, ERR_OUTCOME_UNKNOWN,
	    "it was applied, but the answer is too large: send the events"
	    " again with the same ids, fewer at once");
}

static const char *
without_doubled_slashes(struct arena *arena, const char *path)
{
	char *copy = arena_strdup(arena, path), *to = copy;

	for (; *path != '\0'; path++)
		if (path[0] != '/' || path[1] != '/')
			*to++ = *path;
	*to = '\0';
	return copy;
}

/*
 * The classic interface's own client appends "/badges" to ".../api/": its
 * server took doubled slashes.
 */
static enum error
find_route(struct call *call)
{
	const struct http_request *request = call->request;
	struct route_match match;
	enum error error, again;

	error = router_find(routes, route_count, call->arena, request->method,
	    request->path, &call->match);
	if (error != ERR_ROUTE_NOT_FOUND || strstr(request->path, "//") == NULL)
		return error;
	again = router_find(routes, route_count, call->arena, request->method,
	    without_doubled_slashes(call->arena, request->path), &match);
	if (match.any == NULL || match.any->access != ACCESS_CLASSIC)
		return error;
	call->match = match;
	return again;
}

static enum error
serve(struct call *call)
{
	struct http_request *request = call->request;
	enum error error = find_route(call);

	if (strcmp(request->method, "OPTIONS") == 0 &&
	    call->match.allow != NULL) {
		exposure_options(call);
		return OK;
	}
	if (error != OK)
		return error;
	error = run_route(call);
	if (is_get(call) && call_may_reconnect(call, error)) {
		http_response_reset(&call->response);
		call->query_count = 0;
		error = run_route(call);
	}
	return error;
}

static void
log_request(const struct call *call, enum error error, int64_t duration)
{
	char path[512];

	log_info("event=request method=%.16s path=%s status=%d code=%s"
	         " duration_us=%lld bytes=%zu application=%lld request_id=%s",
	    call->request->method,
	    log_quote(call->request->path, path, sizeof(path)),
	    call->response.status, error_code(error), (long long)duration,
	    call->response.body.len, (long long)call->app_key,
	    call->request->id);
}

/* The classic interface has no other status for what a client did wrong. */
static int
status_of(const struct call *call, enum error error)
{
	return call->match.route != NULL &&
	        call->match.route->access == ACCESS_CLASSIC &&
	        error_status(error) < 500 && error != ERR_BODY_TOO_LARGE &&
	        error != ERR_UNSUPPORTED_MEDIA_TYPE &&
	        error != ERR_UNSUPPORTED_ENCODING
	    ? 400
	    : error_status(error);
}

static void
count_request(const struct call *call, enum error error)
{
	struct worker_metrics *metrics = call->service->own_metrics;
	int64_t duration = clock_monotonic() - call->request->started;
	size_t route = call->match.route == NULL
	    ? route_count
	    : (size_t)(call->match.route - routes);

	metrics_request(metrics, route, call->response.status, duration);
	metrics->requests_in_progress--;
	log_request(call, error, duration);
}

/* What has come of the call, as the client is told. */
static struct str
respond(struct call *call, enum error error)
{
	if (call->key_unchecked)
		error = auth_check_again(call, error);
	call_give_db(call);
	if (call->match.route != NULL && answer_is_too_large(call, error))
		error = too_large(call);
	if (call->match.route != NULL)
		error = outward(call, error);
	if (error != OK)
		problem_respond(call, error, status_of(call, error));
	if (call->job != NULL)
		committer_release(call->job);
	exposure_add(call);
	count_request(call, error);
	return http_response_text(&call->response, call->request->id,
	    strcmp(call->request->method, "HEAD") == 0);
}

/* From OK on another thread may end the call. */
static enum error
submit(struct call *call)
{
	struct ingest_job *job = call->job;

	call_give_db(call);
	call->key_unchecked = false;
	if (call->read != NULL) {
		call->read->deadline = call->request->started + CONNECTION_WAIT;
		reader_submit(call->service->reader, call->read, call);
		return OK;
	}
	job->application = call->application;
	if (call->key != NULL)
		job->key = key_copy(job->arena, call->key);
	return committer_submit(
	    call->service->committer, job, call->deadline, call);
}

bool
api_begin(struct service *service, struct http_request *request, void *context,
    struct str *response_out)
{
	struct call *call = arena_alloc(request->arena, sizeof(*call));
	enum error error;

	*call = (struct call) {.service = service,
	    .request = request,
	    .arena = request->arena,
	    .deadline = request->started + REQUEST_TIME,
	    .context = context};
	service->own_metrics->requests_in_progress++;
	http_response_init(&call->response, call->arena);
	faults_init(&call->faults, call->arena);
	error = serve(call);
	if (error == OK && call->waits) {
		error = submit(call);
		if (error == OK)
			return false;
	}
	*response_out = respond(call, error);
	return true;
}

struct str
api_end(struct call *call, enum error result)
{
	return respond(call, call->finish(call, result));
}
