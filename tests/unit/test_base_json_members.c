/* test_base_json_members: no member twice, however many there are */
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "json_test.h"

const size_t arena_max = 64 * 1024 * 1024;

static void
the_same_member_twice_is_a_fault(void **state)
{
	static const struct {
		const char *text, *pointer;
	} rows[] = {
	    {"{\"a\":1,\"a\":2}", "/a"},
	    {"{\"a\":1,\"a\":1}", "/a"},
	    {"{\"\":1,\"\":2}", "/"},
	    {"{\"a\":1,\"b\":2,\"a\":3}", "/a"},
	    {"{\"a\":1,\"\\u0061\":2}", "/a"},
	    {"{\"\\u0061\":1,\"a\":2}", "/a"},
	    {"{\"\\u0061\":1,\"\\u0061\":2}", "/a"},
	    {"{\"a\\/b\":1,\"a/b\":2}", "/a~1b"},
	    {"{\"\\u00e9\":1,\"\xC3\xA9\":2}", "/\xC3\xA9"},
	    {"{\"\\ud83c\\udfc6\":1,\"\xF0\x9F\x8F\x86\":2}",
	        "/\xF0\x9F\x8F\x86"},
	    {"{\"\\u20AC\":1,\"\xE2\x82\xAC\":2}", "/\xE2\x82\xAC"},
	    {"[0,{\"x\":{\"a\":1,\"a\":2}}]", "/1/x/a"},
	    {"{\"a\":{\"a\":1,\"b\":{\"a\":2}},\"a\":{}}", "/a"},
	    {"{\"a\":[{\"b\":1},{\"b\":1,\"b\":1}]}", "/a/1/b"},
	    {"{\"a\":1,\"a\":2,\"a\":3}", "/a"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		assert_one_fault(
		    rows[i].text, rows[i].pointer, "duplicate_member");
}

static int64_t
processor_time(void)
{
	struct timespec now;

	assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now), 0);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* {"m0":0,"m1":0,…} with one more member named extra. */
static struct str
object_of(size_t count, const char *extra)
{
	struct str text = str_new(arena, 32 * 1024 * 1024);
	size_t i;

	str_adds(&text, "{");
	for (i = 0; i < count; i++)
		str_addf(&text, "\"m%zu\":0,", i);
	str_addf(&text, "\"%s\":0}", extra);
	assert_false(text.overflow);
	return text;
}

static void
duplicates_are_found_in_objects_of_any_size(void **state)
{
	static const size_t sizes[] = {1, 2, 15, 16, 17, 31, 33, 500, 5000};
	const char *why;
	struct str text;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(sizes); i++) {
		text = object_of(sizes[i], "x");
		assert_non_null(parse_bytes(text.data, text.len, &why));
		assert_int_equal(faults.count, 0);
		text = object_of(sizes[i], "m0");
		assert_one_fault(text.data, "/m0", "duplicate_member");
		text = object_of(sizes[i], "\\u006d0");
		assert_one_fault(text.data, "/m0", "duplicate_member");
		text = object_of(
		    sizes[i], arena_printf(arena, "m%zu", sizes[i] - 1));
		assert_one_fault(text.data,
		    arena_printf(arena, "/m%zu", sizes[i] - 1),
		    "duplicate_member");
		faults_init(&faults, arena);
	}
}

/* The processor's, so that neighbours do not count; the least of some tries. */
static int64_t
time_to_parse(size_t count)
{
	int64_t least = INT64_MAX, start, taken;
	const char *why;
	struct str text;
	int i;

	for (i = 0; i < 3; i++) {
		text = object_of(count, "x");
		start = processor_time();
		assert_non_null(parse_bytes(text.data, text.len, &why));
		taken = processor_time() - start;
		if (taken < least)
			least = taken;
		arena_reset(arena);
		faults_init(&faults, arena);
	}
	return least;
}

static void
an_object_of_very_many_members_takes_no_long_time(void **state)
{
	int64_t few = time_to_parse(JSON_VALUES_MAX / 8);

	(void)state;
	/* Some nine times as long; pair by pair it would be 64 times. */
	assert_true(time_to_parse(JSON_VALUES_MAX - 10) < 25 * few);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    JSON_TEST(the_same_member_twice_is_a_fault),
	    JSON_TEST(duplicates_are_found_in_objects_of_any_size),
	    JSON_TEST(an_object_of_very_many_members_takes_no_long_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
