/* test_base_allocate: an allocation that fails does not come back */
#include <json-c/json.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit_test.h"

enum { TEXT_SIZE = 64 << 20, ROOM = 16 << 20 };

/*
 * What replaces malloc calls gcc's address sanitizer, which is to answer NULL as
 * libc does. clang's stands in its place, and ends the program itself.
 */
#ifdef __SANITIZE_ADDRESS__
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}
#endif
#ifdef __clang__
#define SANITIZER_ENDS_IT __has_feature(address_sanitizer)
#else
#define SANITIZER_ENDS_IT 0
#endif

/* Volatile: compilers know what no malloc can do. */
#define IMPOSSIBLE (SIZE_MAX - 4096)
static volatile size_t impossible = IMPOSSIBLE, nothing = 0;
static char text[TEXT_SIZE]; /* longer than a limited child can copy */
static void *kept;

static int
set_up(void **state)
{
	(void)state;
	kept = malloc(1);
	memset(text, 'x', TEXT_SIZE - 1);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	free(kept);
	return 0;
}

static void *
ask_malloc(void)
{
	return malloc(impossible);
}

static void *
ask_calloc(void)
{
	return calloc(1, impossible);
}

static void *
ask_calloc_past_all_numbers(void)
{
	return calloc(impossible, 4);
}

static void *
ask_realloc(void)
{
	return realloc(kept, impossible);
}

/* gcc's sanitizer has one of its own, which asks nobody. */
#ifndef __SANITIZE_ADDRESS__
static void *
ask_strdup(void)
{
	return strdup(text);
}
#endif

static void *
ask_json_c(void)
{
	return json_object_new_string_len(text, TEXT_SIZE - 1);
}

static const struct {
	void *(*ask)(void);
	bool limited; /* the child has no room for another text */
	size_t asked; /* as the log tells; 0: the text, and something more */
} cases[] = {
    {ask_malloc, false, IMPOSSIBLE},
    {ask_calloc, false, IMPOSSIBLE},
    {ask_calloc_past_all_numbers, false, 4},
    {ask_realloc, false, IMPOSSIBLE},
#ifndef __SANITIZE_ADDRESS__
    {ask_strdup, true, TEXT_SIZE},
#endif
    {ask_json_c, true, 0},
};

/* No more memory than it has, and a little. */
static void
limit_memory(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	struct rlimit limit;
	char pages[64];

	if (file == NULL || fgets(pages, sizeof(pages), file) == NULL ||
	    getrlimit(RLIMIT_AS, &limit) == -1)
		_exit(4);
	fclose(file);
	limit.rlim_cur =
	    strtoul(pages, NULL, 10) * (rlim_t)sysconf(_SC_PAGESIZE) + ROOM;
	if (setrlimit(RLIMIT_AS, &limit) == -1)
		_exit(4);
}

static void
child_main(size_t row, int output)
{
	const struct rlimit no_core = {0, 0};

	dup2(output, STDERR_FILENO);
	setrlimit(RLIMIT_CORE, &no_core);
	if (cases[row].limited)
		limit_memory();
	kept = cases[row].ask();
	_exit(kept == NULL ? 2 : 3);
}

/* Runs a row in a child; how it ended, and what it said. */
static int
run_child(size_t row, char *said, size_t size)
{
	int ends[2], status;
	size_t len = 0;
	ssize_t n;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child != -1);
	if (child == 0)
		child_main(row, ends[1]);
	close(ends[1]);
	while ((n = read(ends[0], said + len, size - 1 - len)) > 0)
		len += (size_t)n;
	said[len] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void
assert_says(const char *said, size_t asked)
{
	static const char event[] = " event=out_of_memory why=malloc asked=";
	const char *at = strstr(said, event);
	unsigned long told;

	assert_non_null(strstr(said, " level=error pid="));
	assert_non_null(at);
	told = strtoul(at + strlen(event), NULL, 10);
	if (asked == 0)
		assert_between(told, TEXT_SIZE, TEXT_SIZE + 1000);
	else
		assert_int_equal(told, asked);
}

static void
what_fails_ends_the_process_and_says_so(void **state)
{
	char said[65536];
	size_t row;
	int status;

	(void)state;
	for (row = 0; row < COUNT(cases); row++) {
		status = run_child(row, said, sizeof(said));
		print_message("row %zu: %s", row, said);
		if (SANITIZER_ENDS_IT) {
			assert_true(status != 0);
			assert_non_null(strstr(said, "AddressSanitizer"));
			continue;
		}
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGABRT);
		assert_says(said, cases[row].asked);
	}
}

static void
what_asks_for_nothing_goes_on(void **state)
{
	(void)state;
	free(realloc(kept, nothing));
	kept = NULL;
	free(calloc(nothing, 8));
	free(calloc(8, nothing));
	free(malloc(nothing));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_fails_ends_the_process_and_says_so),
	    cmocka_unit_test(what_asks_for_nothing_goes_on),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
