/* verify_fold: users' events folded again, and compared */
#ifndef PAST_VERIFY_FOLD_H
#define PAST_VERIFY_FOLD_H

#include "past/verify.h"
#include "past/verify_read.h"
#include "store/application.h"

/* A user's past as the events give it, as far as it has been folded. */
struct fold {
	const char *username;
	struct state state;
	int64_t events;
	int64_t entries;
	/* Of the last event; after a gap, as stored. */
	int64_t number;
	int64_t row;
	int64_t ahead;
	int64_t version;
	bool has_row; /* in the table of users */
	struct fold *next;
};

/* The folds of one part of the users. */
struct folds {
	struct arena *arena;
	struct fold **buckets;
	size_t size; /* a power of two */
	size_t count;
};

/* What somebody has and does not exist; told once. */
struct verify_missing {
	const struct verify_things *things;
	int64_t id;
	struct verify_missing *next;
};

/* A run of verify, and the application that it is at. */
struct verify {
	struct db *db;
	const struct verify_listener *listener;
	int64_t users_at_once;
	struct verify_totals totals;
	struct arena *words;       /* of the difference being reported */
	struct arena *arena;       /* of the application */
	struct arena *event_arena; /* of the event or user being compared */
	struct application application;
	/* How the days were told, by version: see application_times. */
	struct application_time *times;
	struct calendar *calendars;
	size_t time_count;
	struct verify_catalog catalog;
	struct verify_missing *missing;
	struct verify_reader reader;
	struct folds folds;
};

/* Reports a difference; then what is in verify->words is gone. */
void verify_differs(struct verify *verify, const char *user, const char *thing,
    const char *stored, const char *folded);

/* Room for about so many users; what was there is gone. */
void folds_init(struct folds *folds, size_t users);

/* Made if there is none. */
struct fold *folds_get(struct folds *folds, const char *username);

/* Applies an event to its user's fold, and reports what it says otherwise. */
void verify_event(struct verify *verify, const struct verify_row *event);

/* Reports what a user's row says otherwise than the fold. */
void verify_user(struct verify *verify, const struct verify_row *user);

/* Those that a rule's references of the kind are to. */
const struct verify_things *
things_of(const struct verify *verify, enum reference_kind kind);

/* Things as they are told, in verify->words. */
const char *number_text(struct verify *verify, int64_t number);
const char *scale_text(struct verify *verify, int64_t id);
const char *badge_text(struct verify *verify, int64_t id);
const char *rule_text(struct verify *verify, int64_t id);

#endif
