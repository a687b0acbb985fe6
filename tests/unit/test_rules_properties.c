/* test_rules_properties: an event's properties, from JSON to typed values */
#include <string.h>

#include "base/str.h"
#include "rules/properties.h"
#include "unit_test.h"

const size_t arena_max = 1 << 20;

enum { TEXT_MAX = 100000 };

static void
add_value(struct str *text, const struct property *property)
{
	if (property->type == VALUE_BOOLEAN) {
		str_adds(text, property->boolean ? "true" : "false");
		return;
	}
	assert_int_equal(property->text[property->length], 0);
	str_add(text, property->text, property->length);
}

static const char *const types[] = {[VALUE_BOOLEAN] = "boolean",
    [VALUE_NUMBER] = "number",
    [VALUE_STRING] = "string",
    [VALUE_LIST] = "list"};

static void
add_list(struct str *text, const struct property *list)
{
	size_t i;

	for (i = 0; i < list->element_count; i++) {
		str_addf(text, "%s%s ", i > 0 ? ", " : "",
		    types[list->elements[i].type]);
		add_value(text, &list->elements[i]);
	}
}

/* What comes of a JSON text: values, then faults; a line for each. */
static const char *
decoded(const char *json)
{
	struct json_object *object = json_tokener_parse(json);
	struct str text = str_new(arena, TEXT_MAX);
	struct occurrence event = {.event_type = "review"};
	const struct property *property;
	const struct fault *fault;
	struct faults faults;
	struct decode decode = {.arena = arena, .faults = &faults};
	size_t i;

	faults_init(&faults, arena);
	properties_decode(&decode, object, "/p", &event);
	/* The values outlive the object. */
	json_object_put(object);
	for (i = 0; i < event.property_count; i++) {
		property = &event.properties[i];
		str_addf(
		    &text, "%s: %s ", property->name, types[property->type]);
		if (property->type == VALUE_LIST)
			add_list(&text, property);
		else
			add_value(&text, property);
		str_addc(&text, '\n');
	}
	for (fault = faults.first; fault != NULL; fault = fault->next)
		str_addf(&text, "%s %s\n", fault->pointer, fault->code);
	assert_string_equal(event.event_type, "review");
	return text.data;
}

struct row {
	const char *json, *expected;
};

static void
check_rows(const struct row *rows, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(decoded(rows[i].json), rows[i].expected) != 0)
			fail_msg(
			    "%s is %s", rows[i].json, decoded(rows[i].json));
}

static void
values_have_the_type_that_was_sent(void **state)
{
	static const struct row rows[] = {
	    {"{}", ""},
	    {"[]", ""},
	    {"{\"a\":true,\"b\":false}", "a: boolean true\nb: boolean false\n"},
	    {"{\"a\":null}", ""},
	    {"{\"a\":0,\"b\":\"\",\"d\":\"false\"}",
	        "a: number 0\nb: string \nd: string false\n"},
	    {"{\"\":true}", ": boolean true\n"},
	    {"{\"a\":\"5\",\"b\":5}", "a: string 5\nb: number 5\n"},
	};

	(void)state;
	check_rows(rows, COUNT(rows));
}

static void
numbers_keep_each_digit_that_was_sent(void **state)
{
	static const struct row rows[] = {
	    {"{\"a\":9007199254740993,\"b\":-9223372036854775808}",
	        "a: number 9007199254740993\n"
	        "b: number -9223372036854775808\n"},
	    {"{\"c\":18446744073709551615,\"d\":9223372036854775808}",
	        "c: number 18446744073709551615\n"
	        "d: number 9223372036854775808\n"},
	    {"{\"a\":0.1,\"b\":1.50,\"c\":1e2,\"d\":-0.0}",
	        "a: number 0.1\nb: number 1.50\nc: number 1e2\n"
	        "d: number -0.0\n"},
	    {"{\"a\":0.1000000000000000055511151231257827}",
	        "a: number 0.1000000000000000055511151231257827\n"},
	};

	(void)state;
	check_rows(rows, COUNT(rows));
}

static void
names_of_properties_are_sorted_and_count_once(void **state)
{
	static const struct row rows[] = {
	    {"{\"b\":1,\"a\":2,\"B\":3,\"ab\":4,\"\\u00e4\":5}",
	        "B: number 3\na: number 2\nab: number 4\nb: number 1\n"
	        "\xc3\xa4: number 5\n"},
	    {"[\"b\",\"a\",\"b\",\"a\"]", "a: boolean true\nb: boolean true\n"},
	    {"[\"a\\u0000b\",\"c\"]", "c: boolean true\n"},
	};

	(void)state;
	check_rows(rows, COUNT(rows));
}

static void
what_is_not_allowed_is_left_out_and_told(void **state)
{
	static const struct row rows[] = {
	    {"[\"a\",1,null,true,[],\"b\"]",
	        "a: boolean true\nb: boolean true\n/p/1 invalid_type\n"
	        "/p/2 invalid_type\n/p/3 invalid_type\n/p/4 invalid_type\n"},
	    {"{\"a\":{},\"b/c\":{\"e\":[]},\"d\":1}",
	        "d: number 1\n/p/a invalid_type\n/p/b~1c invalid_type\n"},
	    {"{\"a/b\":[1,null,[2],{},3],\"d\":1}",
	        "d: number 1\n/p/a~1b/1 invalid_type\n"
	        "/p/a~1b/2 invalid_type\n/p/a~1b/3 invalid_type\n"},
	    {"\"a\"", "/p invalid_type\n"},
	    {"1", "/p invalid_type\n"},
	    {"true", "/p invalid_type\n"},
	};

	(void)state;
	check_rows(rows, COUNT(rows));
}

static void
a_list_keeps_its_scalars_in_their_order(void **state)
{
	static const struct row rows[] = {
	    {"{\"a\":[]}", "a: list \n"},
	    {"{\"a\":[\"b\",\"a\",\"b\",1.50,false]}",
	        "a: list string b, string a, string b, number 1.50, "
	        "boolean false\n"},
	};

	(void)state;
	check_rows(rows, COUNT(rows));
}

/* A list of count times 1 as the value of a. */
static const char *
json_list(int count)
{
	struct str text = str_new(arena, TEXT_MAX);

	str_adds(&text, "{\"a\":[1");
	while (--count > 0)
		str_adds(&text, ",1");
	str_adds(&text, "]}");
	return text.data;
}

static void
a_list_has_at_most_64_scalars(void **state)
{
	(void)state;
	assert_null(strstr(decoded(json_list(64)), "/p/a"));
	assert_string_equal(decoded(json_list(65)), "/p/a too_many\n");
	assert_string_equal(decoded(json_list(999)), "/p/a too_many\n");
}

/* count members from p00 on, the last first, as an object or as names alone. */
static const char *
json_of(int count, bool names)
{
	struct str text = str_new(arena, TEXT_MAX);
	int i;

	str_addc(&text, names ? '[' : '{');
	for (i = count; i-- > 0;)
		str_addf(&text, "\"p%03d\"%s%s", i, names ? "" : ":true",
		    i > 0 ? "," : "");
	str_addc(&text, names ? ']' : '}');
	return text.data;
}

static void
there_may_be_64_in_any_order(void **state)
{
	struct str expected = str_new(arena, TEXT_MAX);
	int i;

	(void)state;
	for (i = 0; i < 64; i++)
		str_addf(&expected, "p%03d: boolean true\n", i);
	assert_string_equal(decoded(json_of(64, false)), expected.data);
	assert_string_equal(decoded(json_of(64, true)), expected.data);
}

static void
more_than_64_are_a_fault(void **state)
{
	(void)state;
	assert_non_null(strstr(decoded(json_of(65, false)), "/p too_many\n"));
	assert_non_null(strstr(decoded(json_of(65, true)), "/p too_many\n"));
	assert_non_null(strstr(decoded(json_of(999, false)), "/p too_many\n"));
}

static void
a_string_keeps_its_nul(void **state)
{
	struct json_object *object =
	    json_tokener_parse("{\"a\":\"b\\u0000c\"}");
	struct occurrence event = {.event_type = "review"};
	struct faults faults;
	struct decode decode = {.arena = arena, .faults = &faults};

	(void)state;
	faults_init(&faults, arena);
	properties_decode(&decode, object, "", &event);
	json_object_put(object);
	assert_int_equal(event.property_count, 1);
	assert_int_equal(event.properties->length, 3);
	assert_memory_equal(event.properties->text, "b\0c", 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_have_the_type_that_was_sent),
	    cmocka_unit_test(numbers_keep_each_digit_that_was_sent),
	    cmocka_unit_test(names_of_properties_are_sorted_and_count_once),
	    cmocka_unit_test(what_is_not_allowed_is_left_out_and_told),
	    cmocka_unit_test(a_list_keeps_its_scalars_in_their_order),
	    cmocka_unit_test(a_list_has_at_most_64_scalars),
	    cmocka_unit_test(there_may_be_64_in_any_order),
	    cmocka_unit_test(more_than_64_are_a_fault),
	    cmocka_unit_test(a_string_keeps_its_nul),
	};

	return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
