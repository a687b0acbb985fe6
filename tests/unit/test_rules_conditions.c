/* test_rules_conditions: what conditions mean, and which ones are faulty */
#include <string.h>

#include "base/str.h"
#include "engine/condition.h"
#include "json_test.h"
#include "rules/conditions.h"
#include "rules/document.h"
#include "rules/properties.h"

const size_t arena_max = 64 << 20;

static struct json_object *
object_of(const char *text)
{
	const char *json = json_of(text), *why;
	struct json_object *object =
	    json_parse(arena, json, strlen(json), &faults, &why);

	if (why != NULL)
		fail_msg("%s: %s", text, why);
	return object;
}

/* NULL, and faults, where they are faulty. */
static const struct conditions *
decode_conditions(const char *text)
{
	struct decode decode = {.arena = arena, .faults = &faults};
	const void *conditions = NULL;

	faults_init(&faults, arena);
	conditions_decode(
	    &decode, 0, object_of(text), "/conditions", &conditions);
	return conditions;
}

static struct occurrence
event_with(const char *properties)
{
	struct occurrence event = {.moment = {.weekday = 3, .hour = 14}};
	struct decode decode = {.arena = arena, .faults = &faults};

	faults_init(&faults, arena);
	properties_decode(&decode, object_of(properties), "", &event);
	assert_int_equal(faults.count, 0);
	return event;
}

/* clang-format off */
static const struct {
	const char *conditions;
	const char *holds_for[7];
	const char *not_for[7];
} cases[] = {
	{ "[{'property':'p','operator':'eq','value':5}]",
	    { "{'p':5}", "{'p':5.0}", "{'p':50e-1}" },
	    { "{'p':'5'}", "{'p':6}", "{'p':null}", "{}", "{'p':true}", "{'p':[5]}" } },
	{ "[{'property':'p','operator':'eq','value':9007199254740993}]",
	    { "{'p':9007199254740993}" }, { "{'p':9007199254740992}" } },
	{ "[{'property':'p','operator':'eq','value':true}]",
	    { "{'p':true}", "['p']" }, { "{'p':1}", "{'p':'true'}", "{'p':false}" } },
	{ "[{'property':'p','operator':'eq','value':'a'}]",
	    { "{'p':'a'}" }, { "{'p':'A'}", "{'p':'ab'}", "{'p':''}", "{'p':['a']}" } },
	{ "[{'property':'p','operator':'eq','value':'Straße','ignoreCase':true}]",
	    { "{'p':'STRAßE'}" }, { "{'p':'STRASSE'}", "{'p':'STRAẞE'}" } },
	{ "[{'property':'p','operator':'ne','value':5}]",
	    { "{'p':'5'}", "{'p':6}", "{'p':null}", "{}", "{'p':[5]}" },
	    { "{'p':5}", "{'p':5.0}" } },
	{ "[{'property':'p','operator':'lt','value':0.1}]",
	    { "{'p':0}", "{'p':-1e300}", "{'p':0.09999999999999999999}" },
	    { "{'p':0.1}", "{'p':0.10000000000000000001}", "{'p':'0'}", "{}" } },
	{ "[{'property':'p','operator':'lte','value':0.1}]",
	    { "{'p':0.1}", "{'p':0}" }, { "{'p':0.10000000000000000001}", "{'p':false}" } },
	{ "[{'property':'p','operator':'gt','value':100}]",
	    { "{'p':100.01}", "{'p':1e3}" }, { "{'p':100}", "{'p':'200'}", "{}" } },
	{ "[{'property':'p','operator':'gte','value':100}]",
	    { "{'p':100}", "{'p':1e2}" }, { "{'p':99.99}", "{'p':[100]}" } },
	{ "[{'property':'p','operator':'gt','value':'b'}]",
	    { "{'p':'ba'}", "{'p':'c'}", "{'p':'é'}" }, { "{'p':'b'}", "{'p':'B'}", "{'p':9}" } },
	{ "[{'property':'p','operator':'between','value':[1,2]}]",
	    { "{'p':1}", "{'p':1.5}", "{'p':2}" }, { "{'p':0.9}", "{'p':2.1}", "{'p':'1'}", "{}" } },
	{ "[{'property':'p','operator':'between','value':['b','d']}]",
	    { "{'p':'b'}", "{'p':'czz'}", "{'p':'d'}" }, { "{'p':'a'}", "{'p':'da'}" } },
	{ "[{'property':'p','operator':'in','value':['CH','LI',5]}]",
	    { "{'p':'CH'}", "{'p':5}" }, { "{'p':'ch'}", "{'p':'5'}", "{}" } },
	{ "[{'property':'p','operator':'notIn','value':['CH','LI',5]}]",
	    { "{'p':'ch'}", "{'p':'5'}", "{}" }, { "{'p':'CH'}", "{'p':5}" } },
	{ "[{'property':'p','operator':'contains','value':'bc'}]",
	    { "{'p':'abcd'}", "{'p':'bc'}", "{'p':['a','bc']}", "{'p':'xbbc'}" },
	    { "{'p':'b'}", "{'p':'BC'}", "{'p':['abcd']}", "{'p':7}", "{}" } },
	{ "[{'property':'p','operator':'contains','value':'BC','ignoreCase':true}]",
	    { "{'p':'abcd'}", "{'p':['bc']}" }, { "{'p':'bbd'}" } },
	{ "[{'property':'p','operator':'contains','value':''}]",
	    { "{'p':'a'}", "{'p':''}" }, { "{'p':[]}", "{}" } },
	{ "[{'property':'p','operator':'startsWith','value':'ab'}]",
	    { "{'p':'ab'}", "{'p':'abc'}" }, { "{'p':'a'}", "{'p':'cab'}", "{'p':['ab']}" } },
	{ "[{'property':'p','operator':'endsWith','value':'ab'}]",
	    { "{'p':'ab'}", "{'p':'cab'}" }, { "{'p':'b'}", "{'p':'abc'}", "{'p':['ab']}" } },
	{ "[{'property':'p','operator':'exists'}]",
	    { "{'p':0}", "{'p':false}", "{'p':''}", "{'p':[]}" }, { "{}", "{'p':null}", "{'q':1}" } },
	{ "[{'property':'p','operator':'exists','value':false}]",
	    { "{}", "{'p':null}" }, { "{'p':false}" } },
	{ "[{'property':'p','operator':'gt','value':1},{'property':'q','operator':'exists'}]",
	    { "{'p':2,'q':1}" }, { "{'p':2}", "{'p':1,'q':1}", "{'q':1}" } },
	{ "[{'any':[{'property':'p','operator':'eq','value':1},{'property':'p','operator':'eq','value':2}]}]",
	    { "{'p':1}", "{'p':2}" }, { "{'p':3}", "{}" } },
	{ "[{'not':{'property':'p','operator':'eq','value':1}}]",
	    { "{'p':2}", "{}" }, { "{'p':1}" } },
	{ "[{'any':[{'property':'a','operator':'exists'},{'all':[{'property':'b','operator':'exists'},"
	      "{'not':{'property':'c','operator':'exists'}}]}]},{'property':'d','operator':'exists'}]",
	    { "{'a':1,'d':1}", "{'b':1,'d':1}", "{'a':1,'c':1,'d':1}" },
	    { "{'a':1}", "{'b':1,'c':1,'d':1}", "{'d':1}" } },
	{ "[{'property':'@time.weekday','operator':'eq','value':3},{'property':'@time.hour','operator':'eq','value':14}]",
	    { "{}", "{'@time.hour':1}" }, {} },
	{ "[{'property':'@time.hour','operator':'lt','value':14}]", {}, { "{}", "{'@time.hour':1}" } },
};

static const struct {
	const char *conditions;
	const char *fault; /* the first: pointer and code */
} faulty[] = {
	{ "[]", "/conditions too_few" },
	{ "7", "/conditions invalid_type" },
	{ "{'property':'p','operator':'eq','value':5}", "/conditions invalid_type" },
	{ "[5]", "/conditions/0 invalid_type" },
	{ "[null]", "/conditions/0 invalid_type" },
	{ "[{}]", "/conditions/0/property required" },
	{ "[{'property':'p'}]", "/conditions/0/operator required" },
	{ "[{'property':'p','operator':'equals','value':1}]", "/conditions/0/operator invalid_value" },
	{ "[{'property':'p','operator':7,'value':1}]", "/conditions/0/operator invalid_type" },
	{ "[{'property':'','operator':'eq','value':1}]", "/conditions/0/property too_short" },
	{ "[{'property':'p','operator':'eq'}]", "/conditions/0/value required" },
	{ "[{'property':'p','operator':'eq','value':null}]", "/conditions/0/value required" },
	{ "[{'property':'p','operator':'eq','value':[1]}]", "/conditions/0/value invalid_type" },
	{ "[{'property':'p','operator':'eq','value':'a\\u0000'}]", "/conditions/0/value control_character" },
	{ "[{'property':'p','operator':'lt','value':true}]", "/conditions/0/value invalid_type" },
	{ "[{'property':'p','operator':'between','value':[1]}]", "/conditions/0/value too_few" },
	{ "[{'property':'p','operator':'between','value':[1,2,3]}]", "/conditions/0/value too_many" },
	{ "[{'property':'p','operator':'between','value':[1,'2']}]", "/conditions/0/value invalid_type" },
	{ "[{'property':'p','operator':'between','value':1}]", "/conditions/0/value invalid_type" },
	{ "[{'property':'p','operator':'in','value':[]}]", "/conditions/0/value too_few" },
	{ "[{'property':'p','operator':'in','value':'CH'}]", "/conditions/0/value invalid_type" },
	{ "[{'property':'p','operator':'in','value':['CH',null]}]", "/conditions/0/value/1 invalid_type" },
	{ "[{'property':'p','operator':'contains','value':5}]", "/conditions/0/value invalid_type" },
	{ "[{'property':'p','operator':'exists','value':1}]", "/conditions/0/value invalid_type" },
	{ "[{'property':'p','operator':'eq','value':5,'ignoreCase':true}]", "/conditions/0/ignoreCase invalid_value" },
	{ "[{'property':'p','operator':'eq','value':5,'case':true}]", "/conditions/0/case unknown_member" },
	{ "[{'property':'@time.minute','operator':'eq','value':5}]", "/conditions/0/property invalid_value" },
	{ "[{'any':[]}]", "/conditions/0/any too_few" },
	{ "[{'all':{}}]", "/conditions/0/all invalid_type" },
	{ "[{'not':[]}]", "/conditions/0/not invalid_type" },
	{ "[{'any':[{'property':'p','operator':'exists'}],'property':'p'}]", "/conditions/0 invalid_value" },
	{ "[{'not':{'not':{'not':{'not':{'property':'p','operator':'exists'}}}}}]",
	    "/conditions/0/not/not/not too_deep" },
	{ "[{'all':[{'any':[{'property':'p','operator':'like','value':1}]}]}]",
	    "/conditions/0/all/0/any/0/operator invalid_value" },
};
/* clang-format on */

static void
conditions_hold_as_the_contract_says(void **state)
{
	const struct conditions *conditions;
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		conditions = decode_conditions(cases[i].conditions);
		if (conditions == NULL)
			fail_msg("%s: %s", cases[i].conditions,
			    faults.first->detail);
		for (k = 0; k < COUNT(cases[i].holds_for); k++) {
			const char *text = cases[i].holds_for[k];
			const char *other = cases[i].not_for[k];
			struct occurrence event;

			event = event_with(text == NULL ? "{}" : text);
			if (text != NULL &&
			    !conditions_hold(conditions, &event))
				fail_msg("%s must hold for %s",
				    cases[i].conditions, text);
			event = event_with(other == NULL ? "{}" : other);
			if (other != NULL &&
			    conditions_hold(conditions, &event))
				fail_msg("%s must not hold for %s",
				    cases[i].conditions, other);
		}
		arena_reset(arena);
	}
}

static void
faulty_ones_are_told_where_they_stand(void **state)
{
	const char *found;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(faulty); i++) {
		assert_null(decode_conditions(faulty[i].conditions));
		assert_true(faults.count > 0);
		found = arena_printf(
		    arena, "%s %s", faults.first->pointer, faults.first->code);
		if (strcmp(found, faulty[i].fault) != 0)
			fail_msg("%s: %s instead of %s", faulty[i].conditions,
			    found, faulty[i].fault);
		arena_reset(arena);
	}
}

static const char *
repeated(const char *before, const char *text, size_t count, const char *after)
{
	struct str str = str_new(arena, 1 << 20);
	size_t i;

	str_adds(&str, before);
	for (i = 0; i < count; i++)
		str_addf(&str, "%s%s", i == 0 ? "" : ",", text);
	str_adds(&str, after);
	return str.data;
}

/* What is faulty, or "". */
static const char *
fault_of(const char *conditions)
{
	if (decode_conditions(conditions) != NULL)
		return "";
	return arena_printf(
	    arena, "%s %s", faults.first->pointer, faults.first->code);
}

static void
limits_are_met_to_the_last_one(void **state)
{
	static const char leaf[] = "{'property':'p','operator':'exists'}";
	static const char nested[] =
	    "{'not':{'not':{'not':{'property':'p','operator':'exists'}}}}";
	static const char in[] = "[{'property':'p','operator':'in','value':[";

	(void)state;
	assert_string_equal(fault_of(repeated("[", leaf, 32, "]")), "");
	assert_string_equal(
	    fault_of(repeated("[", leaf, 33, "]")), "/conditions/32 too_many");
	assert_string_equal(fault_of(repeated("[", nested, 32, "]")), "");
	assert_string_equal(fault_of(repeated(in, "'a'", 100, "]}]")), "");
	assert_string_equal(fault_of(repeated(in, "'a'", 101, "]}]")),
	    "/conditions/0/value too_many");
	assert_string_equal(
	    fault_of(repeated("[",
	        "{'property':'p','operator':'not','value':'x'},{'property':'"
	        "p','operator':'eq','value':1}",
	        1, "]")),
	    "/conditions/0/operator invalid_value");
}

/* All names and values of a rule together. */
static void
a_rule_is_kept_small(void **state)
{
	char *text = arena_alloc(arena, 20000);

	(void)state;
	memset(text, 'a', 16384 - 16 - 1 - 16);
	assert_string_equal(fault_of(arena_printf(arena,
	                        "[{'property':'p','operator':'eq','value':"
	                        "'%s'}]",
	                        text)),
	    "");
	memset(text, 'a', 16384 - 16 - 1 - 15);
	assert_string_equal(fault_of(arena_printf(arena,
	                        "[{'property':'p','operator':'eq','value':"
	                        "'%s'}]",
	                        text)),
	    "/conditions too_long");
}

static const char *
written(const struct conditions *conditions)
{
	struct str text = str_new(arena, 1 << 20);
	struct json_writer jw = {.out = &text};
	const struct encode encode = {.jw = &jw, .brief = true};

	conditions_encode(&encode, 0, NULL, conditions);
	return text.data;
}

/* As a rule's document keeps them, and gives them back. */
static void
they_are_written_as_they_were_sent(void **state)
{
	const char *text, *document;
	struct arena *kept = arena_new(arena_max);
	struct rule rule;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		text = json_of(cases[i].conditions);
		assert_string_equal(
		    written(decode_conditions(cases[i].conditions)), text);
		document = arena_printf(arena,
		    "{\"eventType\":\"x\",\"conditions\":%s,\"badge\":7}",
		    text);
		assert_true(document_read(arena, kept, document, &rule));
		arena_reset(arena);
		text = json_of(cases[i].conditions);
		assert_string_equal(document_write(arena, &rule),
		    arena_printf(arena,
		        "{\"eventType\":\"x\",\"conditions\":%s,\"badge\":7}",
		        text));
	}
	arena_free(kept);
}

static struct rule
rule_with(const char *conditions)
{
	const char *document = arena_printf(arena,
	    "{\"eventType\":\"x\",\"conditions\":%s,\"badge\":7}",
	    json_of(conditions));
	struct rule rule;

	assert_true(document_read(arena, arena, document, &rule));
	return rule;
}

static bool
same(const char *one, const char *other)
{
	const struct rule a = rule_with(one), b = rule_with(other);
	size_t count;
	const struct field *fields = rule_fields(&count);

	return fields_same(fields, count, &a, &b);
}

static void
a_change_is_seen_wherever_it_is(void **state)
{
	static const char *const others[] = {
	    "[{'property':'q','operator':'eq','value':'a'}]",
	    "[{'property':'p','operator':'ne','value':'a'}]",
	    "[{'property':'p','operator':'eq','value':'b'}]",
	    "[{'property':'p','operator':'eq','value':1}]",
	    "[{'property':'p','operator':'eq','value':'a','ignoreCase':true}]",
	    ("[{'property':'p','operator':'eq','value':'a'},{'property':'p',"
	     "'operator':'exists'}]"),
	    "[{'not':{'property':'p','operator':'eq','value':'a'}}]",
	    "[{'property':'p','operator':'in','value':['a']}]",
	};
	static const char one[] =
	    "[{'property':'p','operator':'eq','value':'a'}]";
	size_t i;

	(void)state;
	assert_true(same(one, one));
	for (i = 0; i < COUNT(others); i++) {
		assert_false(same(one, others[i]));
		assert_true(same(others[i], others[i]));
	}
	assert_false(same("[{'property':'p','operator':'in','value':[1,2]}]",
	    "[{'property':'p','operator':'in','value':[1,3]}]"));
	assert_false(same("[{'property':'p','operator':'exists'}]",
	    "[{'property':'p','operator':'exists','value':false}]"));
}

/* Also where a number is what it would be without having been sent. */
static void
a_document_has_what_a_rule_must_have(void **state)
{
	static const char document[] =
	    "{\"eventType\":\"x\",\"pointScale\":7,\"points\":1,"
	    "\"requires\":{\"points\":[{\"pointScale\":7,"
	    "\"atLeast\":-9223372036854775808}]}}";
	struct rule rule;
	const char *again;

	(void)state;
	assert_true(document_read(arena, arena, document, &rule));
	again = document_write(arena, &rule);
	assert_non_null(strstr(again, "\"atLeast\":-9223372036854775808"));
	assert_true(document_read(arena, arena, again, &rule));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(conditions_hold_as_the_contract_says),
	    cmocka_unit_test(faulty_ones_are_told_where_they_stand),
	    cmocka_unit_test(limits_are_met_to_the_last_one),
	    cmocka_unit_test(a_rule_is_kept_small),
	    cmocka_unit_test(they_are_written_as_they_were_sent),
	    cmocka_unit_test(a_change_is_seen_wherever_it_is),
	    cmocka_unit_test(a_document_has_what_a_rule_must_have),
	};

	return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
