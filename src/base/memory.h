/* memory: zeroed memory that its owner frees */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

/*
 * Never NULL: without memory the process ends, with a log line. So does a
 * product of count and size that is too large.
 */
void *memory_new(size_t count, size_t size)
    __attribute__((returns_nonnull, warn_unused_result));

#endif
