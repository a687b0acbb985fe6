/* catalog: what point scales, badges and rules have in common */
#include "store/catalog.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "db/query.h"

void
named_take(struct query *query, struct arena *arena, struct named *named_out)
{
	named_out->id = query_take_int(query);
	named_out->name = query_take_text(query, arena);
	named_out->description = query_take_text(query, arena);
	named_out->created_at = query_take_int(query);
	named_out->updated_at = query_take_int(query);
}

static struct named *
take_object(
    const struct catalog *catalog, struct query *query, struct arena *arena)
{
	struct named *object = arena_alloc(arena, catalog->size);

	named_take(query, arena, object);
	if (catalog->take != NULL)
		catalog->take(query, arena, object);
	return object;
}

static enum error
describe(const struct catalog *catalog, struct db *db, struct arena *arena,
    int64_t application, struct named *const *objects, size_t count)
{
	if (catalog->describe == NULL || count == 0)
		return OK;
	return catalog->describe(db, arena, application, objects, count);
}

enum error
catalog_get(const struct catalog *catalog, struct db *db, struct arena *arena,
    int64_t application, const char *name, void *object_out)
{
	struct named *object = NULL;
	struct query query;
	enum error error;

	query_begin(&query, db, catalog->set, CATALOG_GET);
	query_int(&query, application);
	query_text(&query, name);
	query_run(&query);
	if (query_next(&query))
		object = take_object(catalog, &query, arena);
	error = query_end(&query);
	if (error != OK)
		return error;
	if (object == NULL)
		return catalog->not_found;
	error = describe(catalog, db, arena, application, &object, 1);
	if (error == OK)
		memcpy(object_out, object, catalog->size);
	return error;
}

enum error
catalog_list(const struct catalog *catalog, struct db *db, struct arena *arena,
    int64_t application, int64_t after, int64_t limit,
    struct named ***objects_out, size_t *count_out)
{
	struct named **objects;
	struct query query;
	size_t count = 0;
	enum error error;

	query_begin(&query, db, catalog->set, CATALOG_LIST);
	query_int(&query, application);
	query_int(&query, after);
	query_int(&query, limit);
	query_run(&query);
	objects = arena_array(arena, query_rows(&query) + 1, sizeof(*objects));
	while (query_next(&query))
		objects[count++] = take_object(catalog, &query, arena);
	error = query_end(&query);
	if (error == OK)
		error =
		    describe(catalog, db, arena, application, objects, count);
	if (error != OK)
		return error;
	*objects_out = objects;
	*count_out = count;
	return OK;
}

static void
bind_own(const struct catalog *catalog, struct query *query, const void *object)
{
	if (catalog->bind != NULL)
		catalog->bind(query, object);
}

/* Exact, because the application is locked. */
static enum error
check_count(const struct catalog *catalog, struct db *db, int64_t application)
{
	struct query query;
	int64_t count = 0;
	enum error error;

	query_begin(&query, db, catalog->set, CATALOG_COUNT);
	query_int(&query, application);
	query_int(&query, CATALOG_MAX);
	query_run(&query);
	if (query_next(&query))
		count = query_take_int(&query);
	error = query_end(&query);
	return error == OK && count >= CATALOG_MAX ? catalog->too_many : error;
}

static enum error
insert_row(const struct catalog *catalog, struct db *db, int64_t application,
    struct named *object)
{
	struct query query;
	enum error error;

	query_begin(&query, db, catalog->set, CATALOG_INSERT);
	query_int(&query, application);
	query_text(&query, object->name);
	query_text(&query, object->description);
	query_int(&query, object->created_at);
	query_int(&query, object->updated_at);
	bind_own(catalog, &query, object);
	query_run(&query);
	object->id = query_insert_id(&query);
	error = query_end(&query);
	return error == ERR_DUPLICATE ? catalog->exists : error;
}

static enum error
update_row(const struct catalog *catalog, struct db *db, int64_t application,
    struct named *object)
{
	struct query query;
	enum error error;

	query_begin(&query, db, catalog->set, CATALOG_UPDATE);
	query_text(&query, object->name);
	query_text(&query, object->description);
	query_int(&query, object->updated_at);
	bind_own(catalog, &query, object);
	query_int(&query, application);
	query_int(&query, object->id);
	error = query_finish(&query);
	return error == ERR_DUPLICATE ? catalog->exists : error;
}

static enum error
delete_row(const struct catalog *catalog, struct db *db, int64_t application,
    const struct named *object)
{
	struct query query;

	query_begin(&query, db, catalog->set, CATALOG_DELETE);
	query_int(&query, application);
	query_int(&query, object->id);
	return query_finish(&query);
}

/* Its times are set; what has the id 0 is inserted. */
static enum error
store(const struct catalog *catalog, struct db *db, struct arena *arena,
    int64_t application, int64_t version, struct named *object)
{
	const bool fresh = object->id == 0;
	enum error error = OK;

	if (catalog->complete != NULL)
		error =
		    catalog->complete(db, arena, application, version, object);
	if (error == OK)
		error = fresh ? insert_row(catalog, db, application, object)
		              : update_row(catalog, db, application, object);
	if (error == OK && !fresh && catalog->end != NULL)
		error = catalog->end(db, application, version, object);
	if (error == OK && catalog->begin != NULL)
		error = catalog->begin(db, arena, application, version, object);
	return error;
}

enum error
catalog_write(const struct catalog *catalog, struct db *db, struct arena *arena,
    int64_t application, int64_t version, void *object)
{
	struct named *named = object;
	enum error error;

	named->updated_at = clock_now();
	if (named->id == 0) {
		error = check_count(catalog, db, application);
		if (error != OK)
			return error;
		named->created_at = named->updated_at;
	}
	return store(catalog, db, arena, application, version, named);
}

enum error
catalog_replace(const struct catalog *catalog, struct db *db,
    struct arena *arena, int64_t application, int64_t version,
    const void *existing, void *object)
{
	struct named *named = object;
	enum error error =
	    catalog_delete(catalog, db, application, version, existing);

	if (error != OK)
		return error;
	named->id = 0;
	named->created_at = ((const struct named *)existing)->created_at;
	named->updated_at = clock_now();
	return store(catalog, db, arena, application, version, named);
}

static enum error
check_unused(const struct catalog *catalog, struct db *db, int64_t application,
    const struct named *object)
{
	struct query query;
	bool used = false;
	enum error error;

	if (catalog->in_use == OK)
		return OK;
	query_begin(&query, db, catalog->set, CATALOG_USES);
	query_int(&query, application);
	query_int(&query, object->id);
	query_int(&query, application);
	query_int(&query, object->id);
	query_run(&query);
	if (query_next(&query))
		used = query_take_bool(&query);
	error = query_end(&query);
	return error == OK && used ? catalog->in_use : error;
}

enum error
catalog_delete(const struct catalog *catalog, struct db *db,
    int64_t application, int64_t version, const void *object)
{
	enum error error = check_unused(catalog, db, application, object);

	if (error == OK && catalog->end != NULL)
		error = catalog->end(db, application, version, object);
	if (error == OK)
		error = delete_row(catalog, db, application, object);
	return error;
}
