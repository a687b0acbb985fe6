/* badge: the badge resource */
#include <stddef.h>
#include <strings.h>

#include "api/resource.h"

enum { IMAGE_URL_MAX = 2000 };

static const struct field fields[] = {
    {.name = "imageUrl",
        .type = FIELD_TEXT,
        .flags = FIELD_NULL,
        .offset = offsetof(struct badge, image_url),
        .max = IMAGE_URL_MAX},
};

/* Pages show it: a script must not come in by that door. */
void
check_image_url(struct faults *faults, const char *pointer, const char *url)
{
	if (url != NULL && strncasecmp(url, "https://", 8) != 0 &&
	    strncasecmp(url, "http://", 7) != 0 && *url != '/')
		faults_add(faults, pointer, "invalid_format",
		    "must be a URL that begins with https://, http:// or /");
}

static void
check(struct decode *decode, struct json_object *body, void *object)
{
	const struct badge *badge = object;

	(void)body;
	check_image_url(decode->faults, "/imageUrl", badge->image_url);
}

static enum error
get(struct db *db, struct arena *arena, int64_t application, const char *name,
    void *object_out)
{
	return badge_get(db, arena, application, name, object_out);
}

static enum error
list(struct db *db, struct arena *arena, int64_t application, int64_t after,
    int64_t limit, void **objects_out, size_t *count_out)
{
	struct badge *badges;
	enum error error = badge_list(
	    db, arena, application, after, limit, &badges, count_out);

	if (error == OK)
		*objects_out = badges;
	return error;
}

static enum error
insert(struct db *db, struct arena *arena, int64_t application, int64_t version,
    void *object)
{
	(void)arena;
	(void)version;
	return badge_insert(db, application, object);
}

static enum error
update(struct db *db, struct arena *arena, int64_t application, int64_t version,
    void *object)
{
	(void)arena;
	(void)version;
	return badge_update(db, application, object);
}

static enum error
remove_row(
    struct db *db, int64_t application, int64_t version, const void *object)
{
	(void)version;
	return badge_delete(db, application, object);
}

static void
write(struct json_writer *jw, const char *key, const void *object,
    int64_t app_key)
{
	const struct badge *badge = object;

	jw_object(jw, key);
	jw_string(jw, "name", badge->name);
	jw_string(jw, "description", badge->description);
	jw_int(jw, "appKey", app_key);
	jw_string_or_null(jw, "imageUrl", badge->image_url);
	write_times(jw, badge->created_at, badge->updated_at);
	jw_object_end(jw);
}

static void
write_classic(struct json_writer *jw, const char *key, const void *object,
    int64_t app_key)
{
	const struct badge *badge = object;

	write_named(jw, key, badge->name, badge->description, app_key);
}

const struct resource badge_resource = {
    .collection = "/api/v1/badges",
    .tag = "badges",
    .size = sizeof(struct badge),
    .exists = ERR_BADGE_EXISTS,
    .not_found = ERR_BADGE_NOT_FOUND,
    .fields = fields,
    .field_count = sizeof(fields) / sizeof(fields[0]),
    .check = check,
    .get = get,
    .list = list,
    .insert = insert,
    .update = update,
    .delete = remove_row,
    .write = write,
    .write_classic = write_classic,
};
