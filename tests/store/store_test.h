/* store_test: a private mariadbd, and an application to try things on */
#ifndef STORE_TEST_H
#define STORE_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "../unit/plain_rule.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "db/db.h"
#include "db/tx.h"
#include "ingest/ingest.h"
#include "past/verify.h"
#include "store/application.h"
#include "store/catalog.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/*
 * Group fixtures: start mariadbd with a data directory and a socket of its own
 * in a temporary directory, and make an empty database; stop and remove it.
 * The server dies with the test, however that ends.
 */
int server_start(void **state);
int server_stop(void **state);

/* The same, and the schema in the database. */
int server_start_migrated(void **state);

/* Where it is. The socket may be replaced, by a proxy's. */
extern struct db_settings server_settings;
extern struct db_counters server_counters;

/* An arena for the test at hand; server_stop frees it. */
extern struct arena *test_arena;

/* A path in the temporary directory, in test_arena. */
const char *server_path(const char *name);

/* Connections; they fail the test rather than answer an error. */
struct db *connect_bare(void);
struct db *connect_as(enum db_role role);

/* SQL on a connection of the tests' own; fails the test on an error. */
void sql(const char *format, ...) __attribute__((format(printf, 1, 2)));
int64_t
sql_number(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A deadline of clock_monotonic. */
int64_t in_seconds(int seconds);

/* Runs a body in a transaction that must succeed. */
void must_run(tx_body body, void *context);

/* A set-up: the database without tables. */
int make_empty_database(void **state);

/* Makes an application; answers its id. */
int64_t make_application(const char *name);

/* Makes, replaces or removes a rule as the API does. */
void make_rule(int64_t application, struct plain_rule rule);
void change_rule(int64_t application, struct plain_rule rule);
void delete_rule(int64_t application, const char *name);

/* One event as the API hands it over. properties: JSON, or NULL. */
struct ingest_event event_of(const char *id, const char *username,
    const char *event_type, const char *properties);

/* An event with an id that the server makes. */
struct ingest_event
event_without_id(const char *id, const char *username, const char *event_type);

/* A request with these events, which must stay where they are. */
struct ingest_job
job_of(int64_t application, struct ingest_event *events, size_t count);

/* What the job's awards point into stays until the job's arena is freed. */
void keep_outcome(struct ingest_job *job);

/* Applies one event on a connection of the tests' own; it must succeed. */
void post(int64_t application, const char *id, const char *username,
    const char *event_type, const char *properties);

/* Of the users whom verify folds at once. */
extern int64_t users_at_once;

/* What verify finds, all lines in one text of test_arena. */
const char *verify_lines(int64_t application, struct verify_totals *totals_out);

/* Fails the test with verify's lines if there are any. */
void verify_finds_nothing(void);

#endif
