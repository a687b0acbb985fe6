/* verify: folds the event log again and compares with what is stored */
#ifndef PAST_VERIFY_H
#define PAST_VERIFY_H

#include <stdint.h>

#include "base/error.h"

struct db;

/* One thing that is stored otherwise than the events give it. */
struct verify_difference {
	const char *application;
	const char *user; /* NULL: it is not of one user */
	const char *thing;
	const char *stored;
	const char *folded; /* what it ought to be */
};

struct verify_totals {
	int64_t applications;
	int64_t users;
	int64_t events;
	int64_t differences;
};

/* Who is told. What the pointers point at is valid during the call alone. */
struct verify_listener {
	void (*difference)(
	    const struct verify_difference *difference, void *context);
	/* Now and then; the totals so far. */
	void (*progress)(const struct verify_totals *totals, void *context);
	void *context;
};

/* Users whose events are folded at once: about half a kilobyte of each. */
enum { VERIFY_USERS_AT_ONCE = 200000 };

/*
 * Checks one application, or all (0), as of one moment, on a system that goes
 * on serving: it takes no locks. The memory that it needs grows with the rules
 * of an application and the size of its events, not with their number: of many
 * users it folds a part at a time.
 *
 * Every event is applied again by the engine, with the rules that were in force
 * at its version. OK means that all was read, not that nothing differs: ask the
 * totals.
 */
enum error verify_run(struct db *db, int64_t application, int64_t users_at_once,
    const struct verify_listener *listener,
    struct verify_totals *totals_out) MUST_CHECK;

#endif
