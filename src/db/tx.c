/* tx: begins, commits, and retries transactions */
#include "db/tx.h"

#include <sodium.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/db.h"
#include "db/query.h"

enum { BEGIN, COMMIT, ROLLBACK, SNAPSHOT_LEVEL, SNAPSHOT };

static const char *const texts[] = {
    [BEGIN] = "START TRANSACTION",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    /* Of the next alone: in READ COMMITTED each SELECT is one of its own. */
    [SNAPSHOT_LEVEL] = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    [SNAPSHOT] = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
};
const struct statement_set tx_statements = {
    texts, sizeof(texts) / sizeof(texts[0])};

/* Back-off in microseconds: full jitter below a bound that doubles. */
enum { BACKOFF_BASE = 4000, BACKOFF_CAP = 200000 };

static enum error
run_statement(struct db *db, size_t index)
{
	struct query query;

	query_begin(&query, db, SET_TX, index);
	return query_finish(&query);
}

/*
 * A connection that cannot be rolled back is closed: the server then does it.
 */
static void
roll_back(struct db *db)
{
	if (db_is_connected(db) && run_statement(db, ROLLBACK) != OK)
		db_disconnect(db);
}

/*
 * An error that the table of db.c does not know says nothing of what became of
 * the transaction, and so may not pass for a refusal.
 */
static enum error
commit(struct db *db)
{
	enum error error = run_statement(db, COMMIT);

	if (error == OK)
		db_counters(db)->commits++;
	if (error != ERR_CONNECTION_LOST && error != ERR_INTERNAL)
		return error;
	db_counters(db)->commits_unknown++;
	return ERR_COMMIT_UNKNOWN;
}

static enum error
attempt_once(struct db *db, tx_body body, const struct tx_attempt *attempt,
    void *context)
{
	enum error error = db_connect(db);

	if (error == OK)
		error = db_mend(db);
	if (error != OK)
		return error;
	if (attempt->attempt > 1)
		db_counters(db)->retries++;
	if (!db_begins_by_itself(db))
		error = run_statement(db, BEGIN);
	/* What never began is not rolled back. */
	if (error != OK)
		return error;
	error = body(db, attempt, context);
	if (error == OK)
		error = commit(db);
	if (error == OK)
		return OK;
	/* Of a lost COMMIT nobody knows. */
	if (error != ERR_COMMIT_UNKNOWN)
		db_counters(db)->rollbacks++;
	roll_back(db);
	return error;
}

static bool
worth_retrying(enum error error, const struct tx_attempt *attempt,
    const struct tx_options *options)
{
	bool tries_left = attempt->attempt < TX_TRIES;

	switch (error) {
	case ERR_NOT_CONNECTED:
		/* Nothing ran: wait for the database as long as we may. */
		return true;
	case ERR_LOCK_TIMEOUT:
		/* Whoever settles cannot yield: nobody else knows how. */
		return (!options->yield_lock || attempt->settling) &&
		    tries_left;
	case ERR_DEADLOCK:
	case ERR_CONNECTION_LOST:
		return tries_left;
	case ERR_DUPLICATE:
		return options->retry_duplicate && tries_left;
	case ERR_COMMIT_UNKNOWN:
		return options->may_settle && tries_left;
	default:
		return false;
	}
}

/* Sleeps before the next attempt; false if the deadline does not allow it. */
static bool
back_off(int attempt, int64_t deadline)
{
	uint32_t bound = BACKOFF_BASE;
	int64_t pause;

	while (--attempt > 0 && bound < BACKOFF_CAP)
		bound *= 2;
	if (bound > BACKOFF_CAP)
		bound = BACKOFF_CAP;
	pause = 1 + randombytes_uniform(bound);
	if (clock_monotonic() + pause >= deadline)
		return false;
	clock_sleep(pause);
	return true;
}

/* What the client is told of an error that only the store knows. */
static enum error
outward(enum error error, bool settling)
{
	switch (error) {
	case OK:
		return OK;
	case ERR_COMMIT_UNKNOWN:
		return ERR_OUTCOME_UNKNOWN;
	case ERR_DEADLOCK:
	case ERR_LOCK_TIMEOUT:
	case ERR_CONNECTION_LOST:
	case ERR_NOT_CONNECTED:
	case ERR_DUPLICATE:
	case ERR_TOO_SLOW:
		error = ERR_DATABASE_UNAVAILABLE;
		break;
	default:
		break;
	}
	return settling ? ERR_OUTCOME_UNKNOWN : error;
}

enum error
tx_run(struct db *db, const struct tx_options *options, tx_body body,
    void *context)
{
	struct tx_attempt attempt = {0, false};
	enum error error;

	do {
		attempt.attempt++;
		error = attempt_once(db, body, &attempt, context);
		if (error == ERR_COMMIT_UNKNOWN)
			attempt.settling = true;
		if (error != OK)
			log_debug("event=tx_failed attempt=%d error=%s",
			    attempt.attempt, error_code(error));
	} while (error != OK && worth_retrying(error, &attempt, options) &&
	    back_off(attempt.attempt, options->deadline));
	if (error == ERR_LOCK_TIMEOUT && options->yield_lock &&
	    !attempt.settling)
		return error;
	return outward(error, attempt.settling);
}

enum error
tx_snapshot(struct db *db, tx_body body, void *context)
{
	const struct tx_attempt attempt = {1, false};
	enum error error = db_connect(db);

	if (error == OK)
		error = run_statement(db, SNAPSHOT_LEVEL);
	if (error == OK)
		error = run_statement(db, SNAPSHOT);
	if (error == OK)
		error = body(db, &attempt, context);
	if (error == OK)
		error = run_statement(db, COMMIT);
	if (error != OK)
		roll_back(db);
	return outward(error, false);
}
