/* query: prepared statements: binding, running, reading rows */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/memory.h"
#include "db/db_internal.h"
#include "db/query.h"

/*
 * Bytes of text in what a request asks for: twice an answer's limit, and a
 * quarter of what a request may hold before its worker ends.
 */
enum { REQUEST_TEXT_MAX = 64 << 20 };

/* The same for rows: half a kilobyte is made of each, at most. */
enum { REQUEST_ROWS_MAX = 1 << 18 };

#define STATEMENT_SET(id, name) [id] = &name##_statements,
static const struct statement_set *const statement_sets[SET_COUNT] = {
    STATEMENT_SETS(STATEMENT_SET)};
#undef STATEMENT_SET

enum error
statement_failed(struct db *db, MYSQL_STMT *stmt)
{
	return db_failed(db, mysql_stmt_errno(stmt), mysql_stmt_error(stmt));
}

static void
learn_column(struct column *column, MYSQL_BIND *bind, const MYSQL_FIELD *field)
{
	column->is_int = IS_NUM(field->type);
	*bind = (MYSQL_BIND) {.length = &column->len,
	    .is_null = &column->is_null,
	    .buffer_type = MYSQL_TYPE_BLOB};
	if (column->is_int) {
		bind->buffer_type = MYSQL_TYPE_LONGLONG;
		bind->buffer = &column->number;
		bind->buffer_length = sizeof(column->number);
	}
}

/*
 * Learns the columns, and which of them are numbers, when a statement has run
 * for the first time: of INSERT … RETURNING the server tells them only then.
 */
static void
learn_columns(struct statement *statement)
{
	const MYSQL_FIELD *fields;
	MYSQL_RES *meta;
	size_t i;

	if (statement->learned)
		return;
	statement->learned = true;
	meta = mysql_stmt_result_metadata(statement->stmt);
	if (meta == NULL)
		return;
	statement->column_count = mysql_num_fields(meta);
	statement->columns =
	    memory_new(statement->column_count, sizeof(*statement->columns));
	statement->binds =
	    memory_new(statement->column_count, sizeof(*statement->binds));
	fields = mysql_fetch_fields(meta);
	for (i = 0; i < statement->column_count; i++)
		learn_column(
		    &statement->columns[i], &statement->binds[i], &fields[i]);
	mysql_free_result(meta);
}

static enum error
prepare_one(struct db *db, struct statement *statement)
{
	const char *text = statement->text;
	enum error error;

	statement->stmt = mysql_stmt_init(db->mysql);
	if (statement->stmt == NULL)
		return db_failed(
		    db, mysql_errno(db->mysql), mysql_error(db->mysql));
	if (mysql_stmt_prepare(statement->stmt, text, strlen(text)) == 0)
		return OK;
	error = statement_failed(db, statement->stmt);
	if (error == ERR_INTERNAL)
		log_error("event=bad_statement sql=\"%s\"", text);
	return error;
}

/*
 * An error after the first rows of a result, such as a deadlock over the second
 * row of INSERT … RETURNING, leaves the library waiting for the rest when the
 * statement runs again. So it is thrown away.
 */
static enum error
prepare_again(struct db *db, struct statement *statement)
{
	enum error error;

	mysql_stmt_close(statement->stmt);
	statement->broken = false;
	error = prepare_one(db, statement);
	if (error == OK)
		return OK;
	db_disconnect(db);
	return ERR_CONNECTION_LOST;
}

enum error
db_mend(struct db *db)
{
	enum error error = OK;
	size_t set, i;

	if (!db->broken)
		return OK;
	db->broken = false;
	for (set = 0; set < SET_COUNT && error == OK; set++)
		for (i = 0; i < statement_sets[set]->count && error == OK; i++)
			if (db->sets[set][i].broken)
				error = prepare_again(db, &db->sets[set][i]);
	return error;
}

enum error
db_prepare(struct db *db)
{
	enum error error = OK;
	size_t set, i, count;

	for (set = 0; set < SET_COUNT; set++) {
		count = statement_sets[set]->count;
		db->sets[set] = memory_new(count, sizeof(struct statement));
		for (i = 0; i < count && error == OK; i++) {
			db->sets[set][i].text = statement_sets[set]->texts[i];
			error = prepare_one(db, &db->sets[set][i]);
		}
		if (error != OK)
			return error;
	}
	return OK;
}

size_t
db_statement_count(void)
{
	size_t set, count = 0;

	for (set = 0; set < SET_COUNT; set++)
		count += statement_sets[set]->count;
	return count;
}

static void
close_statement(struct statement *statement)
{
	if (statement->stmt != NULL)
		mysql_stmt_close(statement->stmt);
	free(statement->columns);
	free(statement->binds);
}

void
db_close_statements(struct db *db)
{
	size_t set, i;

	for (set = 0; set < SET_COUNT; set++) {
		if (db->sets[set] == NULL)
			continue;
		for (i = 0; i < statement_sets[set]->count; i++)
			close_statement(&db->sets[set][i]);
		free(db->sets[set]);
		db->sets[set] = NULL;
	}
}

struct statement *
statement_find(struct db *db, enum statement_set_id set, size_t index)
{
	assert(index < statement_sets[set]->count);
	return db->mysql == NULL ? NULL : &db->sets[set][index];
}

void
query_begin(
    struct query *query, struct db *db, enum statement_set_id set, size_t index)
{
	*query = (struct query) {
	    .db = db, .statement = statement_find(db, set, index)};
	if (query->statement == NULL)
		query->error = ERR_CONNECTION_LOST;
	else if (query->statement->broken) {
		/* The answer to it would be taken for another's. */
		assert(!db_begins_by_itself(db));
		query->error = prepare_again(db, query->statement);
	}
}

static MYSQL_BIND *
next_parameter(struct query *query)
{
	MYSQL_BIND *bind = &query->db->parameters[query->bound];

	assert(query->bound < PARAMETERS_MAX);
	*bind = (MYSQL_BIND) {.length = &query->db->lengths[query->bound]};
	query->bound++;
	return bind;
}

void
query_int(struct query *query, int64_t value)
{
	int64_t *place = &query->db->ints[query->bound];
	MYSQL_BIND *bind = next_parameter(query);

	*place = value;
	bind->buffer_type = MYSQL_TYPE_LONGLONG;
	bind->buffer = place;
}

void
query_bytes(struct query *query, const void *data, size_t len)
{
	MYSQL_BIND *bind = next_parameter(query);

	/* The library reads parameters only; its struct serves results too. */
	memcpy(&bind->buffer, &data, sizeof(data));
	bind->buffer_type = MYSQL_TYPE_BLOB;
	bind->buffer_length = len;
	*bind->length = len;
}

void
query_null(struct query *query)
{
	next_parameter(query)->buffer_type = MYSQL_TYPE_NULL;
}

void
query_text(struct query *query, const char *value)
{
	if (value == NULL)
		query_null(query);
	else
		query_bytes(query, value, strlen(value));
}

enum error
statement_send(struct db *db, MYSQL_STMT *stmt)
{
	my_bool on = 1, off = 0;
	int failed;

	mysql_optionsv(db->mysql, MARIADB_OPT_SKIP_READ_RESPONSE, &on);
	failed = mysql_stmt_execute(stmt);
	mysql_optionsv(db->mysql, MARIADB_OPT_SKIP_READ_RESPONSE, &off);
	return failed ? statement_failed(db, stmt) : OK;
}

enum error
statement_run(struct db *db, MYSQL_STMT *stmt, bool sent)
{
	enum error error = OK;
	int failed;

	db_wait_begin(db);
	failed = sent ? db->mysql->methods->db_read_execute_response(stmt)
	              : mysql_stmt_execute(stmt);
	if (failed)
		error = statement_failed(db, stmt);
	db_wait_end(db);
	return error;
}

static enum error
bind_query(struct query *query)
{
	MYSQL_STMT *stmt = query->statement->stmt;

	assert(query->bound == mysql_stmt_param_count(stmt));
	return query->bound > 0 &&
	        mysql_stmt_bind_param(stmt, query->db->parameters)
	    ? statement_failed(query->db, stmt)
	    : OK;
}

void
query_send(struct query *query)
{
	if (query->error != OK)
		return;
	if (!db_begins_by_itself(query->db)) {
		query_run(query);
		query->ran = true;
		return;
	}
	query->error = bind_query(query);
	if (query->error == OK)
		query->error =
		    statement_send(query->db, query->statement->stmt);
	query->sent = query->error == OK;
}

void
query_run(struct query *query)
{
	struct db *db = query->db;
	MYSQL_STMT *stmt;

	if (query->ran)
		return;
	if (query->error == OK && db->mysql == NULL)
		query->error = ERR_CONNECTION_LOST;
	if (query->error == OK && !query->sent)
		query->error = bind_query(query);
	if (query->error == OK)
		query->error =
		    statement_run(db, query->statement->stmt, query->sent);
	if (query->error != OK)
		return;
	stmt = query->statement->stmt;
	learn_columns(query->statement);
	if (query->statement->column_count == 0)
		return;
	if (mysql_stmt_bind_result(stmt, query->statement->binds) ||
	    (!query->streams && mysql_stmt_store_result(stmt))) {
		query->error = statement_failed(db, stmt);
		if (db->mysql != NULL)
			query->statement->broken = db->broken = true;
	} else if (!query->streams &&
	    mysql_stmt_num_rows(stmt) > db_rows_max(db))
		query->error = ERR_BODY_TOO_LARGE;
}

void
query_stream(struct query *query)
{
	query->streams = true;
	query_run(query);
	query->ended = query->error != OK;
}

size_t
db_rows_max(const struct db *db)
{
	return db->role == DB_REQUEST ? REQUEST_ROWS_MAX : SIZE_MAX;
}

/* What breaks a stream is told to the connection alone. */
static enum error
fetch_failed(struct query *query)
{
	MYSQL_STMT *stmt = query->statement->stmt;
	MYSQL *mysql = query->db->mysql;

	if (mysql_stmt_errno(stmt) != 0)
		return statement_failed(query->db, stmt);
	return db_failed(query->db, mysql_errno(mysql), mysql_error(mysql));
}

bool
query_next(struct query *query)
{
	int rc;

	if (query->error != OK || query->ended)
		return false;
	query->column = 0;
	rc = mysql_stmt_fetch(query->statement->stmt);
	query->ended = rc == MYSQL_NO_DATA;
	if (rc == 1)
		query->error = fetch_failed(query);
	return rc == 0 || rc == MYSQL_DATA_TRUNCATED;
}

static const struct column *
next_column(struct query *query)
{
	assert(query->column < query->statement->column_count);
	return &query->statement->columns[query->column++];
}

int64_t
query_take_int(struct query *query)
{
	const struct column *column = next_column(query);

	assert(column->is_int);
	return column->is_null ? 0 : column->number;
}

bool
query_take_bool(struct query *query)
{
	return query_take_int(query) != 0;
}

struct bytes
query_take_bytes(struct query *query, struct arena *arena)
{
	const unsigned number = (unsigned)query->column;
	const struct column *column = next_column(query);
	unsigned long len = column->len;
	MYSQL_BIND bind = {.buffer_type = MYSQL_TYPE_BLOB};
	char *text;

	assert(!column->is_int);
	if (column->is_null)
		return (struct bytes) {NULL, 0};
	query->text += len;
	if (query->db->role == DB_REQUEST && query->text > REQUEST_TEXT_MAX) {
		query->error = ERR_BODY_TOO_LARGE;
		len = 0;
	}
	text = arena_alloc(arena, len + 1);
	bind.buffer = text;
	bind.buffer_length = len;
	bind.length = &len;
	if (len > 0 &&
	    mysql_stmt_fetch_column(query->statement->stmt, &bind, number, 0))
		query->error =
		    statement_failed(query->db, query->statement->stmt);
	return (struct bytes) {text, len};
}

const char *
query_take_text(struct query *query, struct arena *arena)
{
	return query_take_bytes(query, arena).data;
}

size_t
query_rows(const struct query *query)
{
	return query->error != OK ? 0
	                          : mysql_stmt_num_rows(query->statement->stmt);
}

uint64_t
query_affected(const struct query *query)
{
	return query->error != OK
	    ? 0
	    : mysql_stmt_affected_rows(query->statement->stmt);
}

int64_t
query_insert_id(const struct query *query)
{
	return query->error != OK
	    ? 0
	    : (int64_t)mysql_stmt_insert_id(query->statement->stmt);
}

/*
 * A stream that was not read to its end, or broke. Closing a statement would
 * read the rest of it first, so there must be none.
 */
static void
cut_stream(struct query *query)
{
	struct db *db = query->db;
	enum error error;

	if (db->mysql == NULL)
		return;
	shutdown((int)mysql_get_socket(db->mysql), SHUT_RDWR);
	db_disconnect(db);
	query->statement = NULL;
	error = db_connect(db);
	if (query->error == OK)
		query->error = error;
}

enum error
query_end(struct query *query)
{
	if (query->streams && !query->ended)
		cut_stream(query);
	/* A lost connection took its statements with it. */
	if (query->db->mysql != NULL && query->statement != NULL &&
	    query->statement->column_count > 0)
		mysql_stmt_free_result(query->statement->stmt);
	return query->error;
}

enum error
query_finish(struct query *query)
{
	query_run(query);
	return query_end(query);
}
