/* test_base_field: structs by a table: written, compared, kept and copied */
#include "field_test.h"

const size_t arena_max = 64 << 20;

static const char *const sound[] = {
    "{}",
    "{'since':'2026-11-22T09:00:00.000000Z'}",
    "{'since':'2026-11-22T09:00:00.000001Z'}",
    "{'colour':'red'}",
    "{'colour':'blue'}",
    "{'inner':{'number':1}}",
    "{'inner':{'number':2}}",
    "{'inner':{'number':1,'colour':'red'}}",
    "{'inner':{'number':1,'word':'a'}}",
    "{'inner':{'number':1,'word':'b'}}",
    "{'inner':{'number':1,'deep':{}}}",
    "{'inner':{'number':1,'deep':{'until':'2026-11-22T09:00:00.000000Z'}}}",
    "{'inner':{'number':1,'deep':{'flag':false}}}",
    "{'inner':{'number':1,'deep':{'name':'a'}}}",
    "{'inner':{'number':5,'word':'five'}}",
    "{'inner':{'number':9,'colour':'red','word':''}}",
    "{'list':[{'number':1}]}",
    "{'list':[{'number':1},{'number':2,'colour':'green'},{'number':3}]}",
    "{'list':[{'number':1},{'number':2}]}",
    "{'list':[{'number':2},{'number':1}]}",
    "{'list':[{'number':1},{'number':2,'deep':{'name':'a'}}]}",
    "{'single':[{'number':1}]}",
    "{'words':['one','two']}",
    "{'words':['two','one']}",
    "{'words':['one']}",
    "{'form':'text'}",
    "{'form':'other'}",
};

static void
what_is_written_is_read_as_the_same(void **state)
{
	struct outer outer, again;
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(sound); i++) {
		outer = decode_outer(arena, sound[i]);
		assert_int_equal(faults.count, 0);
		assert_string_equal(
		    encode_outer(&outer, true), json_of(sound[i]));
		for (k = 0; k < COUNT(sound); k++) {
			again = decode_outer(arena, sound[k]);
			assert_int_equal(fields_same(outer_fields, OUTER_FIELDS,
			                     &outer, &again),
			    i == k);
		}
	}
}

static void
all_members_are_told_where_that_is_asked(void **state)
{
	struct outer outer =
	    decode_outer(arena, "{'inner':{'number':1,'deep':{}}}");

	(void)state;
	assert_string_equal(encode_outer(&outer, false),
	    json_of("{'since':null,'colour':null,"
	            "'inner':{'number':1,'deep':{}},'list':null,"
	            "'single':null,'words':null,'form':null}"));
	outer = decode_outer(arena, "{'list':[{'number':1}],'colour':'red'}");
	assert_string_equal(encode_outer(&outer, false),
	    json_of("{'since':null,'colour':'red','inner':null,"
	            "'list':[{'number':1}],'single':null,'words':null,"
	            "'form':null}"));
}

static void
what_is_missing_has_its_default(void **state)
{
	struct outer outer =
	    decode_outer(arena, "{'inner':{'number':1,'deep':{}}}");
	const struct inner *inner = outer.inner;
	const struct deep *deep = inner->deep;

	(void)state;
	assert_true(outer.since == INT64_MIN);
	assert_true(outer.colour == -1);
	assert_true(outer.list.count == 0 && outer.single.count == 0);
	assert_null(outer.form);
	assert_true(inner->colour == -1);
	assert_null(inner->word);
	assert_true(deep->until == INT64_MAX);
	assert_true(deep->flag);
	assert_null(deep->name);
}

static const char all_members[] =
    "{'since':'2026-11-22T09:00:00.000000Z','colour':'green',"
    "'inner':{'number':1,'word':'a','deep':{'name':'b'}},"
    "'list':[{'number':2,'word':'c','deep':{'name':'d'}},{'number':3}],"
    "'single':[{'number':4,'word':'e'}],'words':['f','g'],'form':'h'}";
static const char all_null[] =
    "{'since':null,'colour':null,'inner':null,'list':null,'single':null,"
    "'words':null,'form':null}";

static void
null_leaves_a_member_as_it_was(void **state)
{
	struct outer outer = decode_outer(arena, all_members);

	(void)state;
	assert_int_equal(faults.count, 0);
	decode_over(arena, all_null, FAULTS_MAX, &outer);
	assert_int_equal(faults.count, 0);
	assert_string_equal(encode_outer(&outer, true), json_of(all_members));
	outer = decode_outer(arena, all_null);
	assert_string_equal(encode_outer(&outer, true), "{}");
	decode_outer(arena,
	    "{'inner':{'number':5,'colour':null,'word':null,'deep':null}}");
	assert_int_equal(faults.count, 0);
}

static void
one_may_stand_without_its_list(void **state)
{
	struct outer outer = decode_outer(arena, "{'single':{'number':7}}");

	(void)state;
	assert_int_equal(faults.count, 0);
	assert_string_equal(
	    encode_outer(&outer, true), "{\"single\":[{\"number\":7}]}");
}

static const struct inner *
item_of(const struct list *list, size_t i)
{
	return (const struct inner *)list->items + i;
}

/* No pointer of one is a pointer of the other. */
static void
assert_apart(const struct inner *one, const struct inner *other)
{
	assert_ptr_not_equal(one, other);
	assert_ptr_not_equal(one->word, other->word);
	if (one->deep == NULL)
		return;
	assert_ptr_not_equal(one->deep, other->deep);
	assert_ptr_not_equal(((const struct deep *)one->deep)->name,
	    ((const struct deep *)other->deep)->name);
}

static void
what_is_kept_outlives_its_arena(void **state)
{
	struct arena *first = arena_new(arena_max);
	const struct outer before = decode_outer(first, all_members);
	struct outer outer = before;

	(void)state;
	fields_keep(outer_fields, OUTER_FIELDS, arena, &outer);
	assert_true(fields_same(outer_fields, OUTER_FIELDS, &outer, &before));
	assert_apart(outer.inner, before.inner);
	assert_apart(item_of(&outer.list, 0), item_of(&before.list, 0));
	assert_apart(item_of(&outer.single, 0), item_of(&before.single, 0));
	assert_ptr_not_equal(outer.words.items, before.words.items);
	assert_ptr_not_equal(outer.form, before.form);
	arena_free(first);
	assert_string_equal(encode_outer(&outer, true), json_of(all_members));
}

static void
nothing_is_kept_of_what_is_not_there(void **state)
{
	struct outer outer = decode_outer(arena, "{'inner':{'number':1}}");

	(void)state;
	fields_keep(outer_fields, OUTER_FIELDS, arena, &outer);
	assert_string_equal(
	    encode_outer(&outer, true), "{\"inner\":{\"number\":1}}");
}

static void
members_with_a_flag_are_copied(void **state)
{
	struct outer from =
	    decode_outer(arena, "{'inner':{'number':1},'colour':'red'}");
	struct outer to = decode_outer(arena, "{'words':['a']}");

	(void)state;
	fields_copy(outer_fields, OUTER_FIELDS, FIELD_STRICT, &from, &to);
	assert_string_equal(encode_outer(&to, true),
	    "{\"inner\":{\"number\":1},\"words\":[\"a\"]}");
	from = decode_outer(arena, "{'single':[{'number':2}],'form':'f'}");
	fields_copy(outer_fields, OUTER_FIELDS, FIELD_SINGLE, &from, &to);
	assert_string_equal(encode_outer(&to, true),
	    json_of("{'inner':{'number':1},'single':[{'number':2}],"
	            "'words':['a']}"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    JSON_TEST(what_is_written_is_read_as_the_same),
	    JSON_TEST(all_members_are_told_where_that_is_asked),
	    JSON_TEST(what_is_missing_has_its_default),
	    JSON_TEST(null_leaves_a_member_as_it_was),
	    JSON_TEST(one_may_stand_without_its_list),
	    JSON_TEST(what_is_kept_outlives_its_arena),
	    JSON_TEST(nothing_is_kept_of_what_is_not_there),
	    JSON_TEST(members_with_a_flag_are_copied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
