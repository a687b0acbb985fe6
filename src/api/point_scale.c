/* point_scale: the point scale resource */
#include "api/resource.h"

static enum error
get(struct db *db, struct arena *arena, int64_t application, const char *name,
    void *object_out)
{
	return point_scale_get(db, arena, application, name, object_out);
}

static enum error
list(struct db *db, struct arena *arena, int64_t application, int64_t after,
    int64_t limit, void **objects_out, size_t *count_out)
{
	struct point_scale *scales;
	enum error error = point_scale_list(
	    db, arena, application, after, limit, &scales, count_out);

	if (error == OK)
		*objects_out = scales;
	return error;
}

static enum error
insert(struct db *db, struct arena *arena, int64_t application, int64_t version,
    void *object)
{
	(void)arena;
	(void)version;
	return point_scale_insert(db, application, object);
}

static enum error
update(struct db *db, struct arena *arena, int64_t application, int64_t version,
    void *object)
{
	(void)arena;
	(void)version;
	return point_scale_update(db, application, object);
}

static enum error
remove_row(
    struct db *db, int64_t application, int64_t version, const void *object)
{
	(void)version;
	return point_scale_delete(db, application, object);
}

static void
write(struct json_writer *jw, const char *key, const void *object,
    int64_t app_key)
{
	const struct point_scale *scale = object;

	jw_object(jw, key);
	jw_string(jw, "name", scale->name);
	jw_string(jw, "description", scale->description);
	jw_int(jw, "appKey", app_key);
	write_times(jw, scale->created_at, scale->updated_at);
	jw_object_end(jw);
}

static void
write_classic(struct json_writer *jw, const char *key, const void *object,
    int64_t app_key)
{
	const struct point_scale *scale = object;

	write_named(jw, key, scale->name, scale->description, app_key);
}

const struct resource point_scale_resource = {
    .collection = "/api/v1/pointScales",
    .tag = "pointScales",
    .size = sizeof(struct point_scale),
    .exists = ERR_POINT_SCALE_EXISTS,
    .not_found = ERR_POINT_SCALE_NOT_FOUND,
    .get = get,
    .list = list,
    .insert = insert,
    .update = update,
    .delete = remove_row,
    .write = write,
    .write_classic = write_classic,
};
