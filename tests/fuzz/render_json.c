/*
 * render_json: what json_parse makes of texts, for another reader to compare
 *
 * Reads texts from standard input, each behind its length (4 bytes, the highest
 * first), and answers each in the same way: "-" and why it was refused, "!" if
 * it was taken with faults, else "=" and the value:
 * n, t, f; i and digits; d and a double's 16 hexadecimal digits; s and a
 * string's bytes in hexadecimal; [ ] and { } around their values, each value
 * followed by a space.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"

enum { ARENA_MAX = 512 << 20, TEXT_MAX = 16 << 20, OUT_MAX = 128 << 20 };

static void render(struct str *out, struct json_object *value);

static void
render_string(struct str *out, const char *text, size_t len)
{
	size_t i;

	str_addc(out, 's');
	for (i = 0; i < len; i++)
		str_addf(out, "%02x", (unsigned char)text[i]);
}

static void
render_double(struct str *out, double number)
{
	uint64_t bits;

	memcpy(&bits, &number, sizeof(bits));
	str_addf(out, "d%016" PRIx64, bits);
}

static void
render_int(struct str *out, struct json_object *value)
{
	if (json_object_get_uint64(value) > INT64_MAX)
		str_addf(out, "i%" PRIu64, json_object_get_uint64(value));
	else
		str_addf(out, "i%" PRId64, json_object_get_int64(value));
}

static void
render_object(struct str *out, struct json_object *object)
{
	str_adds(out, "{ ");
	json_object_object_foreach(object, name, value)
	{
		render_string(out, name, strlen(name));
		str_addc(out, ' ');
		render(out, value);
	}
	str_addc(out, '}');
}

static void
render_array(struct str *out, struct json_object *array)
{
	size_t i;

	str_adds(out, "[ ");
	for (i = 0; i < json_object_array_length(array); i++)
		render(out, json_object_array_get_idx(array, i));
	str_addc(out, ']');
}

static void
render(struct str *out, struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		str_addc(out, 'n');
		break;
	case json_type_boolean:
		str_addc(out, json_object_get_boolean(value) ? 't' : 'f');
		break;
	case json_type_double:
		render_double(out, json_object_get_double(value));
		break;
	case json_type_int:
		render_int(out, value);
		break;
	case json_type_string:
		render_string(out, json_object_get_string(value),
		    (size_t)json_object_get_string_len(value));
		break;
	case json_type_object:
		render_object(out, value);
		break;
	case json_type_array:
		render_array(out, value);
		break;
	}
	str_addc(out, ' ');
}

static bool
read_text(struct arena *arena, char **text_out, size_t *len_out)
{
	unsigned char head[4];
	size_t len;

	if (fread(head, 1, sizeof(head), stdin) != sizeof(head))
		return false;
	len = (size_t)head[0] << 24 | (size_t)head[1] << 16 |
	    (size_t)head[2] << 8 | head[3];
	if (len > TEXT_MAX)
		return false;
	*text_out = arena_alloc(arena, len);
	*len_out = len;
	return fread(*text_out, 1, len, stdin) == len;
}

static void
write_answer(const struct str *answer)
{
	const unsigned char head[4] = {(unsigned char)(answer->len >> 24),
	    (unsigned char)(answer->len >> 16),
	    (unsigned char)(answer->len >> 8), (unsigned char)answer->len};

	if (answer->overflow ||
	    fwrite(head, 1, sizeof(head), stdout) != sizeof(head) ||
	    fwrite(answer->data, 1, answer->len, stdout) != answer->len ||
	    fflush(stdout) != 0) {
		perror("render_json");
		exit(1);
	}
}

static void
answer_text(struct arena *arena, const char *text, size_t len)
{
	struct str answer = str_new(arena, OUT_MAX);
	struct json_object *value;
	struct faults faults;
	const char *why;

	faults_init(&faults, arena);
	value = json_parse(arena, text, len, &faults, &why);
	if (why != NULL) {
		str_addc(&answer, '-');
		str_adds(&answer, why);
	} else if (faults.count > 0) {
		str_addc(&answer, '!');
	} else {
		str_addc(&answer, '=');
		render(&answer, value);
	}
	write_answer(&answer);
}

int
main(void)
{
	struct arena *arena = arena_new(ARENA_MAX);
	char *text;
	size_t len;

	while (read_text(arena, &text, &len)) {
		answer_text(arena, text, len);
		arena_reset(arena);
	}
	arena_free(arena);
	return 0;
}
