/* ingest_batch: what the parts of an event transaction share */
#ifndef INGEST_BATCH_H
#define INGEST_BATCH_H

#include "engine/engine.h"
#include "ingest/ingest.h"

struct known_events;

/* An application of the batch: its row is locked shared. */
struct batch_app {
	int64_t id;
	int64_t version; /* 0: there is no such application */
	int64_t stamp;
	bool classic;
	struct app_rules *rules;
};

/* A user of the batch: the row is locked. */
struct batch_user {
	int64_t application;
	const char *username;
	int64_t events;
	int64_t entries;
	int64_t last_event; /* its row */
	int64_t ahead;      /* and its ahead */
	int64_t replays;    /* in this batch */
	size_t standing_size;
	struct bytes standing; /* NULL: none, or too large to come along */
	/* Of a job that is applied: state is there, and is written. */
	bool wanted;
	const struct ingest_job *counted_for;
	struct state state;
	const struct app_rules *rules;
};

/* An event in the order of arrival. */
struct batch_item {
	struct ingest_job *job;
	struct ingest_event *event;
	const struct app_rules *app;
	struct found_rules found;
	size_t user;  /* in batch.users */
	int64_t time; /* of its row */
	/* What is to be written, if write. */
	bool write;
	int64_t previous;
	int64_t number;
	int64_t entries_before;
	struct award *awards;
	size_t award_count;
};

struct batch {
	struct ingest *ingest;
	struct db *db;
	struct arena *arena;
	int64_t now;
	bool settling;
	struct batch_app *apps;
	size_t app_count;
	size_t job_count;
	struct batch_user *users;
	size_t user_count;
	struct batch_item *items;
	size_t item_count;
	bool ahead; /* all that was written so far was sent ahead */
	/* To be set once it is committed: of app_rules.given. */
	bool **given;
	size_t given_count;
};

/*
 * Locks the applications shared, in the order of their ids, and reads their
 * versions.
 */
enum error batch_lock_apps(struct batch *batch) MUST_CHECK;

/*
 * Creates and locks the users, in the order of their keys, and reads what they
 * have; then finds out which events are known.
 */
enum error
batch_lock_users(struct batch *batch, struct known_events *known) MUST_CHECK;

/*
 * Decides which jobs there is room for, and reads what these need. The others
 * are refused or postponed.
 */
enum error
batch_share(struct batch *batch, struct known_events *known) MUST_CHECK;

/* Reads the standings of the users who are wanted into their states. */
enum error batch_open_users(struct batch *batch) MUST_CHECK;

/* Writes all that applying the items has changed. */
enum error batch_write(struct batch *batch) MUST_CHECK;

#endif
