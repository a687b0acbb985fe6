/* rule: what an application gives for which event */
#include "base/arena.h"
#include "base/clock.h"
#include "store/catalog.h"
#include "store/db.h"
#include "store/statements.h"

enum {
	GET,
	LIST,
	INSERT,
	UPDATE,
	DELETE,
	END_REVISION,
	INSERT_REVISION,
	STATEMENTS
};

#define COLUMNS                                                           \
	"SELECT r.id, r.name, r.description, r.created_at, r.updated_at," \
	" v.enabled, v.event_type, v.property, v.times, v.points,"        \
	" s.id, s.name, s.description, s.created_at, s.updated_at,"       \
	" b.id, b.name, b.description, b.image_url, b.created_at,"        \
	" b.updated_at"                                                   \
	" FROM rule r"                                                    \
	" JOIN rule_revision v ON v.rule_id = r.id AND v.until = 0"       \
	" LEFT JOIN point_scale s ON s.id = v.point_scale_id"             \
	" LEFT JOIN badge b ON b.id = v.badge_id"                         \
	" WHERE r.application_id = ? AND r.deleted = 0 "

static const char *const texts[STATEMENTS] = {
    [GET] = COLUMNS "AND r.name = ?",
    [LIST] = COLUMNS "AND r.id > ? ORDER BY r.id LIMIT ?",
    [INSERT] = "INSERT INTO rule (application_id, name, deleted,"
               " description, created_at, updated_at)"
               " VALUES (?, ?, 0, ?, ?, ?)",
    [UPDATE] = "UPDATE rule SET description = ?, updated_at = ?"
               " WHERE application_id = ? AND id = ?",
    [DELETE] = "UPDATE rule SET deleted = id, updated_at = ?"
               " WHERE application_id = ? AND id = ?",
    [END_REVISION] = "UPDATE rule_revision SET until = ?"
                     " WHERE application_id = ? AND rule_id = ?"
                     " AND until = 0",
    [INSERT_REVISION] =
        "INSERT INTO rule_revision (application_id, rule_id, since, until,"
        " enabled, event_type, property, times, points, point_scale_id,"
        " badge_id) VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?)",
};
const struct statement_set rule_statements = {texts, STATEMENTS};

static void
take_rule(
    struct query *query, struct arena *arena, struct rule_definition *rule)
{
	rule->id = query_take_int(query);
	rule->name = query_take_text(query, arena);
	rule->description = query_take_text(query, arena);
	rule->created_at = query_take_int(query);
	rule->updated_at = query_take_int(query);
	rule->enabled = query_take_bool(query);
	rule->event_type = query_take_text(query, arena);
	rule->property = query_take_text(query, arena);
	rule->times = query_take_int(query);
	rule->points = query_take_int(query);
	rule->point_scale.id = query_take_int(query);
	rule->point_scale.name = query_take_text(query, arena);
	rule->point_scale.description = query_take_text(query, arena);
	rule->point_scale.created_at = query_take_int(query);
	rule->point_scale.updated_at = query_take_int(query);
	rule->badge.id = query_take_int(query);
	rule->badge.name = query_take_text(query, arena);
	rule->badge.description = query_take_text(query, arena);
	rule->badge.image_url = query_take_text(query, arena);
	rule->badge.created_at = query_take_int(query);
	rule->badge.updated_at = query_take_int(query);
}

enum error
rule_get(struct db *db, struct arena *arena, int64_t application,
    const char *name, struct rule_definition *rule_out)
{
	struct rule_definition rule = {0};
	struct query query;
	enum error error;

	query_begin(&query, db, SET_RULE, GET);
	query_int(&query, application);
	query_text(&query, name);
	query_run(&query);
	if (query_next(&query))
		take_rule(&query, arena, &rule);
	error = query_end(&query);
	if (error == OK && rule.id == 0)
		error = ERR_RULE_NOT_FOUND;
	if (error == OK)
		*rule_out = rule;
	return error;
}

enum error
rule_list(struct db *db, struct arena *arena, int64_t application,
    int64_t after, int64_t limit, struct rule_definition **rules_out,
    size_t *count_out)
{
	struct rule_definition *list;
	struct query query;
	size_t count = 0;
	enum error error;

	query_begin(&query, db, SET_RULE, LIST);
	query_int(&query, application);
	query_int(&query, after);
	query_int(&query, limit);
	query_run(&query);
	list = arena_array(arena, query_rows(&query) + 1, sizeof(*list));
	while (query_next(&query))
		take_rule(&query, arena, &list[count++]);
	error = query_end(&query);
	if (error != OK)
		return error;
	*rules_out = list;
	*count_out = count;
	return OK;
}

/* The rule's point scale and badge as stored, made where they are missing. */
static enum error
ensure_gifts(struct db *db, struct arena *arena, int64_t application,
    struct rule_definition *rule)
{
	enum error error = OK;

	if (rule->point_scale.name != NULL) {
		error = point_scale_get(db, arena, application,
		    rule->point_scale.name, &rule->point_scale);
		if (error == ERR_POINT_SCALE_NOT_FOUND)
			error = point_scale_insert(
			    db, application, &rule->point_scale);
	}
	if (error == OK && rule->badge.name != NULL) {
		error = badge_get(
		    db, arena, application, rule->badge.name, &rule->badge);
		if (error == ERR_BADGE_NOT_FOUND)
			error = badge_insert(db, application, &rule->badge);
	}
	return error;
}

static void
query_id(struct query *query, int64_t id)
{
	if (id == 0)
		query_null(query);
	else
		query_int(query, id);
}

static enum error
insert_revision(struct db *db, int64_t application, int64_t version,
    const struct rule_definition *rule)
{
	struct query query;

	query_begin(&query, db, SET_RULE, INSERT_REVISION);
	query_int(&query, application);
	query_int(&query, rule->id);
	query_int(&query, version);
	query_int(&query, rule->enabled);
	query_text(&query, rule->event_type);
	query_text(&query, rule->property);
	query_int(&query, rule->times);
	query_int(&query, rule->points);
	query_id(&query, rule->point_scale.id);
	query_id(&query, rule->badge.id);
	return query_finish(&query);
}

static enum error
end_revision(struct db *db, int64_t application, int64_t version,
    const struct rule_definition *rule)
{
	struct query query;

	query_begin(&query, db, SET_RULE, END_REVISION);
	query_int(&query, version);
	query_int(&query, application);
	query_int(&query, rule->id);
	return query_finish(&query);
}

enum error
rule_insert(struct db *db, struct arena *arena, int64_t application,
    int64_t version, struct rule_definition *rule)
{
	enum error error = ensure_gifts(db, arena, application, rule);
	struct query query;

	if (error != OK)
		return error;
	rule->created_at = rule->updated_at = clock_now();
	query_begin(&query, db, SET_RULE, INSERT);
	query_int(&query, application);
	query_text(&query, rule->name);
	query_text(&query, rule->description);
	query_int(&query, rule->created_at);
	query_int(&query, rule->updated_at);
	query_run(&query);
	rule->id = query_insert_id(&query);
	error = query_end(&query);
	if (error == OK)
		error = insert_revision(db, application, version, rule);
	return error == ERR_DUPLICATE ? ERR_RULE_EXISTS : error;
}

enum error
rule_update(struct db *db, struct arena *arena, int64_t application,
    int64_t version, struct rule_definition *rule)
{
	enum error error = ensure_gifts(db, arena, application, rule);
	struct query query;

	if (error != OK)
		return error;
	rule->updated_at = clock_now();
	query_begin(&query, db, SET_RULE, UPDATE);
	query_text(&query, rule->description);
	query_int(&query, rule->updated_at);
	query_int(&query, application);
	query_int(&query, rule->id);
	error = query_finish(&query);
	if (error == OK)
		error = end_revision(db, application, version, rule);
	if (error == OK)
		error = insert_revision(db, application, version, rule);
	return error;
}

enum error
rule_delete(struct db *db, int64_t application, int64_t version,
    const struct rule_definition *rule)
{
	enum error error = end_revision(db, application, version, rule);
	struct query query;

	if (error != OK)
		return error;
	query_begin(&query, db, SET_RULE, DELETE);
	query_int(&query, clock_now());
	query_int(&query, application);
	query_int(&query, rule->id);
	return query_finish(&query);
}
