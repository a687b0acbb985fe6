/*
 * shim: preloaded into palmaresd, shifts its clock and fails its allocations
 *
 * PALMARES_SHIM names a file of two 64-bit integers that all processes map:
 * the seconds to add to CLOCK_REALTIME, and which allocation from now on fails
 * (0: none).
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static struct shim {
	_Atomic int64_t clock_shift;
	_Atomic int64_t countdown;
} * shim;

static void __attribute__((constructor)) shim_start(void)
{
	const char *path = getenv("PALMARES_SHIM");
	int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
	void *memory;

	if (fd == -1)
		return;
	memory = mmap(
	    NULL, sizeof(*shim), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory != MAP_FAILED)
		shim = memory;
	close(fd);
}

/* The countdown goes 3, 2, 1 and fails there; then it stays at 0. */
static bool
fails(void)
{
	int64_t left;

	if (shim == NULL)
		return false;
	left = shim->countdown;
	while (left > 0 &&
	    !atomic_compare_exchange_weak(&shim->countdown, &left, left - 1))
		continue;
	if (left == 1)
		errno = ENOMEM;
	return left == 1;
}

/* Copied, because a pointer to data is not converted to one to a function. */
static void
find(const char *name, void *function_out)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	memcpy(function_out, &symbol, sizeof(symbol));
}

void *
malloc(size_t size)
{
	static void *(*next)(size_t);

	if (next == NULL)
		find("malloc", &next);
	return fails() ? NULL : next(size);
}

void *
calloc(size_t count, size_t size)
{
	static void *(*next)(size_t, size_t);

	if (next == NULL)
		find("calloc", &next);
	return fails() ? NULL : next(count, size);
}

void *
realloc(void *data, size_t size)
{
	static void *(*next)(void *, size_t);

	if (next == NULL)
		find("realloc", &next);
	return fails() ? NULL : next(data, size);
}

int
clock_gettime(clockid_t id, struct timespec *now)
{
	static int (*next)(clockid_t, struct timespec *);
	int result;

	if (next == NULL)
		find("clock_gettime", &next);
	result = next(id, now);
	if (result == 0 && id == CLOCK_REALTIME && shim != NULL)
		now->tv_sec += shim->clock_shift;
	return result;
}
