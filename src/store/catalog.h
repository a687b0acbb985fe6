/* catalog: what an application's owner defines: point scales, badges, rules */
#ifndef STORE_CATALOG_H
#define STORE_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "db/query.h"
#include "engine/rule.h"

struct arena;

/*
 * How many of each kind an application may have. All that is made of them (a
 * user who has everything, the awards of an event that all rules match) then
 * fits into an answer. A database may have more, from before there was a limit:
 * all of it goes on, and only a further one is refused.
 */
#define CATALOG_MAX 1000

/* What all of them have; a point scale has nothing else. */
struct named {
	int64_t id; /* 0: none */
	const char *name;
	const char *description;
	int64_t created_at;
	int64_t updated_at;
	/*
	 * It cannot be read, or names something that is not there, which may
	 * have been deleted meanwhile, and the object with it: in a snapshot,
	 * or under the application's lock, it is damage. It can be replaced.
	 */
	bool damaged;
};

struct badge {
	struct named named;
	const char *image_url; /* NULL: none */
};

/*
 * A rule. Where a reference has no id yet, its thing is what is to be made if
 * it is missing: an object of the kind's catalog. The things of a stored rule
 * are struct named, with name and description.
 */
struct rule_definition {
	struct named named;
	struct rule rule; /* without id and name: see named */
};

/*
 * The statements that a catalog's set begins with. SELECT answers the columns
 * of struct named in its order, then the catalog's own.
 */
enum catalog_statement {
	CATALOG_GET,    /* application, name */
	CATALOG_LIST,   /* application, id before, limit */
	CATALOG_INSERT, /* application, struct named but for id, own values */
	/* name, description, updated_at, own, application, id */
	CATALOG_UPDATE,
	CATALOG_DELETE, /* application, id */
	CATALOG_COUNT,  /* application, limit: how many there are, up to it */
	CATALOG_COMMON,
	CATALOG_USES = CATALOG_COMMON, /* twice: application, id */
	CATALOG_STATEMENTS
};

/*
 * One kind of things. An object is the kind's struct, which begins with struct
 * named. Functions that are NULL have nothing to do.
 */
struct catalog {
	enum statement_set_id set;
	size_t size; /* of an object */
	enum error exists;
	enum error not_found;
	enum error too_many;
	enum error in_use; /* OK: it has no CATALOG_USES, and any may go */
	/* Its own columns, and its own values of a row. */
	void (*take)(struct query *query, struct arena *arena, void *object);
	void (*bind)(struct query *query, const void *object);
	/* Gives the objects the names of what they refer to by ids. */
	enum error (*describe)(struct db *db, struct arena *arena,
	    int64_t application, struct named *const *objects, size_t count);
	/* Makes what an object names and is missing, before it is written. */
	enum error (*complete)(struct db *db, struct arena *arena,
	    int64_t application, int64_t version, void *object);
	/*
	 * What is true of an object from this version on, and what is no more.
	 */
	enum error (*begin)(struct db *db, struct arena *arena,
	    int64_t application, int64_t version, const void *object);
	enum error (*end)(struct db *db, int64_t application, int64_t version,
	    const void *object);
};

extern const struct catalog point_scale_catalog;
extern const struct catalog badge_catalog;
/*
 * A rule's point scale and badge go by their names; those that are missing are
 * made. What a deleted rule has given stays; its counts are of no use to
 * anybody any more.
 */
extern const struct catalog rule_catalog;

/*
 * Every function takes the application in whose rows it looks. get answers the
 * catalog's not_found. list answers those made after the one with the id after,
 * in the order of creation, at most limit.
 */
enum error
catalog_get(const struct catalog *catalog, struct db *db, struct arena *arena,
    int64_t application, const char *name, void *object_out) MUST_CHECK;
enum error catalog_list(const struct catalog *catalog, struct db *db,
    struct arena *arena, int64_t application, int64_t after, int64_t limit,
    struct named ***objects_out, size_t *count_out) MUST_CHECK;

/*
 * The others need a transaction in which application_change has locked the
 * application and answered the version. write inserts what has the id 0, and
 * sets its id and times, or answers the catalog's exists or too_many (of what
 * is made along, theirs); else it updates. replace deletes an object and writes
 * another one with an id of its own, which only keeps the time of making.
 * delete answers in_use while a rule in force or a user uses the thing.
 */
enum error
catalog_write(const struct catalog *catalog, struct db *db, struct arena *arena,
    int64_t application, int64_t version, void *object) MUST_CHECK;
enum error catalog_replace(const struct catalog *catalog, struct db *db,
    struct arena *arena, int64_t application, int64_t version,
    const void *existing, void *object) MUST_CHECK;
enum error catalog_delete(const struct catalog *catalog, struct db *db,
    int64_t application, int64_t version, const void *object) MUST_CHECK;

/* The five columns of struct named. */
void
named_take(struct query *query, struct arena *arena, struct named *named_out);

#endif
