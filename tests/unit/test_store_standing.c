/* test_store_standing: what a user has, packed and unpacked */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "bytes_test.h"
#include "engine_test.h"
#include "store/standing.h"

enum { ROWS_MAX = 5, RUNS = 1000, RUN_MAX = 12 };

#define ID_MAX_BYTES  "ff ff ff ff ff ff ff ff 7f"
#define ID_OVER_BYTES "80 80 80 80 80 80 80 80 80 01"

const size_t arena_max = 256 << 20;

struct value_row {
	enum state_kind kind;
	int64_t ref, value;
	int64_t key; /* of a kind that is keyed */
};

/* How a standing is stored: rows that exist have it so. */
static const struct {
	struct value_row values[ROWS_MAX]; /* up to one that is of nothing */
	const char *bytes;
} rows[] = {
    {{{0}}, "00"},
    {{{STATE_BALANCE, 7, 10}}, "01 00 01 07 14"},
    {{{STATE_BALANCE, 7, 0}}, "01 00 01 07 00"},
    {{{STATE_COUNT, 7, 10}}, "01 01 01 07 0a"},
    {{{STATE_BADGE, 7, 1}}, "01 02 01 07 01"},
    {{{STATE_COUNT, 7, 3}, {STATE_COUNT, 9, 4}, {STATE_GIVEN, 7, 1},
         {STATE_GIVEN, 9, 1}},
        "02 01 02 07 03 02 04 03 02 07 02"},
    {{{STATE_BALANCE, 1, 1}, {STATE_BALANCE, 2, -1}, {STATE_BALANCE, 130, 64},
         {STATE_BALANCE, 20000, -16384}},
        "01 00 04 01 02 01 01 80 01 80 01 9e 9b 01 ff ff 01"},
    {{{STATE_COUNT, 1, 1}, {STATE_COUNT, 128, 127}, {STATE_COUNT, 255, 128},
         {STATE_COUNT, 256, 16384}},
        "01 01 04 01 01 7f 7f 7f 80 01 01 80 80 01"},
    {{{STATE_BADGE, 2, 3}, {STATE_BADGE, 5, 1}, {STATE_BADGE, 300, 2}},
        "01 02 03 02 03 03 01 a7 02 02"},
    {{{STATE_BALANCE, 3, 5}, {STATE_COUNT, 3, 6}, {STATE_BADGE, 3, 1}},
        "03 00 01 03 0a 01 01 03 06 02 01 03 01"},
    {{{STATE_NEWEST, 7, -1, 1}, {STATE_NEWEST, 7, 0, 3},
         {STATE_NEWEST, 9, 1, 1}},
        "01 06 03 07 02 01 00 02 00 02 02 02"},
    {{{STATE_SEEN, 7, 1, -64}, {STATE_SEEN, 7, 1, 64}, {STATE_SEEN, 8, 1, 0}},
        "01 07 03 07 7f 00 80 01 01 00"},
    {{{STATE_AWARDS, 7, 5, INT64_MIN}, {STATE_AWARDS, 7, 6, INT64_MAX}},
        "01 09 02 07 ff ff ff ff ff ff ff ff ff 01 05"
        " 00 ff ff ff ff ff ff ff ff ff 01 06"},
    {{{STATE_BALANCE, 1, INT64_MIN}, {STATE_BALANCE, INT64_MAX, INT64_MAX},
         {STATE_COUNT, INT64_MAX, INT64_MAX}, {STATE_BADGE, INT64_MAX, 1}},
        "03 00 02 01 ff ff ff ff ff ff ff ff ff 01"
        " fe ff ff ff ff ff ff ff 7f fe ff ff ff ff ff ff ff ff 01"
        " 01 01 " ID_MAX_BYTES " " ID_MAX_BYTES " 02 01 " ID_MAX_BYTES " 01"},
};

static struct state
state_of(size_t row)
{
	const struct value_row *value = rows[row].values;
	struct state state;

	state_init(&state, arena);
	for (; value < rows[row].values + ROWS_MAX && value->ref != 0; value++)
		state_set_at(
		    &state, value->kind, value->ref, value->key, value->value);
	return state;
}

static int
compare_ids(const void *left, const void *right)
{
	const struct rule *a = left, *b = right;

	return (a->id > b->id) - (a->id < b->id);
}

/* Packed as if all rules that it names existed, and others between them. */
static struct bytes
pack(const struct state *state)
{
	const struct state_slots *slots;
	size_t count = 0, i;
	struct rule *rules;
	int kind;

	for (kind = 0; kind < STATE_KINDS; kind++)
		count += state->kinds[kind].count;
	rules = arena_array(arena, 2 * count + 1, sizeof(*rules));
	count = 0;
	for (kind = 0; kind < STATE_KINDS; kind++) {
		slots = &state->kinds[kind];
		for (i = 0; i < slots->count; i++) {
			if (state_rows[kind].of != OF_RULE)
				continue;
			rules[count++].id = slots->list[i].ref - 1;
			rules[count++].id = slots->list[i].ref;
		}
	}
	qsort(rules, count, sizeof(*rules), compare_ids);
	return standing_pack(state, rules, count);
}

static bool
read_standing(struct bytes bytes)
{
	struct state state, again;
	struct bytes packed;
	bool sound;

	state_init(&state, scratch);
	sound = standing_unpack(&state, bytes);
	states_text(&state, 1); /* which looks at it closely */
	if (!sound)
		return false;
	packed = pack(&state);
	expect_shortest(packed, bytes);
	state_init(&again, scratch);
	assert_true(standing_unpack(&again, packed));
	assert_string_equal(bytes_text(pack(&again)), bytes_text(packed));
	return true;
}

static void
a_standing_is_stored_as_these_bytes(void **test)
{
	struct state state;
	size_t i;

	(void)test;
	for (i = 0; i < COUNT(rows); i++) {
		state = state_of(i);
		assert_string_equal(bytes_text(pack(&state)), rows[i].bytes);
	}
}

static void
the_bytes_are_read_as_the_same_standing(void **test)
{
	struct state found, wanted;
	size_t i;

	(void)test;
	for (i = 0; i < COUNT(rows); i++) {
		wanted = state_of(i);
		state_init(&found, arena);
		assert_true(standing_unpack(&found, bytes_of(rows[i].bytes)));
		assert_string_equal(
		    states_text(&found, 1), states_text(&wanted, 1));
	}
}

static struct state
draw_state(void)
{
	struct state state;
	uint64_t values = draw(RUN_MAX);
	int64_t place = 1, rule, badge;

	state_init(&state, arena);
	for (; values > 0; values--) {
		state_set(&state, STATE_BALANCE, draw_id(), draw_int());
		rule = draw_id();
		state_set(&state, STATE_COUNT, rule, draw_id());
		if (draw(2) == 0)
			state_set(&state, STATE_GIVEN, rule, 1);
		state_set_at(&state, STATE_SEEN, rule, draw_int(), 1);
		state_set_at(&state, STATE_AWARDS, (int64_t)draw(9) + 1,
		    draw_int(), draw_id());
		state_set_at(
		    &state, STATE_NEWEST, rule, (int64_t)draw(7), draw_int());
		badge = draw_id();
		if (state_get(&state, STATE_BADGE, badge) == 0)
			state_set(&state, STATE_BADGE, badge, place++);
	}
	return state;
}

static void
random_standings_come_back(void **test)
{
	struct state state, found;
	uint64_t run;

	(void)test;
	for (run = 0; run < RUNS; run++) {
		draw_from(run);
		state = draw_state();
		state_init(&found, arena);
		assert_true(standing_unpack(&found, pack(&state)));
		assert_string_equal(
		    states_text(&found, 1), states_text(&state, 1));
		expect_whole(read_standing, pack(&state));
		arena_reset(arena);
	}
}

/* The numbers of 1 to 5 that are left if these rules exist. */
static const char *
numbers_left(const struct rule *rules, size_t count)
{
	struct state state, left;
	int64_t id;

	state_init(&state, arena);
	for (id = 1; id <= 5; id++) {
		state_set(&state, STATE_COUNT, id, 10 * id);
		if (id % 2 == 0)
			state_set(&state, STATE_GIVEN, id, 1);
	}
	state_init(&left, arena);
	assert_true(
	    standing_unpack(&left, standing_pack(&state, rules, count)));
	return states_text(&left, 1);
}

static void
the_numbers_of_rules_that_no_longer_exist_go(void **test)
{
	static const struct rule some[] = {
	    {.id = -1}, {.id = 2}, {.id = 4}, {.id = 6}};
	static const struct rule others[] = {{.id = 6}, {.id = 7}};
	static const struct rule all[] = {
	    {.id = 1}, {.id = 2}, {.id = 3}, {.id = 4}, {.id = 5}};

	(void)test;
	assert_string_equal(numbers_left(some, COUNT(some)),
	    "u1 count2=20, u1 count4=40, u1 given2=1, u1 given4=1");
	assert_string_equal(numbers_left(others, COUNT(others)), "");
	assert_string_equal(numbers_left(NULL, 0), "");
	assert_string_equal(numbers_left(all, COUNT(all)),
	    "u1 count1=10, u1 count2=20, u1 count3=30, u1 count4=40,"
	    " u1 count5=50, u1 given2=1,"
	    " u1 given4=1");
	assert_string_equal(numbers_left(all + 4, 1), "u1 count5=50");
}

/* Balances and badges have no rule. */
static void
balances_and_badges_stay_without_rules(void **test)
{
	struct state state;

	(void)test;
	state_init(&state, arena);
	state_set(&state, STATE_BALANCE, 3, 5);
	state_set(&state, STATE_COUNT, 3, 6);
	state_set(&state, STATE_BADGE, 3, 1);
	assert_string_equal(bytes_text(standing_pack(&state, NULL, 0)),
	    "02 00 01 03 0a 02 01 03 01");
}

static void
a_count_of_0_is_not_stored_and_a_balance_of_0_is(void **test)
{
	struct state state;

	(void)test;
	state_init(&state, arena);
	state_set(&state, STATE_BALANCE, 6, 0);
	state_set(&state, STATE_BALANCE, 7, 0);
	state_set(&state, STATE_COUNT, 6, 0);
	state_set(&state, STATE_COUNT, 7, 1);
	state_set(&state, STATE_BADGE, 6, 0);
	state_set(&state, STATE_BADGE, 7, 1);
	assert_string_equal(bytes_text(pack(&state)),
	    "03 00 02 06 00 01 00 01 01 07 01 02 01 07 01");
}

/* A badge, a count and a balance that the refused event would have made. */
static void
an_event_that_is_refused_is_not_stored(void **test)
{
	static const struct plain_rule plain[] = {
	    {.id = 1,
	        .event_type = "review",
	        .scale = 8,
	        .points = 5,
	        .badge = 9},
	    {.id = 2, .event_type = "review", .scale = 7, .points = INT64_MIN},
	};
	const struct rule *made = plain_rules(arena, plain, COUNT(plain));
	const struct rule *const rules[] = {&made[0], &made[1]};
	const struct occurrence event = occurrence_of("review", "");
	struct state state;

	(void)test;
	state_init(&state, arena);
	state_set(&state, STATE_BALANCE, 7, -1);
	assert_string_equal(
	    apply(&state, &event,
	        &(struct rules_met) {.rules = rules, .count = 2}),
	    "overflow");
	assert_string_equal(bytes_text(pack(&state)), "01 00 01 07 01");
	state_set(&state, STATE_BALANCE, 7, 0);
	assert_string_equal(
	    apply(&state, &event,
	        &(struct rules_met) {.rules = rules, .count = 1}),
	    "1=5*");
	assert_string_equal(bytes_text(pack(&state)),
	    "03 00 02 07 00 01 0a 01 01 01 01 02 01 09 01");
}

static void
badges_that_are_won_go_on_from_those_that_are_read(void **test)
{
	const struct plain_rule plain = {
	    .id = 1, .event_type = "review", .badge = 6};
	const struct rule *const rules[] = {plain_rules(arena, &plain, 1)};
	const struct occurrence event = occurrence_of("review", "");
	struct state state;

	(void)test;
	state_init(&state, arena);
	assert_true(standing_unpack(&state, bytes_of("01 02 02 04 02 05 01")));
	assert_true(state.badges == 2);
	assert_string_equal(
	    apply(&state, &event,
	        &(struct rules_met) {.rules = rules, .count = 1}),
	    "1*");
	assert_string_equal(
	    bytes_text(pack(&state)), "02 01 01 01 01 02 03 04 02 02 03 03 01");
}

static void
a_standing_that_is_cut_off_is_damaged(void **test)
{
	size_t i;

	(void)test;
	for (i = 0; i < COUNT(rows); i++)
		expect_whole(read_standing, bytes_of(rows[i].bytes));
}

/* Most make another standing or none, and some the same in more bytes. */
static void
no_damage_is_too_much(void **test)
{
	size_t sound = 0, i;

	(void)test;
	for (i = 0; i < COUNT(rows); i++) {
		sound += damage(read_standing, bytes_of(rows[i].bytes));
		arena_reset(arena);
	}
	assert_true(sound > 0);
}

static void
what_cannot_be_is_damaged(void **test)
{
	static const char *const faulty[] = {
	    "",
	    "00 00",
	    /* Fewer sections than there are, or more; the same again; none. */
	    "00 00 01 07 14",
	    "02 00 01 07 14",
	    "02 00 01 07 14 00 01 08 14",
	    "02 01 01 07 0a 00 01 07 14",
	    "01 7f 01 07 0a",
	    "01 00 00 07 14",
	    /* A balance, a count and a badge twice. */
	    "01 00 02 07 14 00 14",
	    "01 01 02 07 0a 00 0b",
	    "01 02 02 07 01 00 02",
	    /* And a rule, of those that have awarded. */
	    "01 03 02 07 00",
	    /* An id of 0 is none, and so is a count or a place of 0. */
	    "01 00 01 00 14",
	    "01 01 01 00 0a",
	    "01 02 01 00 01",
	    "01 03 01 00",
	    "01 01 01 07 00",
	    "01 02 01 07 00",
	    /* Ids and counts past the range, alone or together. */
	    "01 00 01 " ID_OVER_BYTES " 14",
	    "01 00 02 01 14 " ID_MAX_BYTES " 14",
	    "01 01 01 " ID_OVER_BYTES " 0a",
	    "01 01 02 " ID_MAX_BYTES " 0a 01 0a",
	    "01 01 01 07 " ID_OVER_BYTES,
	    "01 02 01 " ID_OVER_BYTES " 01",
	    "01 03 01 " ID_OVER_BYTES,
	    /* Points that do not fit. */
	    "01 00 01 07 80 80 80 80 80 80 80 80 80 02",
	    "01 00 01 07 80 80 80 80 80 80 80 80 80 80 00",
	};
	size_t i;

	(void)test;
	for (i = 0; i < COUNT(faulty); i++)
		if (reads(read_standing, bytes_of(faulty[i])))
			fail_msg("%s is sound", faulty[i]);
}

static void
of_a_damaged_standing_what_is_before_is_there(void **test)
{
	static const struct {
		const char *bytes, *found;
	} cuts[] = {
	    {"01 00 02 07 14 01 80", "u1 points7=10"},
	    {"02 00 01 07 14 01 80 80", "u1 points7=10"},
	    {"02 00 01 07 14 01 02 05 01 01 80", "u1 points7=10, u1 count5=1"},
	    {"03 00 01 07 14 01 01 05 01 02 02 09 01 80 80",
	        "u1 points7=10, u1 count5=1, u1 badge9=1"},
	    /* Nothing behind the second 7 is believed. */
	    {"01 02 03 05 02 02 01 00 03", "u1 badge5=2, u1 badge7=1"},
	};
	struct state state;
	size_t i;

	(void)test;
	for (i = 0; i < COUNT(cuts); i++) {
		state_init(&state, arena);
		assert_false(standing_unpack(&state, bytes_of(cuts[i].bytes)));
		assert_string_equal(states_text(&state, 1), cuts[i].found);
	}
}

static void
a_user_without_a_standing_is_damaged(void **test)
{
	struct state state;

	(void)test;
	state_init(&state, arena);
	assert_false(standing_unpack(&state, (struct bytes) {NULL, 0}));
	assert_string_equal(states_text(&state, 1), "");
}

static void
numbers_of_things_that_cannot_be_take_no_memory(void **test)
{
	static const char *const numbers[] = {"80 80 04", "ff ff ff ff 0f",
	    ID_MAX_BYTES, "ff ff ff ff ff ff ff ff ff 01"};
	static const struct {
		const char *before, *behind;
	} places[] = {{"", " 00 01 07 14"}, {"01 00 ", " 07 14"},
	    {"01 01 ", " 07 0a"}, {"01 02 ", " 07 01"}, {"01 03 ", " 07"}};
	const char *text;
	size_t size, i, k;

	(void)test;
	arena_reset(scratch);
	size = arena_size(scratch);
	for (i = 0; i < COUNT(numbers); i++)
		for (k = 0; k < COUNT(places); k++) {
			text = arena_printf(arena, "%s%s%s", places[k].before,
			    numbers[i], places[k].behind);
			assert_false(reads(read_standing, bytes_of(text)));
			assert_int_equal(arena_size(scratch), size);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_standing_is_stored_as_these_bytes),
	    cmocka_unit_test(the_bytes_are_read_as_the_same_standing),
	    cmocka_unit_test(random_standings_come_back),
	    cmocka_unit_test(the_numbers_of_rules_that_no_longer_exist_go),
	    cmocka_unit_test(balances_and_badges_stay_without_rules),
	    cmocka_unit_test(a_count_of_0_is_not_stored_and_a_balance_of_0_is),
	    cmocka_unit_test(an_event_that_is_refused_is_not_stored),
	    cmocka_unit_test(
	        badges_that_are_won_go_on_from_those_that_are_read),
	    cmocka_unit_test(a_standing_that_is_cut_off_is_damaged),
	    cmocka_unit_test(no_damage_is_too_much),
	    cmocka_unit_test(what_cannot_be_is_damaged),
	    cmocka_unit_test(of_a_damaged_standing_what_is_before_is_there),
	    cmocka_unit_test(a_user_without_a_standing_is_damaged),
	    cmocka_unit_test(numbers_of_things_that_cannot_be_take_no_memory),
	};

	return cmocka_run_group_tests(tests, bytes_set_up, bytes_tear_down);
}
