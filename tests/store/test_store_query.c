/* test_store_query: a request's query takes so much and no more */
#include "api/page.h"
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
		    " 'ann', 'e%d', 'visit', NULL, REPEAT('x', %d), NULL)",
		    (long long)application, i, i - 1, i, i, MEBIBYTE);
	return 0;
}

/*
 * Five events with so many awards that a page has one or two of them: each of
 * them by rule 1, of no point scale and no badge.
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
	    " CONCAT(X'00FFFF03', REPEAT(X'010000', 65535)), NULL, NULL FROM seq_1_to_5",
	    (long long)application);
	return 0;
}

/*
 * A machine that is busy may take too long for a request: once more, then.
 * Takes as many pages as there are, and answers how many events they had.
 */
static size_t
pages(struct db *db, struct arena *arena, size_t *page_count_out)
{
	struct event_filter filter = {.application = application,
	    .from = INT64_MIN,
	    .to = INT64_MAX,
	    .before = INT64_MAX,
	    .limit = 1000};
	struct event_list list;
	size_t events = 0;
	enum error error;
	int tries = 0;

	*page_count_out = 0;
	do {
		arena_reset(arena);
		list = (struct event_list) {.count = 0};
		error = event_list(db, arena, &filter, &list);
		if (error == ERR_TOO_SLOW && ++tries < TRIES)
			continue;
		assert_int_equal(error, OK);
		events += list.count;
		++*page_count_out;
		if (list.count > 0)
			filter.before = list.events[list.count - 1].row;
	} while (error != OK || list.more);
	return events;
}

static void
a_list_ends_where_an_answer_would(void **state)
{
	/* What is large has a block of its own, and another for what follows. */
	struct arena *arena = arena_new(48 * MEBIBYTE);
	struct db *db = connect_as(DB_REQUEST);
	size_t page_count;

	(void)state;
	assert_int_equal(pages(db, arena, &page_count), 70);
	assert_true(page_count >= 5 && page_count < 70);
	/* The connection is as good as before. */
	assert_true(db_is_connected(db));
	assert_int_equal(pages(db, arena, &page_count), 70);
	db_free(db);
	arena_free(arena);
}

static void
a_list_ends_where_there_are_awards_enough(void **state)
{
	struct arena *arena = arena_new(32 * MEBIBYTE);
	struct db *db = connect_as(DB_REQUEST);
	size_t page_count;

	(void)state;
	assert_int_equal(pages(db, arena, &page_count), 5);
	assert_true(page_count >= 3 && page_count <= 5);
	db_free(db);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(
	        a_list_ends_where_an_answer_would, make_events),
	    cmocka_unit_test_setup(
	        a_list_ends_where_there_are_awards_enough, make_awards),
	};

	return cmocka_run_group_tests(
	    tests, server_start_migrated, server_stop);
}
