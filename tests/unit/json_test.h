/* json_test: what the tests of the parser share */
#ifndef JSON_TEST_H
#define JSON_TEST_H

#include "base/json.h"
#include "unit_test.h"

extern struct faults faults;

/* Test fixture: an arena, and no faults. Its end is arena_tear_down. */
int json_set_up(void **state);

#define JSON_TEST(test) \
	cmocka_unit_test_setup_teardown(test, json_set_up, arena_tear_down)

/*
 * Parses a copy without a NUL behind it, so that the sanitizer sees a byte read
 * too far.
 */
struct json_object *
parse_bytes(const char *text, size_t len, const char **why_out);
struct json_object *parse(const char *text, const char **why_out);

/* The text with " for each ', in the arena. */
const char *json_of(const char *text);

/* The text is no JSON, for the wanted reason; NULL: for any. */
void assert_refused(const char *text, size_t len, const char *wanted);

/* The text is JSON, with this fault and no other, which stays in faults. */
void assert_one_fault(const char *text, const char *pointer, const char *code);

#endif
