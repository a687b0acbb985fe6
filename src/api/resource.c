/* resource: what point scales, badges and rules have in common over HTTP */
#include "api/resource.h"

#include <assert.h>
#include <string.h>

#include "api/page.h"
#include "base/arena.h"
#include "base/encode.h"
#include "db/tx.h"

void
decode_own_time(struct decode *decode, struct json_object *value,
    const char *pointer, void *member_out)
{
	static const struct field field = {.type = FIELD_TIME};
	int64_t ignored;

	(void)member_out;
	if (!decode->lenient)
		decode_value(decode, value, pointer, &field, &ignored);
}

static const struct resource *
subject(const struct call *call)
{
	return call->match.route->subject;
}

/* The members that all have; the object stays open. */
static void
begin_named(struct json_writer *jw, const char *key, const struct named *named,
    int64_t app_key)
{
	jw_object(jw, key);
	jw_string(jw, "name", named->name);
	jw_string(jw, "description", named->description);
	jw_int(jw, "appKey", app_key);
}

void
write_named(struct json_writer *jw, const char *key, const struct named *named,
    int64_t app_key)
{
	begin_named(jw, key, named, app_key);
	jw_object_end(jw);
}

void
write_times(struct json_writer *jw, int64_t created_at, int64_t updated_at)
{
	jw_time(jw, "createdAt", created_at);
	jw_time(jw, "updatedAt", updated_at);
}

static const struct field *
own_members(const struct resource *resource, size_t *count_out)
{
	*count_out = 0;
	return resource->members == NULL ? NULL : resource->members(count_out);
}

static void
write_reference(const struct encode *encode, int kind, const char *key,
    const struct reference *reference)
{
	(void)kind;
	write_named(encode->jw, key, reference->thing, encode->context);
}

/* The document without its end; flags of members that are left out. */
static void
begin_document(struct json_writer *jw, const struct resource *resource,
    const struct named *object, int64_t app_key, unsigned without)
{
	const struct encode encode = {.jw = jw,
	    .without = without,
	    .context = app_key,
	    .reference = write_reference,
	    .form = resource->encode_form};
	size_t count;
	const struct field *members = own_members(resource, &count);

	begin_named(jw, NULL, object, app_key);
	encode_fields(&encode, members, count,
	    (const char *)object + resource->members_at);
}

void
resource_write(struct json_writer *jw, const struct resource *resource,
    const struct named *object, int64_t app_key)
{
	begin_document(jw, resource, object, app_key, 0);
	write_times(jw, object->created_at, object->updated_at);
	jw_object_end(jw);
}

void
resource_write_classic(struct json_writer *jw, const struct resource *resource,
    const struct named *object, int64_t app_key)
{
	begin_document(jw, resource, object, app_key, FIELD_STRICT);
	jw_object_end(jw);
}

void
decode_app_key(struct decode *decode, struct json_object *value,
    const char *pointer, void *member_out)
{
	static const struct field field = {
	    .type = FIELD_INT, .min = INT64_MIN, .max = INT64_MAX};
	const int64_t app_key = *(const int64_t *)decode->context;
	int64_t sent = app_key;

	(void)member_out;
	decode_value(decode, value, pointer, &field, &sent);
	if (sent != app_key && !decode->lenient)
		faults_add(decode->faults, pointer, "other_application",
		    "the key is for the application with the appKey %lld:"
		    " leave appKey out, or use that application's key",
		    (long long)app_key);
}

/*
 * The members of an object, and what a GET answers and a PUT may bring back.
 * Every object begins with struct named, so the first fields serve all of them.
 * The name's flags are name_flags.
 */
static struct field *
make_fields(struct arena *arena, const struct resource *resource,
    unsigned name_flags, size_t *count_out)
{
	const struct field common[] = {
	    {.name = "name",
	        .type = FIELD_NAME,
	        .flags = name_flags,
	        .offset = offsetof(struct named, name)},
	    {.name = "description",
	        .type = FIELD_TEXT,
	        .offset = offsetof(struct named, description),
	        .max = DESCRIPTION_MAX},
	    {.name = "appKey", .type = FIELD_ANY, .decode = decode_app_key},
	    {.name = "createdAt", .type = FIELD_ANY, .decode = decode_own_time},
	    {.name = "updatedAt", .type = FIELD_ANY, .decode = decode_own_time},
	};
	const size_t count = sizeof(common) / sizeof(common[0]);
	size_t own_count, i;
	const struct field *own = own_members(resource, &own_count);
	struct field *fields =
	    arena_array(arena, count + own_count, sizeof(*fields));

	memcpy(fields, common, sizeof(common));
	for (i = 0; own != NULL && i < own_count; i++) {
		fields[count + i] = own[i];
		fields[count + i].offset += resource->members_at;
	}
	*count_out = count + own_count;
	return fields;
}

/* An object with its defaults. */
static struct named *
new_object(struct arena *arena, const struct resource *resource)
{
	struct named *object = arena_alloc(arena, resource->catalog->size);

	object->description = "";
	if (resource->set_defaults != NULL)
		resource->set_defaults(object);
	return object;
}

static void
take_members(struct decode *decode, struct json_object *value,
    const char *pointer, const struct resource *resource, unsigned name_flags,
    struct named *object)
{
	size_t count;
	const struct field *fields =
	    make_fields(decode->arena, resource, name_flags, &count);

	decode_object(decode, value, pointer, fields, count, object);
}

/* The name comes from the path of a PUT, or from the body of a POST. */
static void
check_name(
    struct call *call, struct named *named, const char *path_name, bool lenient)
{
	const char *code, *detail;

	if (path_name == NULL && named->name == NULL) {
		faults_add(
		    &call->faults, "/name", "required", "a name is required");
		return;
	}
	if (path_name == NULL || (lenient && named->name != NULL))
		return;
	if (named->name != NULL && strcmp(named->name, path_name) != 0)
		faults_add(&call->faults, "/name", "name_mismatch",
		    "the name in the body is not the one in the path: a name"
		    " cannot be changed");
	code = text_fault(FIELD_NAME, path_name, strlen(path_name), &detail);
	if (code != NULL)
		faults_add(&call->faults, "/name", code,
		    "the name in the path %s", detail);
	named->name = path_name;
}

struct named *
resource_decode(struct call *call, const struct resource *resource,
    const char *name, bool lenient)
{
	struct decode decode = {.arena = call->arena,
	    .faults = &call->faults,
	    .lenient = lenient,
	    .context = &call->app_key,
	    .reference = resource->reference,
	    .form = resource->decode_form};
	struct named *object = new_object(call->arena, resource);

	take_members(&decode, call->body, "", resource, 0, object);
	if (json_object_get_type(call->body) != json_type_object)
		return object;
	check_name(call, object, name, lenient);
	if (resource->check != NULL)
		resource->check(&decode, call->body, "", object);
	return object;
}

static const struct field name_field = {.name = "name", .type = FIELD_NAME};

void
resource_take(struct decode *decode, struct json_object *value,
    const char *pointer, const struct resource *resource, void *object_out)
{
	struct named *object = new_object(decode->arena, resource);

	if (json_object_get_type(value) == json_type_string)
		decode_value(
		    decode, value, pointer, &name_field, &object->name);
	else if (json_object_get_type(value) == json_type_object)
		take_members(
		    decode, value, pointer, resource, FIELD_REQUIRED, object);
	else
		faults_add(decode->faults, pointer, "invalid_type",
		    "must be a name, or an object with a name");
	if (resource->check != NULL)
		resource->check(decode, value, pointer, object);
	memcpy(object_out, object, resource->catalog->size);
}

/* What the transaction is given. */
struct change {
	struct call *call;
	const struct resource *resource;
	enum change_mode mode;
	struct named *object; /* as sent */
	struct named *stored;
	bool created;
};

static const char *
object_etag(struct call *call, const struct resource *resource,
    const struct named *object)
{
	struct str body = str_new(call->arena, RESPONSE_MAX);
	struct json_writer jw = {.out = &body};

	resource_write(&jw, resource, object, call->app_key);
	return http_etag(call->arena, &body);
}

/* A change that changes nothing is not written: ETag and times stay. */
static bool
changes_nothing(const struct change *change, const struct named *object,
    const struct named *existing)
{
	const struct resource *resource = change->resource;
	size_t count;
	const struct field *members = own_members(resource, &count);

	return change->mode != CHANGE_DELETE && existing != NULL &&
	    !existing->damaged && strcmp(object->name, existing->name) == 0 &&
	    strcmp(object->description, existing->description) == 0 &&
	    fields_same(members, count,
	        (const char *)object + resource->members_at,
	        (const char *)existing + resource->members_at);
}

static bool
is_another(const struct change *change, const struct named *object,
    const struct named *existing)
{
	return existing != NULL && !existing->damaged &&
	    change->resource->is_another != NULL &&
	    change->resource->is_another(object, existing);
}

static enum error
write_change(const struct change *change, struct db *db, int64_t version,
    struct named *object, const struct named *existing)
{
	const struct catalog *catalog = change->resource->catalog;
	const int64_t application = change->call->application;
	enum error error;

	if (changes_nothing(change, object, existing))
		return OK;
	error = application_count(db, application, version);
	if (error != OK)
		return error;
	if (change->mode == CHANGE_DELETE)
		return catalog_delete(
		    catalog, db, application, version, existing);
	if (is_another(change, object, existing))
		return catalog_replace(catalog, db, change->call->arena,
		    application, version, existing, object);
	object->id = existing == NULL ? 0 : existing->id;
	return catalog_write(
	    catalog, db, change->call->arena, application, version, object);
}

static enum error
check_change(
    const struct change *change, enum error found, const struct named *existing)
{
	struct call *call = change->call;
	const char *etag;

	if (found == OK && change->mode == CHANGE_CREATE)
		return change->resource->catalog->exists;
	if (found != OK && change->mode == CHANGE_DELETE)
		return found;
	if (change->mode == CHANGE_CREATE)
		return OK;
	if (found != OK)
		etag = NULL;
	else if (existing->damaged)
		etag = ""; /* that of no answer */
	else
		etag = object_etag(call, change->resource, existing);
	return call_precondition(call, etag);
}

/* What a classic body cannot have stays as it is. */
static void
keep_strict(const struct resource *resource, struct named *object,
    const struct named *existing)
{
	size_t count;
	const struct field *members = own_members(resource, &count);

	fields_copy(members, count, FIELD_STRICT,
	    (const char *)existing + resource->members_at,
	    (char *)object + resource->members_at);
}

static enum error
change_body(struct db *db, const struct tx_attempt *attempt, void *context)
{
	struct change *change = context;
	const struct catalog *catalog = change->resource->catalog;
	struct call *call = change->call;
	const char *name = change->object->name;
	const char *sought =
	    change->mode == CHANGE_RENAME ? call->match.params[0] : name;
	struct named *existing = arena_alloc(call->arena, catalog->size);
	struct named *object = arena_alloc(call->arena, catalog->size);
	enum error error, found;
	int64_t version;

	(void)attempt;
	error = application_lock(db, call->application, &version);
	if (error != OK)
		return error;
	found = catalog_get(
	    catalog, db, call->arena, call->application, sought, existing);
	if (found != OK && found != catalog->not_found)
		return found;
	error = check_change(change, found, existing);
	if (error != OK)
		return error;
	/* A copy, because a second attempt starts from what was sent. */
	memcpy(object, change->object, catalog->size);
	if (change->mode == CHANGE_RENAME && found == OK && !existing->damaged)
		keep_strict(change->resource, object, existing);
	error = write_change(
	    change, db, version, object, found == OK ? existing : NULL);
	change->created = found != OK;
	if (error != OK || change->mode == CHANGE_DELETE)
		return error;
	/*
	 * As stored, with its times and what it names, before others change it.
	 */
	return catalog_get(
	    catalog, db, call->arena, call->application, name, change->stored);
}

enum error
resource_change(struct call *call, const struct resource *resource,
    enum change_mode mode, struct named *object, bool *created_out)
{
	const struct tx_options options = {
	    .deadline = call->request->started + CHANGE_TIME};
	struct change change = {call, resource, mode, object,
	    arena_alloc(call->arena, resource->catalog->size), false};
	enum error error = call_db(call);

	call->subject_name = object->name;
	if (error == OK)
		error = tx_run(call->db, &options, change_body, &change);
	if (error != OK || mode == CHANGE_DELETE)
		return error;
	if (created_out != NULL)
		*created_out = change.created;
	memcpy(object, change.stored, resource->catalog->size);
	return OK;
}

/* What is read, and where it comes. */
struct reading {
	struct call *call;
	const char *name; /* of one; NULL: a page */
	int64_t after;
	int64_t limit;
	struct named **objects;
	size_t count;
};

static enum error
read_objects(struct db *db, const struct tx_attempt *attempt, void *context)
{
	struct reading *reading = context;
	struct call *call = reading->call;
	const struct catalog *catalog = subject(call)->catalog;

	(void)attempt;
	if (reading->name == NULL)
		return catalog_list(catalog, db, call->arena, call->application,
		    reading->after, reading->limit, &reading->objects,
		    &reading->count);
	reading->objects = arena_alloc(call->arena, sizeof(struct named *));
	reading->objects[0] = arena_alloc(call->arena, catalog->size);
	reading->count = 1;
	return catalog_get(catalog, db, call->arena, call->application,
	    reading->name, reading->objects[0]);
}

static const struct named *
find_damaged(const struct reading *reading)
{
	size_t i;

	for (i = 0; i < reading->count; i++)
		if (reading->objects[i]->damaged)
			return reading->objects[i];
	return NULL;
}

/*
 * An object, or what it names, may be deleted while they are read one after the
 * other. So they are read again in a snapshot, where what is missing is damage.
 */
static enum error
run_reading(struct reading *reading)
{
	struct call *call = reading->call;
	const struct named *damaged;
	enum error error = call_db(call);

	if (error == OK)
		error = read_objects(call->db, NULL, reading);
	if (error == OK && find_damaged(reading) != NULL)
		error = tx_snapshot(call->db, read_objects, reading);
	damaged = error == OK ? find_damaged(reading) : NULL;
	return damaged == NULL
	    ? error
	    : db_damaged(subject(call)->tag, call->application, damaged->name);
}

enum error
resource_list(struct call *call)
{
	const struct resource *resource = subject(call);
	struct reading reading = {.call = call};
	const char *last = NULL;
	struct json_writer jw;
	struct page page;
	size_t i;
	enum error error = page_begin(call, resource->tag, &page);

	if (error == OK)
		error = page_after_int(&page, 0, &reading.after);
	if (error != OK)
		return error;
	reading.limit = page.limit + 1;
	error = run_reading(&reading);
	if (error != OK)
		return error;
	jw = page_open(call, &page, &reading.count);
	for (i = 0; i < reading.count; i++) {
		resource_write(
		    &jw, resource, reading.objects[i], call->app_key);
		last = arena_printf(
		    call->arena, "%lld", (long long)reading.objects[i]->id);
		if (i + 1 < reading.count && page_is_full(call, &page))
			break;
	}
	page_end(call, &jw, &page, last);
	return OK;
}

static void
respond_object(struct call *call, const struct resource *resource,
    const struct named *object, int status)
{
	struct json_writer jw = call_json(call, status);

	resource_write(&jw, resource, object, call->app_key);
}

/* Location, and the ETag that the next If-Match needs. */
static void
respond_changed(struct call *call, const struct resource *resource,
    const struct named *object, int status)
{
	respond_object(call, resource, object, status);
	if (status == 201)
		call_created(call, resource->collection, object->name);
	else
		call->response.etag =
		    http_etag(call->arena, &call->response.body);
}

enum error
resource_post(struct call *call)
{
	const struct resource *resource = subject(call);
	struct named *object = resource_decode(call, resource, NULL, false);
	enum error error = call_faults(call);

	if (error == OK)
		error = resource_change(
		    call, resource, CHANGE_CREATE, object, NULL);
	if (error == OK)
		respond_changed(call, resource, object, 201);
	return error;
}

enum error
resource_get(struct call *call)
{
	struct reading reading = {.call = call, .name = call->match.params[0]};
	enum error error = run_reading(&reading);

	if (error != OK)
		return error;
	respond_object(call, subject(call), reading.objects[0], 200);
	call_etag(call);
	return OK;
}

enum error
resource_put(struct call *call)
{
	const struct resource *resource = subject(call);
	struct named *object =
	    resource_decode(call, resource, call->match.params[0], false);
	bool created;
	enum error error = call_faults(call);

	if (error == OK)
		error = resource_change(
		    call, resource, CHANGE_PUT, object, &created);
	if (error == OK)
		respond_changed(call, resource, object, created ? 201 : 200);
	return error;
}

enum error
resource_delete(struct call *call)
{
	const struct resource *resource = subject(call);
	struct named *object =
	    arena_alloc(call->arena, resource->catalog->size);
	enum error error;

	object->name = call->match.params[0];
	error = resource_change(call, resource, CHANGE_DELETE, object, NULL);
	if (error == OK)
		call->response.status = 204;
	return error;
}
