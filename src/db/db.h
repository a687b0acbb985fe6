/* db: one connection to the database, its prepared statements, its errors */
#ifndef DB_DB_H
#define DB_DB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

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
 * Another number for each connection that is made: what was read by one may not
 * be what the next one sees, after a restore or a crash of the server.
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
 * So many rows at most may a result have: more ends the query with
 * ERR_BODY_TOO_LARGE. There are no limits but for requests.
 */
size_t db_rows_max(const struct db *db);

#endif
