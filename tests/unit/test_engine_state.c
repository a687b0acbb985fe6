/* test_engine_state: the numbers that the engine works on, and what changed */
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "unit_test.h"

enum { MANY = 5000 };

const size_t arena_max = 64 << 20;
static struct state state;

static int
set_up(void **test)
{
	arena_set_up(test);
	state_init(&state, arena);
	return 0;
}

/* An event of the user that rule 1 gives 10 points of scale 7 for. */
static void
award_ten(int64_t user)
{
	static const struct rule rule = {.id = 1,
	    .enabled = true,
	    .event_type = "review",
	    .times = 1,
	    .points = 10,
	    .point_scale_id = 7};
	static const struct rule *const rules[] = {&rule};
	const struct occurrence event = {user, "review", NULL, 0};
	struct award award;
	size_t count;

	assert_int_equal(engine_apply(&state, rules, 1, &event, &award, &count),
	    ENGINE_APPLIED);
}

static void
expect_change(enum state_kind kind, int64_t ref, int64_t value, bool stored)
{
	const struct state_slot *slot;

	for (slot = state.first_changed; slot; slot = slot->next_changed) {
		if (slot->kind != kind || slot->user != 1 || slot->ref != ref)
			continue;
		assert_true(slot->value == value);
		assert_int_equal(slot->stored, stored);
		return;
	}
	fail_msg("it is not in the list");
}

static size_t
changed_count(void)
{
	const struct state_slot *slot;
	size_t count = 0;

	for (slot = state.first_changed; slot; slot = slot->next_changed)
		count++;
	return count;
}

static void
what_was_never_set_is_0(void **test)
{
	(void)test;
	assert_true(state_get(&state, STATE_BALANCE, 1, 7) == 0);
	assert_true(state_get(&state, STATE_COUNT, 0, 0) == 0);
	state_want(&state, STATE_BADGE, 1, 7);
	assert_true(state_get(&state, STATE_BADGE, 1, 7) == 0);
	assert_null(state.first_changed);
}

static void
values_are_told_apart_by_kind_user_and_ref(void **test)
{
	static const struct {
		enum state_kind kind;
		int64_t user, ref, value;
	} rows[] = {
	    {STATE_BALANCE, 1, 2, 10},
	    {STATE_COUNT, 1, 2, 11},
	    {STATE_BADGE, 1, 2, 1},
	    {STATE_BALANCE, 2, 1, 13},
	    {STATE_BALANCE, 1, 1, 14},
	    {STATE_BALANCE, 2, 2, 15},
	    {STATE_BALANCE, -1, 2, 16},
	    {STATE_BALANCE, INT64_MAX, INT64_MIN, INT64_MIN},
	    {STATE_BALANCE, INT64_MIN, INT64_MAX, INT64_MAX},
	    {STATE_COUNT, INT64_MAX, INT64_MAX, 18},
	};
	size_t i;

	(void)test;
	for (i = 0; i < COUNT(rows); i++)
		state_set(&state, rows[i].kind, rows[i].user, rows[i].ref,
		    rows[i].value);
	for (i = 0; i < COUNT(rows); i++)
		assert_true(state_get(&state, rows[i].kind, rows[i].user,
		                rows[i].ref) == rows[i].value);
	assert_null(state.first_changed);
}

static void
a_value_is_wanted_once(void **test)
{
	(void)test;
	assert_true(state_want(&state, STATE_BALANCE, 1, 7));
	assert_false(state_want(&state, STATE_BALANCE, 1, 7));
	assert_true(state_want(&state, STATE_COUNT, 1, 7));
	assert_true(state_want(&state, STATE_BALANCE, 2, 7));
	assert_true(state_want(&state, STATE_BALANCE, 1, 8));
	assert_false(state_want(&state, STATE_BALANCE, 1, 7));
	assert_null(state.first_changed);
}

static void
a_value_that_is_known_is_not_wanted(void **test)
{
	(void)test;
	state_set(&state, STATE_BALANCE, 1, 7, 0);
	assert_false(state_want(&state, STATE_BALANCE, 1, 7));
	assert_true(state_want(&state, STATE_BALANCE, 1, 8));
	state_set(&state, STATE_BALANCE, 1, 8, 42);
	assert_false(state_want(&state, STATE_BALANCE, 1, 8));
	assert_true(state_get(&state, STATE_BALANCE, 1, 8) == 42);
}

static void
a_change_knows_whether_its_row_is_stored(void **test)
{
	(void)test;
	state_want(&state, STATE_BALANCE, 1, 7);
	state_want(&state, STATE_COUNT, 1, 1);
	state_set(&state, STATE_COUNT, 1, 1, 3);
	award_ten(1);
	assert_int_equal(changed_count(), 2);
	expect_change(STATE_BALANCE, 7, 10, false);
	expect_change(STATE_COUNT, 1, 4, true);
}

static void
changes_are_listed_once_in_the_order_of_the_first(void **test)
{
	static const int64_t users[] = {5, 3, 9, 3, 5, 1};
	static const int64_t order[] = {5, 3, 9, 1};
	const struct state_slot *slot;
	size_t i;

	(void)test;
	for (i = 0; i < COUNT(users); i++)
		award_ten(users[i]);
	slot = state.first_changed;
	for (i = 0; i < 2 * COUNT(order); i++) {
		assert_non_null(slot);
		assert_true(slot->user == order[i / 2]);
		assert_true(slot->changed);
		slot = slot->next_changed;
	}
	assert_null(slot);
}

static void
the_table_grows_over_thousands_of_values(void **test)
{
	int64_t i;
	int kind;

	(void)test;
	for (i = 0; i < MANY; i++)
		for (kind = 0; kind < STATE_KINDS; kind++)
			state_set(&state, (enum state_kind)kind, i % 71, i / 71,
			    i * STATE_KINDS + kind);
	for (i = 0; i < MANY; i++)
		for (kind = 0; kind < STATE_KINDS; kind++)
			assert_true(
			    state_get(&state, (enum state_kind)kind, i % 71,
			        i / 71) == i * STATE_KINDS + kind);
	assert_int_equal(state.used, MANY * STATE_KINDS);
	assert_true(state.size > state.used);
	assert_int_equal(state.size & (state.size - 1), 0);
}

static void
each_of_thousands_of_values_is_wanted_once(void **test)
{
	int64_t i;

	(void)test;
	for (i = 0; i < MANY; i++)
		assert_true(state_want(&state, STATE_COUNT, i << 32, -i));
	for (i = 0; i < MANY; i++)
		assert_false(state_want(&state, STATE_COUNT, i << 32, -i));
}

static void
changes_outlast_the_growth_of_the_table(void **test)
{
	const struct state_slot *slot;
	int64_t user;

	(void)test;
	for (user = 1; user <= MANY; user++)
		award_ten(user);
	for (user = 1; user <= MANY; user++)
		award_ten(user);
	slot = state.first_changed;
	for (user = 1; user <= MANY; user++) {
		assert_true(slot->user == user);
		assert_true(slot->next_changed->user == user);
		slot = slot->next_changed->next_changed;
		assert_true(state_get(&state, STATE_BALANCE, user, 7) == 20);
		assert_true(state_get(&state, STATE_COUNT, user, 1) == 2);
	}
	assert_null(slot);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, arena_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_was_never_set_is_0),
	    TEST(values_are_told_apart_by_kind_user_and_ref),
	    TEST(a_value_is_wanted_once),
	    TEST(a_value_that_is_known_is_not_wanted),
	    TEST(a_change_knows_whether_its_row_is_stored),
	    TEST(changes_are_listed_once_in_the_order_of_the_first),
	    TEST(the_table_grows_over_thousands_of_values),
	    TEST(each_of_thousands_of_values_is_wanted_once),
	    TEST(changes_outlast_the_growth_of_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
