/* classic: the interface of the course project, to the letter */
#include "api/classic.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/event.h"
#include "api/resource.h"
#include "api/user.h"
#include "base/arena.h"
#include "base/clock.h"
#include "db/tx.h"

/*
 * Its lists have no cursor, so they end somewhere: behind so many users, and so
 * many bytes.
 */
enum { USERS_MAX = 10000, LIST_SIZE = RESPONSE_MAX / 4 * 3 };
enum { TIMESTAMP_MAX = 1000 };

static const struct resource *
subject(const struct call *call)
{
	return call->match.route->subject;
}

static enum error
find_application(
    struct call *call, int64_t app_key, struct application *application_out)
{
	enum error error = call_db(call);

	if (error == OK)
		error = application_by_app_key(
		    call->db, call->arena, app_key, application_out);
	if (error == OK && !application_out->classic)
		error = ERR_APPLICATION_NOT_FOUND;
	return error;
}

/* Who calls, once the appKey is known. */
static enum error
enter(struct call *call, int64_t app_key)
{
	struct application application;
	enum error error = find_application(call, app_key, &application);

	if (call_may_reconnect(call, error))
		error = find_application(call, app_key, &application);
	if (error == ERR_APPLICATION_NOT_FOUND)
		return call_fail(call, error,
		    "no application with the appKey %lld has the classic"
		    " interface switched on",
		    (long long)app_key);
	if (error != OK)
		return error;
	call->application = application.id;
	call->app_key = application.app_key;
	return OK;
}

/*
 * GET and PUT bring the appKey as a header. With OK the call has a connection.
 */
static enum error
enter_by_header(struct call *call)
{
	const char *text = http_param(call->request, "HTTP_APPKEY");
	long long app_key;
	enum error error;
	char *end;

	if (text == NULL)
		return call_fail(
		    call, ERR_INVALID_HEADER, "the header appKey is missing");
	errno = 0;
	app_key = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0')
		return call_fail(call, ERR_INVALID_HEADER,
		    "the header appKey must be a whole number");
	error = enter(call, app_key);
	return error == OK ? call_db(call) : error;
}

static const struct field app_key_field[] = {
    {.name = "appKey",
        .type = FIELD_INT,
        .flags = FIELD_REQUIRED,
        .min = INT64_MIN,
        .max = INT64_MAX},
};

/* POST and DELETE bring it in the body. */
static enum error
take_body_app_key(struct call *call, int64_t *app_key_out)
{
	struct decode decode = {
	    .arena = call->arena, .faults = &call->faults, .lenient = true};

	decode_object(&decode, call->body, "", app_key_field, 1, app_key_out);
	return call_faults(call);
}

static enum error
insert_application(
    struct db *db, const struct tx_attempt *attempt, void *context)
{
	(void)attempt;
	return application_insert(db, context);
}

/*
 * The setting classic_autocreate: the first thing defined makes its
 * application.
 */
static enum error
create_application(struct call *call, int64_t app_key)
{
	const struct tx_options options = {
	    .deadline = call->request->started + CHANGE_TIME};
	struct application application = {.app_key = app_key,
	    .name =
	        arena_printf(call->arena, "classic-%lld", (long long)app_key),
	    .description = "made by its first request",
	    .time_zone = "UTC",
	    .classic = true};
	struct application namesake;
	enum error error = application_by_name(
	    call->db, call->arena, application.name, &namesake);

	/* Taken, maybe just now: an INSERT would use up an id in vain. */
	if (error == OK)
		return OK;
	if (error != ERR_APPLICATION_NOT_FOUND)
		return error;
	error = tx_run(call->db, &options, insert_application, &application);
	/* Another request may have been faster: then it is there. */
	return error == ERR_APPLICATION_EXISTS ? OK : error;
}

static enum error
enter_by_body(struct call *call)
{
	int64_t app_key = 0;
	enum error error = take_body_app_key(call, &app_key);

	return error == OK ? enter(call, app_key) : error;
}

/* For a body that is valid: what is refused makes no application. */
static enum error
enter_or_create(struct call *call, int64_t app_key)
{
	enum error error = enter(call, app_key);

	if (error != ERR_APPLICATION_NOT_FOUND || app_key <= 0 ||
	    !call->service->settings->classic_autocreate)
		return error;
	error = create_application(call, app_key);
	if (error != OK)
		return error;
	call->detail = NULL;
	return enter(call, app_key);
}

/* 202 without a document, as its server answered. */
static enum error
respond_accepted(struct call *call)
{
	call->response.status = 202;
	return OK;
}

/* So long that what its clients may have made has room in it. */
static bool
list_is_full(const struct call *call)
{
	return call->response.body.len > LIST_SIZE;
}

/*
 * Its lists have no pages: who looks at the headers knows that there is more.
 */
static void
tell_truncated(struct call *call)
{
	http_response_header(&call->response, "X-Truncated", "true");
}

/* All that an application may have; those that it has besides are left out. */
enum error
classic_list(struct call *call)
{
	const struct resource *resource = subject(call);
	struct json_writer jw = call_json(call, 200);
	struct named **objects;
	size_t count = 0, i;
	enum error error = enter_by_header(call);

	if (error == OK)
		error = catalog_list(resource->catalog, call->db, call->arena,
		    call->application, 0, CATALOG_MAX + 1, &objects, &count);
	if (error != OK)
		return error;
	jw_array(&jw, NULL);
	for (i = 0; i < count && i < CATALOG_MAX && !list_is_full(call); i++)
		resource_write_classic(
		    &jw, resource, objects[i], call->app_key);
	jw_array_end(&jw);
	if (i < count)
		tell_truncated(call);
	return OK;
}

enum error
classic_get(struct call *call)
{
	const struct resource *resource = subject(call);
	struct named *object =
	    arena_alloc(call->arena, resource->catalog->size);
	struct json_writer jw;
	enum error error = enter_by_header(call);

	if (error == OK)
		error = catalog_get(resource->catalog, call->db, call->arena,
		    call->application, call->match.params[0], object);
	if (error != OK)
		return error;
	jw = call_json(call, 200);
	resource_write_classic(&jw, resource, object, call->app_key);
	return OK;
}

/* Its clients write "" where they mean none. */
static void
drop_empty_property(struct call *call)
{
	struct json_object *value;

	if (json_object_object_get_ex(call->body, "property", &value) &&
	    json_object_get_type(value) == json_type_string &&
	    json_object_get_string_len(value) == 0)
		json_object_object_del(call->body, "property");
}

enum error
classic_post(struct call *call)
{
	const struct resource *resource = subject(call);
	int64_t app_key = 0;
	struct named *object;
	enum error error = take_body_app_key(call, &app_key);

	if (error != OK)
		return error;
	drop_empty_property(call);
	object = resource_decode(call, resource, NULL, true);
	error = call_faults(call);
	if (error == OK)
		error = enter_or_create(call, app_key);
	if (error == OK)
		error = resource_change(
		    call, resource, CHANGE_CREATE, object, NULL);
	return error == OK ? respond_accepted(call) : error;
}

enum error
classic_put(struct call *call)
{
	const struct resource *resource = subject(call);
	struct named *object;
	enum error error = enter_by_header(call);

	if (error != OK)
		return error;
	drop_empty_property(call);
	object = resource_decode(call, resource, call->match.params[0], true);
	error = call_faults(call);
	if (error == OK)
		error = resource_change(
		    call, resource, CHANGE_RENAME, object, NULL);
	return error == OK ? respond_accepted(call) : error;
}

static const struct field name_field[] = {
    {.name = "name",
        .type = FIELD_NAME,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct named, name)},
};

enum error
classic_delete(struct call *call)
{
	const struct resource *resource = subject(call);
	struct decode decode = {
	    .arena = call->arena, .faults = &call->faults, .lenient = true};
	struct named *object =
	    arena_alloc(call->arena, resource->catalog->size);
	enum error error = enter_by_body(call);

	if (error != OK)
		return error;
	decode_object(&decode, call->body, "", name_field, 1, object);
	error = call_faults(call);
	if (error == OK)
		error = resource_change(
		    call, resource, CHANGE_DELETE, object, NULL);
	return error == OK ? respond_accepted(call) : error;
}

/* What a classic event's body decodes into. */
struct classic_event {
	const char *username;
	const char *event_type;
	const char *timestamp;
	struct ingest_event *event;
};

static const struct field event_fields[] = {
    {.name = "username",
        .type = FIELD_ID,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct classic_event, username)},
    {.name = "eventType",
        .type = FIELD_KEY,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct classic_event, event_type)},
    {.name = "timestamp",
        .type = FIELD_TEXT,
        .offset = offsetof(struct classic_event, timestamp),
        .max = TIMESTAMP_MAX},
    {.name = "properties",
        .type = FIELD_ANY,
        .offset = offsetof(struct classic_event, event),
        .decode = event_decode_properties},
};

static void
decode_event(struct call *call, struct ingest_job *job)
{
	struct ingest_event *event = &job->events[0];
	struct decode decode = {
	    .arena = job->arena, .faults = &call->faults, .lenient = true};
	struct classic_event sent = {.event = event};

	decode_object(&decode, call->body, "", event_fields,
	    sizeof(event_fields) / sizeof(event_fields[0]), &sent);
	event->event.username = sent.username;
	event->event.event_type = sent.event_type;
	event->occurrence.event_type = sent.event_type;
	/*
	 * Any string is kept as sent. One that is a time counts as the time,
	 * unless v1 would refuse it for lying in the future.
	 */
	event->event.timestamp_sent = sent.timestamp;
	event->event.timestamp_given = sent.timestamp != NULL &&
	    time_parse(sent.timestamp, &event->event.timestamp) &&
	    !event_is_ahead(call, event->event.timestamp, clock_now());
	event->must_match = true;
	event_make_id(job->arena, event);
}

static enum error
answer_event(struct call *call)
{
	enum error error = call->job->events[0].error;

	if (error == ERR_NONE_MATCHES)
		return call_fail(call, error,
		    "no rule of the application matches the event: it was not"
		    " stored");
	return error == OK ? respond_accepted(call) : error;
}

enum error
classic_post_event(struct call *call)
{
	enum error error = enter_by_body(call);

	if (error != OK)
		return error;
	call->job = committer_job(1, call->request->body_size);
	decode_event(call, call->job);
	error = call_faults(call);
	return error == OK ? event_wait(call, answer_event) : error;
}

/* A list of users while it is written. */
struct user_array {
	struct call *call;
	struct json_writer jw;
	size_t count;
	bool cut;
};

static bool
write_user(void *context, const struct user *user)
{
	struct user_array *users = context;

	if (users->count == USERS_MAX || list_is_full(users->call)) {
		users->cut = true;
		return false;
	}
	user_write(&users->jw, user, users->call->app_key, true);
	users->count++;
	return true;
}

enum error
classic_users(struct call *call)
{
	struct user_array users = {.call = call, .jw = call_json(call, 200)};
	struct user_listing listing = {.after = "",
	    .limit = USERS_MAX + 1,
	    .take = write_user,
	    .context = &users};
	bool cut = false;
	enum error error = enter_by_header(call);

	if (error != OK)
		return error;
	listing.application = call->application;
	jw_array(&users.jw, NULL);
	error = user_list(call->db, call->service->views, &listing, &cut);
	if (error != OK)
		return error;
	jw_array_end(&users.jw);
	if (cut || users.cut)
		tell_truncated(call);
	return OK;
}

enum error
classic_user(struct call *call)
{
	enum error error = enter_by_header(call);

	return error == OK ? user_respond_classic(call) : error;
}

enum error
classic_points(struct call *call)
{
	struct json_writer jw;
	int64_t points = 0;
	enum error error = enter_by_header(call);

	if (error == OK)
		error = user_points_classic(call, &points);
	if (error != OK && error != ERR_USER_NOT_FOUND)
		return error;
	jw = call_json(call, 200);
	jw_int(&jw, NULL, points);
	return OK;
}
