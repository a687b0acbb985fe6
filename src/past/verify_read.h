/* verify_read: what verify reads: rows in the order of users, and rules */
#ifndef PAST_VERIFY_READ_H
#define PAST_VERIFY_READ_H

#include "base/pack.h"
#include "db/db.h"
#include "engine/engine.h"

struct arena;

/* A username and its NUL. */
enum { USERNAME_SIZE = 191 };

/* The tables that events write. */
enum verify_table { VERIFY_USERS, VERIFY_EVENTS, VERIFY_TABLES };

/* A row of either table, as far as verify looks at it. */
struct verify_row {
	const char *username;
	int64_t row;    /* event.id, or user.last_event */
	int64_t number; /* of the event, or of the user's events */
	int64_t ahead;  /* of the event, or of the user's last one */
	union {
		struct {
			int64_t previous;
			int64_t version;
			const char *id;
			const char *type;
			int64_t timestamp;
			bool timestamp_given;
			const char *properties;
			struct bytes awards;
		} event;
		struct {
			int64_t entries;
			struct bytes standing;
		} user;
	};
};

/*
 * The rows of one table and application, a page at a time: events in the order
 * of their rows, users in that of their names. Only those of one part of the
 * users, which the name's CRC-32 tells.
 */
struct verify_reader {
	struct db *db;
	struct arena *arena; /* of the page */
	enum verify_table table;
	int64_t application;
	int64_t parts;
	int64_t part;
	enum error error; /* sticky; there are no rows after it */
	struct verify_row *rows;
	size_t count;
	size_t at;
	bool ended;
	/* The next page begins after these. */
	int64_t last_row;
	char last_name[USERNAME_SIZE];
};

/* Begins with the first row. The arena is the reader's until the next begin. */
void reader_begin(struct verify_reader *reader, enum verify_table table);

/* The next row, valid until the next call; NULL after the last. */
const struct verify_row *reader_next(struct verify_reader *reader);

/* The table's name, for people. */
const char *verify_table_name(enum verify_table table);

/* A point scale, a badge or a rule. */
struct verify_thing {
	int64_t id;
	const char *name;
	bool deleted; /* a rule */
	bool given;   /* a point scale or badge is marked so */
};
struct verify_things {
	struct verify_thing *list;
	size_t count;
};

/* NULL if there is none with this id. */
struct verify_thing *
things_find(const struct verify_things *things, int64_t id);

/* While which versions of its application a revision was in force. */
struct verify_period {
	int64_t since;
	int64_t until; /* 0: still is */
	bool damaged;  /* nobody knows what it meant */
};

/* What the revision of a rule in force is said to refer to. */
struct verify_reference {
	int64_t rule;
	int64_t kind; /* enum reference_kind */
	int64_t ref;
};

/* All that an application's rules have ever meant. */
struct verify_catalog {
	struct verify_things scales, badges, rules;
	/* What is stored beside the revisions in force, in order. */
	struct verify_reference *references;
	size_t reference_count;
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

/* The rules for an event; they are in catalog->in_force. */
struct rules_met catalog_in_force(struct verify_catalog *catalog,
    struct arena *arena, const struct occurrence *event, int64_t version);

/* How many rows of the application a table has. */
enum error verify_count(struct db *db, enum verify_table table,
    int64_t application, int64_t *count_out) MUST_CHECK;

/* The event ids that more than one row of the application has. */
enum error verify_duplicates(struct db *db, struct arena *arena,
    int64_t application, const char ***ids_out, size_t *count_out) MUST_CHECK;

#endif
