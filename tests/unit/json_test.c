/* json_test: what the tests of the parser share */
#include <stdlib.h>
#include <string.h>

#include "json_test.h"

struct faults faults;

int
json_set_up(void **state)
{
	arena_set_up(state);
	faults_init(&faults, arena);
	return 0;
}

struct json_object *
parse_bytes(const char *text, size_t len, const char **why_out)
{
	char *copy = malloc(len > 0 ? len : 1);
	struct json_object *object;

	assert_non_null(copy);
	memcpy(copy, text, len);
	object = json_parse(arena, copy, len, &faults, why_out);
	free(copy);
	return object;
}

struct json_object *
parse(const char *text, const char **why_out)
{
	return parse_bytes(text, strlen(text), why_out);
}

void
assert_refused(const char *text, size_t len, const char *wanted)
{
	const char *why = NULL;

	if (parse_bytes(text, len, &why) != NULL || why == NULL)
		fail_msg("taken: %s", text);
	else if (wanted != NULL)
		assert_string_equal(why, wanted);
}

void
assert_one_fault(const char *text, const char *pointer, const char *code)
{
	const char *why;

	faults_init(&faults, arena);
	assert_non_null(parse(text, &why));
	assert_null(why);
	if (faults.count != 1)
		fail_msg("%d faults: %s", faults.count, text);
	assert_string_equal(faults.first->pointer, pointer);
	assert_string_equal(faults.first->code, code);
}

const char *
json_of(const char *text)
{
	char *json = arena_strdup(arena, text), *c;

	for (c = json; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	return json;
}
