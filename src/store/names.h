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
 * A thing of an application, deleted rules among them. What was wanted has a
 * name and nothing else: descriptions are long, and no award tells them.
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
 * All point scales and badges of an application, with all that there is of them,
 * instead of those wanted.
 */
enum error names_load_all(
    struct names *names, struct db *db, int64_t application) MUST_CHECK;

/*
 * The name NULL: there is no such thing, and the database is damaged.
 */
struct named names_get(const struct names *names, enum name_kind kind,
    int64_t application, int64_t id);

/* The id of the thing that has been loaded with this name; 0: there is none. */
int64_t
names_id(const struct names *names, enum name_kind kind, const char *text);

#endif
