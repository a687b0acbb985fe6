/*
 * ingest: applies events: users locked, rules asked, everything written,
 * committed
 */
#ifndef INGEST_INGEST_H
#define INGEST_INGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/event.h"
#include "store/key.h"
#include "store/rule_cache.h"

struct arena;
struct db;

/* One event to apply, and what became of it. */
struct ingest_event {
	/*
	 * In: id, username, event_type, timestamp (if given), timestamp_sent,
	 * properties. Out: row, timestamp, awards.
	 */
	struct event event;
	bool id_made; /* the id is the server's, so it cannot be there yet */
	/* In: ERR_NONE_MATCHES if no rule does, and it is not stored. */
	bool must_match;
	/*
	 * In: what to tell of a timestamp that is too far ahead, or NULL. With
	 * it the event is refused, unless it is stored already.
	 */
	const char *in_future;
	/* In: the event as the rules see it, but for at, which is Out. */
	struct occurrence occurrence;

	/* Out: of ERR_EVENT_ID_REUSED, the member that differs. */
	const char *differs;
	/*
	 * Out: OK, ERR_EVENT_ID_REUSED, ERR_TIMESTAMP_IN_FUTURE,
	 * ERR_BALANCE_OVERFLOW, ERR_NONE_MATCHES.
	 */
	enum error error;
	bool replayed;

	/* The transaction's own: the row that an attempt has tried to write. */
	int64_t tried_row;
};

/*
 * The events of one request: applied together, or none of them. Out: error, for
 * the request as a whole: ERR_KEY_UNKNOWN (it is live no more),
 * ERR_APPLICATION_NOT_FOUND, ERR_BODY_TOO_LARGE (its answer would be, or what
 * its users have), ERR_OVERLOADED (it has more rules than RULE_CACHE_MAX). The
 * outcome is kept in the job's arena.
 */
struct ingest_job {
	int64_t application;
	/* In the arena; NULL: the classic interface, which has none. */
	const struct key_hash *key;
	struct ingest_event *events;
	size_t count;
	struct arena *arena;
	/* In: of the body, for what its answer will come to. */
	size_t size;
	enum error error;
	/*
	 * Out: the transaction had no room for it beside the others, so it is
	 * not applied and comes again; alone, where it is so large that others
	 * should not wait for it.
	 */
	bool postponed;
	bool alone;

	/* What the awards' names point into: held until ingest_job_clear. */
	struct app_rules *rules;
};

/* Whether the job is, or was, applied in its transaction. */
static inline bool
job_is_applied(const struct ingest_job *job)
{
	return job->error == OK && !job->postponed;
}

/*
 * Bytes. A job whose answer could be larger is refused with ERR_BODY_TOO_LARGE
 * before anything is applied.
 */
enum { INGEST_ANSWER_MAX = 30 << 20 };

/* Before a job's arena is freed. */
void ingest_job_clear(struct ingest_job *job);

/* What a committer keeps between its transactions. */
struct ingest {
	struct db *db;
	struct rule_cache rules;
	struct arena *scratch;
	int64_t last_time; /* of the newest row made */
};

/* db is of the role DB_COMMITTER; the ingest does not own it. */
void ingest_init(struct ingest *ingest, struct db *db);
void ingest_free(struct ingest *ingest);

/*
 * Applies the jobs in their order, in one transaction; those that are postponed
 * are left out, which one job alone never is. When it returns OK, all of that
 * is durable and every other job and event has its outcome; else nothing is
 * applied, or nobody knows (ERR_OUTCOME_UNKNOWN), and the jobs' outcomes mean
 * nothing. deadline is of clock_monotonic. With wait_for_locks false a row that
 * another transaction has locked is not waited for. ERR_LOCK_TIMEOUT: a lock
 * was not to be had, and nothing is applied.
 */
enum error ingest_apply(struct ingest *ingest, struct ingest_job *const *jobs,
    size_t count, int64_t deadline, bool wait_for_locks) MUST_CHECK;

#endif
