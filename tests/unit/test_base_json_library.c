/* test_base_json_library: what the json-c of other systems makes of a text */
#include <dlfcn.h>
#include <string.h>

#include "json_test.h"

const size_t arena_max = 1024 * 1024;

/*
 * As json-c 0.18: in strict mode it takes every byte beyond ASCII for a control
 * character. Or one that takes no such byte at all.
 */
enum json_c { JSON_C_0_18, JSON_C_BROKEN };
static enum json_c json_c;
static int flags;
static bool refused;

typedef void set_flags_fn(struct json_tokener *, int);
typedef struct json_object *parse_fn(struct json_tokener *, const char *, int);
typedef enum json_tokener_error error_fn(struct json_tokener *);

/* Copied, because a pointer to data is not converted to one to a function. */
static void
find(const char *name, void *function_out)
{
	void *found = dlsym(RTLD_NEXT, name);

	assert_non_null(found);
	memcpy(function_out, &found, sizeof(found));
}

static bool
is_ascii(const char *text, int len)
{
	int i;

	for (i = 0; i < len; i++)
		if ((unsigned char)text[i] > 0x7F)
			return false;
	return true;
}

/* These three come before json-c's own, because the program has them. */
void
json_tokener_set_flags(struct json_tokener *tokener, int set)
{
	set_flags_fn *real;

	find(__func__, &real);
	flags = set;
	real(tokener, set);
}

struct json_object *
json_tokener_parse_ex(struct json_tokener *tokener, const char *text, int len)
{
	bool strict = (flags & JSON_TOKENER_STRICT) != 0;
	parse_fn *real;

	find(__func__, &real);
	refused = (strict || json_c == JSON_C_BROKEN) && !is_ascii(text, len);
	return refused ? NULL : real(tokener, text, len);
}

enum json_tokener_error
json_tokener_get_error(struct json_tokener *tokener)
{
	error_fn *real;

	find(__func__, &real);
	return refused ? json_tokener_error_parse_string : real(tokener);
}

static const char *const texts[] = {
    "\"\xC3\xA9\"",
    "{\"\xC3\xA9\":1}",
    "{\"name\":\"Zo\xC3\xAB\"}",
    "[\"\xE2\x82\xAC\"]",
    "\"\xF0\x9F\x8F\x86\"",
    "{\"a\":\"\\ud83c\\udfc6\"}", /* we write pairs as themselves */
    "\"\xC2\x80\"",
};

static void
every_byte_beyond_ascii_is_taken(void **state)
{
	const char *why;
	size_t i;

	(void)state;
	json_c = JSON_C_0_18;
	for (i = 0; i < COUNT(texts); i++) {
		assert_non_null(parse(texts[i], &why));
		assert_null(why);
	}
	assert_null(json_trial(arena));
}

static void
a_library_that_takes_none_is_noticed(void **state)
{
	const char *why;
	size_t i;

	(void)state;
	json_c = JSON_C_BROKEN;
	for (i = 0; i < COUNT(texts); i++) {
		assert_null(parse(texts[i], &why));
		assert_non_null(why);
	}
	assert_string_equal(json_trial(arena), "invalid string sequence");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    JSON_TEST(every_byte_beyond_ascii_is_taken),
	    JSON_TEST(a_library_that_takes_none_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
