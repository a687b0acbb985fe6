/* problem: errors as RFC 9457 problem documents */
#include <string.h>

#include "api/api.h"
#include "api/problem.h"
#include "base/arena.h"
#include "store/catalog.h"

#define AS_TEXT(token) #token
#define TEXT_OF(macro) AS_TEXT(macro)

/* RFC 6750, section 3. */
#define CHALLENGE "Bearer realm=\"palmares\""

/*
 * Errors whose problem needs a header, or a sentence where nothing else is
 * told.
 */
static const struct {
	enum error error;
	const char *header;
	const char *value;
	const char *detail;
} extras[] = {
    {ERR_KEY_MISSING, "WWW-Authenticate", CHALLENGE,
        "send a key as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'"},
    {ERR_KEY_UNKNOWN, "WWW-Authenticate", CHALLENGE ", error=\"invalid_token\"",
        "the key does not exist or was revoked"},
    {ERR_KEY_FORBIDDEN, "WWW-Authenticate",
        CHALLENGE ", error=\"insufficient_scope\"",
        "a publishable key may only read what is public: use a secret key,"
        " and never in a browser"},
    {ERR_DATABASE_UNAVAILABLE, "Retry-After", "1",
        "nothing was applied: try again"},
    {ERR_SCHEMA_MISMATCH, "Retry-After", "10",
        "nothing was applied: 'palmaresctl doctor' tells the operator what"
        " to do"},
    {ERR_OUTCOME_UNKNOWN, "Retry-After", "1",
        "it may have been applied: send it again, an event with the same id,"
        " and the answer says what happened"},
    {ERR_TOO_SLOW, "Retry-After", "1",
        "the database has too much to read for that: narrow a list with"
        " username, from and to"},
    {ERR_OVERLOADED, "Retry-After", "1",
        "nothing was applied: too many events or requests are waiting, try"
        " again"},
    {ERR_EVENT_ID_REUSED, NULL, NULL,
        "an event with this id is stored, with another content: give every"
        " event an id of its own"},
    {ERR_BALANCE_OVERFLOW, NULL, NULL,
        "points are signed 64-bit integers; nothing was applied"},
    {ERR_BODY_INCOMPLETE, NULL, NULL,
        "fewer bytes came than Content-Length says; nothing was applied"},
    {ERR_INVALID_HEADER, NULL, NULL, "Content-Length must be a whole number"},
    {ERR_INVALID_PATH, NULL, NULL,
        "the path has a bad percent escape or is no UTF-8"},
    {ERR_INVALID_CURSOR, NULL, NULL,
        "use the nextCursor of an earlier answer of this collection"},
    {ERR_POINT_SCALE_IN_USE, NULL, NULL, "a rule or a user's balance uses it"},
    {ERR_BADGE_IN_USE, NULL, NULL, "a rule uses it or a user has it"},
    {ERR_TOO_MANY_POINT_SCALES, NULL, NULL,
        "an application has at most " TEXT_OF(
            CATALOG_MAX) " point scales:"
                         " delete one that no rule uses and no user has points on, or let"
                         " rules share one"},
    {ERR_TOO_MANY_BADGES, NULL, NULL,
        "an application has at most " TEXT_OF(
            CATALOG_MAX) " badges: delete"
                         " one that no rule gives and no user has"},
    {ERR_TOO_MANY_RULES, NULL, NULL,
        "an application has at most " TEXT_OF(
            CATALOG_MAX) " rules: delete"
                         " one that is not needed any more; what it gave stays"},
    {ERR_PRECONDITION_FAILED, NULL, NULL,
        "the resource is not the one that If-Match or If-None-Match"
        " names: get it again"},
    {ERR_UNSUPPORTED_ENCODING, "Accept-Encoding", "identity",
        "send the body as it is, without Content-Encoding"},
    {ERR_ROUTE_NOT_FOUND, NULL, NULL,
        "there is nothing at this address: see /api/v1/openapi.yaml"},
    {ERR_INVALID_BODY, NULL, NULL, "see errors"},
};

static void
write_fault_list(struct json_writer *jw, const struct faults *faults)
{
	const struct fault *fault;

	jw_array(jw, "errors");
	for (fault = faults->first; fault != NULL; fault = fault->next) {
		jw_object(jw, NULL);
		jw_string(jw, "pointer", fault->pointer);
		jw_string(jw, "code", fault->code);
		jw_string(jw, "detail", fault->detail);
		jw_object_end(jw);
	}
	jw_array_end(jw);
}

static const char *
default_detail(enum error error)
{
	size_t i;

	for (i = 0; i < sizeof(extras) / sizeof(extras[0]); i++)
		if (extras[i].error == error)
			return extras[i].detail;
	return error_title(error);
}

void
problem_write(
    struct json_writer *jw, const char *key, const struct problem *problem)
{
	char type[64] = "urn:palmares:problem:";

	strncat(type, error_code(problem->error), 40);
	jw_object(jw, key);
	jw_string(jw, "type", type);
	jw_string(jw, "title", error_title(problem->error));
	jw_int(jw, "status", problem->status);
	jw_string(jw, "detail",
	    problem->detail != NULL ? problem->detail
	                            : default_detail(problem->error));
	if (problem->instance != NULL)
		jw_string(jw, "instance", problem->instance);
	jw_string(jw, "code", error_code(problem->error));
	if (problem->request_id != NULL)
		jw_string(jw, "requestId", problem->request_id);
	if (problem->faults != NULL && problem->faults->count > 0)
		write_fault_list(jw, problem->faults);
	jw_object_end(jw);
}

/* What is not there or is there already, and where a path names it. */
static const struct {
	const char *noun;
	const char *params[2]; /* in v1's paths and in the classic ones */
	enum error error;
	bool there;
} named[] = {
    {"point scale", {"name", "pointScaleName"}, ERR_POINT_SCALE_NOT_FOUND,
        false},
    {"badge", {"name", "badgeName"}, ERR_BADGE_NOT_FOUND, false},
    {"rule", {"name", "ruleName"}, ERR_RULE_NOT_FOUND, false},
    {"event", {"id", NULL}, ERR_EVENT_NOT_FOUND, false},
    {"user", {"username", NULL}, ERR_USER_NOT_FOUND, false},
    {"point scale", {NULL, NULL}, ERR_POINT_SCALE_EXISTS, true},
    {"badge", {NULL, NULL}, ERR_BADGE_EXISTS, true},
    {"rule", {NULL, NULL}, ERR_RULE_EXISTS, true},
};

/* What the path has for a parameter of the route's, or NULL. */
static const char *
path_param(const struct call *call, const char *name)
{
	const char *at = call->match.route->path;
	size_t i = 0, len = name == NULL ? 0 : strlen(name);

	while (len > 0 && (at = strchr(at, '{')) != NULL) {
		at++;
		if (strncmp(at, name, len) == 0 && at[len] == '}')
			return call->match.params[i];
		i++;
	}
	return NULL;
}

static const char *
name_of(const struct call *call, const char *const params[2])
{
	const char *name = call->subject_name;
	size_t i;

	for (i = 0; i < 2 && name == NULL; i++)
		name = path_param(call, params[i]);
	return name;
}

/* A sentence with the name that the error is about, or NULL. */
static const char *
named_detail(const struct call *call, enum error error)
{
	const char *name;
	size_t i;

	if (error == ERR_METHOD_NOT_ALLOWED)
		return arena_printf(
		    call->arena, "this address takes %s", call->match.allow);
	if (call->match.route == NULL)
		return NULL;
	for (i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		if (named[i].error != error)
			continue;
		name = name_of(call, named[i].params);
		return name == NULL
		    ? NULL
		    : arena_printf(call->arena, "there is %s %s \"%s\"%s",
		          named[i].there ? "a" : "no", named[i].noun, name,
		          named[i].there ? " already: PUT changes it" : "");
	}
	return NULL;
}

/* The path as an instance: what is no UTF-8 was never a resource. */
static const char *
instance_of(struct call *call)
{
	struct str instance = str_new(call->arena, 8192);

	str_add_path(&instance, call->request->path, "");
	return instance.data;
}

static bool
tells_faults(enum error error)
{
	return error == ERR_INVALID_BODY || error == ERR_TIMESTAMP_IN_FUTURE;
}

void
problem_respond(struct call *call, enum error error, int status)
{
	struct json_writer jw = {.out = &call->response.body};
	const struct problem problem = {.error = error,
	    .status = status,
	    .detail =
	        call->detail != NULL ? call->detail : named_detail(call, error),
	    .instance = instance_of(call),
	    .request_id = call->request->id,
	    .faults = tells_faults(error) ? &call->faults : NULL};
	size_t i;

	http_response_reset(&call->response);
	call->response.status = status;
	call->response.content_type = "application/problem+json";
	problem_write(&jw, NULL, &problem);
	if (error == ERR_METHOD_NOT_ALLOWED)
		http_response_header(
		    &call->response, "Allow", call->match.allow);
	for (i = 0; i < sizeof(extras) / sizeof(extras[0]); i++)
		if (extras[i].error == error && extras[i].header != NULL)
			http_response_header(
			    &call->response, extras[i].header, extras[i].value);
}
