/* test_base_pack: numbers in as few bytes as they need */
#include "base/str.h"
#include "bytes_test.h"

enum { RUNS = 500, RUN_MAX = 40, NUMBER_MAX = 10 };

const size_t arena_max = 64 << 20;

/* How numbers are stored: rows that exist have them so. */
static const struct {
	uint64_t number;
	const char *bytes;
} uints[] = {
    {0, "00"},
    {1, "01"},
    {0x7f, "7f"},
    {0x80, "80 01"},
    {0x81, "81 01"},
    {0xff, "ff 01"},
    {300, "ac 02"},
    {(1 << 14) - 1, "ff 7f"},
    {1 << 14, "80 80 01"},
    {(1 << 21) - 1, "ff ff 7f"},
    {1 << 21, "80 80 80 01"},
    {(1 << 28) - 1, "ff ff ff 7f"},
    {1 << 28, "80 80 80 80 01"},
    {UINT32_MAX, "ff ff ff ff 0f"},
    {UINT64_C(1) << 32, "80 80 80 80 10"},
    {(UINT64_C(1) << 35) - 1, "ff ff ff ff 7f"},
    {UINT64_C(1) << 35, "80 80 80 80 80 01"},
    {UINT64_C(1) << 42, "80 80 80 80 80 80 01"},
    {UINT64_C(1) << 49, "80 80 80 80 80 80 80 01"},
    {UINT64_C(1) << 56, "80 80 80 80 80 80 80 80 01"},
    {INT64_MAX, "ff ff ff ff ff ff ff ff 7f"},
    {UINT64_C(1) << 63, "80 80 80 80 80 80 80 80 80 01"},
    {UINT64_MAX, "ff ff ff ff ff ff ff ff ff 01"},
};

static const struct {
	int64_t number;
	const char *bytes;
} ints[] = {
    {0, "00"},
    {-1, "01"},
    {1, "02"},
    {-2, "03"},
    {2, "04"},
    {63, "7e"},
    {-64, "7f"},
    {64, "80 01"},
    {-65, "81 01"},
    {127, "fe 01"},
    {128, "80 02"},
    {-128, "ff 01"},
    {-129, "81 02"},
    {8191, "fe 7f"},
    {-8192, "ff 7f"},
    {8192, "80 80 01"},
    {1 << 14, "80 80 02"},
    {INT32_MAX, "fe ff ff ff 0f"},
    {INT32_MIN, "ff ff ff ff 0f"},
    {INT64_MAX - 1, "fc ff ff ff ff ff ff ff ff 01"},
    {INT64_MAX, "fe ff ff ff ff ff ff ff ff 01"},
    {INT64_MIN + 1, "fd ff ff ff ff ff ff ff ff 01"},
    {INT64_MIN, "ff ff ff ff ff ff ff ff ff 01"},
};

static struct bytes
bytes_in(const struct str *str)
{
	assert_false(str->overflow);
	return (struct bytes) {str->data, str->len};
}

static bool
read_number(struct bytes bytes)
{
	struct unpack unpack = unpack_begin(bytes);

	unpack_uint(&unpack);
	return unpack_end(&unpack);
}

static void
numbers_are_stored_as_these_bytes(void **state)
{
	struct str str;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(uints); i++) {
		str = str_new(arena, NUMBER_MAX);
		pack_uint(&str, uints[i].number);
		assert_string_equal(bytes_text(bytes_in(&str)), uints[i].bytes);
	}
	for (i = 0; i < COUNT(ints); i++) {
		str = str_new(arena, NUMBER_MAX);
		pack_int(&str, ints[i].number);
		assert_string_equal(bytes_text(bytes_in(&str)), ints[i].bytes);
	}
}

static void
the_bytes_are_read_as_the_same_numbers(void **state)
{
	struct unpack unpack;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(uints); i++) {
		unpack = unpack_begin(bytes_of(uints[i].bytes));
		assert_true(unpack_uint(&unpack) == uints[i].number);
		assert_true(unpack_end(&unpack));
	}
	for (i = 0; i < COUNT(ints); i++) {
		unpack = unpack_begin(bytes_of(ints[i].bytes));
		assert_true(unpack_int(&unpack) == ints[i].number);
		assert_true(unpack_end(&unpack));
	}
}

/* Numbers of every size, one behind the other. */
static void
check_run(uint64_t run)
{
	struct str str = str_new(arena, 2 * RUN_MAX * NUMBER_MAX);
	uint64_t numbers[RUN_MAX];
	struct unpack unpack;
	size_t i;

	draw_from(run);
	for (i = 0; i < RUN_MAX; i++) {
		numbers[i] = draw_uint();
		pack_uint(&str, numbers[i]);
		pack_int(&str, (int64_t)numbers[i]);
	}
	unpack = unpack_begin(bytes_in(&str));
	for (i = 0; i < RUN_MAX; i++) {
		assert_false(unpack_end(&unpack));
		assert_true(unpack_uint(&unpack) == numbers[i]);
		assert_true(unpack_int(&unpack) == (int64_t)numbers[i]);
	}
	assert_true(unpack_end(&unpack));
}

static void
random_numbers_come_back(void **state)
{
	uint64_t run;

	(void)state;
	for (run = 0; run < RUNS; run++) {
		check_run(run);
		arena_reset(arena);
	}
}

static void
a_number_that_is_cut_off_is_damaged(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(uints); i++)
		expect_whole(read_number, bytes_of(uints[i].bytes));
}

static void
a_number_that_does_not_fit_is_damaged(void **state)
{
	static const char *const rows[] = {
	    "80 80 80 80 80 80 80 80 80 02",
	    "ff ff ff ff ff ff ff ff ff 02",
	    "80 80 80 80 80 80 80 80 80 7f",
	    "80 80 80 80 80 80 80 80 80 80",
	    "80 80 80 80 80 80 80 80 80 80 00",
	    "80 80 80 80 80 80 80 80 80 80 01",
	    "80 80 80 80 80 80 80 80 80 81 00",
	    "ff ff ff ff ff ff ff ff ff ff 01",
	    "ff ff ff ff ff ff ff ff ff ff ff",
	};
	struct unpack unpack;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		unpack = unpack_begin(bytes_of(rows[i]));
		assert_true(unpack_uint(&unpack) == 0);
		assert_true(unpack.damaged);
		unpack = unpack_begin(bytes_of(rows[i]));
		assert_true(unpack_int(&unpack) == 0);
		assert_false(reads(read_number, bytes_of(rows[i])));
	}
}

static void
behind_damage_all_is_0(void **state)
{
	struct unpack unpack = unpack_begin(
	    bytes_of("05 ff ff ff ff ff ff ff ff ff 02 06 07 08 09"));

	(void)state;
	assert_true(unpack_uint(&unpack) == 5);
	assert_false(unpack.damaged);
	assert_true(unpack_uint(&unpack) == 0);
	assert_true(unpack.damaged);
	assert_true(unpack_uint(&unpack) == 0);
	assert_true(unpack_int(&unpack) == 0);
	assert_true(unpack_id(&unpack) == 0);
	assert_true(unpack_add(&unpack, 3) == 0);
	assert_true(unpack_count(&unpack, 1) == 0);
	assert_true(unpack.damaged);
	assert_false(unpack_end(&unpack));
}

static void
where_nothing_is_nothing_can_be_read(void **state)
{
	static const struct bytes rows[] = {{NULL, 0}, {"", 0}};
	struct unpack unpack;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		unpack = unpack_begin(rows[i]);
		assert_true(unpack_end(&unpack));
		assert_true(unpack_uint(&unpack) == 0);
		assert_true(unpack.damaged);
		assert_false(unpack_end(&unpack));
	}
}

static void
bytes_that_are_left_are_no_end(void **state)
{
	struct unpack unpack = unpack_begin(bytes_of("05 00"));

	(void)state;
	assert_false(unpack_end(&unpack));
	unpack_uint(&unpack);
	assert_false(unpack_end(&unpack));
	assert_false(unpack.damaged);
	unpack_uint(&unpack);
	assert_true(unpack_end(&unpack));
}

static void
an_id_has_no_sign(void **state)
{
	static const struct {
		const char *bytes;
		int64_t id;
		bool damaged;
	} rows[] = {
	    {"00", 0, false},
	    {"01", 1, false},
	    {"80 01", 128, false},
	    {"ff ff ff ff ff ff ff ff 7f", INT64_MAX, false},
	    {"80 80 80 80 80 80 80 80 80 01", 0, true},
	    {"ff ff ff ff ff ff ff ff ff 01", 0, true},
	};
	struct unpack unpack;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		unpack = unpack_begin(bytes_of(rows[i].bytes));
		assert_true(unpack_id(&unpack) == rows[i].id);
		assert_int_equal(unpack.damaged, rows[i].damaged);
	}
}

static void
a_difference_leads_to_a_larger_number(void **state)
{
	static const struct {
		int64_t before;
		const char *bytes;
		int64_t number;
		bool damaged;
	} rows[] = {
	    {0, "01", 1, false},
	    {7, "80 01", 135, false},
	    {0, "ff ff ff ff ff ff ff ff 7f", INT64_MAX, false},
	    {INT64_MAX - 1, "01", INT64_MAX, false},
	    {INT64_MAX - 1, "02", 0, true},
	    {INT64_MAX, "01", 0, true},
	    {1, "ff ff ff ff ff ff ff ff 7f", 0, true},
	    {0, "ff ff ff ff ff ff ff ff ff 01", 0, true},
	    {0, "00", 0, true},
	    {7, "00", 0, true},
	    {7, "", 0, true},
	};
	struct unpack unpack;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		unpack = unpack_begin(bytes_of(rows[i].bytes));
		assert_true(
		    unpack_add(&unpack, rows[i].before) == rows[i].number);
		assert_int_equal(unpack.damaged, rows[i].damaged);
	}
}

static void
there_are_no_more_things_than_the_bytes_can_have(void **state)
{
	static const struct {
		const char *bytes;
		size_t size, count;
		bool damaged;
	} rows[] = {
	    {"00", 1, 0, false},
	    {"01", 1, 0, true},
	    {"01 00", 1, 1, false},
	    {"02 00", 1, 0, true},
	    {"01 00", 2, 0, true},
	    {"01 00 00", 2, 1, false},
	    {"02 00 00 00", 2, 0, true},
	    {"02 00 00 00 00", 2, 2, false},
	    {"02 00 00 00 00 00", 2, 2, false},
	    {"02 00 00 00 00 00", 3, 0, true},
	    {"ff ff ff ff 0f 00 00", 1, 0, true},
	    {"ff ff ff ff ff ff ff ff 7f 00 00", 2, 0, true},
	    {"ff ff ff ff ff ff ff ff ff 01 00 00", 2, 0, true},
	    /* Times 2 it would be 0. */
	    {"80 80 80 80 80 80 80 80 80 01 00 00", 2, 0, true},
	    {"ff ff ff ff ff ff ff ff ff 02 00 00", 2, 0, true},
	    {"", 1, 0, true},
	};
	struct unpack unpack;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		unpack = unpack_begin(bytes_of(rows[i].bytes));
		assert_int_equal(
		    unpack_count(&unpack, rows[i].size), rows[i].count);
		assert_int_equal(unpack.damaged, rows[i].damaged);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_are_stored_as_these_bytes),
	    cmocka_unit_test(the_bytes_are_read_as_the_same_numbers),
	    cmocka_unit_test(random_numbers_come_back),
	    cmocka_unit_test(a_number_that_is_cut_off_is_damaged),
	    cmocka_unit_test(a_number_that_does_not_fit_is_damaged),
	    cmocka_unit_test(behind_damage_all_is_0),
	    cmocka_unit_test(where_nothing_is_nothing_can_be_read),
	    cmocka_unit_test(bytes_that_are_left_are_no_end),
	    cmocka_unit_test(an_id_has_no_sign),
	    cmocka_unit_test(a_difference_leads_to_a_larger_number),
	    cmocka_unit_test(there_are_no_more_things_than_the_bytes_can_have),
	};

	return cmocka_run_group_tests(tests, bytes_set_up, bytes_tear_down);
}
