/* test_engine_rules: which rules an event meets, and which one an award names */
#include <string.h>

#include "engine_test.h"
#include "random_case.h"

const size_t arena_max = 64 << 20;

static void
an_award_names_the_callers_rule(void **test)
{
	const struct plain_rule plain = {
	    .id = 1, .event_type = "review", .scale = 7, .badge = 9};
	const struct rule *const rules[] = {plain_rules(arena, &plain, 1)};
	const struct occurrence event = occurrence_of("review", "");
	struct award award;
	struct state state;
	size_t count;

	(void)test;
	state_init(&state, arena);
	assert_int_equal(
	    engine_apply(&state, arena, &event,
	        &(struct rules_met) {rules, 1, NULL, 0}, &award, &count),
	    ENGINE_APPLIED);
	assert_int_equal(count, 1);
	assert_ptr_equal(award.rule, rules[0]);
}

static void
an_event_without_rules_changes_nothing(void **test)
{
	const struct occurrence event = occurrence_of("review", "");
	struct state state;
	size_t count = 5;

	(void)test;
	state_init(&state, arena);
	assert_int_equal(
	    engine_apply(&state, arena, &event,
	        &(struct rules_met) {NULL, 0, NULL, 0}, NULL, &count),
	    ENGINE_APPLIED);
	assert_int_equal(count, 0);
	assert_string_equal(states_text(&state, 1), "");
}

/* The rules that are found, as "1 2 5". */
static const char *
found_text(const struct rule_set *set, const struct occurrence *event)
{
	const struct found_rules found = rule_set_find(set, arena, event);
	const struct rule *const *rules = found_rules_list(&found, arena).rules;
	const char *text = "";
	size_t weight = 0, i;

	for (i = 0; i < found.count; i++) {
		text = arena_printf(arena, "%s%s%lld", text, i > 0 ? " " : "",
		    (long long)rules[i]->id);
		weight += rules[i]->weight;
	}
	assert_int_equal(found.weight, weight);
	return text;
}

static void
the_event_says_which_rules_it_meets(void **test)
{
	static const struct {
		const char *type, *property;
		const char *event_type, *properties;
		bool enabled, matches;
	} rows[] = {
	    {"review", NULL, "review", "", true, true},
	    {"review", NULL, "review", "", false, false},
	    {"review", NULL, "Review", "", true, false},
	    {"review", NULL, "review.", "", true, false},
	    {"review", NULL, "revie", "", true, false},
	    {"review", NULL, "", "", true, false},
	    {"review", "a", "review", "a", true, true},
	    {"review", "a", "review", "b,a", true, true},
	    {"review", "a", "review", "", true, false},
	    {"review", "a", "review", "A,aa", true, false},
	    {"review", "a", "order", "a", true, false},
	    {"review", "a", "review", "a", false, false},
	    {"review", "review", "review", "", true, false},
	};
	struct occurrence event;
	size_t i;

	(void)test;
	for (i = 0; i < COUNT(rows); i++) {
		const struct plain_rule plain = {.id = 1,
		    .disabled = !rows[i].enabled,
		    .event_type = rows[i].type,
		    .property = rows[i].property};
		const struct rule_set *set =
		    rule_set_new(arena, plain_rules(arena, &plain, 1), 1);

		event = occurrence_of(rows[i].event_type, rows[i].properties);
		if ((*found_text(set, &event) != '\0') != rows[i].matches)
			fail_msg("row %zu", i);
	}
}

static void
without_rules_nothing_is_found(void **test)
{
	const struct occurrence event = occurrence_of("review", "a,b");

	(void)test;
	assert_string_equal(
	    found_text(rule_set_new(arena, NULL, 0), &event), "");
}

/* What an event of this type with these properties meets, of six rules. */
static const char *
found_of_six(const char *type, const char *properties)
{
	static const struct plain_rule rules[] = {
	    {.id = 9, .event_type = "t", .property = "b"},
	    {.id = 4, .event_type = "t", .weight = 10},
	    {.id = 7, .event_type = "t", .property = "a"},
	    {.id = 1, .event_type = "s", .property = "a"},
	    {.id = 3, .event_type = "t", .property = "b", .weight = 500},
	    {.id = 2, .event_type = "t", .weight = 7},
	};
	const struct occurrence event = occurrence_of(type, properties);

	return found_text(
	    rule_set_new(
	        arena, plain_rules(arena, rules, COUNT(rules)), COUNT(rules)),
	    &event);
}

static void
rules_are_found_in_the_order_of_creation(void **test)
{
	(void)test;
	assert_string_equal(found_of_six("t", ""), "4 2");
	assert_string_equal(found_of_six("t", "x"), "4 2");
	assert_string_equal(found_of_six("t", "a"), "4 7 2");
	assert_string_equal(found_of_six("t", "b"), "9 4 3 2");
	assert_string_equal(found_of_six("t", "a,x,b"), "9 4 7 3 2");
	assert_string_equal(found_of_six("s", ""), "");
	assert_string_equal(found_of_six("s", "b,a"), "1");
	assert_string_equal(found_of_six("u", "a"), "");
}

/* Which of the rules for "a" and for any event a value of "a" finds. */
static const char *
found_by_value(struct property a)
{
	const struct occurrence event = {
	    .event_type = "t", .properties = &a, .property_count = 1};
	static const struct plain_rule rules[] = {
	    {.id = 1, .event_type = "t", .property = "a"},
	    {.id = 2, .event_type = "t"},
	};

	a.name = "a";
	return found_text(
	    rule_set_new(
	        arena, plain_rules(arena, rules, COUNT(rules)), COUNT(rules)),
	    &event);
}

static void
a_property_is_there_unless_it_is_false(void **test)
{
	(void)test;
	assert_string_equal(
	    found_by_value((struct property) {.type = VALUE_BOOLEAN}), "2");
	assert_string_equal(found_by_value((struct property) {
	                        .type = VALUE_BOOLEAN, .boolean = true}),
	    "1 2");
	assert_string_equal(
	    found_by_value((struct property) {
	        .type = VALUE_NUMBER, .text = "0", .length = 1}),
	    "1 2");
	assert_string_equal(found_by_value((struct property) {
	                        .type = VALUE_STRING, .text = ""}),
	    "1 2");
	assert_string_equal(
	    found_by_value((struct property) {.type = VALUE_LIST}), "1 2");
}

static const char *
draw_name(void)
{
	/* Alike in all but the end, so that no part of it is enough. */
	return arena_printf(arena, "%.*s%d", (int)draw(4), "aaa", (int)draw(5));
}

static struct occurrence
draw_occurrence(void)
{
	const char **names = arena_array(arena, ROW_MAX, sizeof(*names));
	size_t count = draw(ROW_MAX + 1), i;

	for (i = 0; i < count; i++)
		names[i] = draw_name();
	return occurrence_with(draw_name(), names, count);
}

/* As slow as it can be: each rule is asked, and each property. */
static const char *
slow_text(const struct plain_rule *rules, size_t count,
    const struct occurrence *event)
{
	const char *text = "";
	size_t i, k;
	bool has;

	for (i = 0; i < count; i++) {
		has = rules[i].property == NULL;
		for (k = 0; k < event->property_count; k++)
			has = has ||
			    strcmp(event->properties[k].name,
			        rules[i].property) == 0;
		if (has && !rules[i].disabled &&
		    strcmp(rules[i].event_type, event->event_type) == 0)
			text = arena_printf(arena, "%s%s%lld", text,
			    *text != '\0' ? " " : "", (long long)rules[i].id);
	}
	return text;
}

static void
random_rules_are_found_as_if_each_were_asked(void **test)
{
	enum { CASES = 300, RULES = 60, EVENTS = 20 };
	struct occurrence event;
	struct rule_set *set;
	struct plain_rule *rules;
	size_t number, count, found = 0, i;

	(void)test;
	for (number = 0; number < CASES; number++) {
		draw_from(number);
		rules = arena_array(arena, RULES, sizeof(*rules));
		count = draw(RULES + 1);
		for (i = 0; i < count; i++)
			rules[i] =
			    (struct plain_rule) {.id = (int64_t)draw(1000),
			        .disabled = draw(8) == 0,
			        .event_type = draw_name(),
			        .property = draw(3) == 0 ? NULL : draw_name(),
			        .weight = draw(1000)};
		set = rule_set_new(
		    arena, plain_rules(arena, rules, count), count);
		for (i = 0; i < EVENTS; i++) {
			event = draw_occurrence();
			assert_string_equal(found_text(set, &event),
			    slow_text(rules, count, &event));
			found += *found_text(set, &event) != '\0';
		}
		arena_reset(arena);
	}
	assert_true(found > CASES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_award_names_the_callers_rule),
	    cmocka_unit_test(an_event_without_rules_changes_nothing),
	    cmocka_unit_test(the_event_says_which_rules_it_meets),
	    cmocka_unit_test(without_rules_nothing_is_found),
	    cmocka_unit_test(rules_are_found_in_the_order_of_creation),
	    cmocka_unit_test(a_property_is_there_unless_it_is_false),
	    cmocka_unit_test(random_rules_are_found_as_if_each_were_asked),
	};

	return cmocka_run_group_tests(tests, random_set_up, arena_tear_down);
}
