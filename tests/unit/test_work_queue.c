/* test_work_queue: whose jobs come next */
#include <string.h>

#include "unit_test.h"
#include "work/queue.h"

enum { JOBS_MAX = 40, ROUNDS_MAX = 100 };

const size_t arena_max = 1 << 20;
static struct queue queue;

static int
set_up(void **test)
{
	const struct committer_limits limits = {
	    .batch_events = 10, .queue_events = 80};

	arena_set_up(test);
	queue_init(&queue, limits);
	return 0;
}

/* Named by its application and what is put behind: "1a". */
static struct queued_job *
job(const char *name, size_t events)
{
	struct queued_job *job = arena_alloc(arena, sizeof(*job));

	job->job.application = name[0] - '0';
	job->job.count = events;
	job->done.waiter = arena_strdup(arena, name);
	return job;
}

static struct queued_job *
put(const char *name, size_t events)
{
	struct queued_job *put = job(name, events);

	queue_put(&queue, put);
	return put;
}

/* A round, as "1a 2a 1b". */
static const char *
round_text(void)
{
	const char *text = "";
	struct round round;
	size_t events = 0, i;

	queue_gather(&queue, &round);
	for (i = 0; i < round.count; i++) {
		const struct queued_job *job =
		    (const struct queued_job *)round.jobs[i];

		text = arena_printf(arena, "%s%s%s", text, i > 0 ? " " : "",
		    (const char *)job->done.waiter);
		events += job->job.count;
	}
	assert_int_equal(round.events, events);
	return text;
}

static void
one_application_is_served_in_its_order(void **test)
{
	(void)test;
	put("1a", 4);
	put("1b", 4);
	put("1c", 4);
	put("1d", 4);
	assert_string_equal(round_text(), "1a 1b");
	put("1e", 4);
	assert_string_equal(round_text(), "1c 1d");
	assert_string_equal(round_text(), "1e");
	assert_string_equal(round_text(), "");
	assert_int_equal(queue.events, 0);
}

static void
a_job_larger_than_a_round_comes_in_one_of_its_own(void **test)
{
	(void)test;
	put("1a", 1);
	put("1b", 25);
	put("1c", 1);
	assert_string_equal(round_text(), "1a");
	assert_string_equal(round_text(), "1b");
	assert_string_equal(round_text(), "1c");
}

static void
a_round_has_so_many_bytes_and_no_more(void **test)
{
	enum { HALF = 2 << 20 };

	(void)test;
	put("1a", 1)->job.size = HALF;
	put("1b", 1)->job.size = HALF;
	put("1c", 1)->job.size = 1;
	put("1d", 1)->job.size = 3 * HALF;
	put("1e", 1)->job.size = 1;
	assert_string_equal(round_text(), "1a 1b");
	assert_string_equal(round_text(), "1c");
	assert_string_equal(round_text(), "1d");
	assert_string_equal(round_text(), "1e");
}

/* Of jobs without an event, as which a batch of none would be. */
static void
a_round_has_so_many_jobs_and_no_more(void **test)
{
	struct round round;
	size_t i;

	(void)test;
	for (i = 0; i < ROUND_JOBS_MAX + 1; i++)
		put("1", 0);
	queue_gather(&queue, &round);
	assert_int_equal(round.count, ROUND_JOBS_MAX);
	queue_gather(&queue, &round);
	assert_int_equal(round.count, 1);
}

static void
applications_take_turns(void **test)
{
	(void)test;
	put("1a", 2);
	put("1b", 2);
	put("1c", 2);
	put("1d", 2);
	put("2a", 2);
	put("3a", 2);
	put("2b", 2);
	assert_string_equal(round_text(), "1a 2a 3a 1b 2b");
	assert_string_equal(round_text(), "1c 1d");
}

static void
who_came_first_comes_last_in_the_next_round(void **test)
{
	(void)test;
	put("1a", 6);
	put("1b", 6);
	put("1c", 6);
	put("2a", 6);
	put("2b", 6);
	assert_string_equal(round_text(), "1a");
	assert_string_equal(round_text(), "2a");
	assert_string_equal(round_text(), "1b");
	assert_string_equal(round_text(), "2b");
	assert_string_equal(round_text(), "1c");
}

static void
what_does_not_fit_holds_up_its_own_application(void **test)
{
	(void)test;
	put("3a", 1);
	put("1a", 3);
	put("1b", 9);
	put("1c", 1);
	put("2a", 1);
	put("2b", 1);
	assert_string_equal(round_text(), "3a 1a 2a 2b");
	assert_string_equal(round_text(), "1b 1c");
}

static void
one_that_goes_alone_lets_others_come_in_between(void **test)
{
	(void)test;
	put("1a", 1)->job.alone = true;
	put("1b", 1)->job.alone = true;
	put("1c", 1);
	put("2a", 8);
	put("2b", 8);
	put("3a", 1)->job.alone = true;
	assert_string_equal(round_text(), "1a");
	assert_string_equal(round_text(), "2a");
	assert_string_equal(round_text(), "3a");
	assert_string_equal(round_text(), "2b");
	assert_string_equal(round_text(), "1b");
	assert_string_equal(round_text(), "1c");
}

static void
those_that_go_alone_take_turns(void **test)
{
	(void)test;
	put("1a", 1)->job.alone = true;
	put("1b", 1)->job.alone = true;
	put("2a", 1)->job.alone = true;
	put("2b", 1)->job.alone = true;
	assert_string_equal(round_text(), "1a");
	assert_string_equal(round_text(), "2a");
	assert_string_equal(round_text(), "1b");
	assert_string_equal(round_text(), "2b");
}

static void
what_is_put_back_comes_first_of_its_own(void **test)
{
	struct queued_job *back;

	(void)test;
	back = put("1a", 8);
	put("1b", 1);
	assert_string_equal(round_text(), "1a 1b");
	put("1c", 8);
	put("2a", 1);
	queue_put_first(&queue, back);
	assert_string_equal(round_text(), "1a 2a");
	assert_string_equal(round_text(), "1c");
}

static void
what_is_withdrawn_is_gone(void **test)
{
	struct queued_job *jobs[4];

	(void)test;
	jobs[0] = put("1a", 1);
	jobs[1] = put("1b", 1);
	jobs[2] = put("1c", 1);
	jobs[3] = put("2a", 1);
	queue_withdraw(&queue, jobs[1]);
	queue_withdraw(&queue, jobs[3]);
	put("1d", 1);
	assert_string_equal(round_text(), "1a 1c 1d");
	jobs[0] = put("1e", 1);
	jobs[1] = put("1f", 1);
	queue_withdraw(&queue, jobs[1]);
	put("1g", 1);
	queue_withdraw(&queue, jobs[0]);
	assert_string_equal(round_text(), "1g");
	assert_int_equal(queue.events, 0);
}

static void
a_full_queue_has_room_for_those_who_have_little_in_it(void **test)
{
	(void)test;
	put("1a", 75);
	assert_true(queue_has_room(&queue, &job("1", 5)->job));
	assert_false(queue_has_room(&queue, &job("1", 6)->job));
	put("1b", 5);
	assert_false(queue_has_room(&queue, &job("1", 1)->job));
	assert_true(queue_has_room(&queue, &job("2", 10)->job));
	assert_false(queue_has_room(&queue, &job("2", 11)->job));
	put("2a", 8);
	assert_true(queue_has_room(&queue, &job("2", 2)->job));
	assert_false(queue_has_room(&queue, &job("2", 3)->job));
	/* Lanes end with their jobs, for the sanitizer's sake. */
	while (*round_text() != '\0')
		;
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, arena_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(one_application_is_served_in_its_order),
	    TEST(a_job_larger_than_a_round_comes_in_one_of_its_own),
	    TEST(a_round_has_so_many_bytes_and_no_more),
	    TEST(a_round_has_so_many_jobs_and_no_more),
	    TEST(applications_take_turns),
	    TEST(who_came_first_comes_last_in_the_next_round),
	    TEST(what_does_not_fit_holds_up_its_own_application),
	    TEST(one_that_goes_alone_lets_others_come_in_between),
	    TEST(those_that_go_alone_take_turns),
	    TEST(what_is_put_back_comes_first_of_its_own),
	    TEST(what_is_withdrawn_is_gone),
	    TEST(a_full_queue_has_room_for_those_who_have_little_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
