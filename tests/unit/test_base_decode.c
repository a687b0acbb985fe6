/* test_base_decode: objects into structs by a table */
#include <stdlib.h>
#include <string.h>

#include "base/decode.h"
#include "base/str.h"
#include "unit_test.h"

struct body {
	const char *name, *id, *description;
	int64_t points, times, at;
	bool enabled;
	const char *any;
};

/* A string or null; "bad" is a fault below. */
static void
decode_any(struct decode *decode, struct json_object *value,
    const char *pointer, void *member_out)
{
	const char *text;

	if (value == NULL) {
		*(const char **)member_out = decode->context;
		return;
	}
	text = json_object_get_string(value);
	if (strcmp(text, "bad") == 0)
		faults_add(
		    decode->faults, pointer, "invalid_value", "must be good");
	else
		*(const char **)member_out = arena_strdup(decode->arena, text);
}

static const struct field fields[] = {
    {"name", FIELD_NAME, FIELD_REQUIRED, offsetof(struct body, name)},
    {"id", FIELD_KEY, 0, offsetof(struct body, id)},
    {"description", FIELD_TEXT, FIELD_NULL, offsetof(struct body, description),
        .max = 5},
    {"points", FIELD_INT, 0, offsetof(struct body, points), INT64_MIN,
        INT64_MAX},
    {"times", FIELD_INT, FIELD_NULL, offsetof(struct body, times), 1, 1000},
    {"timestamp", FIELD_TIME, 0, offsetof(struct body, at)},
    {"enabled", FIELD_BOOL, 0, offsetof(struct body, enabled)},
    {"any", FIELD_ANY, 0, offsetof(struct body, any), .decode = decode_any},
};

const size_t arena_max = 16 * 1024 * 1024;
static struct faults faults;
static struct decode decode;

static int
set_up(void **state)
{
	arena_set_up(state);
	faults_init(&faults, arena);
	decode = (struct decode) {.arena = arena, .faults = &faults};
	return 0;
}

static struct body
decode_text(const char *text)
{
	struct body body = {.name = "unset", .points = -1, .enabled = true};
	struct json_object *object;
	const char *why;

	faults_init(&faults, arena);
	object = json_parse(arena, text, strlen(text), &faults, &why);
	if (why != NULL)
		fail_msg("%s: %s", text, why);
	decode_object(&decode, object, "", fields, COUNT(fields), &body);
	return body;
}

/* The faults as "pointer code detail", one a line. */
static const char *
told(void)
{
	struct str text = str_new(arena, 100000);
	const struct fault *fault;

	for (fault = faults.first; fault != NULL; fault = fault->next)
		str_addf(&text, "%s%s %s %s", text.len > 0 ? "\n" : "",
		    fault->pointer, fault->code, fault->detail);
	return text.data;
}

static void
every_type_is_decoded(void **state)
{
	struct body body = decode_text("{\"name\":\"n\",\"id\":\"i/1\","
	                               "\"description\":\"a\\nb\","
	                               "\"points\":-10,\"times\":1000,"
	                               "\"timestamp\":\"1970-01-01T00:00:01Z\","
	                               "\"enabled\":false,\"any\":\"x\"}");

	(void)state;
	assert_string_equal(told(), "");
	assert_string_equal(body.name, "n");
	assert_string_equal(body.id, "i/1");
	assert_string_equal(body.description, "a\nb");
	assert_true(body.points == -10);
	assert_true(body.times == 1000);
	assert_true(body.at == 1000000);
	assert_false(body.enabled);
	assert_string_equal(body.any, "x");
}

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
null_is_like_missing_only_where_the_table_says_so(void **state)
{
	struct body body =
	    decode_text("{\"name\":\"n\",\"description\":null,\"times\":null}");

	(void)state;
	assert_int_equal(faults.count, 0);
	assert_null(body.description);
	assert_true(body.times == 0);
	decode_text("{\"name\":\"n\",\"points\":null,\"enabled\":null}");
	assert_string_equal(told(),
	    "/points invalid_type must be a whole number, without a fraction "
	    "or an exponent\n"
	    "/enabled invalid_type must be true or false");
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
a_function_of_ones_own_gets_null_and_the_context(void **state)
{
	static const char context[] = "from context";
	struct body body;

	(void)state;
	decode.context = context;
	body = decode_text("{\"name\":\"n\",\"any\":null}");
	assert_int_equal(faults.count, 0);
	assert_ptr_equal(body.any, context);
	decode_text("{\"name\":\"n\",\"any\":\"bad\"}");
	assert_string_equal(told(), "/any invalid_value must be good");
}

static void
wrong_types_are_told(void **state)
{
	static const struct {
		const char *member, *wanted;
	} rows[] = {
	    {"name", "must be a string"},
	    {"id", "must be a string"},
	    {"description", "must be a string"},
	    {"points",
	        "must be a whole number, without a fraction or an exponent"},
	    {"times",
	        "must be a whole number, without a fraction or an exponent"},
	    {"timestamp", "must be a string with a time"},
	    {"enabled", "must be true or false"},
	};
	static const char *const values[] = {"[]", "{}", "[\"x\"]", "1.5"};
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		for (j = 0; j < COUNT(values); j++) {
			decode_text(arena_printf(arena, "{%s\"%s\":%s}",
			    i == 0 ? "" : "\"name\":\"n\",", rows[i].member,
			    values[j]));
			assert_string_equal(told(),
			    arena_printf(arena, "/%s invalid_type %s",
			        rows[i].member, rows[i].wanted));
		}
	}
}

static void
types_are_not_converted(void **state)
{
	(void)state;
	decode_text("{\"name\":1,\"id\":true,\"points\":\"1\",\"times\":true,"
	            "\"timestamp\":0,\"enabled\":\"true\"}");
	assert_int_equal(faults.count, 6);
	decode_text("{\"name\":\"n\",\"enabled\":0}");
	assert_int_equal(faults.count, 1);
	decode_text("{\"name\":\"n\",\"enabled\":1}");
	assert_int_equal(faults.count, 1);
}

static void
only_whole_numbers_are_integers(void **state)
{
	static const char *const rows[] = {"5.0", "1e3", "1E0", "-0.0", "0.5"};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		decode_text(arena_printf(
		    arena, "{\"name\":\"n\",\"points\":%s}", rows[i]));
		assert_int_equal(faults.count, 1);
		assert_string_equal(faults.first->code, "invalid_type");
	}
}

static void
integers_are_taken_to_the_edges_of_int64(void **state)
{
	static const struct {
		const char *text;
		int64_t value;
	} rows[] = {
	    {"0", 0},
	    {"-0", 0},
	    {"9223372036854775807", INT64_MAX},
	    {"-9223372036854775808", INT64_MIN},
	};
	struct body body;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		body = decode_text(arena_printf(
		    arena, "{\"name\":\"n\",\"points\":%s}", rows[i].text));
		assert_int_equal(faults.count, 0);
		assert_true(body.points == rows[i].value);
	}
}

static void
integers_past_the_edges_are_out_of_range(void **state)
{
	static const char *const points[] = {"9223372036854775808",
	    "18446744073709551615", "18446744073709551616",
	    "-9223372036854775809", "1000000000000000000000", "1e400"};
	static const char *const times[] = {"0", "-1", "1001",
	    "9223372036854775807", "-9223372036854775808",
	    "18446744073709551615"};
	struct body body;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(points); i++) {
		decode_text(arena_printf(
		    arena, "{\"name\":\"n\",\"points\":%s}", points[i]));
		assert_int_equal(faults.count, 1);
		assert_string_equal(faults.first->pointer, "/points");
		assert_string_equal(faults.first->code, "out_of_range");
	}
	for (i = 0; i < COUNT(times); i++) {
		body = decode_text(arena_printf(
		    arena, "{\"name\":\"n\",\"times\":%s}", times[i]));
		assert_string_equal(
		    told(), "/times out_of_range must be from 1 to 1000");
		assert_true(body.times == 0);
	}
}

/* count times piece. */
static const char *
repeat(const char *piece, size_t count)
{
	struct str text = str_new(arena, 100000);
	size_t i;

	for (i = 0; i < count; i++)
		str_adds(&text, piece);
	return text.data;
}

static void
the_rule_for_names_and_keys(void **state)
{
	static const struct {
		enum field_type type;
		const char *piece;
		size_t count;
		const char *code; /* NULL: fine */
	} rows[] = {
	    /* a name's characters are counted, a key's bytes */
	    {FIELD_NAME, "a", 1, NULL},
	    {FIELD_NAME, "a", 100, NULL},
	    {FIELD_NAME, "a", 101, "too_long"},
	    {FIELD_NAME, "\xF0\x9F\x8F\x86", 100, NULL},
	    {FIELD_NAME, "\xF0\x9F\x8F\x86", 101, "too_long"},
	    {FIELD_NAME, "", 0, "too_short"},
	    {FIELD_KEY, "a", 190, NULL},
	    {FIELD_KEY, "a", 191, "too_long"},
	    {FIELD_KEY, "\xC3\xA9", 95, NULL},
	    {FIELD_KEY, "\xC3\xA9", 96, "too_long"},
	    {FIELD_KEY, "", 0, "too_short"},
	    /* characters */
	    {FIELD_NAME, "a\nb", 1, "control_character"},
	    {FIELD_NAME, "a\x7F", 1, "control_character"},
	    {FIELD_KEY, "a\xC2\x80", 1, "control_character"},
	    {FIELD_NAME, " a", 1, "surrounding_space"},
	    {FIELD_KEY, "a ", 1, "surrounding_space"},
	    {FIELD_KEY, " ", 1, "surrounding_space"},
	    {FIELD_NAME,
	        "\xC2\xA0"
	        "a",
	        1, "surrounding_space"},
	    {FIELD_NAME, "a\xE3\x80\x80", 1, "surrounding_space"},
	    {FIELD_NAME, "a b", 1, NULL},
	    {FIELD_NAME, "/?#%\\\"'<>&", 1, NULL},
	    {FIELD_NAME, "a\xE9", 1, "invalid_format"},
	    {FIELD_KEY, "\xC0\x80", 1, "invalid_format"},
	};
	const char *text, *code, *detail;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		text = repeat(rows[i].piece, rows[i].count);
		code = text_fault(rows[i].type, text, strlen(text), &detail);
		if (rows[i].code == NULL)
			assert_null(code);
		else
			assert_string_equal(code, rows[i].code);
	}
	assert_string_equal(
	    text_fault(FIELD_NAME, "a\0b", 3, &detail), "control_character");
}

static void
the_rule_for_names_holds_in_bodies(void **state)
{
	(void)state;
	decode_text("{\"name\":\"\",\"id\":\" x\"}");
	assert_string_equal(told(),
	    "/name too_short must be 1 to 100 characters\n"
	    "/id surrounding_space must not begin or end with white space");
	decode_text("{\"name\":\"a\\u0000\",\"id\":\"a\\tb\"}");
	assert_string_equal(told(),
	    "/name control_character must not contain control characters\n"
	    "/id control_character must not contain control characters");
	decode_text(arena_printf(arena, "{\"name\":\"%s\",\"id\":\"%s\"}",
	    repeat("x", 101), repeat("x", 191)));
	assert_string_equal(told(),
	    "/name too_long must be 1 to 100 characters\n"
	    "/id too_long must be 1 to 190 bytes");
}

static void
texts_are_limited_in_characters(void **state)
{
	(void)state;
	decode_text("{\"name\":\"n\",\"description\":\"\"}");
	assert_int_equal(faults.count, 0);
	decode_text("{\"name\":\"n\",\"description\":\"\xC3\xA9\xC3\xA9\xC3\xA9"
	            "\xC3\xA9\xC3\xA9\"}");
	assert_int_equal(faults.count, 0);
	decode_text("{\"name\":\"n\",\"description\":\"123456\"}");
	assert_string_equal(
	    told(), "/description too_long must be at most 5 characters");
	decode_text("{\"name\":\"n\",\"description\":\"a\\u0000b\"}");
	assert_string_equal(told(),
	    "/description control_character must not contain the character "
	    "U+0000");
}

static void
times_must_be_of_rfc_3339(void **state)
{
	static const char *const rows[] = {"yesterday", "",
	    "2026-02-30T00:00:00Z", "2026-11-22",
	    "2026-11-22T09:00:00Z\\u0000"};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		decode_text(arena_printf(
		    arena, "{\"name\":\"n\",\"timestamp\":\"%s\"}", rows[i]));
		assert_string_equal(told(),
		    "/timestamp invalid_format must be a time of RFC 3339 that "
		    "exists, such as 2026-11-22T09:00:00Z");
	}
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
	    "away\n"
	    "/a~1b unknown_member is no member of this object; leave it away");
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

static void
all_faults_are_told_at_once(void **state)
{
	(void)state;
	decode_text("{\"id\":5,\"points\":1e999,\"times\":0,\"enabled\":null,"
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
	assert_int_equal(faults.count, 2);
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

#define TEST(test) \
	cmocka_unit_test_setup_teardown(test, set_up, arena_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(every_type_is_decoded),
	    TEST(what_is_missing_keeps_its_default),
	    TEST(null_is_like_missing_only_where_the_table_says_so),
	    TEST(a_required_member_must_be_there_and_not_null),
	    TEST(a_function_of_ones_own_gets_null_and_the_context),
	    TEST(wrong_types_are_told),
	    TEST(types_are_not_converted),
	    TEST(only_whole_numbers_are_integers),
	    TEST(integers_are_taken_to_the_edges_of_int64),
	    TEST(integers_past_the_edges_are_out_of_range),
	    TEST(the_rule_for_names_and_keys),
	    TEST(the_rule_for_names_holds_in_bodies),
	    TEST(texts_are_limited_in_characters),
	    TEST(times_must_be_of_rfc_3339),
	    TEST(unknown_members_are_told_with_the_one_that_was_meant),
	    TEST(unknown_members_may_be_ignored),
	    TEST(all_faults_are_told_at_once),
	    TEST(anything_but_an_object_is_one_fault),
	    TEST(pointers_begin_where_the_object_stands),
	    TEST(one_value_is_decoded_like_a_member),
	    TEST(a_body_of_very_many_unknown_members_is_cut_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
