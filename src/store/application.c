/* application: the site whose rows nobody else reads */
#include "store/application.h"

#include <sodium.h>

#include "base/arena.h"
#include "base/clock.h"
#include "db/db.h"
#include "db/query.h"
#include "db/tx.h"

enum {
	GET,
	BY_APP_KEY,
	BY_NAME,
	LIST,
	NEXT,
	INSERT,
	SET_APP_KEY,
	LOCK,
	CHANGE,
	CLOSE,
	REVOKE_KEYS,
	DELETE_FIRST,
	DELETE_EVENTS = DELETE_FIRST,
	DELETE_USERS,
	DELETE_REFERENCES,
	DELETE_REVISIONS,
	DELETE_RULES,
	DELETE_BADGES,
	DELETE_POINT_SCALES,
	DELETE_KEYS,
	DELETE_TIMES,
	DELETE_APPLICATION,
	STATEMENTS
};

/* Those that may have a row of an application that does not exist. */
enum { NEXT_TABLES = 3 };

#define COLUMNS                                                               \
	"SELECT id, app_key, name, description, time_zone,"                   \
	" day_start, classic, version, stamp, closed, created_at, updated_at" \
	" FROM application "
#define DELETE_SOME(table) \
	"DELETE FROM " table " WHERE application_id = ? LIMIT 1000"

#define FIRST(table) \
	"SELECT MIN(application_id) a FROM " table " WHERE application_id > ?"

static const char *const texts[STATEMENTS] = {
    [GET] = COLUMNS "WHERE id = ?",
    [BY_APP_KEY] = COLUMNS "WHERE app_key = ?",
    [BY_NAME] = COLUMNS "WHERE name = ?",
    [LIST] = COLUMNS "ORDER BY name",
    /* Each part is one look into an index. */
    [NEXT] = "SELECT MIN(a) FROM (SELECT MIN(id) a FROM application"
             " WHERE id > ?"
             " UNION ALL " FIRST("user") " UNION ALL " FIRST("event") ") t",
    [INSERT] = "INSERT INTO application (app_key, name, description, time_zone,"
               " classic, version, stamp, created_at, updated_at)"
               " VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?)",
    [SET_APP_KEY] = "UPDATE application SET app_key = ? WHERE id = ?",
    [LOCK] = "SELECT version FROM application"
             " WHERE id = ? AND NOT closed FOR UPDATE",
    [CHANGE] = "UPDATE application SET version = ?, stamp = ? WHERE id = ?",
    /* It waits for the events under way, and those behind it find it closed. */
    [CLOSE] = "UPDATE application SET closed = 1, classic = 0,"
              " version = version + 1, stamp = ? WHERE id = ?",
    [REVOKE_KEYS] = "UPDATE api_key SET revoked_at = ?"
                    " WHERE application_id = ? AND revoked_at IS NULL",
    [DELETE_EVENTS] = DELETE_SOME("event"),
    [DELETE_USERS] = DELETE_SOME("user"),
    [DELETE_REFERENCES] = DELETE_SOME("rule_reference"),
    [DELETE_REVISIONS] = DELETE_SOME("rule_revision"),
    [DELETE_RULES] = DELETE_SOME("rule"),
    [DELETE_BADGES] = DELETE_SOME("badge"),
    [DELETE_POINT_SCALES] = DELETE_SOME("point_scale"),
    [DELETE_KEYS] = DELETE_SOME("api_key"),
    [DELETE_TIMES] = DELETE_SOME("application_time"),
    [DELETE_APPLICATION] = "DELETE FROM application WHERE id = ?",
};
const struct statement_set application_statements = {texts, STATEMENTS};

static void
take_application(
    struct query *query, struct arena *arena, struct application *application)
{
	application->id = query_take_int(query);
	application->app_key = query_take_int(query);
	application->name = query_take_text(query, arena);
	application->description = query_take_text(query, arena);
	application->time_zone = query_take_text(query, arena);
	application->day_start = query_take_int(query);
	application->classic = query_take_bool(query);
	application->version = query_take_int(query);
	application->stamp = query_take_int(query);
	application->closed = query_take_bool(query);
	application->created_at = query_take_int(query);
	application->updated_at = query_take_int(query);
}

/* Runs a query that answers one application, or none. */
static enum error
get_one(struct query *query, struct arena *arena,
    struct application *application_out)
{
	struct application application = {0};
	enum error error;

	query_run(query);
	if (query_next(query))
		take_application(query, arena, &application);
	error = query_end(query);
	if (error == OK && application.id == 0)
		error = ERR_APPLICATION_NOT_FOUND;
	if (error == OK)
		*application_out = application;
	return error;
}

enum error
application_get(struct db *db, struct arena *arena, int64_t id,
    struct application *application_out)
{
	struct query query;

	query_begin(&query, db, SET_APPLICATION, GET);
	query_int(&query, id);
	return get_one(&query, arena, application_out);
}

enum error
application_by_app_key(struct db *db, struct arena *arena, int64_t app_key,
    struct application *application_out)
{
	struct query query;

	query_begin(&query, db, SET_APPLICATION, BY_APP_KEY);
	query_int(&query, app_key);
	return get_one(&query, arena, application_out);
}

enum error
application_by_name(struct db *db, struct arena *arena, const char *name,
    struct application *application_out)
{
	struct query query;

	query_begin(&query, db, SET_APPLICATION, BY_NAME);
	query_text(&query, name);
	return get_one(&query, arena, application_out);
}

enum error
application_list(struct db *db, struct arena *arena,
    struct application **applications_out, size_t *count_out)
{
	struct application *list;
	struct query query;
	size_t count = 0;
	enum error error;

	query_begin(&query, db, SET_APPLICATION, LIST);
	query_run(&query);
	list = arena_array(arena, query_rows(&query) + 1, sizeof(*list));
	while (query_next(&query))
		take_application(&query, arena, &list[count++]);
	error = query_end(&query);
	if (error != OK)
		return error;
	*applications_out = list;
	*count_out = count;
	return OK;
}

static int64_t
new_stamp(void)
{
	int64_t stamp;

	randombytes_buf(&stamp, sizeof(stamp));
	return stamp;
}

static enum error
insert_row(struct db *db, struct application *application, int64_t app_key)
{
	struct query query;
	enum error error;

	query_begin(&query, db, SET_APPLICATION, INSERT);
	query_int(&query, app_key);
	query_text(&query, application->name);
	query_text(&query, application->description);
	query_text(&query, application->time_zone);
	query_int(&query, application->classic);
	query_int(&query, application->stamp);
	query_int(&query, application->created_at);
	query_int(&query, application->created_at);
	query_run(&query);
	application->id = query_insert_id(&query);
	error = query_end(&query);
	return error == ERR_DUPLICATE ? ERR_APPLICATION_EXISTS : error;
}

/*
 * The row's own id, which no deleted application had, or the next that is free.
 */
static enum error
choose_app_key(struct db *db, struct application *application)
{
	struct query query;
	enum error error;

	application->app_key = application->id;
	do {
		query_begin(&query, db, SET_APPLICATION, SET_APP_KEY);
		query_int(&query, application->app_key);
		query_int(&query, application->id);
		error = query_finish(&query);
	} while (error == ERR_DUPLICATE && ++application->app_key > 0);
	return error;
}

enum error
application_insert(struct db *db, struct application *application)
{
	enum error error;

	application->created_at = application->updated_at = clock_now();
	application->version = 1;
	application->stamp = new_stamp();
	if (application->app_key != 0)
		return insert_row(db, application, application->app_key);
	/* A key that nobody can ask for, until the row's id is known. */
	error = insert_row(
	    db, application, INT64_MAX - application->created_at % 1000000);
	return error != OK ? error : choose_app_key(db, application);
}

enum error
application_lock(struct db *db, int64_t id, int64_t *version_out)
{
	struct query query;
	int64_t version = 0;
	enum error error;

	query_begin(&query, db, SET_APPLICATION, LOCK);
	query_int(&query, id);
	query_run(&query);
	if (query_next(&query))
		version = query_take_int(&query) + 1;
	error = query_end(&query);
	if (error == OK && version == 0)
		error = ERR_APPLICATION_NOT_FOUND;
	if (error == OK)
		*version_out = version;
	return error;
}

enum error
application_count(struct db *db, int64_t id, int64_t version)
{
	struct query query;

	query_begin(&query, db, SET_APPLICATION, CHANGE);
	query_int(&query, version);
	query_int(&query, new_stamp());
	query_int(&query, id);
	return query_finish(&query);
}

enum error
application_change(struct db *db, int64_t id, int64_t *version_out)
{
	int64_t version;
	enum error error = application_lock(db, id, &version);

	if (error == OK)
		error = application_count(db, id, version);
	if (error == OK)
		*version_out = version;
	return error;
}

/*
 * In a transaction: whoever comes later is refused, and nothing is half of it.
 */
static enum error
close_application(
    struct db *db, const struct tx_attempt *attempt, void *context)
{
	const int64_t id = *(const int64_t *)context;
	struct query query;
	enum error error;

	(void)attempt;
	query_begin(&query, db, SET_APPLICATION, CLOSE);
	query_int(&query, new_stamp());
	query_int(&query, id);
	error = query_finish(&query);
	if (error != OK)
		return error;
	query_begin(&query, db, SET_APPLICATION, REVOKE_KEYS);
	query_int(&query, clock_now());
	query_int(&query, id);
	return query_finish(&query);
}

/* All that is the application's, and its row last. */
static enum error
delete_rows(struct db *db, int64_t id, int64_t *rows)
{
	enum error error = OK;
	struct query query;
	uint64_t deleted;
	size_t i;

	for (i = DELETE_FIRST; i < STATEMENTS && error == OK; i++)
		do {
			query_begin(&query, db, SET_APPLICATION, i);
			query_int(&query, id);
			query_run(&query);
			deleted = query_affected(&query);
			error = query_end(&query);
			*rows += (int64_t)deleted;
		} while (error == OK && deleted > 0);
	return error;
}

enum error
application_delete(struct db *db, const struct tx_options *options, int64_t id)
{
	enum error error = tx_run(db, options, close_application, &id);
	int64_t rows = 0;

	return error == OK ? delete_rows(db, id, &rows) : error;
}

enum error
application_next(struct db *db, int64_t after, int64_t *application_out)
{
	struct query query;
	int64_t application = 0;
	enum error error;
	size_t i;

	query_begin(&query, db, SET_APPLICATION, NEXT);
	for (i = 0; i < NEXT_TABLES; i++)
		query_int(&query, after);
	query_run(&query);
	if (query_next(&query))
		application = query_take_int(&query);
	error = query_end(&query);
	if (error == OK)
		*application_out = application;
	return error;
}

/*
 * An application's row is there before any other of its rows, and goes after
 * them, so what has been seen without it has nobody.
 */
enum error
application_clean(struct db *db, struct arena *arena, int64_t *applications_out,
    int64_t *rows_out)
{
	int64_t id = 0, applications = 0, rows = 0;
	struct application application;
	enum error error;

	while ((error = application_next(db, id, &id)) == OK && id != 0) {
		error = application_get(db, arena, id, &application);
		if (error == ERR_APPLICATION_NOT_FOUND) {
			applications++;
			error = delete_rows(db, id, &rows);
		}
		if (error != OK)
			return error;
	}
	if (error != OK)
		return error;
	*applications_out = applications;
	*rows_out = rows;
	return OK;
}
