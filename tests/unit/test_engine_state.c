/* test_engine_state: the numbers of a user that the engine works on */
#include "engine_test.h"
#include "random_case.h"

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

/* Two rules of an event type: a badge, and then points of scale 7. */
static const char *
win(const char *type, int64_t badge, int64_t points)
{
	const struct plain_rule plain[] = {
	    {.id = 1, .event_type = type, .badge = badge},
	    {.id = 2, .event_type = type, .points = points, .scale = 7},
	};
	const struct rule *made = plain_rules(arena, plain, COUNT(plain));
	const struct rule *const rules[] = {&made[0], &made[1]};
	const struct occurrence event = occurrence_of(type, "");

	return apply(&state, &event,
	    &(struct rules_met) {.rules = rules, .count = COUNT(rules)});
}

static void
what_was_never_set_is_0(void **test)
{
	int kind;

	(void)test;
	for (kind = 0; kind < STATE_KINDS; kind++) {
		assert_true(state_get(&state, (enum state_kind)kind, 7) == 0);
		assert_true(state_get(&state, (enum state_kind)kind, 0) == 0);
	}
	assert_true(state.badges == 0);
	state_set(&state, STATE_COUNT, 6, 60);
	state_set(&state, STATE_COUNT, 8, 80);
	assert_true(state_get(&state, STATE_COUNT, 7) == 0);
	assert_true(state_get(&state, STATE_COUNT, 5) == 0);
	assert_true(state_get(&state, STATE_COUNT, 9) == 0);
	/* Asking has made nothing. */
	assert_string_equal(
	    states_text(&state, 1), "u1 count6=60, u1 count8=80");
}

static void
values_are_told_apart_by_kind_and_ref(void **test)
{
	static const struct {
		enum state_kind kind;
		int64_t ref, value;
	} rows[] = {
	    {STATE_BALANCE, 2, 10},
	    {STATE_COUNT, 2, 11},
	    {STATE_BADGE, 2, 1},
	    {STATE_BALANCE, 1, 14},
	    {STATE_BALANCE, INT64_MAX, INT64_MIN},
	    {STATE_BALANCE, INT64_MIN, INT64_MAX},
	    {STATE_BALANCE, -1, 16},
	    {STATE_BALANCE, 0, -1},
	    {STATE_COUNT, INT64_MAX, 18},
	    {STATE_COUNT, 1, 19},
	};
	size_t i;

	(void)test;
	for (i = 0; i < COUNT(rows); i++)
		state_set(&state, rows[i].kind, rows[i].ref, rows[i].value);
	for (i = 0; i < COUNT(rows); i++)
		assert_true(state_get(&state, rows[i].kind, rows[i].ref) ==
		    rows[i].value);
}

static void
a_value_that_is_set_again_is_the_new_one(void **test)
{
	(void)test;
	state_set(&state, STATE_BALANCE, 7, 10);
	state_set(&state, STATE_BALANCE, 8, 11);
	state_set(&state, STATE_BALANCE, 7, -12);
	assert_string_equal(
	    states_text(&state, 1), "u1 points7=-12, u1 points8=11");
}

static void
a_value_that_was_set_to_0_is_there(void **test)
{
	(void)test;
	state_set(&state, STATE_BALANCE, 7, 0);
	state_set(&state, STATE_COUNT, 8, 0);
	assert_string_equal(
	    states_text(&state, 1), "u1 points7=0, u1 count8=0");
	state_set(&state, STATE_BALANCE, 7, 5);
	state_set(&state, STATE_BALANCE, 7, 0);
	assert_string_equal(
	    states_text(&state, 1), "u1 points7=0, u1 count8=0");
}

static void
an_event_that_is_refused_makes_nothing(void **test)
{
	(void)test;
	state_set(&state, STATE_BALANCE, 7, INT64_MAX);
	assert_string_equal(win("review", 9, 1), "overflow");
	assert_true(state_get(&state, STATE_BADGE, 9) == 0);
	assert_true(state_get(&state, STATE_COUNT, 1) == 0);
	assert_true(state.badges == 0);
	assert_string_equal(
	    states_text(&state, 1), "u1 points7=9223372036854775807");
	/* And nothing of it is left for the next one. */
	assert_string_equal(win("review", 9, 0), "1* 2=9223372036854775807");
	assert_string_equal(states_text(&state, 1),
	    "u1 points7=9223372036854775807, u1 count1=1, u1 count2=1,"
	    " u1 badge9=1");
}

static void
the_last_place_that_was_set_is_the_number_of_badges(void **test)
{
	(void)test;
	state_set(&state, STATE_BADGE, 8, 2);
	assert_true(state.badges == 2);
	state_set(&state, STATE_BADGE, 9, 3);
	assert_true(state.badges == 3);
	state_set(&state, STATE_BADGE, 7, 1);
	assert_true(state.badges == 3);
	state_set(&state, STATE_BADGE, 6, 0);
	state_set(&state, STATE_BALANCE, 7, 10);
	state_set(&state, STATE_COUNT, 7, 11);
	assert_true(state.badges == 3);
}

static void
badges_that_are_won_go_on_from_those_that_were_set(void **test)
{
	(void)test;
	state_set(&state, STATE_BADGE, 9, 1);
	state_set(&state, STATE_BADGE, 4, 2);
	assert_string_equal(win("review", 6, 0), "1* 2=0");
	assert_string_equal(win("review", 9, 0), "2=0");
	assert_string_equal(win("review", 5, 0), "1* 2=0");
	assert_true(state.badges == 4);
	assert_true(state_get(&state, STATE_BADGE, 9) == 1);
	assert_true(state_get(&state, STATE_BADGE, 4) == 2);
	assert_true(state_get(&state, STATE_BADGE, 6) == 3);
	assert_true(state_get(&state, STATE_BADGE, 5) == 4);
}

static void
a_badge_that_was_set_to_0_can_be_won(void **test)
{
	(void)test;
	state_set(&state, STATE_BADGE, 9, 0);
	assert_string_equal(win("review", 9, 0), "1* 2=0");
	assert_true(state_get(&state, STATE_BADGE, 9) == 1);
}

/* Values for the refs 1 to MANY, in the order that is given. */
static void
set_and_find(const int64_t *refs)
{
	int64_t i;
	int kind;

	for (i = 0; i < MANY; i++)
		for (kind = 0; kind < STATE_KINDS; kind++)
			state_set(&state, (enum state_kind)kind, refs[i],
			    refs[i] * STATE_KINDS + kind);
	for (kind = 0; kind < STATE_KINDS; kind++) {
		const struct state_slots *slots = &state.kinds[kind];

		assert_int_equal(slots->count, MANY);
		for (i = 0; i < MANY; i++) {
			assert_true(slots->list[i].ref == i + 1);
			assert_true(state_get(&state, (enum state_kind)kind,
			                i + 1) == (i + 1) * STATE_KINDS + kind);
		}
	}
}

static void
thousands_of_values_may_come_in_any_order(void **test)
{
	int64_t refs[MANY], other;
	size_t i, k;

	(void)test;
	for (i = 0; i < MANY; i++)
		refs[i] = (int64_t)i + 1;
	set_and_find(refs);
	state_init(&state, arena);
	for (i = 0; i < MANY; i++)
		refs[i] = (int64_t)(MANY - i);
	set_and_find(refs);
	state_init(&state, arena);
	draw_from(0);
	for (i = MANY; i-- > 1;) {
		k = draw(i + 1);
		other = refs[i];
		refs[i] = refs[k];
		refs[k] = other;
	}
	set_and_find(refs);
}

static void
one_event_may_set_thousands_of_values(void **test)
{
	struct plain_rule *plain = arena_array(arena, MANY, sizeof(*plain));
	const struct occurrence event = occurrence_of("review", "");
	const struct rule *made;
	const struct rule **rules = arena_array(arena, MANY, sizeof(*rules));
	struct award *awards = arena_array(arena, MANY, sizeof(*awards));
	size_t count, i;

	/* The scales and badges fall, so that slots move all the time. */
	(void)test;
	for (i = 0; i < MANY; i++)
		plain[i] = (struct plain_rule) {.id = (int64_t)i + 1,
		    .event_type = "review",
		    .points = (int64_t)i,
		    .scale = (int64_t)(MANY - i),
		    .badge = (int64_t)(2 * MANY - i)};
	made = plain_rules(arena, plain, MANY);
	for (i = 0; i < MANY; i++)
		rules[i] = &made[i];
	assert_int_equal(
	    engine_apply(&state, arena, &event,
	        &(struct rules_met) {rules, MANY, NULL, 0}, awards, &count),
	    ENGINE_APPLIED);
	assert_int_equal(count, MANY);
	assert_true(state.badges == MANY);
	for (i = 0; i < MANY; i++) {
		assert_true(awards[i].badge->id == plain[i].badge);
		assert_true(state_get(&state, STATE_COUNT, plain[i].id) == 1);
		assert_true(state_get(&state, STATE_BALANCE, plain[i].scale) ==
		    (int64_t)i);
		assert_true(state_get(&state, STATE_BADGE, plain[i].badge) ==
		    (int64_t)i + 1);
	}
}

/* Every third is there; the others are wanted, in no order and more than once. */
static void
what_is_wanted_comes_between_what_is_there(void **test)
{
	int64_t *refs = arena_array(arena, (size_t)3 * MANY, sizeof(*refs));
	const struct state_slots *slots = &state.kinds[STATE_BADGE];
	int64_t i;

	(void)test;
	draw_from(1);
	for (i = 3; i <= MANY; i += 3)
		state_set(&state, STATE_BADGE, i, i / 3);
	for (i = 0; i < 3 * MANY; i++)
		refs[i] = i < MANY ? MANY - i : 1 + (int64_t)draw(MANY);
	state_want(&state, STATE_BADGE, refs, (size_t)3 * MANY);
	assert_int_equal(slots->count, MANY);
	for (i = 1; i <= MANY; i++) {
		assert_true(slots->list[i - 1].ref == i);
		assert_true(slots->list[i - 1].present == (i % 3 == 0));
		assert_true(state_get(&state, STATE_BADGE, i) ==
		    (i % 3 == 0 ? i / 3 : 0));
	}
	assert_true(state.badges == MANY / 3);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, arena_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_was_never_set_is_0),
	    TEST(values_are_told_apart_by_kind_and_ref),
	    TEST(a_value_that_is_set_again_is_the_new_one),
	    TEST(a_value_that_was_set_to_0_is_there),
	    TEST(an_event_that_is_refused_makes_nothing),
	    TEST(the_last_place_that_was_set_is_the_number_of_badges),
	    TEST(badges_that_are_won_go_on_from_those_that_were_set),
	    TEST(a_badge_that_was_set_to_0_can_be_won),
	    TEST(thousands_of_values_may_come_in_any_order),
	    TEST(one_event_may_set_thousands_of_values),
	    TEST(what_is_wanted_comes_between_what_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
