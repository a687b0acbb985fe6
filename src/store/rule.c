/* rule: what an application gives for which event */
#include "store/catalog.h"
#include "store/query.h"

enum { END_REVISION = CATALOG_COMMON, INSERT_REVISION, STATEMENTS };

#define COLUMNS                                                           \
	"SELECT r.id, r.name, r.description, r.created_at, r.updated_at," \
	" v.enabled, v.event_type, v.property, v.times, v.points,"        \
	" s.id, s.name, s.description, s.created_at, s.updated_at,"       \
	" b.id, b.name, b.description, b.created_at, b.updated_at,"       \
	" b.image_url"                                                    \
	" FROM rule r"                                                    \
	" JOIN rule_revision v FORCE INDEX (in_force)"                    \
	" ON v.rule_id = r.id AND v.until = 0"                            \
	" LEFT JOIN point_scale s ON s.id = v.point_scale_id"             \
	" LEFT JOIN badge b ON b.id = v.badge_id"                         \
	" WHERE r.application_id = ? AND r.deleted = 0 "

static const char *const texts[STATEMENTS] = {
    [CATALOG_GET] = COLUMNS "AND r.name = ?",
    [CATALOG_LIST] = COLUMNS "AND r.id > ? ORDER BY r.id LIMIT ?",
    [CATALOG_INSERT] = "INSERT INTO rule (application_id, name, description,"
                       " created_at, updated_at, deleted)"
                       " VALUES (?, ?, ?, ?, ?, 0)",
    [CATALOG_UPDATE] = "UPDATE rule SET name = ?, description = ?,"
                       " updated_at = ?"
                       " WHERE application_id = ? AND id = ?",
    [CATALOG_DELETE] = "UPDATE rule SET deleted = id"
                       " WHERE application_id = ? AND id = ?",
    /* By the revisions in force: those of deleted rules are not among them. */
    [CATALOG_COUNT] = "SELECT COUNT(*) FROM (SELECT 1 FROM rule_revision"
                      " WHERE application_id = ? AND until = 0 LIMIT ?) n",
    [END_REVISION] = "UPDATE rule_revision FORCE INDEX (in_force) SET until = ?"
                     " WHERE application_id = ? AND rule_id = ?"
                     " AND until = 0",
    [INSERT_REVISION] =
        "INSERT INTO rule_revision (application_id, rule_id, since, until,"
        " enabled, event_type, property, times, points, point_scale_id,"
        " badge_id) VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?)",
};
const struct statement_set rule_statements = {texts, STATEMENTS};

static void
take(struct query *query, struct arena *arena, void *object)
{
	struct rule_definition *rule = object;

	rule->enabled = query_take_bool(query);
	rule->event_type = query_take_text(query, arena);
	rule->property = query_take_text(query, arena);
	rule->times = query_take_int(query);
	rule->points = query_take_int(query);
	named_take(query, arena, &rule->point_scale);
	named_take(query, arena, &rule->badge.named);
	rule->badge.image_url = query_take_text(query, arena);
}

/* The named thing as stored, made where it is missing. */
static enum error
ensure(const struct catalog *catalog, struct db *db, struct arena *arena,
    int64_t application, int64_t version, struct named *object)
{
	enum error error;

	if (object->name == NULL)
		return OK;
	error =
	    catalog_get(catalog, db, arena, application, object->name, object);
	if (error != catalog->not_found)
		return error;
	return catalog_write(catalog, db, arena, application, version, object);
}

static enum error
ensure_gifts(struct db *db, struct arena *arena, int64_t application,
    int64_t version, void *object)
{
	struct rule_definition *rule = object;
	enum error error = ensure(&point_scale_catalog, db, arena, application,
	    version, &rule->point_scale);

	if (error == OK)
		error = ensure(&badge_catalog, db, arena, application, version,
		    &rule->badge.named);
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
insert_revision(
    struct db *db, int64_t application, int64_t version, const void *object)
{
	const struct rule_definition *rule = object;
	struct query query;

	query_begin(&query, db, SET_RULE, INSERT_REVISION);
	query_int(&query, application);
	query_int(&query, rule->named.id);
	query_int(&query, version);
	query_int(&query, rule->enabled);
	query_text(&query, rule->event_type);
	query_text(&query, rule->property);
	query_int(&query, rule->times);
	query_int(&query, rule->points);
	query_id(&query, rule->point_scale.id);
	query_id(&query, rule->badge.named.id);
	return query_finish(&query);
}

static enum error
end_revision(
    struct db *db, int64_t application, int64_t version, const void *object)
{
	const struct named *rule = object;
	struct query query;

	query_begin(&query, db, SET_RULE, END_REVISION);
	query_int(&query, version);
	query_int(&query, application);
	query_int(&query, rule->id);
	return query_finish(&query);
}

const struct catalog rule_catalog = {
    .set = SET_RULE,
    .size = sizeof(struct rule_definition),
    .exists = ERR_RULE_EXISTS,
    .not_found = ERR_RULE_NOT_FOUND,
    .too_many = ERR_TOO_MANY_RULES,
    .take = take,
    .complete = ensure_gifts,
    .begin = insert_revision,
    .end = end_revision,
};
