/* fuzz: what the fuzz targets share */
#include "fuzz.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "http/request.h"

enum { PARAMS_MAX = 100 };

char *
parts_next(struct parts *parts)
{
	const char *end =
	    parts->left == 0 ? NULL : memchr(parts->at, '\n', parts->left);
	size_t len = end == NULL ? parts->left : (size_t)(end - parts->at);
	char *part = arena_copy(parts->arena, parts->at, len);

	parts->at += len + (end != NULL);
	parts->left -= len + (end != NULL);
	return part;
}

char **
parts_params(struct parts *parts)
{
	char **params =
	    arena_array(parts->arena, PARAMS_MAX + 1, sizeof(*params));
	size_t count = 0;
	char *part;

	while (count < PARAMS_MAX && *(part = parts_next(parts)) != '\0')
		params[count++] = part;
	return params;
}

size_t
parts_read(struct http_request *request, char *buffer, size_t size)
{
	struct parts *parts = request->source;
	size_t n = size < parts->left ? size : parts->left;

	if (n > 0)
		memcpy(buffer, parts->at, n);
	return n;
}

/* The bytes of the character that stands at text by RFC 3629, or 0. */
static size_t
character_bytes(const unsigned char *text, size_t len)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t bytes = text[0] < 0x80 ? 1
	    : text[0] < 0xC0          ? 0
	    : text[0] < 0xE0          ? 2
	    : text[0] < 0xF0          ? 3
	    : text[0] < 0xF8          ? 4
	                              : 0;
	uint32_t character;
	size_t i;

	if (bytes < 2 || bytes > len)
		return bytes > len ? 0 : bytes;
	character = text[0] & (0xFFu >> (bytes + 1));
	for (i = 1; i < bytes; i++) {
		if ((text[i] & 0xC0) != 0x80)
			return 0;
		character = character * 64 + (text[i] & 0x3F);
	}
	if (character < least[bytes] || character > 0x10FFFF ||
	    (character >= 0xD800 && character < 0xE000))
		return 0;
	return bytes;
}

bool
is_clean(const char *text, size_t len)
{
	size_t at, bytes;

	for (at = 0; at < len; at += bytes) {
		bytes =
		    character_bytes((const unsigned char *)text + at, len - at);
		if (bytes == 0 || text[at] == '\0')
			return false;
	}
	return true;
}

bool
json_taken(struct arena *arena, const char *text, size_t len,
    struct json_object **body_out)
{
	struct faults faults;
	const char *why;

	faults_init(&faults, arena);
	*body_out = json_parse(arena, text, len, &faults, &why);
	return why == NULL && faults.count == 0;
}

bool
same_text(const char *one, const char *other)
{
	return one == NULL || other == NULL ? one == other
	                                    : strcmp(one, other) == 0;
}

/* json_pointer_get finds no null in an array: there, the index must do. */
static bool
points_at(struct json_object *body, const char *pointer)
{
	const char *last = strrchr(pointer, '/');
	struct json_object *value;
	char parent[4096];

	if (json_pointer_get(body, pointer, &value) == 0)
		return true;
	if (last == NULL || (size_t)(last - pointer) >= sizeof(parent))
		return false;
	memcpy(parent, pointer, (size_t)(last - pointer));
	parent[last - pointer] = '\0';
	return json_pointer_get(body, parent, &value) == 0 &&
	    json_object_is_type(value, json_type_array) &&
	    strtoul(last + 1, NULL, 10) < json_object_array_length(value);
}

/* Of two members only one is in body, and a fault may lie in the other. */
static bool
has_duplicates(const struct faults *faults)
{
	const struct fault *fault;

	for (fault = faults->first; fault != NULL; fault = fault->next)
		if (strcmp(fault->code, "duplicate_member") == 0)
			return true;
	return faults_are_full(faults);
}

void
check_faults(const struct faults *faults, struct json_object *body)
{
	const bool whole = body != NULL && !has_duplicates(faults);
	const struct fault *fault;
	int count = 0;

	for (fault = faults->first; fault != NULL; fault = fault->next) {
		count++;
		assert(is_clean(fault->pointer, strlen(fault->pointer)));
		assert(is_clean(fault->detail, strlen(fault->detail)));
		assert(*fault->code != '\0' && *fault->detail != '\0');
		assert(*fault->pointer == '/' || *fault->pointer == '\0');
		if (strcmp(fault->code, "required") != 0 && whole)
			assert(points_at(body, fault->pointer));
	}
	assert(count == faults->count && count <= faults->max);
}
