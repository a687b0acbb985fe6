/* test_store_query: a request's query takes so much and no more */
#include "store/event.h"
#include "store_test.h"

enum { MEBIBYTE = 1 << 20, TRIES = 20 };

static int64_t application;

/* Events of a mebibyte each, of one user, as no API would let in. */
static int
make_events(void **state)
{
	int i;

	(void)state;
	application = make_application("large");
	for (i = 1; i <= 70; i++)
		sql("INSERT INTO event VALUES (%lld, %d, %d, %d, 1, 1, 1, NULL,"
		    " 'ann', 'e%d', 'visit', NULL, REPEAT('x', %d))",
		    (long long)application, i, i - 1, i, i, MEBIBYTE);
	return 0;
}

/*
 * Five events with so many awards that one may be told of, and not all five:
 * each of them by rule 1, of no point scale and no badge.
 */
static int
make_awards(void **state)
{
	(void)state;
	application = make_application("generous");
	sql("INSERT INTO rule VALUES (1, %lld, 'r', 0, '', 0, 0)",
	    (long long)application);
	sql("INSERT INTO event SELECT %lld, seq, seq - 1, seq, 1, 1, 1, NULL,"
	    " 'ann', seq, 'visit',"
	    " CONCAT(X'00FFFF03', REPEAT(X'010000', 65535)), NULL FROM seq_1_to_5",
	    (long long)application);
	return 0;
}

/* A machine that is busy may take too long for a request: once more, then. */
static enum error
list(struct db *db, struct arena *arena, int64_t limit, size_t *count_out)
{
	const struct event_filter filter = {.application = application,
	    .from = INT64_MIN,
	    .to = INT64_MAX,
	    .before = INT64_MAX,
	    .limit = limit};
	struct event_list events = {.count = 0};
	enum error error;
	int i = 0;

	do {
		arena_reset(arena);
		error = event_list(db, arena, &filter, &events);
	} while (error == ERR_TOO_SLOW && ++i < TRIES);
	*count_out = events.count;
	return error;
}

static void
a_list_that_no_answer_could_hold_is_refused(void **state)
{
	struct arena *arena = arena_new(256 << 20);
	struct db *db = connect_as(DB_REQUEST);
	size_t count = 0;

	(void)state;
	assert_int_equal(list(db, arena, 63, &count), OK);
	assert_int_equal(count, 63);
	assert_int_equal(list(db, arena, 70, &count), ERR_BODY_TOO_LARGE);
	/* The connection is as good as before. */
	assert_int_equal(list(db, arena, 2, &count), OK);
	assert_int_equal(count, 2);
	db_free(db);
	arena_free(arena);
}

static void
an_administrator_takes_it_all(void **state)
{
	struct arena *arena = arena_new(256 << 20);
	struct db *db = connect_as(DB_ADMIN);
	size_t count = 0;

	(void)state;
	assert_int_equal(list(db, arena, 70, &count), OK);
	assert_int_equal(count, 70);
	db_free(db);
	arena_free(arena);
}

static void
awards_that_no_answer_could_hold_are_refused(void **state)
{
	struct arena *arena = arena_new(256 << 20);
	struct db *db = connect_as(DB_REQUEST);
	size_t count = 0;

	(void)state;
	assert_int_equal(list(db, arena, 5, &count), ERR_BODY_TOO_LARGE);
	assert_int_equal(list(db, arena, 1, &count), OK);
	assert_int_equal(count, 1);
	db_free(db);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(
	        a_list_that_no_answer_could_hold_is_refused, make_events),
	    cmocka_unit_test(an_administrator_takes_it_all),
	    cmocka_unit_test_setup(
	        awards_that_no_answer_could_hold_are_refused, make_awards),
	};

	return cmocka_run_group_tests(
	    tests, server_start_migrated, server_stop);
}
