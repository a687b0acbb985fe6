/* test_store_properties: which properties an event has */
#include <string.h>

#include "base/str.h"
#include "store/properties.h"
#include "unit_test.h"

const size_t arena_max = 1 << 20;

static const struct {
	const char *properties;
	const char *present; /* with a comma behind each */
} cases[] = {
    {"{}", ""},
    {"[]", ""},
    {"{\"a\":true}", "a,"},
    {"{\"a\":false}", ""},
    {"{\"a\":null}", ""},
    {"{\"a\":0,\"b\":\"\",\"c\":0.0,\"d\":\"false\"}", "a,b,c,d,"},
    {"{\"a\":1,\"b\":false,\"c\":\"x\"}", "a,c,"},
    {"{\"\":true}", ","},
    {"[\"a\",\"b\",\"a\"]", "a,b,a,"},
    {"[\"a\",1,null,true,\"b\"]", "a,b,"},
    {"\"a\"", ""},
    {"null", ""},
    {"true", ""},
};

static void
the_table_of_the_contract_holds(void **state)
{
	struct json_object *object;
	const char *const *names;
	struct str present;
	size_t count, i, k;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		object = json_tokener_parse(cases[i].properties);
		properties_present(arena, object, &names, &count);
		/* The names outlive the object. */
		json_object_put(object);
		present = str_new(arena, 1000);
		for (k = 0; k < count; k++)
			str_addf(&present, "%s,", names[k]);
		if (strcmp(present.data, cases[i].present) != 0)
			fail_msg(
			    "%s has %s", cases[i].properties, present.data);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_table_of_the_contract_holds),
	};

	return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
