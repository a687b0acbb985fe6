/* hash: a number that stands for bytes */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/*
 * The same number on every machine and for ever: it may be stored. SipHash-2-4
 * with a key of zeros, so whoever likes can make two texts with one number.
 */
uint64_t hash_bytes(const void *data, size_t len);

#endif
