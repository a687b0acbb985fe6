/* test_base_decode: objects into structs by a table */
#include <string.h>

#include "base/str.h"
#include "decode_test.h"

const size_t arena_max = 16 * 1024 * 1024;

static void
what_is_missing_keeps_its_default(void **state)
{
	struct body body = decode_text("{\"name\":\"n\"}");

	(void)state;
	assert_int_equal(faults.count, 0);
	assert_true(body.points == -1);
	assert_true(body.enabled);
	assert_null(body.any);
}

static void
null_is_like_missing_in_every_member(void **state)
{
	struct body body =
	    decode_text("{\"name\":\"n\",\"id\":null,\"description\":null,"
	                "\"points\":null,\"times\":null,\"timestamp\":null,"
	                "\"enabled\":null,\"any\":null}");

	(void)state;
	assert_int_equal(faults.count, 0);
	assert_null(body.id);
	assert_null(body.description);
	assert_null(body.any);
	assert_true(body.points == -1);
	assert_true(body.times == 0);
	assert_true(body.enabled);
}

static void
a_required_member_must_be_there_and_not_null(void **state)
{
	struct body body = decode_text("{}");

	(void)state;
	assert_string_equal(told(), "/name required is missing");
	assert_string_equal(body.name, "unset");
	decode_text("{\"name\":null}");
	assert_string_equal(told(), "/name required must not be null");
}

static void
a_function_of_ones_own_gets_the_context(void **state)
{
	static const char context[] = "from context";
	struct body body;

	(void)state;
	decode.context = context;
	body = decode_text("{\"name\":\"n\",\"any\":\"context\"}");
	assert_int_equal(faults.count, 0);
	assert_ptr_equal(body.any, context);
	decode_text("{\"name\":\"n\",\"any\":\"bad\"}");
	assert_string_equal(told(), "/any invalid_value must be good");
}

static void
unknown_members_are_told_with_the_one_that_was_meant(void **state)
{
	(void)state;
	decode_text("{\"name\":\"n\",\"point\":1,\"Enabled\":true,"
	            "\"colour\":\"red\",\"a/b\":0}");
	assert_string_equal(told(),
	    "/point unknown_member is no member of this object; did you mean "
	    "\"points\"?\n"
	    "/Enabled unknown_member is no member of this object; did you mean "
	    "\"enabled\"?\n"
	    "/colour unknown_member is no member of this object; leave it "
	    "out\n"
	    "/a~1b unknown_member is no member of this object; leave it out");
}

static void
unknown_members_may_be_ignored(void **state)
{
	(void)state;
	decode.lenient = true;
	decode_text("{\"name\":\"n\",\"colour\":\"red\"}");
	assert_int_equal(faults.count, 0);
	decode_text("{\"colour\":\"red\"}");
	assert_int_equal(faults.count, 1);
}

/* Such as are unknown to the classic interface, whose decoder is lenient. */
static void
some_members_are_unknown_to_a_lenient_decoder(void **state)
{
	static const char text[] = "{\"name\":\"n\",\"any\":\"bad\"}";

	(void)state;
	decode_text(text);
	assert_string_equal(told(), "/any invalid_value must be good");
	decode.lenient = true;
	assert_null(decode_text(text).any);
	assert_int_equal(faults.count, 0);
	assert_null(decode_text("{\"name\":\"n\",\"any\":\"good\"}").any);
}

static void
all_faults_are_told_at_once(void **state)
{
	(void)state;
	decode_text("{\"id\":5,\"points\":1e999,\"times\":0,\"enabled\":0,"
	            "\"timestamp\":\"x\",\"nmae\":\"n\"}");
	assert_int_equal(faults.count, 7);
	/* What the parser found comes first, and once. */
	assert_string_equal(faults.first->pointer, "/points");
	assert_string_equal(faults.first->code, "out_of_range");
}

static void
anything_but_an_object_is_one_fault(void **state)
{
	static const char *const rows[] = {"[]", "null", "1", "\"x\"", "true"};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		decode_text(rows[i]);
		assert_string_equal(told(), " invalid_type must be an object");
	}
}

static void
pointers_begin_where_the_object_stands(void **state)
{
	static const char text[] = "{\"points\":\"x\",\"b\":1}";
	struct body body = {0};
	const char *why;

	(void)state;
	decode_object(&decode,
	    json_parse(arena, text, strlen(text), &faults, &why), "/events/3",
	    fields, COUNT(fields), &body);
	assert_string_equal(faults.first->pointer, "/events/3/name");
	assert_string_equal(faults.first->next->pointer, "/events/3/points");
	assert_string_equal(faults.first->next->next->pointer, "/events/3/b");
}

static void
one_value_is_decoded_like_a_member(void **state)
{
	static const struct field field = {"times", FIELD_INT, 0, 0, 1, 10};
	struct json_object *value = json_object_new_int(11);
	int64_t number = 5;

	(void)state;
	decode_value(&decode, value, "/x", &field, &number);
	assert_string_equal(told(), "/x out_of_range must be from 1 to 10");
	assert_true(number == 5);
	json_object_set_int(value, 10);
	decode_value(&decode, value, "/y", &field, &number);
	assert_true(number == 10);
	decode_value(&decode, NULL, "/z", &field, &number);
	assert_int_equal(faults.count, 1);
	json_object_put(value);
}

static void
a_body_of_very_many_unknown_members_is_cut_short(void **state)
{
	struct str text = str_new(arena, 8 * 1024 * 1024);
	int i;

	(void)state;
	str_adds(&text, "{\"name\":\"n\"");
	for (i = 0; i < 50000; i++)
		str_addf(&text, ",\"member%d\":0", i);
	str_adds(&text, "}");
	decode_text(text.data);
	assert_int_equal(faults.count, FAULTS_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    DECODE_TEST(what_is_missing_keeps_its_default),
	    DECODE_TEST(null_is_like_missing_in_every_member),
	    DECODE_TEST(a_required_member_must_be_there_and_not_null),
	    DECODE_TEST(a_function_of_ones_own_gets_the_context),
	    DECODE_TEST(unknown_members_are_told_with_the_one_that_was_meant),
	    DECODE_TEST(unknown_members_may_be_ignored),
	    DECODE_TEST(some_members_are_unknown_to_a_lenient_decoder),
	    DECODE_TEST(all_faults_are_told_at_once),
	    DECODE_TEST(anything_but_an_object_is_one_fault),
	    DECODE_TEST(pointers_begin_where_the_object_stands),
	    DECODE_TEST(one_value_is_decoded_like_a_member),
	    DECODE_TEST(a_body_of_very_many_unknown_members_is_cut_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
