/* ledger: what a user's events have given, entry by entry */
#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct arena;
struct db;

struct ledger_entry {
	int64_t number; /* 1, 2, 3 … for each user */
	const char *point_scale;
	int64_t points;
	int64_t balance;
	const char *rule;
	const char *event;
	int64_t row; /* of the event */
	int64_t created_at;
};

/* A place in a ledger: an event, and one of its entries. */
struct ledger_place {
	int64_t row;
	int64_t number;
};

struct ledger {
	struct ledger_entry *entries;
	size_t count;
	/*
	 * Row not 0: it took too long for one page, and the next begins here.
	 */
	struct ledger_place cut_at;
};

/* Newest first, those before a place; row 0: from the newest on. */
enum error user_ledger(struct db *db, struct arena *arena, int64_t application,
    const char *username, struct ledger_place before, int64_t limit,
    struct ledger *ledger_out) MUST_CHECK;

#endif
