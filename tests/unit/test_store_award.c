/* test_store_award: what an event gave, packed and unpacked */
#include <string.h>

#include "base/str.h"
#include "bytes_test.h"
#include "store/award.h"

enum { ROW_MAX = 4, RUNS = 1000, RUN_MAX = 8, TEXT_MAX = 10000 };

#define INT64_MAX_BYTES "fe ff ff ff ff ff ff ff ff 01"
#define INT64_MIN_BYTES "ff ff ff ff ff ff ff ff ff 01"
#define ID_MAX_BYTES    "ff ff ff ff ff ff ff ff 7f"
#define ID_OVER_BYTES   "80 80 80 80 80 80 80 80 80 01"

const size_t arena_max = 256 << 20;

/* How awards are stored: rows that exist have them so. */
static const struct {
	int64_t entries_before;
	struct stored_award awards[ROW_MAX];
	const char *bytes;
} rows[] = {
    {0, {{1, 2, 10, 10, 0}}, "00 01 01 02 14 14 00"},
    {7, {{1, 2, 10, 120, 9}}, "07 01 01 02 14 f0 01 09"},
    {128, {{300, 0, 0, 0, 5}}, "80 01 01 ac 02 00 05"},
    {3, {{4, 5, 0, 0, 0}}, "03 01 04 05 00 00 00"},
    {3, {{4, 5, -1, -64, 0}}, "03 01 04 05 01 7f 00"},
    {0, {{1, 2, 10, 10, 0}, {2, 0, 0, 0, 3}, {3, 2, -10, 0, 4}},
        "00 03 01 02 14 14 00 02 00 03 03 02 13 00 04"},
    {0, {{1, 1, INT64_MAX, INT64_MAX, 0}, {2, 1, INT64_MIN, -1, 0}},
        "00 02 01 01 " INT64_MAX_BYTES " " INT64_MAX_BYTES
        " 00 02 01 " INT64_MIN_BYTES " 01 00"},
    {INT64_MAX - 1, {{INT64_MAX, INT64_MAX, 127, 128, INT64_MAX}},
        "fe ff ff ff ff ff ff ff 7f 01 " ID_MAX_BYTES " " ID_MAX_BYTES
        " fe 01 80 02 " ID_MAX_BYTES},
};

/* "7: 1 2+10=120 *9; 4 0+0=0 *0" */
static const char *
awards_text(const struct stored_awards *awards)
{
	struct str text = str_new(arena, TEXT_MAX);
	const struct stored_award *award;
	size_t i;

	str_addf(&text, "%lld:", (long long)awards->entries_before);
	for (i = 0; i < awards->count; i++) {
		award = &awards->list[i];
		str_addf(&text, "%s %lld %lld%+lld=%lld *%lld",
		    i > 0 ? ";" : "", (long long)award->rule,
		    (long long)award->point_scale, (long long)award->points,
		    (long long)award->balance, (long long)award->badge);
	}
	return text.data;
}

static const struct reference *
reference_to(int64_t id)
{
	struct reference *reference = arena_alloc(arena, sizeof(*reference));

	reference->id = id;
	return id == 0 ? NULL : reference;
}

/* As the engine gives it. */
static struct award
award_of(const struct stored_award *stored)
{
	struct rule *rule = arena_alloc(arena, sizeof(*rule));

	rule->id = stored->rule;
	return (struct award) {.rule = rule,
	    .point_scale = reference_to(stored->point_scale),
	    .points = stored->points,
	    .balance = stored->balance,
	    .badge = reference_to(stored->badge)};
}

static struct bytes
pack(const struct stored_awards *stored)
{
	struct award *awards =
	    arena_array(arena, stored->count + 1, sizeof(*awards));
	size_t i;

	for (i = 0; i < stored->count; i++)
		awards[i] = award_of(&stored->list[i]);
	return awards_pack(
	    arena, awards, stored->count, stored->entries_before);
}

/* The awards of a row, which end at one that has no rule. */
static struct stored_awards
awards_of(size_t row)
{
	struct stored_awards awards = {
	    .entries_before = rows[row].entries_before,
	    .list = arena_array(arena, ROW_MAX, sizeof(*awards.list))};

	memcpy(awards.list, rows[row].awards, sizeof(rows[row].awards));
	while (awards.count < ROW_MAX && awards.list[awards.count].rule != 0)
		awards.count++;
	return awards;
}

static bool
read_awards(struct bytes bytes)
{
	struct stored_awards awards, again;
	const bool sound = awards_unpack(scratch, bytes, &awards);
	struct bytes packed;
	size_t i;

	assert_true(awards.count <= bytes.len / 3);
	assert_true(awards_entries(&awards) <= awards.count);
	assert_true(awards.entries_before >= 0);
	for (i = 0; i < awards.count; i++) {
		assert_true(awards.list[i].rule >= 0);
		assert_true(awards.list[i].point_scale >= 0);
		assert_true(awards.list[i].badge >= 0);
	}
	if (!sound || awards.count == 0)
		return sound;
	packed = pack(&awards);
	expect_shortest(packed, bytes);
	assert_true(awards_unpack(scratch, packed, &again));
	assert_string_equal(awards_text(&again), awards_text(&awards));
	return true;
}

static void
awards_are_stored_as_these_bytes(void **state)
{
	struct stored_awards awards;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		awards = awards_of(i);
		assert_string_equal(bytes_text(pack(&awards)), rows[i].bytes);
	}
}

static void
the_bytes_are_read_as_the_same_awards(void **state)
{
	struct stored_awards found, wanted;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		wanted = awards_of(i);
		assert_true(
		    awards_unpack(arena, bytes_of(rows[i].bytes), &found));
		assert_string_equal(awards_text(&found), awards_text(&wanted));
	}
}

static void
an_event_that_gave_nothing_has_no_bytes(void **state)
{
	struct stored_awards awards = {.entries_before = 5, .count = 5};
	struct bytes bytes = awards_pack(arena, NULL, 0, 5);

	(void)state;
	assert_null(bytes.data);
	assert_int_equal(bytes.len, 0);
	assert_true(awards_unpack(arena, bytes, &awards));
	assert_int_equal(awards.count, 0);
	assert_true(awards.entries_before == 0);
	assert_int_equal(awards_entries(&awards), 0);
}

static void
a_badge_that_was_not_won_is_not_stored(void **state)
{
	const struct rule rule = {.id = 1};
	struct award award = {.rule = &rule,
	    .point_scale = reference_to(2),
	    .points = 10,
	    .balance = 10};

	(void)state;
	assert_string_equal(bytes_text(awards_pack(arena, &award, 1, 0)),
	    "00 01 01 02 14 14 00");
	award.badge = reference_to(9);
	assert_string_equal(bytes_text(awards_pack(arena, &award, 1, 0)),
	    "00 01 01 02 14 14 09");
}

static void
entries_are_the_awards_with_a_point_scale(void **state)
{
	struct stored_award list[] = {{1, 7, 0, 0, 0}, {2, 0, 0, 0, 3},
	    {3, 8, 5, 5, 4}, {4, 0, 0, 0, 5}, {5, 7, -1, -1, 0}};
	struct stored_awards awards = {.list = list};
	static const size_t entries[] = {0, 1, 1, 2, 2, 3};

	(void)state;
	for (; awards.count < COUNT(entries); awards.count++)
		assert_int_equal(
		    awards_entries(&awards), entries[awards.count]);
}

static struct stored_awards
draw_awards(void)
{
	struct stored_awards awards = {.entries_before = draw_id() / 2};
	struct stored_award *award;

	awards.list = arena_array(arena, RUN_MAX, sizeof(*awards.list));
	for (awards.count = 0; awards.count < 1 + draw(RUN_MAX - 1);) {
		award = &awards.list[awards.count++];
		award->rule = draw_id();
		if (draw(3) > 0) {
			award->point_scale = draw_id();
			award->points = draw_int();
			award->balance = draw_int();
		}
		award->badge = draw(2) > 0 ? draw_id() : 0;
	}
	return awards;
}

static void
random_awards_come_back(void **state)
{
	struct stored_awards awards, found;
	uint64_t run;

	(void)state;
	for (run = 0; run < RUNS; run++) {
		draw_from(run);
		awards = draw_awards();
		assert_true(awards_unpack(arena, pack(&awards), &found));
		assert_string_equal(awards_text(&found), awards_text(&awards));
		expect_whole(read_awards, pack(&awards));
		arena_reset(arena);
	}
}

static void
awards_that_are_cut_off_are_damaged(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		expect_whole(read_awards, bytes_of(rows[i].bytes));
}

/* Most make other awards or none, and some the same in more bytes. */
static void
no_damage_is_too_much(void **state)
{
	size_t sound = 0, i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		sound += damage(read_awards, bytes_of(rows[i].bytes));
		arena_reset(arena);
	}
	assert_true(sound > 0);
}

static void
what_cannot_be_is_damaged(void **state)
{
	static const char *const faulty[] = {
	    "",
	    "00",
	    /* Fewer awards than there are, or more. */
	    "00 00 01 02 14 14 00",
	    "00 02 01 02 14 14 00",
	    "00 02 01 02 14 14 00 02",
	    "00 01 01 02 14 14 00 00",
	    /* Ids and places past the range. */
	    ID_OVER_BYTES " 01 01 02 14 14 00",
	    "00 01 " ID_OVER_BYTES " 02 14 14 00",
	    "00 01 01 " ID_OVER_BYTES " 14 14 00",
	    "00 01 01 02 14 14 " ID_OVER_BYTES,
	    "00 01 01 02 14 14 80 80 80 80 80 80 80 80 80 80 00",
	    "00 01 01 02 80 80 80 80 80 80 80 80 80 02 14 00",
	    /* The last entry's number would be past it. */
	    ID_MAX_BYTES " 01 01 02 14 14 00",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(faulty); i++)
		if (reads(read_awards, bytes_of(faulty[i])))
			fail_msg("%s is sound", faulty[i]);
}

static void
of_damaged_awards_those_before_are_there(void **state)
{
	struct stored_awards awards;

	(void)state;
	assert_false(awards_unpack(
	    arena, bytes_of("07 02 01 02 14 f0 01 09 03 04"), &awards));
	assert_string_equal(awards_text(&awards), "7: 1 2+10=120 *9");
	assert_false(awards_unpack(
	    arena, bytes_of("07 01 01 02 14 f0 01 09 03"), &awards));
	assert_string_equal(awards_text(&awards), "7: 1 2+10=120 *9");
}

/* scratch may not become larger than a MiB, which would end the program. */
static void
a_number_of_awards_that_cannot_be_takes_no_memory(void **state)
{
	static const char *const faulty[] = {
	    "00 80 80 04 01 02 14 14 00",
	    "00 ff ff ff ff 07 01 02 14 14 00",
	    "00 ff ff ff ff 0f 01 02 14 14 00",
	    "00 ff ff ff ff ff ff ff 0f 01 02 14 14 00",
	    "00 ff ff ff ff ff ff ff ff 7f 01 02 14 14 00",
	    "00 ff ff ff ff ff ff ff ff ff 01 01 02 14 14 00",
	};
	size_t size, i;

	(void)state;
	arena_reset(scratch);
	size = arena_size(scratch);
	for (i = 0; i < COUNT(faulty); i++) {
		assert_false(reads(read_awards, bytes_of(faulty[i])));
		assert_int_equal(arena_size(scratch), size);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(awards_are_stored_as_these_bytes),
	    cmocka_unit_test(the_bytes_are_read_as_the_same_awards),
	    cmocka_unit_test(an_event_that_gave_nothing_has_no_bytes),
	    cmocka_unit_test(a_badge_that_was_not_won_is_not_stored),
	    cmocka_unit_test(entries_are_the_awards_with_a_point_scale),
	    cmocka_unit_test(random_awards_come_back),
	    cmocka_unit_test(awards_that_are_cut_off_are_damaged),
	    cmocka_unit_test(no_damage_is_too_much),
	    cmocka_unit_test(what_cannot_be_is_damaged),
	    cmocka_unit_test(of_damaged_awards_those_before_are_there),
	    cmocka_unit_test(a_number_of_awards_that_cannot_be_takes_no_memory),
	};

	return cmocka_run_group_tests(tests, bytes_set_up, bytes_tear_down);
}
