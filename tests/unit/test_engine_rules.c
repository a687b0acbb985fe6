/* test_engine_rules: which rules an event meets, and which one an award names */
#include "engine_test.h"

const size_t arena_max = 64 << 20;

static void
an_award_names_the_callers_rule(void **test)
{
	struct rule rule = {.id = 1,
	    .enabled = true,
	    .event_type = "review",
	    .times = 1,
	    .point_scale_id = 7,
	    .badge_id = 9};
	struct rule_set *set = rule_set_new(arena, &rule, 1);
	struct occurrence event = occurrence_of("review", "");
	struct award award;
	struct state state;
	size_t count;
	const struct rule *const *found = rule_set_find(set, "review", &count);

	(void)test;
	state_init(&state, arena);
	assert_int_equal(
	    engine_apply(&state, found, count, &event, &award, &count),
	    ENGINE_APPLIED);
	assert_int_equal(count, 1);
	assert_ptr_equal(award.rule, &rule);
}

static void
an_event_without_rules_changes_nothing(void **test)
{
	struct occurrence event = occurrence_of("review", "verified");
	struct state state;
	size_t count = 5;

	(void)test;
	state_init(&state, arena);
	assert_int_equal(engine_apply(&state, NULL, 0, &event, NULL, &count),
	    ENGINE_APPLIED);
	assert_int_equal(count, 0);
	assert_string_equal(states_text(&state, 1), "");
}

static void
matching_alone_says_what_the_rule_counts(void **test)
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
		const struct rule rule = {.enabled = rows[i].enabled,
		    .event_type = rows[i].type,
		    .property = rows[i].property,
		    .times = 1};

		event = occurrence_of(rows[i].event_type, rows[i].properties);
		if (rule_matches(&rule, &event) != rows[i].matches)
			fail_msg("row %zu", i);
	}
}

static void
an_unknown_event_type_has_no_rules(void **test)
{
	const struct rule rule = {.id = 1, .event_type = "review"};
	size_t count = 5;

	(void)test;
	assert_null(
	    rule_set_find(rule_set_new(arena, &rule, 1), "revie", &count));
	assert_int_equal(count, 0);
	count = 5;
	assert_null(
	    rule_set_find(rule_set_new(arena, NULL, 0), "review", &count));
	assert_int_equal(count, 0);
}

static void
rules_are_found_by_type_in_the_order_of_creation(void **test)
{
	enum { TYPES = 500, EACH = 4 };
	struct rule *rules = arena_array(arena, TYPES * EACH, sizeof(*rules));
	const struct rule *const *found;
	struct rule_set *set;
	size_t i, j, count;

	/* Types take turns; the ids fall, so that they cannot be the order. */
	(void)test;
	for (i = 0; i < TYPES * EACH; i++) {
		rules[i].id = (int64_t)(TYPES * EACH - i);
		rules[i].event_type = arena_printf(arena, "t%zu", i % TYPES);
	}
	set = rule_set_new(arena, rules, TYPES * EACH);
	for (i = 0; i < TYPES; i++) {
		found =
		    rule_set_find(set, arena_printf(arena, "t%zu", i), &count);
		assert_int_equal(count, EACH);
		for (j = 0; j < EACH; j++)
			assert_ptr_equal(found[j], &rules[i + j * TYPES]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_award_names_the_callers_rule),
	    cmocka_unit_test(an_event_without_rules_changes_nothing),
	    cmocka_unit_test(matching_alone_says_what_the_rule_counts),
	    cmocka_unit_test(an_unknown_event_type_has_no_rules),
	    cmocka_unit_test(rules_are_found_by_type_in_the_order_of_creation),
	};

	return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
