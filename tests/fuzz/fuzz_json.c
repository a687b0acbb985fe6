/* fuzz_json: what json_parse takes must be JSON to json-c, and read back */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The rendering of a text that was taken is taken, and means the same. */
static void
read_back(struct arena *arena, struct json_object *object)
{
	struct json_object *again;
	struct faults faults;
	const char *why, *text;
	size_t len;

	text = json_object_to_json_string_length(
	    object, JSON_C_TO_STRING_PLAIN, &len);
	assert(utf8_length(text, len) >= 0);
	assert(memchr(text, '\0', len) == NULL);
	faults_init(&faults, arena);
	again = json_parse(arena, text, len, &faults, &why);
	assert(why == NULL);
	assert(faults.count == 0);
	assert(json_object_equal(object, again));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(256 * 1024 * 1024);
	struct json_object *object;
	struct faults faults;
	const char *why;

	faults_init(&faults, arena);
	object = json_parse(arena, (const char *)data, size, &faults, &why);
	if (why != NULL) {
		assert(object == NULL);
		/* The check finds every fault before json-c does. */
		assert(size == 0 || strstr(why, "byte") != NULL);
	} else if (faults.count == 0 && object != NULL) {
		read_back(arena, object);
	}
	arena_free(arena);
	return 0;
}
