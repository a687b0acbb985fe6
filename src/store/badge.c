/* badge: what a user can win once */
#include "db/query.h"
#include "store/catalog.h"

#define COLUMNS                                                           \
	"SELECT id, name, description, created_at, updated_at, image_url" \
	" FROM badge "

static const char *const texts[CATALOG_STATEMENTS] = {
    [CATALOG_GET] = COLUMNS "WHERE application_id = ? AND name = ?",
    [CATALOG_LIST] = COLUMNS "WHERE application_id = ? AND id > ?"
                             " ORDER BY id LIMIT ?",
    [CATALOG_INSERT] = "INSERT INTO badge (application_id, name, description,"
                       " created_at, updated_at, image_url)"
                       " VALUES (?, ?, ?, ?, ?, ?)",
    [CATALOG_UPDATE] = "UPDATE badge SET name = ?, description = ?,"
                       " updated_at = ?,"
                       " image_url = ?"
                       " WHERE application_id = ? AND id = ?",
    [CATALOG_DELETE] = "DELETE FROM badge WHERE application_id = ?"
                       " AND id = ?",
    [CATALOG_COUNT] = "SELECT COUNT(*) FROM (SELECT 1 FROM badge"
                      " WHERE application_id = ? LIMIT ?) n",
    [CATALOG_USES] = "SELECT EXISTS (SELECT 1 FROM rule_reference"
                     " WHERE application_id = ? AND ref_id = ? AND kind = 1)"
                     " OR EXISTS (SELECT 1 FROM badge"
                     " WHERE application_id = ? AND id = ? AND given)",
};
const struct statement_set badge_statements = {texts, CATALOG_STATEMENTS};

static void
take(struct query *query, struct arena *arena, void *object)
{
	struct badge *badge = object;

	badge->image_url = query_take_text(query, arena);
}

static void
bind(struct query *query, const void *object)
{
	const struct badge *badge = object;

	query_text(query, badge->image_url);
}

const struct catalog badge_catalog = {
    .set = SET_BADGE,
    .size = sizeof(struct badge),
    .exists = ERR_BADGE_EXISTS,
    .not_found = ERR_BADGE_NOT_FOUND,
    .too_many = ERR_TOO_MANY_BADGES,
    .in_use = ERR_BADGE_IN_USE,
    .take = take,
    .bind = bind,
};
