/* fuzz_json: what json_parse takes must be JSON to json-c, and read back */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json_grammar.h"
#include "base/json_string.h"
#include "base/str.h"
#include "base/text.h"
#include "fuzz.h"

enum { TEXT_MAX = 64 << 20 };

static void
write_value(struct json_writer *jw, const char *key, struct json_object *value);

static struct json_object *
parse_again(struct arena *arena, const char *text, size_t len)
{
	struct json_object *again;
	const bool taken = json_taken(arena, text, len, &again);

	assert(is_clean(text, len) && taken);
	return again;
}

/* json-c's rendering of a text that was taken is taken, and means the same. */
static void
read_back(struct arena *arena, struct json_object *object)
{
	const char *text;
	size_t len;

	text = json_object_to_json_string_length(
	    object, JSON_C_TO_STRING_PLAIN, &len);
	assert(json_object_equal(object, parse_again(arena, text, len)));
}

static void
write_members(struct json_writer *jw, struct json_object *object)
{
	json_object_object_foreach(object, name, value)
	{
		write_value(jw, name, value);
	}
}

static void
write_items(struct json_writer *jw, struct json_object *array)
{
	size_t i;

	for (i = 0; i < json_object_array_length(array); i++)
		write_value(jw, NULL, json_object_array_get_idx(array, i));
}

static void
write_string(struct json_writer *jw, const char *key, struct json_object *value)
{
	const char *text = json_object_get_string(value);

	if (strlen(text) == (size_t)json_object_get_string_len(value))
		jw_string(jw, key, text);
	else /* it has a NUL, which no string of ours can have */
		jw_raw(jw, key, json_object_to_json_string(value));
}

static void
write_int(struct json_writer *jw, const char *key, struct json_object *value)
{
	if (json_object_get_uint64(value) > INT64_MAX)
		jw_raw(jw, key, json_object_to_json_string(value));
	else
		jw_int(jw, key, json_object_get_int64(value));
}

static void
write_value(struct json_writer *jw, const char *key, struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		jw_null(jw, key);
		break;
	case json_type_boolean:
		jw_bool(jw, key, json_object_get_boolean(value));
		break;
	case json_type_double:
		jw_double(jw, key, json_object_get_double(value));
		break;
	case json_type_int:
		write_int(jw, key, value);
		break;
	case json_type_string:
		write_string(jw, key, value);
		break;
	case json_type_object:
		jw_object(jw, key);
		write_members(jw, value);
		jw_object_end(jw);
		break;
	case json_type_array:
		jw_array(jw, key);
		write_items(jw, value);
		jw_array_end(jw);
		break;
	}
}

static struct str
written(struct arena *arena, struct json_object *object)
{
	struct str text = str_new(arena, TEXT_MAX);
	struct json_writer jw = {.out = &text};

	write_value(&jw, NULL, object);
	assert(!text.overflow && strlen(text.data) == text.len);
	return text;
}

/* What our writer makes of it is taken, means the same, and stays as it is. */
static void
write_back(struct arena *arena, struct json_object *object)
{
	struct str text = written(arena, object), second;
	struct json_object *again = parse_again(arena, text.data, text.len);

	assert(json_object_equal(object, again));
	second = written(arena, again);
	assert(strcmp(text.data, second.data) == 0);
}

/* The grammar alone says the same, and where: within the text. */
static void
check_grammar(
    struct arena *arena, const char *text, size_t size, const char *why_parse)
{
	const char *why = json_grammar(arena, text, size), *at;

	assert(same_text(why, why_parse));
	at = why == NULL ? NULL : strstr(why, " at byte ");
	if (at != NULL)
		assert(strtoull(at + 9, NULL, 10) <= size);
}

/* Parsed as a batch it has faults as well, and of its own but one kind. */
static void
check_items(
    struct arena *arena, const char *text, size_t size, int faults_parse)
{
	const struct fault *fault;
	struct faults faults;
	const char *why;

	faults_init_items(&faults, arena);
	(void)json_parse(arena, text, size, &faults, &why);
	assert(why == NULL && faults.count <= ITEMS_FAULTS_MAX);
	if (faults_parse > 0)
		assert(faults.count > 0);
	else
		for (fault = faults.first; fault != NULL; fault = fault->next)
			assert(strcmp(fault->code, "too_many") == 0);
}

/* The input as what stands between quotes: json-c reads what we resolve. */
static void
check_string(struct arena *arena, const char *data, size_t size)
{
	char *quoted = arena_alloc(arena, size + 2);
	char *resolved = arena_alloc(arena, size + 1);
	struct json_string string = {.at = data, .end = data + size};
	struct json_object *object;
	size_t len;

	if (size == 0 || json_string_scan(&string) || string.at != string.end ||
	    string.lone)
		return;
	quoted[0] = quoted[size + 1] = '"';
	memcpy(quoted + 1, data, size);
	string =
	    (struct json_string) {.at = quoted + 1, .end = quoted + size + 2};
	assert(json_string_scan(&string));
	assert(string.at == quoted + size + 1);
	len = json_string_resolve(data, size, resolved);
	assert(len <= size && utf8_length(resolved, len) >= 0);
	assert(string.escaped ? len < size : len == size);
	object = parse_again(arena, quoted, size + 2);
	assert((size_t)json_object_get_string_len(object) == len);
	assert(memcmp(json_object_get_string(object), resolved, len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(FUZZ_ARENA_MAX);
	struct json_object *object;
	struct faults faults;
	const char *why;

	faults_init(&faults, arena);
	object = json_parse(arena, (const char *)data, size, &faults, &why);
	check_grammar(arena, (const char *)data, size, why);
	if (why != NULL) {
		assert(object == NULL);
		/* The grammar finds every fault before json-c does. */
		assert(size == 0 || strstr(why, "byte") != NULL);
	} else {
		assert(is_clean((const char *)data, size));
		check_faults(&faults, object);
		check_items(arena, (const char *)data, size, faults.count);
		if (faults.count == 0) {
			read_back(arena, object);
			write_back(arena, object);
		}
	}
	check_string(arena, (const char *)data, size);
	arena_free(arena);
	return 0;
}
