/* verify_read: what verify reads: rows in the order of users, and rules */
#ifndef STORE_VERIFY_READ_H
#define STORE_VERIFY_READ_H

#include "engine/engine.h"
#include "store/db.h"

/* The tables that events write. */
enum verify_table {
	VERIFY_USERS,
	VERIFY_EVENTS,
	VERIFY_LEDGER,
	VERIFY_BALANCES,
	VERIFY_COUNTS,
	VERIFY_BADGES,
	VERIFY_TABLES
};

/* Their columns, behind the two that order them; see struct verify_row. */
enum { USER_EVENTS, USER_ENTRIES, USER_LAST_EVENT_AT };
enum { USER_NAME };
enum {
	EVENT_ROW,
	EVENT_VERSION,
	EVENT_FIRST_ENTRY,
	EVENT_ENTRIES,
	EVENT_BADGES
};
enum { EVENT_ID, EVENT_TYPE, EVENT_PROPERTIES };
enum { ENTRY_SCALE, ENTRY_POINTS, ENTRY_BALANCE, ENTRY_EVENT, ENTRY_RULE };
enum { VALUE };               /* of a balance or a count */
enum { WON_EVENT, WON_RULE }; /* of a badge */
enum { INTS_MAX = 5, TEXTS_MAX = 3 };

struct verify_row {
	int64_t user;
	/* event, ledger: the number; else the point scale, rule or badge. */
	int64_t key;
	int64_t ints[INTS_MAX];
	const char *texts[TEXTS_MAX];
};

/* One table's rows of one application by (user, key), a page at a time. */
struct verify_stream {
	struct arena *arena;
	struct verify_row *rows;
	size_t count;
	size_t at;
	bool ended;
	int64_t user, key; /* of the last row read */
};

struct verify_reader {
	struct db *db;
	int64_t application;
	enum error error; /* sticky; there are no rows after it */
	struct verify_stream streams[VERIFY_TABLES];
};

void reader_init(struct verify_reader *reader, struct db *db);
void reader_free(struct verify_reader *reader);

/* Begins with the first rows of an application. */
void reader_begin(struct verify_reader *reader, int64_t application);

/*
 * The row that is next, or NULL. Valid until the next reader_next of its table.
 */
const struct verify_row *
reader_row(struct verify_reader *reader, enum verify_table table);
void reader_next(struct verify_reader *reader, enum verify_table table);

/* The table's name, for people. */
const char *verify_table_name(enum verify_table table);

/* A point scale, a badge or a rule. */
struct verify_thing {
	int64_t id;
	const char *name;
	bool deleted;
};
struct verify_things {
	struct verify_thing *list;
	size_t count;
};

/* NULL if there is none with this id. */
const struct verify_thing *
things_find(const struct verify_things *things, int64_t id);

/* While which versions of its application a revision was in force. */
struct verify_period {
	int64_t since;
	int64_t until; /* 0: still is */
};

/* All that an application's rules have ever meant. */
struct verify_catalog {
	struct verify_things scales, badges, rules;
	/* By rule, then by time; periods[i] is that of revisions[i]. */
	struct rule *revisions;
	struct verify_period *periods;
	size_t count;
	struct rule_set *set;
	/* For one event: room for as many as there are revisions. */
	const struct rule **in_force;
	struct award *awards;
};

enum error catalog_load(struct db *db, struct arena *arena, int64_t application,
    struct verify_catalog *catalog_out) MUST_CHECK;

/* The rules for an event, into catalog->in_force; how many. */
size_t catalog_in_force(
    struct verify_catalog *catalog, const char *event_type, int64_t version);

/* The smallest application above after in any table, or 0. */
enum error verify_next_application(
    struct db *db, int64_t after, int64_t *application_out) MUST_CHECK;

/* How many rows of the application a table has. */
enum error verify_count(struct db *db, enum verify_table table,
    int64_t application, int64_t *count_out) MUST_CHECK;

/* The ids that more than one row of the application has. */
enum verify_unique { UNIQUE_USERS, UNIQUE_EVENTS, UNIQUES };
enum error
verify_duplicates(struct db *db, struct arena *arena, enum verify_unique unique,
    int64_t application, const char ***ids_out, size_t *count_out) MUST_CHECK;

#endif
