/* pack: numbers in as few bytes as they need */
#include "base/pack.h"

#include "base/str.h"

enum { LAST_SHIFT = 63 };

void
pack_uint(struct str *str, uint64_t number)
{
	for (; number >= 0x80; number >>= 7)
		str_addc(str, (char)(number | 0x80));
	str_addc(str, (char)number);
}

void
pack_int(struct str *str, int64_t number)
{
	pack_uint(str, (uint64_t)number << 1 ^ (number < 0 ? UINT64_MAX : 0));
}

struct unpack
unpack_begin(struct bytes bytes)
{
	const unsigned char *at = bytes.data;

	/* NULL has no place behind it, not even at 0. */
	return (struct unpack) {
	    .at = at, .end = bytes.len == 0 ? at : at + bytes.len};
}

static uint64_t
damage(struct unpack *unpack)
{
	unpack->damaged = true;
	unpack->at = unpack->end;
	return 0;
}

uint64_t
unpack_uint(struct unpack *unpack)
{
	uint64_t number = 0;
	unsigned shift;

	for (shift = 0; unpack->at < unpack->end; shift += 7) {
		number |= (uint64_t)(*unpack->at & 0x7f) << shift;
		if (shift == LAST_SHIFT && *unpack->at > 1)
			break;
		if ((*unpack->at++ & 0x80) == 0)
			return number;
	}
	return damage(unpack);
}

int64_t
unpack_int(struct unpack *unpack)
{
	uint64_t folded = unpack_uint(unpack);

	return (int64_t)(folded >> 1 ^ (folded & 1 ? UINT64_MAX : 0));
}

int64_t
unpack_id(struct unpack *unpack)
{
	uint64_t number = unpack_uint(unpack);

	return (int64_t)(number <= INT64_MAX ? number : damage(unpack));
}

int64_t
unpack_add(struct unpack *unpack, int64_t before)
{
	int64_t number = unpack_id(unpack);

	return number == 0 || __builtin_add_overflow(before, number, &number)
	    ? (int64_t)damage(unpack)
	    : number;
}

size_t
unpack_count(struct unpack *unpack, size_t size)
{
	uint64_t count = unpack_uint(unpack);

	return count <= (size_t)(unpack->end - unpack->at) / size
	    ? (size_t)count
	    : (size_t)damage(unpack);
}

bool
unpack_end(const struct unpack *unpack)
{
	return !unpack->damaged && unpack->at == unpack->end;
}
