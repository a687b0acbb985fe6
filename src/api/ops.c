/* ops: the API's description, and what operators ask */
#include "api/ops.h"

#include "api/metrics.h"
#include "base/embed.h"
#include "db/migrate.h"

/* Generated from openapi.yaml when the program is built. */
extern const struct embedded_file openapi_data;

enum error
openapi_get(struct call *call)
{
	call->response.content_type = "application/yaml; charset=utf-8";
	str_add(&call->response.body, (const char *)openapi_data.data,
	    openapi_data.size);
	call_etag(call);
	return OK;
}

static enum error
respond_ok(struct call *call)
{
	struct json_writer jw = call_json(call, 200);

	jw_object(&jw, NULL);
	jw_string(&jw, "status", "ok");
	jw_object_end(&jw);
	return OK;
}

enum error
healthz_get(struct call *call)
{
	return respond_ok(call);
}

/* What is wrong with the schema, and what mends it, in a sentence. */
static const char *
mismatch_of(struct call *call)
{
	const char *why = NULL;
	int64_t version;

	if (call->db == NULL)
		return pool_mismatch(call->service->pool, call->arena);
	if (migrate_status(call->db, call->arena, &version, &why) == OK &&
	    why != NULL)
		return why;
	return "run 'palmaresctl doctor'";
}

enum error
readyz_get(struct call *call)
{
	enum error error = call_db(call);

	if (error == OK)
		error = migrate_check(call->db);
	if (error == OK)
		return respond_ok(call);
	if (error == ERR_SCHEMA_MISMATCH)
		return call_fail(
		    call, error, "schema version: %s", mismatch_of(call));
	return call_fail(call, ERR_DATABASE_UNAVAILABLE,
	    "database: it cannot be reached: run 'palmaresctl doctor'");
}

enum error
metrics_get(struct call *call)
{
	call->response.content_type = "text/plain; version=0.0.4;"
	                              " charset=utf-8";
	metrics_write(call->service->metrics, &call->response.body);
	return OK;
}
