/* bytes_test: packed bytes as texts, and damaged in every way */
#include "bytes_test.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum { SCRATCH_MAX = 1 << 20, TEXT_MAX = 100000 };

struct arena *scratch;

int
bytes_set_up(void **test)
{
	scratch = arena_new(SCRATCH_MAX);
	return random_set_up(test);
}

int
bytes_tear_down(void **test)
{
	arena_free(scratch);
	return arena_tear_down(test);
}

const char *
bytes_text(struct bytes bytes)
{
	const unsigned char *at = bytes.data;
	struct str text = str_new(arena, TEXT_MAX);
	size_t i;

	for (i = 0; i < bytes.len; i++)
		str_addf(&text, "%s%02x", i > 0 ? " " : "", at[i]);
	return text.data;
}

struct bytes
bytes_of(const char *text)
{
	struct str bytes = str_new(arena, TEXT_MAX);
	char *end;

	while (*text != '\0') {
		str_addc(&bytes, (char)strtoul(text, &end, 16));
		assert_ptr_not_equal(text, end);
		text = end;
	}
	return (struct bytes) {bytes.data, bytes.len};
}

int64_t
draw_int(void)
{
	return (int64_t)draw_uint();
}

int64_t
draw_id(void)
{
	return (int64_t)(draw_uint() >> 1 | 1);
}

bool
reads(bool (*reader)(struct bytes bytes), struct bytes bytes)
{
	void *copy = malloc(bytes.len > 0 ? bytes.len : 1);
	bool sound;

	assert_non_null(copy);
	if (bytes.len > 0)
		memcpy(copy, bytes.data, bytes.len);
	arena_reset(scratch);
	sound = reader((struct bytes) {copy, bytes.len});
	free(copy);
	return sound;
}

void
expect_shortest(struct bytes packed, struct bytes bytes)
{
	if (packed.len > bytes.len ||
	    (packed.len == bytes.len &&
	        memcmp(packed.data, bytes.data, bytes.len) != 0))
		fail_msg("%s became %s", bytes_text(bytes), bytes_text(packed));
}

void
expect_whole(bool (*reader)(struct bytes bytes), struct bytes bytes)
{
	size_t len;

	for (len = 0; len < bytes.len; len++)
		if (reads(reader, (struct bytes) {bytes.data, len}))
			fail_msg("%zu bytes of %s are sound", len,
			    bytes_text(bytes));
	if (!reads(reader, bytes))
		fail_msg("%s is damaged", bytes_text(bytes));
}

/* The bytes with the one at a place put in the place of so many. */
static struct bytes
change(struct bytes bytes, size_t place, unsigned char byte, size_t times)
{
	const unsigned char *from = bytes.data;
	unsigned char *to = arena_alloc(arena, bytes.len + times);

	memcpy(to, from, place);
	memset(to + place, byte, times);
	memcpy(to + place + times, from + place + 1, bytes.len - place - 1);
	return (struct bytes) {to, bytes.len - 1 + times};
}

size_t
damage(bool (*reader)(struct bytes bytes), struct bytes bytes)
{
	const unsigned char *data = bytes.data;
	size_t sound = 0, i;
	unsigned other;

	for (i = 0; i < bytes.len; i++) {
		for (other = 1; other < 256; other++)
			sound +=
			    reads(reader, change(bytes, i, data[i] ^ other, 1));
		sound += reads(reader, change(bytes, i, data[i], 0));
		sound += reads(reader, change(bytes, i, data[i], 2));
	}
	return sound;
}
