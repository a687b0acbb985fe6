/* query: one run of a prepared statement; many rows at once */
#ifndef DB_QUERY_H
#define DB_QUERY_H

#include "base/pack.h"
#include "db/db.h"
#include "db/statements.h"

/*
 * One run of a prepared statement: begin, bind the parameters in the order of
 * the question marks, run, take the columns in their order row by row, end.
 * Errors are sticky; query_end tells. A query ends before the next begins.
 * Texts and bytes are not copied: they must stay as they are until query_run.
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
 * Pipelining: sends the statement, so that the next can be begun and sent
 * before query_run waits for the answer. All that was sent is run, in that
 * order, even if one of them fails. That is safe in a committer's transaction
 * alone, where nothing that follows an error is ever committed; elsewhere it is
 * run at once.
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
 * Bulk: one statement for many rows, in one round trip (array binding), within
 * a transaction. Columns are arrays of row_count values, bound in the order of
 * the question marks; they must stay as they are until bulk_run.
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
