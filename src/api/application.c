/* application: the key's own application over HTTP */
#include "api/application.h"

#include <string.h>

#include "api/resource.h"
#include "base/arena.h"
#include "base/decode.h"
#include "db/tx.h"

enum { MINUTE = 60, HOUR = 3600 };

static void
write_application(struct json_writer *jw, const struct application *application)
{
	char text[DAY_START_SIZE];

	jw_object(jw, NULL);
	jw_int(jw, "appKey", application->app_key);
	jw_string(jw, "name", application->name);
	jw_string(jw, "description", application->description);
	jw_string(jw, "timeZone", application->time_zone);
	jw_string(jw, "dayStart", application_day_start(application, text));
	write_times(jw, application->created_at, application->updated_at);
	jw_object_end(jw);
}

enum error
application_get_own(struct call *call)
{
	struct application application;
	struct json_writer jw;
	enum error error = call_db(call);

	if (error == OK)
		error = application_get(
		    call->db, call->arena, call->application, &application);
	if (error != OK)
		return error;
	jw = call_json(call, 200);
	write_application(&jw, &application);
	call_etag(call);
	return OK;
}

static bool
is_number(const char *text, int max)
{
	return text[0] >= '0' && text[0] <= '9' && text[1] >= '0' &&
	    text[1] <= '9' && (text[0] - '0') * 10 + text[1] - '0' <= max;
}

/* "04:00" */
static void
decode_day_start(struct decode *decode, struct json_object *value,
    const char *pointer, void *member_out)
{
	const char *text = json_object_get_string(value);

	if (!json_object_is_type(value, json_type_string))
		faults_add(decode->faults, pointer, "invalid_type",
		    "must be a string");
	else if (strlen(text) != 5 || text[2] != ':' || !is_number(text, 23) ||
	    !is_number(text + 3, 59))
		faults_add(decode->faults, pointer, "invalid_format",
		    "must be a time of the day from 00:00 to 23:59, such as"
		    " 04:00");
	else
		*(int64_t *)member_out =
		    ((text[0] - '0') * 10 + text[1] - '0') * HOUR +
		    ((text[3] - '0') * 10 + text[4] - '0') * MINUTE;
}

static void
decode_zone(struct decode *decode, struct json_object *value,
    const char *pointer, void *member_out)
{
	static const struct field text = {.type = FIELD_KEY};
	const char **name = member_out;
	struct zone *zone;

	decode_value(decode, value, pointer, &text, name);
	if (*name != NULL && zone_load(decode->arena, *name, &zone) != ZONE_OK)
		faults_add(decode->faults, pointer, "invalid_value",
		    "is no time zone that the server knows: take a name such"
		    " as Europe/Berlin from the IANA time zone database");
}

static const struct field fields[] = {
    {.name = "name",
        .type = FIELD_NAME,
        .offset = offsetof(struct application, name)},
    {.name = "description",
        .type = FIELD_TEXT,
        .offset = offsetof(struct application, description),
        .max = DESCRIPTION_MAX},
    {.name = "appKey", .type = FIELD_ANY, .decode = decode_app_key},
    {.name = "timeZone",
        .type = FIELD_ANY,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct application, time_zone),
        .decode = decode_zone},
    {.name = "dayStart",
        .type = FIELD_ANY,
        .offset = offsetof(struct application, day_start),
        .decode = decode_day_start},
    {.name = "createdAt", .type = FIELD_ANY, .decode = decode_own_time},
    {.name = "updatedAt", .type = FIELD_ANY, .decode = decode_own_time},
};

static enum error
decode_body(struct call *call, struct application *application_out)
{
	struct decode decode = {.arena = call->arena,
	    .faults = &call->faults,
	    .context = &call->app_key};

	*application_out = (struct application) {.description = ""};
	decode_object(&decode, call->body, "", fields,
	    sizeof(fields) / sizeof(fields[0]), application_out);
	return call_faults(call);
}

static const char *
etag_of(struct call *call, const struct application *application)
{
	struct str body = str_new(call->arena, RESPONSE_MAX);
	struct json_writer jw = {.out = &body};

	write_application(&jw, application);
	return http_etag(call->arena, &body);
}

/* What the transaction is given. */
struct setting {
	struct call *call;
	const struct application *sent;
	struct application stored;
};

static enum error
check_name(struct call *call, const char *sent, const char *stored)
{
	if (sent != NULL && strcmp(sent, stored) != 0)
		faults_add(&call->faults, "/name", "name_mismatch",
		    "the name in the body is not that of the application: a"
		    " name cannot be changed");
	return call_faults(call);
}

static enum error
set(struct db *db, const struct tx_attempt *attempt, void *context)
{
	struct setting *setting = context;
	struct call *call = setting->call;
	struct application before, *after = &setting->stored;
	int64_t version;
	enum error error;

	(void)attempt;
	error = application_lock(db, call->application, &version);
	if (error == OK)
		error = application_get(
		    db, call->arena, call->application, &before);
	if (error == OK)
		error = call_precondition(call, etag_of(call, &before));
	if (error == OK)
		error = check_name(call, setting->sent->name, before.name);
	if (error != OK)
		return error;
	*after = before;
	after->description = setting->sent->description;
	after->time_zone = setting->sent->time_zone;
	after->day_start = setting->sent->day_start;
	return application_set(db, &before, version, after);
}

enum error
application_put_own(struct call *call)
{
	const struct tx_options options = {
	    .deadline = call->request->started + CHANGE_TIME};
	struct application sent;
	struct setting setting = {.call = call, .sent = &sent};
	struct json_writer jw;
	enum error error = decode_body(call, &sent);

	if (error == OK)
		error = call_db(call);
	if (error == OK)
		error = tx_run(call->db, &options, set, &setting);
	if (error != OK)
		return error;
	jw = call_json(call, 200);
	write_application(&jw, &setting.stored);
	call->response.etag = http_etag(call->arena, &call->response.body);
	return OK;
}
