/* badge: what a user can win once */
#include "base/arena.h"
#include "base/clock.h"
#include "store/catalog.h"
#include "store/db.h"
#include "store/statements.h"

enum { GET, LIST, INSERT, UPDATE, USES, DELETE, STATEMENTS };

#define COLUMNS                                                           \
	"SELECT id, name, description, image_url, created_at, updated_at" \
	" FROM badge "

static const char *const texts[STATEMENTS] = {
    [GET] = COLUMNS "WHERE application_id = ? AND name = ?",
    [LIST] = COLUMNS "WHERE application_id = ? AND id > ?"
                     " ORDER BY id LIMIT ?",
    [INSERT] = "INSERT INTO badge (application_id, name, description,"
               " image_url, created_at, updated_at)"
               " VALUES (?, ?, ?, ?, ?, ?)",
    [UPDATE] = "UPDATE badge SET description = ?, image_url = ?,"
               " updated_at = ?"
               " WHERE application_id = ? AND id = ?",
    [USES] = "SELECT EXISTS (SELECT 1 FROM rule_revision"
             " WHERE application_id = ? AND until = 0 AND badge_id = ?)"
             " OR EXISTS (SELECT 1 FROM user_badge"
             " WHERE application_id = ? AND badge_id = ?)",
    [DELETE] = "DELETE FROM badge WHERE application_id = ?"
               " AND id = ?",
};
const struct statement_set badge_statements = {texts, STATEMENTS};

static void
take_badge(struct query *query, struct arena *arena, struct badge *badge)
{
	badge->id = query_take_int(query);
	badge->name = query_take_text(query, arena);
	badge->description = query_take_text(query, arena);
	badge->image_url = query_take_text(query, arena);
	badge->created_at = query_take_int(query);
	badge->updated_at = query_take_int(query);
}

enum error
badge_get(struct db *db, struct arena *arena, int64_t application,
    const char *name, struct badge *badge_out)
{
	struct badge badge = {0};
	struct query query;
	enum error error;

	query_begin(&query, db, SET_BADGE, GET);
	query_int(&query, application);
	query_text(&query, name);
	query_run(&query);
	if (query_next(&query))
		take_badge(&query, arena, &badge);
	error = query_end(&query);
	if (error == OK && badge.id == 0)
		error = ERR_BADGE_NOT_FOUND;
	if (error == OK)
		*badge_out = badge;
	return error;
}

enum error
badge_list(struct db *db, struct arena *arena, int64_t application,
    int64_t after, int64_t limit, struct badge **badges_out, size_t *count_out)
{
	struct badge *list;
	struct query query;
	size_t count = 0;
	enum error error;

	query_begin(&query, db, SET_BADGE, LIST);
	query_int(&query, application);
	query_int(&query, after);
	query_int(&query, limit);
	query_run(&query);
	list = arena_array(arena, query_rows(&query) + 1, sizeof(*list));
	while (query_next(&query))
		take_badge(&query, arena, &list[count++]);
	error = query_end(&query);
	if (error != OK)
		return error;
	*badges_out = list;
	*count_out = count;
	return OK;
}

enum error
badge_insert(struct db *db, int64_t application, struct badge *badge)
{
	struct query query;
	enum error error;

	badge->created_at = badge->updated_at = clock_now();
	query_begin(&query, db, SET_BADGE, INSERT);
	query_int(&query, application);
	query_text(&query, badge->name);
	query_text(&query, badge->description);
	query_text(&query, badge->image_url);
	query_int(&query, badge->created_at);
	query_int(&query, badge->updated_at);
	query_run(&query);
	badge->id = query_insert_id(&query);
	error = query_end(&query);
	return error == ERR_DUPLICATE ? ERR_BADGE_EXISTS : error;
}

enum error
badge_update(struct db *db, int64_t application, struct badge *badge)
{
	struct query query;

	badge->updated_at = clock_now();
	query_begin(&query, db, SET_BADGE, UPDATE);
	query_text(&query, badge->description);
	query_text(&query, badge->image_url);
	query_int(&query, badge->updated_at);
	query_int(&query, application);
	query_int(&query, badge->id);
	return query_finish(&query);
}

enum error
badge_delete(struct db *db, int64_t application, const struct badge *badge)
{
	struct query query;
	bool used = false;
	enum error error;

	query_begin(&query, db, SET_BADGE, USES);
	query_int(&query, application);
	query_int(&query, badge->id);
	query_int(&query, application);
	query_int(&query, badge->id);
	query_run(&query);
	if (query_next(&query))
		used = query_take_bool(&query);
	error = query_end(&query);
	if (error == OK && used)
		error = ERR_BADGE_IN_USE;
	if (error != OK)
		return error;
	query_begin(&query, db, SET_BADGE, DELETE);
	query_int(&query, application);
	query_int(&query, badge->id);
	return query_finish(&query);
}
