/*
 * allocate: an allocation that fails ends the process, whoever asked for it
 *
 * A library that is out of memory may go on with less: json-c 0.16 leaves out
 * a member of an object, or the end of a string, and an event would be stored
 * with another content than was sent. glibc lets a program replace malloc for
 * all of its libraries ("Replacing malloc" in its manual). What is called in
 * turn is the malloc that would have been there, a sanitizer's for example.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

/*
 * clang puts a sanitizer's malloc into the program itself; it ends it, too. The
 * thread sanitizer's is called before instrumented code may run.
 */
#ifdef __SANITIZE_THREAD__
#define PROGRAM_HAS_MALLOC 1
#elif defined(__clang__)
#define PROGRAM_HAS_MALLOC __has_feature(address_sanitizer)
#else
#define PROGRAM_HAS_MALLOC 0
#endif
#if !PROGRAM_HAS_MALLOC

/* Copied, because a pointer to data is not converted to one to a function. */
static void
find(const char *name, void *function_out)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	memcpy(function_out, &symbol, sizeof(symbol));
}

static void *
checked(void *data, size_t size)
{
	if (data == NULL && size > 0) {
		log_error("event=out_of_memory why=malloc asked=%zu", size);
		abort();
	}
	return data;
}

void *
malloc(size_t size)
{
	static void *(*next)(size_t);

	if (next == NULL)
		find("malloc", &next);
	return checked(next(size), size);
}

void *
calloc(size_t count, size_t size)
{
	static void *(*next)(size_t, size_t);

	if (next == NULL)
		find("calloc", &next);
	return checked(next(count, size), count == 0 ? 0 : size);
}

void *
realloc(void *data, size_t size)
{
	static void *(*next)(void *, size_t);

	if (next == NULL)
		find("realloc", &next);
	return checked(next(data, size), size);
}

#endif
