/* bulk: one statement for many rows, by array binding */
#include <assert.h>
#include <mysqld_error.h>
#include <string.h>

#include "base/arena.h"
#include "db/db_internal.h"
#include "db/query.h"

void
bulk_begin(struct bulk *bulk, struct db *db, struct arena *arena,
    enum statement_set_id set, size_t index, size_t rows)
{
	*bulk = (struct bulk) {.db = db,
	    .statement = statement_find(db, set, index),
	    .arena = arena,
	    .rows = rows};
}

static MYSQL_BIND *
next_bulk_parameter(struct bulk *bulk)
{
	MYSQL_BIND *bind = &bulk->db->parameters[bulk->bound++];

	assert(bulk->bound <= PARAMETERS_MAX);
	*bind = (MYSQL_BIND) {0};
	return bind;
}

void
bulk_int(struct bulk *bulk, const int64_t *values)
{
	MYSQL_BIND *bind = next_bulk_parameter(bulk);

	memcpy(&bind->buffer, &values, sizeof(values));
	bind->buffer_type = MYSQL_TYPE_LONGLONG;
}

/* A column of bytes: buffers[i] has lengths[i] of them, NULL is NULL. */
static void
bulk_buffers(
    struct bulk *bulk, const void *buffers, unsigned long *lengths, char *nulls)
{
	MYSQL_BIND *bind = next_bulk_parameter(bulk);

	memcpy(&bind->buffer, &buffers, sizeof(buffers));
	bind->buffer_type = MYSQL_TYPE_BLOB;
	bind->length = lengths;
	bind->u.indicator = nulls;
}

void
bulk_text(struct bulk *bulk, const char *const *values)
{
	unsigned long *lengths =
	    arena_array(bulk->arena, bulk->rows, sizeof(*lengths));
	char *nulls = arena_alloc(bulk->arena, bulk->rows);
	size_t i;

	for (i = 0; i < bulk->rows; i++) {
		lengths[i] = values[i] == NULL ? 0 : strlen(values[i]);
		nulls[i] = values[i] == NULL ? STMT_INDICATOR_NULL
		                             : STMT_INDICATOR_NONE;
	}
	bulk_buffers(bulk, values, lengths, nulls);
}

void
bulk_bytes(struct bulk *bulk, const struct bytes *values)
{
	const void **buffers =
	    arena_array(bulk->arena, bulk->rows, sizeof(*buffers));
	unsigned long *lengths =
	    arena_array(bulk->arena, bulk->rows, sizeof(*lengths));
	char *nulls = arena_alloc(bulk->arena, bulk->rows);
	size_t i;

	for (i = 0; i < bulk->rows; i++) {
		buffers[i] = values[i].data;
		lengths[i] = values[i].len;
		nulls[i] = values[i].data == NULL ? STMT_INDICATOR_NULL
		                                  : STMT_INDICATOR_NONE;
	}
	bulk_buffers(bulk, buffers, lengths, nulls);
}

static void
bulk_bind(struct bulk *bulk)
{
	unsigned rows = (unsigned)bulk->rows;
	MYSQL_STMT *stmt;

	if (bulk->statement == NULL || bulk->db->mysql == NULL) {
		bulk->error = ERR_CONNECTION_LOST;
		return;
	}
	stmt = bulk->statement->stmt;
	assert(bulk->bound == mysql_stmt_param_count(stmt));
	if (mysql_stmt_attr_set(stmt, STMT_ATTR_ARRAY_SIZE, &rows) ||
	    mysql_stmt_bind_param(stmt, bulk->db->parameters))
		bulk->error = statement_failed(bulk->db, stmt);
}

void
bulk_send(struct bulk *bulk)
{
	if (bulk->rows == 0)
		return;
	if (!db_begins_by_itself(bulk->db)) {
		bulk->error = bulk_run(bulk);
		bulk->ran = true;
		return;
	}
	bulk_bind(bulk);
	if (bulk->error == OK)
		bulk->error = statement_send(bulk->db, bulk->statement->stmt);
	bulk->sent = bulk->error == OK;
}

/*
 * A Galera node answers OK to an array whose transaction a foreign write set
 * has just rolled back. That no transaction is open any more is all that tells.
 */
static enum error
check_transaction(struct db *db)
{
	if (db->mysql->server_status & SERVER_STATUS_IN_TRANS)
		return OK;
	return db_failed(db, ER_LOCK_DEADLOCK,
	    "the server has rolled the transaction back and not said so");
}

enum error
bulk_run(struct bulk *bulk)
{
	if (bulk->rows == 0 || bulk->error != OK || bulk->ran)
		return bulk->error;
	if (!bulk->sent)
		bulk_bind(bulk);
	else if (bulk->db->mysql == NULL)
		bulk->error = ERR_CONNECTION_LOST;
	if (bulk->error == OK)
		bulk->error =
		    statement_run(bulk->db, bulk->statement->stmt, bulk->sent);
	if (bulk->error == OK)
		bulk->error = check_transaction(bulk->db);
	return bulk->error;
}
