/* db_internal: what db.c, query.c and bulk.c share */
#ifndef DB_DB_INTERNAL_H
#define DB_DB_INTERNAL_H

#include <mysql.h>

#include "db/db.h"
#include "db/statements.h"

/* The most parameters has the statement that locks 256 users: three of each. */
enum { PARAMETERS_MAX = 256 * 3, MESSAGE_SIZE = 512 };

/* Of the row that has been fetched. */
struct column {
	bool is_int;
	my_bool is_null;
	int64_t number;    /* if it is one; */
	unsigned long len; /* else of the text: see query_take_text */
};

/* A statement prepared on this connection. */
struct statement {
	MYSQL_STMT *stmt;
	const char *text;
	bool broken;  /* to be prepared again before its next run */
	bool learned; /* the columns are known */
	struct column *columns;
	MYSQL_BIND *binds; /* of the columns */
	size_t column_count;
};

struct db {
	const struct db_settings *settings;
	enum db_role role;
	struct db_counters *counters;
	MYSQL *mysql; /* NULL: not connected */
	uint64_t connection;
	bool ready;       /* the schema is checked, and all is prepared */
	bool never_waits; /* for a row lock */
	bool broken;      /* a statement is: see db_mend */
	/* For the server, since then (clock_monotonic); 0: it is not. */
	_Atomic int64_t waits_since;
	bool complained; /* in the log, that it cannot connect */
	struct statement *sets[SET_COUNT];
	unsigned number; /* of the last error */
	char message[MESSAGE_SIZE];

	/* Of the query under way. */
	MYSQL_BIND parameters[PARAMETERS_MAX];
	int64_t ints[PARAMETERS_MAX];
	unsigned long lengths[PARAMETERS_MAX];
};

/*
 * Keeps the message and answers what the error means; closes a dead connection.
 */
enum error db_failed(struct db *db, unsigned number, const char *message);

/* Around what waits for the server: nothing is waited for without it. */
void db_wait_begin(struct db *db);
void db_wait_end(struct db *db);

/* What the error of a statement means: see db_failed. */
enum error statement_failed(struct db *db, MYSQL_STMT *stmt);

/* NULL if the connection is gone. */
struct statement *
statement_find(struct db *db, enum statement_set_id set, size_t index);

/* Sends a bound statement, and does not wait for the answer. */
enum error statement_send(struct db *db, MYSQL_STMT *stmt) MUST_CHECK;

/* Runs a bound statement, or waits for the answer to one that was sent. */
enum error statement_run(struct db *db, MYSQL_STMT *stmt, bool sent) MUST_CHECK;

/* Prepares all statement sets. */
enum error db_prepare(struct db *db) MUST_CHECK;
void db_close_statements(struct db *db);

#endif
