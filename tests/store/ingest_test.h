/* ingest_test: a rule to be awarded by, and events applied as a worker does */
#ifndef INGEST_TEST_H
#define INGEST_TEST_H

#include "store/key.h"
#include "store_test.h"

/* Group fixture: server_start_migrated, behind a proxy. server_stop ends it. */
int ingest_server_start(void **state);

/* An application that gives a point and, the first time, a badge. */
extern int64_t application;

/* What no key has. */
extern const struct key_hash nobodys_key;

/* Test fixtures: make that application; verify finds nothing afterwards. */
int make_everything(void **state);
int leave_nothing_wrong(void **state);

#define TEST(name)                       \
	cmocka_unit_test_setup_teardown( \
	    name, make_everything, leave_nothing_wrong)

/* A committer: what a worker has one of. */
struct committer {
	struct db *db;
	struct ingest ingest;
};

void committer_init(struct committer *committer);
void committer_free(struct committer *committer);

/* Applies a job within 20 seconds; keeps its outcome. */
enum error apply_job(struct committer *committer, struct ingest_job *job);

/* Applies events as one request, on a committer of its own; must succeed. */
struct ingest_job apply(struct ingest_event *events, size_t count);

/* What the user has in all point scales, and badges; rows of the application. */
int64_t points_of(const char *username);
int64_t badges_of(const char *username);
int64_t rows_of(const char *table);

/* The event was accepted, and gave its point and this badge, or NULL. */
void assert_given(
    const struct ingest_event *event, int64_t balance, const char *badge);

#endif
