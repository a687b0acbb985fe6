/* test_base_arena: memory of a request */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"

enum { CAP = 8 * 1024 * 1024 };

static void
memory_is_zeroed_even_after_a_reset(void **state)
{
	struct arena *arena = arena_new(CAP);
	int round, i;

	(void)state;
	for (round = 0; round < 3; round++) {
		unsigned char *data = arena_alloc(arena, 1000);

		for (i = 0; i < 1000; i++)
			assert_int_equal(data[i], 0);
		memset(data, 0xAA, 1000);
		arena_reset(arena);
	}
	arena_free(arena);
}

static void
memory_is_aligned_for_any_type(void **state)
{
	struct arena *arena = arena_new(CAP);
	size_t size;

	(void)state;
	for (size = 0; size < 100; size++) {
		uintptr_t at = (uintptr_t)arena_alloc(arena, size);

		assert_int_equal(at % _Alignof(max_align_t), 0);
	}
	arena_free(arena);
}

static void
allocations_do_not_overlap(void **state)
{
	enum { COUNT = 3000 };
	struct arena *arena = arena_new(CAP);
	unsigned char *data[COUNT];
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT; i++) {
		data[i] = arena_alloc(arena, i);
		memset(data[i], (int)(i % 251), i);
	}
	for (i = 0; i < COUNT; i++)
		for (j = 0; j < i; j++)
			assert_int_equal(data[i][j], i % 251);
	arena_free(arena);
}

static void
an_allocation_larger_than_any_block_fits(void **state)
{
	struct arena *arena = arena_new(CAP);
	char *data = arena_alloc(arena, 5 * 1024 * 1024);

	(void)state;
	memset(data, 'x', 5 * 1024 * 1024);
	assert_true(arena_size(arena) > 5 * 1024 * 1024);
	assert_true(arena_size(arena) <= CAP);
	arena_free(arena);
}

static void
a_reset_keeps_the_first_block_alone(void **state)
{
	struct arena *arena = arena_new(CAP);
	size_t at_first = arena_size(arena);
	int i;

	(void)state;
	for (i = 0; i < 100; i++)
		arena_alloc(arena, 10000);
	assert_true(arena_size(arena) >= 1000000);
	arena_reset(arena);
	assert_int_equal(arena_size(arena), at_first);
	arena_free(arena);
}

static void
a_reset_makes_the_memory_free_for_use(void **state)
{
	struct arena *arena = arena_new(CAP);
	size_t at_first = arena_size(arena);
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		arena_alloc(arena, 1000);
		arena_reset(arena);
	}
	arena_alloc(arena, 1000);
	assert_int_equal(arena_size(arena), at_first);
	arena_free(arena);
}

static char order[8];
static struct arena *deferring;

static void
note(void *object)
{
	strcat(order, object);
}

static void
note_and_defer(void *object)
{
	static char more[] = "z";

	note(object);
	arena_defer(deferring, note, more);
}

static void
deferred_calls_run_last_first_and_once(void **state)
{
	struct arena *arena = arena_new(CAP);
	char a[] = "a", b[] = "b", c[] = "c";

	(void)state;
	order[0] = '\0';
	arena_defer(arena, note, a);
	arena_defer(arena, note, b);
	arena_reset(arena);
	assert_string_equal(order, "ba");
	arena_defer(arena, note, c);
	arena_free(arena);
	assert_string_equal(order, "bac");
}

static void
a_deferred_call_may_defer_another(void **state)
{
	static char first[] = "a", last[] = "b";

	(void)state;
	deferring = arena_new(CAP);
	order[0] = '\0';
	arena_defer(deferring, note, first);
	arena_defer(deferring, note_and_defer, last);
	arena_free(deferring);
	assert_string_equal(order, "bza");
}

static void
deferred_calls_see_memory_that_is_still_there(void **state)
{
	struct arena *arena = arena_new(CAP);

	(void)state;
	order[0] = '\0';
	arena_defer(arena, note, arena_strdup(arena, "x"));
	arena_alloc(arena, 100000);
	arena_free(arena);
	assert_string_equal(order, "x");
}

static void
copies_end_with_a_nul(void **state)
{
	struct arena *arena = arena_new(CAP);

	(void)state;
	assert_memory_equal(arena_copy(arena, "a\0bcd", 3), "a\0b", 4);
	assert_string_equal(arena_copy(arena, "abc", 0), "");
	assert_string_equal(arena_copy(arena, NULL, 0), "");
	assert_string_equal(arena_strdup(arena, "name"), "name");
	arena_free(arena);
}

static void
printf_takes_texts_of_any_length(void **state)
{
	struct arena *arena = arena_new(CAP);
	char *text = arena_printf(arena, "%d-%s", 42, "x");
	char *padded = arena_printf(arena, "%*d", 100000, 7);

	(void)state;
	assert_string_equal(text, "42-x");
	assert_int_equal(strlen(padded), 100000);
	assert_int_equal(padded[99999], '7');
	arena_free(arena);
}

static void
freeing_no_arena_is_fine(void **state)
{
	(void)state;
	arena_free(NULL);
}

static void
take_too_much(void)
{
	struct arena *arena = arena_new(100000);

	arena_alloc(arena, 1000000);
}

static void
take_too_much_bit_by_bit(void)
{
	struct arena *arena = arena_new(100000);
	int i;

	for (i = 0; i < 1000; i++)
		arena_alloc(arena, 1000);
}

static void
take_an_overflowing_product(void)
{
	arena_array(arena_new(CAP), SIZE_MAX / 2, 3);
}

/* Runs act in a child whose standard error is read into text. */
static int
run_child(void (*act)(void), char *text, size_t size)
{
	int fds[2], status;
	pid_t child;
	ssize_t len;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		dup2(fds[1], STDERR_FILENO);
		act();
		_exit(0);
	}
	close(fds[1]);
	len = read(fds[0], text, size - 1);
	text[len < 0 ? 0 : len] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void
going_over_the_cap_ends_the_process_with_a_log_line(void **state)
{
	static void (*const acts[])(void) = {take_too_much,
	    take_too_much_bit_by_bit, take_an_overflowing_product};
	char text[512];
	size_t i;
	int status;

	(void)state;
	for (i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		status = run_child(acts[i], text, sizeof(text));
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGABRT);
		assert_non_null(strstr(text, "event=out_of_memory why=cap"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(memory_is_zeroed_even_after_a_reset),
	    cmocka_unit_test(memory_is_aligned_for_any_type),
	    cmocka_unit_test(allocations_do_not_overlap),
	    cmocka_unit_test(an_allocation_larger_than_any_block_fits),
	    cmocka_unit_test(a_reset_keeps_the_first_block_alone),
	    cmocka_unit_test(a_reset_makes_the_memory_free_for_use),
	    cmocka_unit_test(deferred_calls_run_last_first_and_once),
	    cmocka_unit_test(a_deferred_call_may_defer_another),
	    cmocka_unit_test(deferred_calls_see_memory_that_is_still_there),
	    cmocka_unit_test(copies_end_with_a_nul),
	    cmocka_unit_test(printf_takes_texts_of_any_length),
	    cmocka_unit_test(freeing_no_arena_is_fine),
	    cmocka_unit_test(
	        going_over_the_cap_ends_the_process_with_a_log_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
