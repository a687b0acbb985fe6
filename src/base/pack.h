/* pack: numbers in as few bytes as they need, for what a row keeps of many */
#ifndef BASE_PACK_H
#define BASE_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str;

/* Bytes as a column has them; data NULL: NULL. */
struct bytes {
	const void *data;
	size_t len;
};

/*
 * LEB128: seven bits a byte, the lowest first, the top bit set but in the last.
 * Numbers with a sign are folded first (0, -1, 1, -2 … become 0, 1, 2, 3 …).
 */
void pack_uint(struct str *str, uint64_t number);
void pack_int(struct str *str, int64_t number);

/*
 * Reads what was packed. damaged is sticky: where a number ends behind the
 * bytes, or does not fit, it and all that follow are 0.
 */
struct unpack {
	const unsigned char *at;
	const unsigned char *end;
	bool damaged;
};

struct unpack unpack_begin(struct bytes bytes);
uint64_t unpack_uint(struct unpack *unpack);
int64_t unpack_int(struct unpack *unpack);

/*
 * A number that must be an id or a count: damaged unless it is 0 … INT64_MAX.
 */
int64_t unpack_id(struct unpack *unpack);

/* Such a number told as the difference to a smaller one before. */
int64_t unpack_add(struct unpack *unpack, int64_t before);

/* A number of things, each of at least so many bytes, that are to follow. */
size_t unpack_count(struct unpack *unpack, size_t size);

/* Whether all was read and nothing was damaged. */
bool unpack_end(const struct unpack *unpack);

#endif
