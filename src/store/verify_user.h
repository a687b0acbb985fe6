/* verify_user: one user's events folded again */
#ifndef STORE_VERIFY_USER_H
#define STORE_VERIFY_USER_H

#include "store/application.h"
#include "store/verify.h"
#include "store/verify_read.h"

/* A run of verify, and the application that it is at. */
struct verify {
	struct db *db;
	const struct verify_listener *listener;
	struct verify_totals totals;
	struct arena *words;       /* of the difference being reported */
	struct arena *arena;       /* of the application */
	struct arena *user_arena;  /* of the user */
	struct arena *event_arena; /* of the event */
	struct application application;
	struct verify_catalog catalog;
	struct verify_reader reader;
};

/* Reports a difference; then what is in verify->words is gone. */
void verify_differs(struct verify *verify, const char *user, const char *thing,
    const char *stored, const char *folded);

/*
 * Folds the events of the user who is next in the reader, takes all rows of
 * that user but the user's own, and reports what differs.
 */
void verify_user(struct verify *verify, const struct verify_row *user);

/* A badge that the fold gave, and by which event and rule. */
struct won {
	int64_t badge;
	int64_t event;
	int64_t rule;
	struct won *next;
};

/* A user's past as the events give it, as far as it has been folded. */
struct fold {
	struct verify *verify;
	const struct verify_row *user;
	const struct verify_row *event; /* the one being folded */
	struct state folded;
	struct state sums;   /* of the ledger's rows, as stored */
	struct state stored; /* which rows there are */
	struct won *won;
	int64_t events;
	int64_t entries;
	/* Of the last event and ledger row; after a gap, as stored. */
	int64_t number;
	int64_t entry;
	int64_t row;
	int64_t version;
};

/* Takes the user's balances, counts and badges, and compares them. */
void verify_state(struct fold *fold);

/* verify_differs, for the user of the fold. */
void fold_differs(struct fold *fold, const char *thing, const char *stored,
    const char *folded);

/* The row that is next in a table, if it is still of this user. */
const struct verify_row *fold_row(struct fold *fold, enum verify_table table);

/* Things as they are told, in verify->words. */
const char *number_text(struct verify *verify, int64_t number);
const char *scale_text(struct verify *verify, int64_t id);
const char *badge_text(struct verify *verify, int64_t id);
const char *rule_text(struct verify *verify, int64_t id);

#endif
