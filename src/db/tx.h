/* tx: the one place that begins, commits, and retries transactions */
#ifndef DB_TX_H
#define DB_TX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct db;

enum { TX_TRIES = 6 };

/*
 * What runs in a transaction. It may run several times, each time in a new
 * transaction, so it must start from its inputs alone. attempt counts from 1;
 * settling is true after a COMMIT whose outcome is unknown: what an earlier
 * attempt wrote may be there, or not.
 */
struct tx_attempt {
	int attempt;
	bool settling;
};
typedef enum error (*tx_body)(
    struct db *db, const struct tx_attempt *attempt, void *context);

struct tx_options {
	int64_t deadline; /* of clock_monotonic: no further attempt after it */
	bool retry_duplicate;
	bool may_settle;
	/* A lock wait timeout is returned as ERR_LOCK_TIMEOUT at once. */
	bool yield_lock;
};

/*
 * Runs body in a transaction (READ COMMITTED) and commits it durably.
 *
 * A deadlock, a lock wait timeout, a duplicate (where retry_duplicate asks for
 * it) and a connection lost before COMMIT was sent roll back and try again,
 * with full jitter, up to TX_TRIES times and not past the deadline. Any other
 * error of body rolls back and is returned.
 *
 * A connection lost at COMMIT, or an error there that does not say whether the
 * server rolled back, leaves the outcome unknown. Only a body that can
 * settle it (may_settle: it recognises its own writes) is run again; otherwise,
 * and when no connection comes back in time, ERR_OUTCOME_UNKNOWN.
 * ERR_DATABASE_UNAVAILABLE: nothing was applied.
 */
enum error tx_run(struct db *db, const struct tx_options *options, tx_body body,
    void *context) MUST_CHECK;

/*
 * Runs body once, where all that it reads is of one moment and it can write
 * nothing: a consistent snapshot. It neither locks nor waits for anybody.
 */
enum error tx_snapshot(struct db *db, tx_body body, void *context) MUST_CHECK;

#endif
