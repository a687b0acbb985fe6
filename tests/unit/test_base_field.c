/* test_base_field: members that are more than scalars, by a table of them */
#include <string.h>

#include "base/decode.h"
#include "base/encode.h"
#include "base/str.h"
#include "json_test.h"

const size_t arena_max = 64 << 20;

static const char *const colours[] = {"red", "green", "blue", NULL};

struct inner {
	int64_t number;
	int64_t colour;
	const char *word;
};

static const struct field inner_fields[] = {
    {.name = "number",
        .type = FIELD_INT,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct inner, number),
        .min = 1,
        .max = 9},
    {.name = "colour",
        .type = FIELD_CHOICE,
        .offset = offsetof(struct inner, colour),
        .fallback = -1,
        .choices = colours},
    {.name = "word",
        .type = FIELD_TEXT,
        .offset = offsetof(struct inner, word),
        .max = 10},
};

static struct member_fault
check_inner(const void *object)
{
	const struct inner *inner = object;

	if (inner->number == 5 && inner->colour >= 0)
		return (struct member_fault) {
		    "colour", "invalid_value", "five has none"};
	return (struct member_fault) {.member = NULL};
}

static const struct shape inner_shape = {
    SHAPE(inner_fields), .size = sizeof(struct inner), .check = check_inner};

static const struct field bare_field[] = {
    {.type = FIELD_KEY, .flags = FIELD_REQUIRED}};
static const struct shape bare_shape = {
    SHAPE(bare_field), .size = sizeof(const char *), .bare = true};

struct outer {
	int64_t since;
	int64_t colour;
	const void *inner;
	struct list list, single, words;
	const void *form;
};

/* The form: a text. */
static bool
same_text(const void *one, const void *other)
{
	return strcmp(one, other) == 0;
}

static const void *
keep_text(struct arena *to, const void *form)
{
	return arena_strdup(to, form);
}

static const struct form text_form = {same_text, keep_text};

static void
decode_form(struct decode *decode, int kind, struct json_object *value,
    const char *pointer, const void **form_out)
{
	assert_int_equal(kind, 3);
	if (json_object_is_type(value, json_type_string))
		*form_out =
		    arena_strdup(decode->arena, json_object_get_string(value));
	else
		faults_add(decode->faults, pointer, "invalid_type", "form");
}

static void
encode_form(
    const struct encode *encode, int kind, const char *key, const void *form)
{
	assert_int_equal(kind, 3);
	jw_string(encode->jw, key, form);
}

enum { FIELDS = 7 };
static const struct field fields[FIELDS] = {
    {.name = "since",
        .type = FIELD_TIME,
        .offset = offsetof(struct outer, since),
        .fallback = INT64_MIN},
    {.name = "colour",
        .type = FIELD_CHOICE,
        .offset = offsetof(struct outer, colour),
        .fallback = -1,
        .choices = colours},
    {.name = "inner",
        .type = FIELD_OBJECT,
        .flags = FIELD_STRICT,
        .offset = offsetof(struct outer, inner),
        .shape = &inner_shape},
    {.name = "list",
        .type = FIELD_LIST,
        .offset = offsetof(struct outer, list),
        .min = 1,
        .max = 3,
        .shape = &inner_shape},
    {.name = "single",
        .type = FIELD_LIST,
        .flags = FIELD_SINGLE,
        .offset = offsetof(struct outer, single),
        .max = 3,
        .shape = &inner_shape},
    {.name = "words",
        .type = FIELD_LIST,
        .offset = offsetof(struct outer, words),
        .max = 3,
        .shape = &bare_shape},
    {.name = "form",
        .type = FIELD_FORM,
        .offset = offsetof(struct outer, form),
        .kind = 3,
        .form = &text_form},
};

/* The text with " for each '. */
static const char *
json_of(const char *text)
{
	char *json = arena_strdup(arena, text), *c;

	for (c = json; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	return json;
}

static struct outer
decode_outer(struct arena *in, const char *text)
{
	struct decode decode = {
	    .arena = in, .faults = &faults, .form = decode_form};
	const char *json = json_of(text), *why;
	struct json_object *object;
	struct outer outer;

	memset(&outer, 0, sizeof(outer));
	fields_set_defaults(fields, FIELDS, &outer);
	faults_init(&faults, arena);
	object = json_parse(arena, json, strlen(json), &faults, &why);
	decode_object(&decode, object, "", fields, FIELDS, &outer);
	return outer;
}

static const char *
encode_outer(const struct outer *outer, bool brief)
{
	struct str text = str_new(arena, 10000);
	struct json_writer jw = {.out = &text};
	const struct encode encode = {
	    .jw = &jw, .brief = brief, .form = encode_form};

	jw_object(&jw, NULL);
	encode_fields(&encode, fields, FIELDS, outer);
	jw_object_end(&jw);
	return text.data;
}

static const char *const sound[] = {
    "{}",
    "{'since':'2026-11-22T09:00:00.000000Z'}",
    "{'colour':'blue'}",
    "{'inner':{'number':1}}",
    "{'inner':{'number':5,'word':'five'}}",
    "{'inner':{'number':9,'colour':'red','word':''}}",
    "{'list':[{'number':1}]}",
    "{'list':[{'number':1},{'number':2,'colour':'green'},{'number':3}]}",
    "{'single':[{'number':1}]}",
    "{'words':['one','two']}",
    "{'form':'text'}",
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
			assert_int_equal(
			    fields_same(fields, FIELDS, &outer, &again),
			    i == k);
		}
	}
}

static void
all_members_are_told_where_that_is_asked(void **state)
{
	struct outer outer = decode_outer(arena, "{'inner':{'number':1}}");

	(void)state;
	assert_string_equal(encode_outer(&outer, false),
	    "{\"since\":null,\"colour\":null,\"inner\":{\"number\":1},"
	    "\"list\":null,\"single\":null,\"words\":null,\"form\":null}");
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

static void
faults_are_told_where_they_stand(void **state)
{
	static const char *const rows[][2] = {
	    {"{'colour':'reed'}", "/colour invalid_value"},
	    {"{'colour':1}", "/colour invalid_type"},
	    {"{'inner':{}}", "/inner/number required"},
	    {"{'inner':[]}", "/inner invalid_type"},
	    {"{'inner':{'number':10}}", "/inner/number out_of_range"},
	    {"{'inner':{'number':1,'wort':'x'}}", "/inner/wort unknown_member"},
	    {"{'inner':{'number':5,'colour':'red'}}",
	        "/inner/colour invalid_value"},
	    /* what is faulty by itself is not judged as a whole */
	    {"{'inner':{'number':5,'colour':'red','word':7}}",
	        "/inner/word invalid_type"},
	    {"{'list':[]}", "/list too_few"},
	    {"{'list':{'number':1}}", "/list invalid_type"},
	    {"{'list':[null]}", "/list/0 invalid_type"},
	    {"{'list':[{'number':1},{'number':0}]}",
	        "/list/1/number out_of_range"},
	    {"{'list':[{'number':1},{'number':1},{'number':1},{'number':1}]}",
	        "/list too_many"},
	    {"{'single':{'number':0}}", "/single/number out_of_range"},
	    {"{'single':7}", "/single invalid_type"},
	    {"{'words':['a','']}", "/words/1 too_short"},
	    {"{'words':[null]}", "/words/0 required"},
	    {"{'form':7}", "/form invalid_type"},
	};
	const char *found;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		decode_outer(arena, rows[i][0]);
		assert_int_equal(faults.count, 1);
		found = arena_printf(
		    arena, "%s %s", faults.first->pointer, faults.first->code);
		assert_string_equal(found, rows[i][1]);
	}
	decode_outer(arena, "{'colour':'reed'}");
	assert_string_equal(faults.first->detail, "must be red, green or blue");
}

static void
what_is_kept_outlives_its_arena(void **state)
{
	struct arena *first = arena_new(arena_max);
	struct outer outer = decode_outer(first,
	    "{'inner':{'number':1,'word':'a'},'list':[{'number':2,'word':'b'}],"
	    "'single':[{'number':3,'word':'c'}],'words':['d','e'],'form':'f'}");
	const char *before = encode_outer(&outer, true);

	(void)state;
	fields_keep(fields, FIELDS, arena, &outer);
	arena_free(first);
	assert_string_equal(encode_outer(&outer, true), before);
}

static void
members_with_a_flag_are_copied(void **state)
{
	struct outer from =
	    decode_outer(arena, "{'inner':{'number':1},'colour':'red'}");
	struct outer to = decode_outer(arena, "{'words':['a']}");

	(void)state;
	fields_copy(fields, FIELDS, FIELD_STRICT, &from, &to);
	assert_string_equal(encode_outer(&to, true),
	    "{\"inner\":{\"number\":1},\"words\":[\"a\"]}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    JSON_TEST(what_is_written_is_read_as_the_same),
	    JSON_TEST(all_members_are_told_where_that_is_asked),
	    JSON_TEST(one_may_stand_without_its_list),
	    JSON_TEST(faults_are_told_where_they_stand),
	    JSON_TEST(what_is_kept_outlives_its_arena),
	    JSON_TEST(members_with_a_flag_are_copied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
