/* db: one connection to the database, its prepared statements, its errors */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/pack.h"

struct arena;
struct db;

/* Where the database is. Strings live as long as the settings. */
struct db_settings {
	const char *socket; /* NULL or "": TCP to host */
	const char *host;
	int64_t port;
	const char *user;
	const char *password;
	const char *name;
	int64_t tls; /* enum db_tls */
	const char *tls_ca;
};

enum db_tls { DB_TLS_OFF, DB_TLS_REQUIRED, DB_TLS_VERIFY };

/* What a connection is for decides its time limits. */
enum db_role {
	DB_REQUEST,   /* reads and changes for a waiting client: short */
	DB_COMMITTER, /* event transactions: lock waits of up to a second */
	DB_ADMIN,     /* palmaresctl: no limits */
	DB_WATCH,     /* looks whether all is well; who uses it tells */
};

/* Counted here, shown by /metrics; may be shared by processes. */
struct db_counters {
	_Atomic uint64_t connects;
	_Atomic uint64_t connect_failures;
	_Atomic uint64_t deadlocks;
	_Atomic uint64_t lock_timeouts;
	_Atomic uint64_t connections_lost;
	_Atomic uint64_t commits_unknown;
	_Atomic uint64_t retries;
	_Atomic uint64_t commits;
	_Atomic uint64_t rollbacks;
};

/*
 * Statement sets: each file of the store has one, an array of SQL texts. All
 * are prepared when a connection is made, so that a bad statement stops the
 * start and not a request.
 */
enum statement_set_id {
	SET_TX,
	SET_APPLICATION,
	SET_KEY,
	SET_POINT_SCALE,
	SET_BADGE,
	SET_RULE,
	SET_RULE_CACHE,
	SET_NAMES,
	SET_USER,
	SET_USER_LIST,
	SET_EVENT,
	SET_INGEST,
	SET_INGEST_WRITE,
	SET_VERIFY,
	SET_COUNT
};

struct statement_set {
	const char *const *texts;
	size_t count;
};

/* Once per process, before there are threads. */
void db_start(void);

/*
 * Does not connect yet. settings and counters must outlive it. The caller owns
 * it, until db_free; one thread at a time uses it. Without memory the process
 * ends, with a log line.
 */
struct db *db_new(const struct db_settings *settings, enum db_role role,
    struct db_counters *counters);
void db_free(struct db *db);

/*
 * Connects unless connected, and checks the schema's version.
 * ERR_NOT_CONNECTED (worth another try), ERR_SCHEMA_MISMATCH.
 */
enum error db_connect(struct db *db) MUST_CHECK;

/* Connects to whatever schema there is; only db_text works then. */
enum error db_connect_bare(struct db *db) MUST_CHECK;
void db_disconnect(struct db *db);
bool db_is_connected(const struct db *db);

/*
 * Another number for each connection that is made: what was read by one may not be
 * what the next one sees, after a restore or a crash of the server.
 */
uint64_t db_connection(const struct db *db);

/*
 * Microseconds that it has been waiting for the server: for the answer to a
 * statement, or for a connection after one was lost. Any thread may ask.
 */
int64_t db_waited(const struct db *db);

/*
 * Disconnects if the server has closed the connection since it was last used,
 * as far as that shows without asking.
 */
void db_drop_if_closed(struct db *db);

/* Disconnects, with a log line, if a transaction has been left open. */
void db_drop_if_begun(struct db *db);

/* Whether its first statement begins a transaction, without being told. */
bool db_begins_by_itself(const struct db *db);

/* The server's or our own words for the last error. */
const char *db_message(const struct db *db);
unsigned db_errno(const struct db *db);

struct db_counters *db_counters(struct db *db);

/* Logs that a row's bytes cannot be read; ERR_INTERNAL. */
enum error
db_damaged(const char *table, int64_t application, const char *key) MUST_CHECK;

/* How many statements each connection prepares. */
size_t db_statement_count(void);

/*
 * Prepares what has broken again: before a transaction, because within one
 * answers may be outstanding. ERR_CONNECTION_LOST.
 */
enum error db_mend(struct db *db) MUST_CHECK;

/* Whether the committer waits up to a second for a row lock, or not at all. */
enum error db_wait_for_locks(struct db *db, bool wait) MUST_CHECK;

/* Runs SQL text without values; any result is dropped. */
enum error db_text(struct db *db, const char *sql) MUST_CHECK;

/* The same, and answers the first column of the first row, or NULL. */
enum error db_text_value(struct db *db, struct arena *arena, const char *sql,
    const char **value_out) MUST_CHECK;

/* The same, as a number; 0 where there is none. */
enum error db_text_number(struct db *db, struct arena *arena, const char *sql,
    int64_t *number_out) MUST_CHECK;

/*
 * One run of a prepared statement: begin, bind the parameters in the order of
 * the question marks, run, take the columns in their order row by row, end.
 * Errors are sticky; query_end tells. A query ends before the next begins. Texts
 * and bytes are not copied: they must stay as they are until query_run.
 */
struct query {
	struct db *db;
	struct statement *statement;
	bool sent;
	bool ran;
	bool streams;
	bool ended; /* all rows have been taken */
	size_t bound;
	size_t column;
	size_t text; /* bytes taken so far */
	enum error error;
};

void query_begin(struct query *query, struct db *db, enum statement_set_id set,
    size_t index);
void query_int(struct query *query, int64_t value);
void query_text(struct query *query, const char *value); /* NULL: NULL */
void query_bytes(struct query *query, const void *data, size_t len);
void query_null(struct query *query);
void query_run(struct query *query);

/*
 * Pipelining: sends the statement, so that the next can be begun and sent before
 * query_run waits for the answer. All that was sent is run, in that order, even
 * if one of them fails. That is safe in a committer's transaction alone, where
 * nothing that follows an error is ever committed; elsewhere it is run at once.
 */
void query_send(struct query *query);

/* The next row; false after the last, or on an error. */
bool query_next(struct query *query);
int64_t query_take_int(struct query *query);
bool query_take_bool(struct query *query);
/*
 * In the arena; NULL for NULL. Has a NUL behind it. ERR_BODY_TOO_LARGE where a
 * request's query answers far more text than an answer may have.
 */
const char *query_take_text(struct query *query, struct arena *arena);
struct bytes query_take_bytes(struct query *query, struct arena *arena);

/*
 * So many rows at most may a result have: more ends the query with
 * ERR_BODY_TOO_LARGE. There are no limits but for requests.
 */
size_t db_rows_max(const struct db *db);

/*
 * Instead of query_run, for what may be far more than is wanted: rows are read
 * one by one and not kept, so query_rows is unknown. Who stops before the last
 * has the connection closed and made again by query_end: to read on to the end
 * may take longer. Not in a transaction.
 */
void query_stream(struct query *query);

/* Rows of the result of a query that has run. */
size_t query_rows(const struct query *query);

/* Rows changed or inserted, and the generated id, of a query that has run. */
uint64_t query_affected(const struct query *query);
int64_t query_insert_id(const struct query *query);
enum error query_end(struct query *query) MUST_CHECK;

/* begin, and end, for statements without a result. */
enum error query_finish(struct query *query) MUST_CHECK;

/*
 * Bulk: one statement for many rows, in one round trip (array binding), within a
 * transaction. Columns are arrays of row_count values, bound in the order of the
 * question marks; they must stay as they are until bulk_run.
 */
struct bulk {
	struct db *db;
	struct statement *statement;
	bool sent;
	bool ran;
	enum error error;
	struct arena *arena;
	size_t rows;
	size_t bound;
};

void bulk_begin(struct bulk *bulk, struct db *db, struct arena *arena,
    enum statement_set_id set, size_t index, size_t rows);
void bulk_int(struct bulk *bulk, const int64_t *values);
/* NULL in values: NULL. */
void bulk_text(struct bulk *bulk, const char *const *values);
void bulk_bytes(struct bulk *bulk, const struct bytes *values);
enum error bulk_run(struct bulk *bulk) MUST_CHECK;
/* As query_send. */
void bulk_send(struct bulk *bulk);

#endif
