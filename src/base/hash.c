/* hash: a number that stands for bytes, by libsodium */
#include "base/hash.h"

#include <sodium.h>

uint64_t
hash_bytes(const void *data, size_t len)
{
	static const unsigned char key[crypto_shorthash_KEYBYTES] = {0};
	unsigned char hash[crypto_shorthash_BYTES];
	uint64_t number = 0;
	size_t i;

	crypto_shorthash(hash, data, len, key);
	for (i = 0; i < sizeof(hash); i++)
		number = number << 8 | hash[i];
	return number;
}
