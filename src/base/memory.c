/* memory: zeroed memory that its owner frees */
#include "base/memory.h"

#include <stdlib.h>

#include "base/log.h"

/* The programs' own calloc ends them itself (allocate.c), that of tests not. */
void *
memory_new(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (memory == NULL) {
		log_error("event=out_of_memory why=calloc count=%zu size=%zu",
		    count, size);
		abort();
	}
	return memory;
}
