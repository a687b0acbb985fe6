/* point_scale: the kinds of points of an application */
#include "db/statements.h"
#include "store/catalog.h"

#define COLUMNS \
	"SELECT id, name, description, created_at, updated_at FROM point_scale "

static const char *const texts[CATALOG_STATEMENTS] = {
    [CATALOG_GET] = COLUMNS "WHERE application_id = ? AND name = ?",
    [CATALOG_LIST] = COLUMNS "WHERE application_id = ? AND id > ?"
                             " ORDER BY id LIMIT ?",
    [CATALOG_INSERT] =
        "INSERT INTO point_scale (application_id, name, description,"
        " created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
    [CATALOG_UPDATE] = "UPDATE point_scale SET name = ?, description = ?,"
                       " updated_at = ?"
                       " WHERE application_id = ? AND id = ?",
    [CATALOG_DELETE] = "DELETE FROM point_scale WHERE application_id = ?"
                       " AND id = ?",
    [CATALOG_COUNT] = "SELECT COUNT(*) FROM (SELECT 1 FROM point_scale"
                      " WHERE application_id = ? LIMIT ?) n",
    [CATALOG_USES] = "SELECT EXISTS (SELECT 1 FROM rule_reference"
                     " WHERE application_id = ? AND ref_id = ? AND kind = 0)"
                     " OR EXISTS (SELECT 1 FROM point_scale"
                     " WHERE application_id = ? AND id = ? AND given)",
};
const struct statement_set point_scale_statements = {texts, CATALOG_STATEMENTS};

const struct catalog point_scale_catalog = {
    .set = SET_POINT_SCALE,
    .size = sizeof(struct named),
    .exists = ERR_POINT_SCALE_EXISTS,
    .not_found = ERR_POINT_SCALE_NOT_FOUND,
    .too_many = ERR_TOO_MANY_POINT_SCALES,
    .in_use = ERR_POINT_SCALE_IN_USE,
};
