/* server: what the database server says about itself and our account */
#include "db/server.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "db/db.h"

/*
 * Rights are granted for all databases, or for a pattern of their names. The
 * account is 'user'@'host' there, and the user's name may have an @ in it.
 */
#define OURS                                                               \
	" WHERE grantee = CONCAT('''', LEFT(CURRENT_USER(),"               \
	" LENGTH(CURRENT_USER()) - LOCATE('@', REVERSE(CURRENT_USER())))," \
	" '''@''', SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')"

static const char missing_rights[] =
    "SELECT GROUP_CONCAT(n.p ORDER BY n.p SEPARATOR ', ') FROM"
    " (SELECT 'SELECT' p UNION SELECT 'INSERT' UNION SELECT 'UPDATE'"
    " UNION SELECT 'DELETE' UNION SELECT 'CREATE' UNION SELECT 'DROP'"
    " UNION SELECT 'ALTER' UNION SELECT 'INDEX' UNION SELECT 'REFERENCES') n"
    " WHERE n.p NOT IN (SELECT privilege_type"
    " FROM information_schema.user_privileges" OURS ")"
    " AND n.p NOT IN (SELECT privilege_type"
    " FROM information_schema.schema_privileges" OURS
    " AND DATABASE() LIKE table_schema ESCAPE '\\')";

/* MariaDB 10.6: the first with JSON_TABLE. */
enum { OLDEST_SERVER = 1006 };

static bool
is_supported(const char *version)
{
	char *end;
	long major = strtol(version, &end, 10);
	long minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;

	return strstr(version, "MariaDB") != NULL &&
	    major * 100 + minor >= OLDEST_SERVER;
}

enum error
server_supported(struct db *db, struct arena *arena, const char **why_out)
{
	const char *version = NULL;
	/* What stands in between may greet with a version of its own. */
	enum error error =
	    db_text_value(db, arena, "SELECT VERSION()", &version);

	if (error == OK && version != NULL && !is_supported(version))
		*why_out = arena_printf(arena,
		    "the server is %s%s: Palmarès needs MariaDB 10.6 or newer,"
		    " and MySQL is not supported",
		    strstr(version, "MariaDB") == NULL ? "no MariaDB, but "
		                                       : "",
		    version);
	return error;
}

enum error
server_variable(struct db *db, struct arena *arena, const char *name,
    const char **value_out)
{
	return db_text_value(db, arena,
	    arena_printf(arena,
	        "SELECT variable_value FROM information_schema"
	        ".global_variables WHERE variable_name = '%s'",
	        name),
	    value_out);
}

enum error
server_missing_rights(
    struct db *db, struct arena *arena, const char **rights_out)
{
	return db_text_value(db, arena, missing_rights, rights_out);
}

enum error
server_role(struct db *db, struct arena *arena, const char **role_out)
{
	return db_text_value(db, arena, "SELECT CURRENT_ROLE()", role_out);
}

enum error
server_clock(struct db *db, struct arena *arena, int64_t *time_out)
{
	const char *text = NULL;
	enum error error = db_text_value(db, arena,
	    "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)",
	    &text);

	if (error == OK && text != NULL)
		*time_out = strtoll(text, NULL, 10);
	return error;
}
