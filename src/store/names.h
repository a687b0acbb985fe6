/* names: what the rules, point scales and badges of awards are called */
#ifndef STORE_NAMES_H
#define STORE_NAMES_H

#include "store/catalog.h"

/*
 * First all that will be asked for is wanted, then it is loaded by one
 * statement, then it is told.
 */
enum name_kind { NAME_RULE, NAME_POINT_SCALE, NAME_BADGE, NAME_KINDS };

/*
 * A thing of an application, deleted rules among them. It has a name and, where
 * it is told of, a description, and nothing else of what the catalog knows.
 */
struct name {
	int64_t application;
	int64_t id;
	struct named named; /* all 0 until it is found */
};

struct name_list {
	struct name *list;
	size_t count;
	size_t max;
};

struct names {
	struct arena *arena;
	struct name_list kinds[NAME_KINDS];
};

void names_init(struct names *names, struct arena *arena);

/* Id 0 is nothing, and wanted by nobody. */
void names_want(
    struct names *names, enum name_kind kind, int64_t application, int64_t id);

enum error names_load(struct names *names, struct db *db) MUST_CHECK;

/*
 * The same with descriptions, of point scales and badges. ERR_BODY_TOO_LARGE
 * where they are longer together, at 100 bytes each and more, and nothing of
 * them is read: no answer has room for so much.
 */
enum { NAMES_TOLD_MAX = 32 << 20, NAMES_TOLD_COUNT = NAMES_TOLD_MAX / 100 };
enum error names_load_told(struct names *names, struct db *db) MUST_CHECK;

/*
 * All point scales and badges of an application, instead of those wanted;
 * *told_out: with their descriptions. These are left out where there is too
 * much of them, as from before there were quotas. ERR_BODY_TOO_LARGE: so are
 * the names.
 */
enum error names_load_all(struct names *names, struct db *db,
    int64_t application, bool *told_out) MUST_CHECK;

/*
 * The name NULL: there is no such thing, and the database is damaged.
 */
struct named names_get(const struct names *names, enum name_kind kind,
    int64_t application, int64_t id);

/* The id of the thing that has been loaded with this name; 0: there is none. */
int64_t
names_id(const struct names *names, enum name_kind kind, const char *text);

#endif
