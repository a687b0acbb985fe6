/* db: connecting, and what the server's errors mean */
#include "db/db.h"

#include <errmsg.h>
#include <mysqld_error.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "db/db_internal.h"
#include "db/migrate.h"
#include "db/server.h"

enum { EXPLANATION_MAX = 1 << 20 };

/* Server errors that the client library's header does not name. */
enum {
	EE_WRITE = 3, /* of a file: the disk is full, as a rule */
	ER_TRANSACTION_READ_ONLY = 1792,
	ER_STATEMENT_TOO_SLOW = 1969,
	ER_CONNECTION_IS_KILLED = 1927,
	ER_RECORD_CHANGED = 1020,
	ER_ACCESS_DENIED_NO_PASSWORD = 1698,
};

/*
 * What an error means for the transaction. Not in the table: ERR_INTERNAL, for
 * only a bug in a statement or the schema is left.
 */
static const struct {
	unsigned number;
	enum error error;
} meanings[] = {
    /* The server rolled the transaction back. */
    {ER_LOCK_DEADLOCK, ERR_DEADLOCK},
    {ER_RECORD_CHANGED, ERR_DEADLOCK},
    /* Only the statement was rolled back. */
    {ER_LOCK_WAIT_TIMEOUT, ERR_LOCK_TIMEOUT},
    /* Nobody knows what the server did, or it is of no use any more. */
    {CR_SERVER_GONE_ERROR, ERR_CONNECTION_LOST},
    {CR_SERVER_LOST, ERR_CONNECTION_LOST},
    {CR_SERVER_LOST_EXTENDED, ERR_CONNECTION_LOST},
    {CR_COMMANDS_OUT_OF_SYNC, ERR_CONNECTION_LOST},
    {CR_MALFORMED_PACKET, ERR_CONNECTION_LOST},
    {ER_SERVER_SHUTDOWN, ERR_CONNECTION_LOST},
    {ER_CONNECTION_KILLED, ERR_CONNECTION_LOST},
    {ER_CONNECTION_IS_KILLED, ERR_CONNECTION_LOST},
    {ER_NEW_ABORTING_CONNECTION, ERR_CONNECTION_LOST},
    {ER_NORMAL_SHUTDOWN, ERR_CONNECTION_LOST},
    /* A Galera node that left its cluster, before or during a COMMIT. */
    {ER_UNKNOWN_COM_ERROR, ERR_CONNECTION_LOST},
    {ER_ERROR_DURING_COMMIT, ERR_CONNECTION_LOST},
    /* An array, since a table was altered: so for ever on this connection. */
    {ER_NEED_REPREPARE, ERR_CONNECTION_LOST},
    /* It became a replica: whoever leads to the primary leads there anew. */
    {ER_OPTION_PREVENTS_STATEMENT, ERR_CONNECTION_LOST},
    /* Nothing ran. */
    {CR_CONNECTION_ERROR, ERR_DATABASE_UNAVAILABLE},
    {CR_CONN_HOST_ERROR, ERR_DATABASE_UNAVAILABLE},
    {CR_UNKNOWN_HOST, ERR_DATABASE_UNAVAILABLE},
    {CR_OUT_OF_MEMORY, ERR_DATABASE_UNAVAILABLE},
    {CR_SSL_CONNECTION_ERROR, ERR_DATABASE_UNAVAILABLE},
    {CR_VERSION_ERROR, ERR_DATABASE_UNAVAILABLE},
    {ER_CON_COUNT_ERROR, ERR_DATABASE_UNAVAILABLE},
    {ER_TOO_MANY_USER_CONNECTIONS, ERR_DATABASE_UNAVAILABLE},
    {ER_USER_LIMIT_REACHED, ERR_DATABASE_UNAVAILABLE},
    {ER_HOST_IS_BLOCKED, ERR_DATABASE_UNAVAILABLE},
    {ER_ACCESS_DENIED_ERROR, ERR_DATABASE_UNAVAILABLE},
    {ER_ACCESS_DENIED_NO_PASSWORD, ERR_DATABASE_UNAVAILABLE},
    {ER_DBACCESS_DENIED_ERROR, ERR_DATABASE_UNAVAILABLE},
    {ER_TABLEACCESS_DENIED_ERROR, ERR_DATABASE_UNAVAILABLE},
    {ER_BAD_DB_ERROR, ERR_DATABASE_UNAVAILABLE},
    {ER_OUT_OF_RESOURCES, ERR_DATABASE_UNAVAILABLE},
    {ER_MAX_PREPARED_STMT_COUNT_REACHED, ERR_DATABASE_UNAVAILABLE},
    /* Rolled back, and no use in trying again at once. */
    {ER_TRANSACTION_READ_ONLY, ERR_DATABASE_UNAVAILABLE},
    {ER_OPEN_AS_READONLY, ERR_DATABASE_UNAVAILABLE},
    {EE_WRITE, ERR_DATABASE_UNAVAILABLE},
    {ER_DISK_FULL, ERR_DATABASE_UNAVAILABLE},
    {ER_RECORD_FILE_FULL, ERR_DATABASE_UNAVAILABLE},
    {ER_LOCK_TABLE_FULL, ERR_DATABASE_UNAVAILABLE},
    {ER_STATEMENT_TOO_SLOW, ERR_TOO_SLOW},
    {ER_QUERY_INTERRUPTED, ERR_DATABASE_UNAVAILABLE},
    {ER_NO_SUCH_TABLE, ERR_SCHEMA_MISMATCH},
    {ER_BAD_FIELD_ERROR, ERR_SCHEMA_MISMATCH},
    {ER_DUP_ENTRY, ERR_DUPLICATE},
    {ER_DUP_ENTRY_WITH_KEY_NAME, ERR_DUPLICATE},
};

/*
 * Seconds; 0 is without limit. The lock and statement limits are the server's.
 */
static const struct {
	unsigned io_timeout;
	const char *session;
} roles[] = {
    /* A client waits two seconds at most, and may have waited already. */
    [DB_REQUEST] = {1,
        "SET SESSION innodb_lock_wait_timeout = 1,"
        " max_statement_time = 0.9, idle_transaction_timeout = 3"},
    /* No row lock outlives a worker that is stopped, by more than 3 s. */
    [DB_COMMITTER] = {2,
        "SET SESSION innodb_lock_wait_timeout = 1,"
        " idle_transaction_timeout = 3"},
    [DB_ADMIN] = {0,
        "SET SESSION innodb_lock_wait_timeout = 50,"
        " max_statement_time = 0"},
    [DB_WATCH] = {1, "SET SESSION max_statement_time = 0.9"},
};

void
db_start(void)
{
	if (mysql_library_init(0, NULL, NULL) != 0) {
		log_error("event=client_library_failed");
		exit(EXIT_FAILURE);
	}
}

struct db *
db_new(const struct db_settings *settings, enum db_role role,
    struct db_counters *counters)
{
	struct db *db = memory_new(1, sizeof(*db));

	db->settings = settings;
	db->role = role;
	db->counters = counters;
	return db;
}

void
db_free(struct db *db)
{
	if (db == NULL)
		return;
	db_disconnect(db);
	free(db);
}

void
db_disconnect(struct db *db)
{
	if (db->mysql == NULL)
		return;
	db_close_statements(db);
	mysql_close(db->mysql);
	db->mysql = NULL;
	db->ready = false;
	db_wait_begin(db);
}

void
db_wait_begin(struct db *db)
{
	if (db->waits_since == 0)
		db->waits_since = clock_monotonic();
}

/* It waits on where there is no connection any more. */
void
db_wait_end(struct db *db)
{
	if (db->mysql != NULL)
		db->waits_since = 0;
}

int64_t
db_waited(const struct db *db)
{
	const int64_t since = db->waits_since;

	return since == 0 ? 0 : clock_monotonic() - since;
}

void
db_drop_if_closed(struct db *db)
{
	struct pollfd socket = {.events = POLLIN};

	if (db->mysql == NULL)
		return;
	socket.fd = (int)mysql_get_socket(db->mysql);
	/* A server says nothing unasked but that it is leaving. */
	if (poll(&socket, 1, 0) == 0)
		return;
	db->counters->connections_lost++;
	db_disconnect(db);
}

void
db_drop_if_begun(struct db *db)
{
	if (db->mysql == NULL ||
	    (db->mysql->server_status & SERVER_STATUS_IN_TRANS) == 0)
		return;
	log_error("event=transaction_left_open");
	db_disconnect(db);
}

bool
db_begins_by_itself(const struct db *db)
{
	return db->role == DB_COMMITTER;
}

bool
db_is_connected(const struct db *db)
{
	return db->mysql != NULL;
}

uint64_t
db_connection(const struct db *db)
{
	return db->connection;
}

const char *
db_message(const struct db *db)
{
	return db->message;
}

unsigned
db_errno(const struct db *db)
{
	return db->number;
}

struct db_counters *
db_counters(struct db *db)
{
	return db->counters;
}

enum error
db_damaged(const char *table, int64_t application, const char *key)
{
	char quoted[MESSAGE_SIZE];

	log_error("event=damaged_row table=%s application=%lld key=%s"
	          " message=\"run 'palmaresctl verify'\"",
	    table, (long long)application,
	    log_quote(key, quoted, sizeof(quoted)));
	return ERR_INTERNAL;
}

static enum error
error_meaning(unsigned number)
{
	size_t i;

	for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].number == number)
			return meanings[i].error;
	return ERR_INTERNAL;
}

enum error
db_failed(struct db *db, unsigned number, const char *message)
{
	enum error error = error_meaning(number);
	char quoted[MESSAGE_SIZE];

	db->number = number;
	snprintf(db->message, sizeof(db->message), "%s", message);
	if (error == ERR_DEADLOCK)
		db->counters->deadlocks++;
	else if (error == ERR_LOCK_TIMEOUT)
		db->counters->lock_timeouts++;
	else if (error == ERR_CONNECTION_LOST) {
		/* A connection that breaks while it is made is not lost. */
		db->counters->connections_lost += db->mysql != NULL;
		db_disconnect(db);
	} else if (error == ERR_SCHEMA_MISMATCH && db->ready)
		/*
		 * The database is another one now: the next looks at it anew.
		 */
		db_disconnect(db);
	else if (error == ERR_INTERNAL)
		log_error("event=sql_error errno=%u message=%s", number,
		    log_quote(db->message, quoted, sizeof(quoted)));
	return error;
}

static void
set_options(MYSQL *mysql, const struct db_settings *settings, unsigned timeout)
{
	unsigned connect_timeout = 1;
	my_bool off = 0, tls = settings->tls == DB_TLS_OFF ? 0 : 1;
	my_bool verified = settings->tls == DB_TLS_VERIFY ? 1 : 0;

	mysql_optionsv(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_timeout);
	if (timeout != 0) {
		mysql_optionsv(mysql, MYSQL_OPT_READ_TIMEOUT, &timeout);
		mysql_optionsv(mysql, MYSQL_OPT_WRITE_TIMEOUT, &timeout);
	}
	mysql_optionsv(mysql, MYSQL_OPT_RECONNECT, &off);
	mysql_optionsv(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	/*
	 * What is not said, 3.3 of the library takes for no, and 3.4 for yes.
	 */
	mysql_optionsv(mysql, MYSQL_OPT_SSL_ENFORCE, &tls);
	mysql_optionsv(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verified);
	if (verified && settings->tls_ca != NULL && *settings->tls_ca != '\0')
		mysql_optionsv(mysql, MYSQL_OPT_SSL_CA, settings->tls_ca);
}

static const char *
or_null(const char *text)
{
	return text == NULL || *text == '\0' ? NULL : text;
}

static enum error
set_session(struct db *db)
{
	enum error error;

	error = db_text(db,
	    "SET SESSION autocommit = 1,"
	    " sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,"
	    "NO_BACKSLASH_ESCAPES', time_zone = '+00:00',"
	    " group_concat_max_len = 1048576");
	/* The variable has another name in every few versions. */
	if (error == OK)
		error = db_text(db,
		    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
	if (error == OK)
		error = db_text(db, roles[db->role].session);
	return error;
}

/* Once, until it succeeds: a worker tries again many times a second. */
static void
note_connect(struct db *db, enum error error)
{
	char quoted[MESSAGE_SIZE];

	if (db->role == DB_WATCH)
		return;
	if (error == ERR_SCHEMA_MISMATCH && !db->complained)
		log_warn("event=schema_mismatch message=%s",
		    log_quote(db->message, quoted, sizeof(quoted)));
	else if (error != OK && !db->complained)
		log_warn("event=not_connected errno=%u message=%s", db->number,
		    log_quote(db->message, quoted, sizeof(quoted)));
	db->complained = error != OK;
}

/* The client library goes on without TLS where the server has none. */
static enum error
check_tls(struct db *db)
{
	if (db->settings->tls == DB_TLS_OFF ||
	    mysql_get_ssl_cipher(db->mysql) != NULL)
		return OK;
	return db_failed(db, CR_SSL_CONNECTION_ERROR,
	    "the server has no TLS, which [database] tls asks for: give it a"
	    " certificate (ssl_cert, ssl_key), or set tls = off");
}

/* Before the first statement that another server would not understand. */
static enum error
check_server(struct db *db)
{
	struct arena *arena = arena_new(EXPLANATION_MAX);
	const char *why = NULL;
	enum error error = server_supported(db, arena, &why);

	if (error == OK && why != NULL)
		error = db_failed(db, CR_VERSION_ERROR, why);
	arena_free(arena);
	return error;
}

static enum error
connect_bare(struct db *db)
{
	const struct db_settings *settings = db->settings;
	const char *socket = or_null(settings->socket);
	enum error error;
	MYSQL *mysql;

	db->counters->connects++;
	mysql = mysql_init(NULL);
	if (mysql == NULL)
		return db_failed(db, CR_OUT_OF_MEMORY, "out of memory");
	set_options(mysql, settings, roles[db->role].io_timeout);
	if (mysql_real_connect(mysql,
	        socket == NULL ? or_null(settings->host) : "localhost",
	        settings->user, settings->password, settings->name,
	        (unsigned)settings->port, socket, 0) == NULL) {
		db_failed(db, mysql_errno(mysql), mysql_error(mysql));
		mysql_close(mysql);
		return ERR_NOT_CONNECTED;
	}
	db->mysql = mysql;
	db->never_waits = false;
	error = check_tls(db);
	if (error == OK)
		error = check_server(db);
	if (error == OK)
		error = set_session(db);
	if (error != OK) {
		db_disconnect(db);
		return ERR_NOT_CONNECTED;
	}
	return OK;
}

enum error
db_connect_bare(struct db *db)
{
	enum error error;

	if (db->mysql != NULL)
		return OK;
	error = connect_bare(db);
	if (error == OK)
		return OK;
	db->counters->connect_failures++;
	note_connect(db, error);
	return error;
}

/*
 * Keeps as the message what is wrong with the schema, and what mends it. Where
 * its version is right, a table is missing, as the server has said already.
 */
static void
explain_mismatch(struct db *db)
{
	struct arena *arena = arena_new(EXPLANATION_MAX);
	const char *why = NULL;
	int64_t version;

	if (migrate_status(db, arena, &version, &why) == OK && why != NULL)
		snprintf(db->message, sizeof(db->message), "%s", why);
	arena_free(arena);
}

static enum error
make_ready(struct db *db)
{
	enum error error = migrate_check(db);

	if (error == OK)
		error = db_prepare(db);
	/* A committer does nothing but transactions: they need no START. */
	if (error == OK && db->role == DB_COMMITTER)
		error = db_text(db, "SET SESSION autocommit = 0");
	db->ready = error == OK;
	db->connection += error == OK;
	if (error == OK)
		return OK;
	if (error == ERR_SCHEMA_MISMATCH)
		explain_mismatch(db);
	db_disconnect(db);
	return error == ERR_SCHEMA_MISMATCH ? error : ERR_NOT_CONNECTED;
}

enum error
db_connect(struct db *db)
{
	enum error error = db_connect_bare(db);

	if (error != OK || db->ready)
		return error;
	error = make_ready(db);
	note_connect(db, error);
	if (error == OK)
		db_wait_end(db);
	return error;
}

enum error
db_wait_for_locks(struct db *db, bool wait)
{
	enum error error;

	if (db->never_waits == !wait)
		return OK;
	error = db_text(db,
	    wait ? "SET SESSION innodb_lock_wait_timeout = 1"
	         : "SET SESSION innodb_lock_wait_timeout = 0");
	if (error == OK)
		db->never_waits = !wait;
	return error;
}

/* Reads a text statement's result; *value_out may be NULL. */
static enum error
text_result(struct db *db, struct arena *arena, const char **value_out)
{
	MYSQL_RES *result = mysql_store_result(db->mysql);
	MYSQL_ROW row;

	if (result == NULL && mysql_field_count(db->mysql) == 0)
		return OK;
	if (result == NULL)
		return db_failed(
		    db, mysql_errno(db->mysql), mysql_error(db->mysql));
	row = mysql_fetch_row(result);
	if (value_out != NULL && row != NULL && row[0] != NULL)
		*value_out = arena_strdup(arena, row[0]);
	mysql_free_result(result);
	return OK;
}

enum error
db_text_value(
    struct db *db, struct arena *arena, const char *sql, const char **value_out)
{
	if (db->mysql == NULL)
		return ERR_CONNECTION_LOST;
	if (value_out != NULL)
		*value_out = NULL;
	if (mysql_real_query(db->mysql, sql, strlen(sql)) != 0)
		return db_failed(
		    db, mysql_errno(db->mysql), mysql_error(db->mysql));
	return text_result(db, arena, value_out);
}

enum error
db_text_number(
    struct db *db, struct arena *arena, const char *sql, int64_t *number_out)
{
	const char *text = NULL;
	enum error error = db_text_value(db, arena, sql, &text);

	if (error == OK)
		*number_out = text == NULL ? 0 : strtoll(text, NULL, 10);
	return error;
}

enum error
db_text(struct db *db, const char *sql)
{
	return db_text_value(db, NULL, sql, NULL);
}
