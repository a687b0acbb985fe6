/* rule: what an application gives for which event */
#include <string.h>

#include "base/arena.h"
#include "db/query.h"
#include "rules/document.h"
#include "store/catalog.h"
#include "store/names.h"
#include "store/rule_cache.h"

enum {
	END_REVISION = CATALOG_COMMON,
	INSERT_REVISION,
	END_REFERENCES,
	INSERT_REFERENCE,
	STATEMENTS
};

#define COLUMNS                                                          \
	"SELECT r.id, r.name, r.description, r.created_at, r.updated_at" \
	", v.document FROM rule r"                                       \
	" JOIN rule_revision v FORCE INDEX (in_force)"                   \
	" ON v.rule_id = r.id AND v.until = 0"                           \
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
        " document) VALUES (?, ?, ?, 0, ?)",
    [END_REFERENCES] = "DELETE FROM rule_reference WHERE application_id = ?"
                       " AND rule_id = ?",
    [INSERT_REFERENCE] =
        "INSERT INTO rule_reference (application_id, kind, ref_id,"
        " rule_id) VALUES (?, ?, ?, ?)"
        /* A rule may name one thing twice. */
        " ON DUPLICATE KEY UPDATE rule_id = VALUES(rule_id)",
};
const struct statement_set rule_statements = {texts, STATEMENTS};

static void
take(struct query *query, struct arena *arena, void *object)
{
	struct rule_definition *rule = object;
	struct arena *scratch = rule_scratch_new();

	rule->named.damaged = !rule_take(query, scratch, arena, &rule->rule);
	arena_free(scratch);
}

static const struct {
	const struct catalog *catalog;
	enum name_kind names;
} kinds[] = {
    [REFERENCE_POINT_SCALE] = {&point_scale_catalog, NAME_POINT_SCALE},
    [REFERENCE_BADGE] = {&badge_catalog, NAME_BADGE},
};

static void
want_references(
    struct names *names, int64_t application, const struct rule *rule)
{
	const struct reference *reference;
	enum reference_kind kind;
	size_t at = 0;

	while ((reference = rule_reference(rule, &at, &kind)) != NULL)
		names_want(
		    names, kinds[kind].names, application, reference->id);
}

static bool
name_references(
    const struct names *names, int64_t application, struct rule *rule)
{
	const struct reference *found;
	struct reference *reference;
	struct named *named;
	enum reference_kind kind;
	size_t at = 0;

	while ((found = rule_reference(rule, &at, &kind)) != NULL) {
		reference = rule_reference_of(rule, found);
		named = arena_alloc(names->arena, sizeof(*named));
		*named = names_get(
		    names, kinds[kind].names, application, reference->id);
		if (named->name == NULL)
			return false;
		reference->name = named->name;
		reference->thing = named;
	}
	return true;
}

static enum error
describe(struct db *db, struct arena *arena, int64_t application,
    struct named *const *objects, size_t count)
{
	struct rule_definition *rule;
	struct names names;
	enum error error;
	size_t i;

	names_init(&names, arena);
	for (i = 0; i < count; i++)
		want_references(&names, application,
		    &((const struct rule_definition *)objects[i])->rule);
	error = names_load_told(&names, db);
	for (i = 0; i < count && error == OK; i++) {
		rule = (struct rule_definition *)objects[i];
		if (!name_references(&names, application, &rule->rule))
			rule->named.damaged = true;
	}
	return error;
}

/* The thing as stored, made where it is missing. */
static enum error
ensure(struct db *db, struct arena *arena, int64_t application, int64_t version,
    enum reference_kind kind, struct reference *reference)
{
	const struct catalog *catalog = kinds[kind].catalog;
	struct named *thing = arena_alloc(arena, catalog->size);
	enum error error;

	error = catalog_get(
	    catalog, db, arena, application, reference->name, thing);
	if (error == catalog->not_found) {
		memcpy(thing, reference->thing, catalog->size);
		error = catalog_write(
		    catalog, db, arena, application, version, thing);
	}
	reference->id = thing->id;
	return error;
}

static enum error
ensure_references(struct db *db, struct arena *arena, int64_t application,
    int64_t version, void *object)
{
	struct rule *rule = &((struct rule_definition *)object)->rule;
	const struct reference *reference;
	enum reference_kind kind;
	enum error error = OK;
	size_t at = 0;

	while (error == OK &&
	    (reference = rule_reference(rule, &at, &kind)) != NULL)
		error = ensure(db, arena, application, version, kind,
		    rule_reference_of(rule, reference));
	return error;
}

static enum error
insert_reference(struct db *db, int64_t application, int64_t rule,
    enum reference_kind kind, int64_t id)
{
	struct query query;

	query_begin(&query, db, SET_RULE, INSERT_REFERENCE);
	query_int(&query, application);
	query_int(&query, kind);
	query_int(&query, id);
	query_int(&query, rule);
	return query_finish(&query);
}

static enum error
insert_revision(struct db *db, struct arena *arena, int64_t application,
    int64_t version, const void *object)
{
	const struct rule_definition *rule = object;
	const struct reference *reference;
	enum reference_kind kind;
	struct query query;
	enum error error;
	size_t at = 0;

	query_begin(&query, db, SET_RULE, INSERT_REVISION);
	query_int(&query, application);
	query_int(&query, rule->named.id);
	query_int(&query, version);
	query_text(&query, document_write(arena, &rule->rule));
	error = query_finish(&query);
	while (error == OK &&
	    (reference = rule_reference(&rule->rule, &at, &kind)) != NULL)
		error = insert_reference(
		    db, application, rule->named.id, kind, reference->id);
	return error;
}

static enum error
end_revision(
    struct db *db, int64_t application, int64_t version, const void *object)
{
	const struct named *rule = object;
	struct query query;
	enum error error;

	query_begin(&query, db, SET_RULE, END_REVISION);
	query_int(&query, version);
	query_int(&query, application);
	query_int(&query, rule->id);
	error = query_finish(&query);
	if (error != OK)
		return error;
	query_begin(&query, db, SET_RULE, END_REFERENCES);
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
    .describe = describe,
    .complete = ensure_references,
    .begin = insert_revision,
    .end = end_revision,
};
