/* point_scale: the kinds of points of an application */
#include "base/arena.h"
#include "base/clock.h"
#include "store/catalog.h"
#include "store/db.h"
#include "store/statements.h"

enum { GET, LIST, INSERT, UPDATE, USES, DELETE, STATEMENTS };

#define COLUMNS \
	"SELECT id, name, description, created_at, updated_at FROM point_scale "

static const char *const texts[STATEMENTS] = {
    [GET] = COLUMNS "WHERE application_id = ? AND name = ?",
    [LIST] = COLUMNS "WHERE application_id = ? AND id > ?"
                     " ORDER BY id LIMIT ?",
    [INSERT] = "INSERT INTO point_scale (application_id, name, description,"
               " created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
    [UPDATE] = "UPDATE point_scale SET description = ?, updated_at = ?"
               " WHERE application_id = ? AND id = ?",
    [USES] = "SELECT EXISTS (SELECT 1 FROM rule_revision"
             " WHERE application_id = ? AND until = 0 AND point_scale_id = ?)"
             " OR EXISTS (SELECT 1 FROM balance"
             " WHERE application_id = ? AND point_scale_id = ?)",
    [DELETE] = "DELETE FROM point_scale WHERE application_id = ?"
               " AND id = ?",
};
const struct statement_set point_scale_statements = {texts, STATEMENTS};

static void
take_scale(struct query *query, struct arena *arena, struct point_scale *scale)
{
	scale->id = query_take_int(query);
	scale->name = query_take_text(query, arena);
	scale->description = query_take_text(query, arena);
	scale->created_at = query_take_int(query);
	scale->updated_at = query_take_int(query);
}

enum error
point_scale_get(struct db *db, struct arena *arena, int64_t application,
    const char *name, struct point_scale *scale_out)
{
	struct point_scale scale = {0};
	struct query query;
	enum error error;

	query_begin(&query, db, SET_POINT_SCALE, GET);
	query_int(&query, application);
	query_text(&query, name);
	query_run(&query);
	if (query_next(&query))
		take_scale(&query, arena, &scale);
	error = query_end(&query);
	if (error == OK && scale.id == 0)
		error = ERR_POINT_SCALE_NOT_FOUND;
	if (error == OK)
		*scale_out = scale;
	return error;
}

enum error
point_scale_list(struct db *db, struct arena *arena, int64_t application,
    int64_t after, int64_t limit, struct point_scale **scales_out,
    size_t *count_out)
{
	struct point_scale *list;
	struct query query;
	size_t count = 0;
	enum error error;

	query_begin(&query, db, SET_POINT_SCALE, LIST);
	query_int(&query, application);
	query_int(&query, after);
	query_int(&query, limit);
	query_run(&query);
	list = arena_array(arena, query_rows(&query) + 1, sizeof(*list));
	while (query_next(&query))
		take_scale(&query, arena, &list[count++]);
	error = query_end(&query);
	if (error != OK)
		return error;
	*scales_out = list;
	*count_out = count;
	return OK;
}

enum error
point_scale_insert(
    struct db *db, int64_t application, struct point_scale *scale)
{
	struct query query;
	enum error error;

	scale->created_at = scale->updated_at = clock_now();
	query_begin(&query, db, SET_POINT_SCALE, INSERT);
	query_int(&query, application);
	query_text(&query, scale->name);
	query_text(&query, scale->description);
	query_int(&query, scale->created_at);
	query_int(&query, scale->updated_at);
	query_run(&query);
	scale->id = query_insert_id(&query);
	error = query_end(&query);
	return error == ERR_DUPLICATE ? ERR_POINT_SCALE_EXISTS : error;
}

enum error
point_scale_update(
    struct db *db, int64_t application, struct point_scale *scale)
{
	struct query query;

	scale->updated_at = clock_now();
	query_begin(&query, db, SET_POINT_SCALE, UPDATE);
	query_text(&query, scale->description);
	query_int(&query, scale->updated_at);
	query_int(&query, application);
	query_int(&query, scale->id);
	return query_finish(&query);
}

enum error
point_scale_delete(
    struct db *db, int64_t application, const struct point_scale *scale)
{
	struct query query;
	bool used = false;
	enum error error;

	query_begin(&query, db, SET_POINT_SCALE, USES);
	query_int(&query, application);
	query_int(&query, scale->id);
	query_int(&query, application);
	query_int(&query, scale->id);
	query_run(&query);
	if (query_next(&query))
		used = query_take_bool(&query);
	error = query_end(&query);
	if (error == OK && used)
		error = ERR_POINT_SCALE_IN_USE;
	if (error != OK)
		return error;
	query_begin(&query, db, SET_POINT_SCALE, DELETE);
	query_int(&query, application);
	query_int(&query, scale->id);
	return query_finish(&query);
}
