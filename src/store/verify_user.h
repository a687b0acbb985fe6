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
 * Folds the events of the user who is next in the reader, takes all rows of that
 * user but the user's own, and reports what differs.
 */
void verify_user(struct verify *verify, const struct verify_row *user);

#endif
