/* fuzz_decode: objects through a table that has every type of field */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/decode.h"
#include "base/encode.h"
#include "base/str.h"
#include "base/text.h"
#include "fuzz.h"

enum { TEXT_MAX = 20, SMALL_MIN = -5, SMALL_MAX = 7, BODY_MAX = 64 << 20 };
enum { LIST_MIN = 2, LIST_MAX = 4 };

struct inner {
	const char *key;
	int64_t number;
};

/* Above 5 it has no colour: see check_part. */
struct part {
	int64_t number;
	int64_t colour;
	const char *text;
	const void *part;
};

struct sample {
	const char *name;
	const char *key;
	const char *text;
	int64_t number;
	int64_t small;
	bool flag;
	int64_t time;
	struct inner inner;
	int64_t colour;
	const void *part;
	struct list list, single, keys;
};

static const struct field inner_fields[] = {
    {.name = "key",
        .type = FIELD_KEY,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct inner, key)},
    {.name = "a/b~c",
        .type = FIELD_INT,
        .offset = offsetof(struct inner, number),
        .min = INT64_MIN,
        .max = INT64_MAX},
};

static void
decode_inner(struct decode *decode, struct json_object *value,
    const char *pointer, void *member_out)
{
	if (value != NULL)
		decode_object(
		    decode, value, pointer, inner_fields, 2, member_out);
}

static const char *const colours[] = {"red", "green", "blue", NULL};
enum { COLOURS = 3 };

static const struct shape part_shape;
static const struct field part_fields[] = {
    {.name = "number",
        .type = FIELD_INT,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct part, number),
        .min = 0,
        .max = SMALL_MAX},
    {.name = "colour",
        .type = FIELD_CHOICE,
        .offset = offsetof(struct part, colour),
        .fallback = -1,
        .choices = colours},
    {.name = "text",
        .type = FIELD_TEXT,
        .offset = offsetof(struct part, text),
        .max = TEXT_MAX},
    {.name = "part",
        .type = FIELD_OBJECT,
        .offset = offsetof(struct part, part),
        .shape = &part_shape},
};

static struct member_fault
check_part(const void *object)
{
	const struct part *part = object;

	if (part->number > 5 && part->colour >= 0)
		return (struct member_fault) {
		    "colour", "invalid_value", "must be missing"};
	return (struct member_fault) {.member = NULL};
}

static const struct shape part_shape = {
    SHAPE(part_fields), .size = sizeof(struct part), .check = check_part};

static const struct field key_field[] = {
    {.type = FIELD_KEY, .flags = FIELD_REQUIRED}};
static const struct shape key_shape = {
    SHAPE(key_field), .size = sizeof(const char *), .bare = true};

/* The members from here on are more than scalars. */
enum { COMPOUND = 8, COMPOUNDS = 5 };
static const struct field fields[COMPOUND + COMPOUNDS] = {
    {.name = "name",
        .type = FIELD_NAME,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct sample, name)},
    {.name = "key", .type = FIELD_KEY, .offset = offsetof(struct sample, key)},
    {.name = "text",
        .type = FIELD_TEXT,
        .offset = offsetof(struct sample, text),
        .max = TEXT_MAX},
    {.name = "number",
        .type = FIELD_INT,
        .offset = offsetof(struct sample, number),
        .min = INT64_MIN,
        .max = INT64_MAX},
    {.name = "small",
        .type = FIELD_INT,
        .offset = offsetof(struct sample, small),
        .min = SMALL_MIN,
        .max = SMALL_MAX},
    {.name = "flag",
        .type = FIELD_BOOL,
        .offset = offsetof(struct sample, flag)},
    {.name = "time",
        .type = FIELD_TIME,
        .offset = offsetof(struct sample, time)},
    {.name = "inner",
        .type = FIELD_ANY,
        .offset = offsetof(struct sample, inner),
        .decode = decode_inner},
    {.name = "colour",
        .type = FIELD_CHOICE,
        .offset = offsetof(struct sample, colour),
        .fallback = -1,
        .choices = colours},
    {.name = "part",
        .type = FIELD_OBJECT,
        .offset = offsetof(struct sample, part),
        .shape = &part_shape},
    {.name = "list",
        .type = FIELD_LIST,
        .offset = offsetof(struct sample, list),
        .min = LIST_MIN,
        .max = LIST_MAX,
        .shape = &part_shape},
    {.name = "single",
        .type = FIELD_LIST,
        .flags = FIELD_SINGLE,
        .offset = offsetof(struct sample, single),
        .max = LIST_MAX,
        .shape = &part_shape},
    {.name = "keys",
        .type = FIELD_LIST,
        .offset = offsetof(struct sample, keys),
        .max = LIST_MAX,
        .shape = &key_shape},
};

/* Answers the number of faults. */
static int
decode_sample(struct arena *arena, struct json_object *body, bool lenient,
    struct sample *sample_out)
{
	struct faults faults;
	struct decode decode = {
	    .arena = arena, .faults = &faults, .lenient = lenient};

	faults_init(&faults, arena);
	*sample_out = (struct sample) {.number = 0};
	fields_set_defaults(fields + COMPOUND, COMPOUNDS, sample_out);
	decode_object(
	    &decode, body, "", fields, COMPOUND + COMPOUNDS, sample_out);
	check_faults(&faults, body);
	return faults.count;
}

static void
check_text(enum field_type type, const char *text)
{
	const char *detail;

	if (text != NULL)
		assert(text_fault(type, text, strlen(text), &detail) == NULL);
}

/* sound: there is no fault, so that the check has been asked, too. */
static void
check_part_limits(const struct part *part, bool sound)
{
	for (; part != NULL; part = part->part) {
		assert(part->number >= 0 && part->number <= SMALL_MAX);
		assert(part->colour >= -1 && part->colour < COLOURS);
		if (part->text != NULL)
			assert(utf8_length(part->text, strlen(part->text)) <=
			    TEXT_MAX);
		if (sound)
			assert(part->number <= 5 || part->colour < 0);
	}
}

static void
check_parts(const struct list *list, bool sound)
{
	const struct part *parts = list->items;
	size_t i;

	assert(list->count <= LIST_MAX);
	for (i = 0; i < list->count; i++)
		check_part_limits(&parts[i], sound);
}

static void
check_compounds(const struct sample *sample, bool sound)
{
	const char *const *keys = sample->keys.items;
	size_t i;

	assert(sample->colour >= -1 && sample->colour < COLOURS);
	check_part_limits(sample->part, sound);
	assert(sample->list.count == 0 || sample->list.count >= LIST_MIN);
	check_parts(&sample->list, sound);
	check_parts(&sample->single, sound);
	assert(sample->keys.count <= LIST_MAX);
	for (i = 0; i < sample->keys.count; i++) {
		assert(!sound || keys[i] != NULL);
		check_text(FIELD_KEY, keys[i]);
	}
}

/* What the contract says of names and numbers, in other words than decode.c. */
static void
check_limits(const struct sample *sample)
{
	check_text(FIELD_NAME, sample->name);
	check_text(FIELD_KEY, sample->key);
	check_text(FIELD_KEY, sample->inner.key);
	if (sample->name != NULL) {
		assert(utf8_length(sample->name, strlen(sample->name)) <= 100);
		assert(*sample->name > ' ' || *sample->name < 0);
	}
	if (sample->key != NULL)
		assert(*sample->key != '\0' && strlen(sample->key) <= 190);
	if (sample->text != NULL)
		assert(utf8_length(sample->text, strlen(sample->text)) <=
		    TEXT_MAX);
	assert(sample->small >= SMALL_MIN && sample->small <= SMALL_MAX);
}

static void
check_same(const struct sample *one, const struct sample *other)
{
	assert(same_text(one->name, other->name));
	assert(same_text(one->key, other->key));
	assert(same_text(one->text, other->text));
	assert(one->number == other->number && one->small == other->small);
	assert(one->flag == other->flag && one->time == other->time);
	assert(same_text(one->inner.key, other->inner.key));
	assert(one->inner.number == other->inner.number);
	assert(fields_same(fields + COMPOUND, COMPOUNDS, one, other));
}

static struct str
write_sample(struct arena *arena, const struct sample *sample)
{
	struct str body = str_new(arena, BODY_MAX);
	struct json_writer jw = {.out = &body};
	const struct encode encode = {.jw = &jw, .brief = true};

	jw_object(&jw, NULL);
	if (sample->inner.key != NULL) {
		jw_object(&jw, "inner");
		jw_int(&jw, "a/b~c", sample->inner.number);
		jw_string(&jw, "key", sample->inner.key);
		jw_object_end(&jw);
	}
	encode_fields(&encode, fields + COMPOUND, COMPOUNDS, sample);
	jw_time(&jw, "time", sample->time);
	jw_bool(&jw, "flag", sample->flag);
	jw_int(&jw, "small", sample->small);
	jw_int(&jw, "number", sample->number);
	jw_string_or_null(&jw, "text", sample->text);
	jw_string_or_null(&jw, "key", sample->key);
	jw_string(&jw, "name", sample->name);
	jw_object_end(&jw);
	return body;
}

/* Written as a document, a sample is read as the same. */
static void
check_again(struct arena *arena, const struct sample *sample)
{
	struct str text = write_sample(arena, sample);
	struct json_object *body;
	struct sample again;
	const bool taken = json_taken(arena, text.data, text.len, &body);
	int count;

	assert(taken);
	count = decode_sample(arena, body, false, &again);
	assert(count == 0);
	check_same(sample, &again);
}

/* A copy is the same when what it was made of is gone. */
static void
check_kept(
    struct arena *arena, struct json_object *body, const struct sample *sample)
{
	struct arena *scratch = arena_new(FUZZ_ARENA_MAX);
	struct sample copy;

	decode_sample(scratch, body, true, &copy);
	fields_keep(fields + COMPOUND, COMPOUNDS, arena, &copy);
	arena_free(scratch);
	assert(fields_same(fields + COMPOUND, COMPOUNDS, sample, &copy));
}

/*
 * A number is the one that was sent, to the last digit, however it is written:
 * a long double has 64 bits for them.
 */
static void
check_number(struct json_object *body, int64_t number)
{
	struct json_object *value;
	const char *text;

	json_object_object_get_ex(body, "number", &value);
	if (value == NULL)
		return;
	text = json_object_to_json_string(value);
	assert(strtold(text, NULL) == (long double)number);
}

/* Without the members that are not in the table, both ways are one. */
static void
check_body(struct arena *arena, struct json_object *body)
{
	struct sample strict, lenient;
	const int strict_faults = decode_sample(arena, body, false, &strict);
	const int lenient_faults = decode_sample(arena, body, true, &lenient);

	assert(lenient_faults <= strict_faults);
	check_same(&strict, &lenient);
	check_limits(&strict);
	check_compounds(&strict, lenient_faults == 0);
	if (lenient_faults > 0)
		return;
	check_kept(arena, body, &strict);
	check_number(body, strict.number);
	check_again(arena, &lenient);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(FUZZ_ARENA_MAX);
	struct json_object *body;

	if (json_taken(arena, (const char *)data, size, &body))
		check_body(arena, body);
	arena_free(arena);
	return 0;
}
