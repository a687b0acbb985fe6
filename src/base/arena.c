/* arena: blocks that grow, and the calls put off until the reset */
#include "base/arena.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"

#if __has_include(<sanitizer/asan_interface.h>)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(data, size)   ((void)(data), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(data, size) ((void)(data), (void)(size))
#endif

enum {
	ALIGNMENT = _Alignof(max_align_t),
	FIRST_BLOCK = 16 * 1024,
	LARGEST_BLOCK = 1024 * 1024, /* but for a single allocation above it */
};

struct block {
	struct block *next; /* the one before, or NULL in the first */
	size_t size, used;
	max_align_t data[];
};

struct deferred {
	struct deferred *next;
	void (*release)(void *);
	void *object;
};

struct arena {
	size_t cap, total;
	struct block *newest;
	struct deferred *deferred;
};

static void __attribute__((noreturn))
arena_die(const char *why, size_t size, size_t total, size_t cap)
{
	log_error("event=out_of_memory why=%s asked=%zu held=%zu cap=%zu", why,
	    size, total, cap);
	abort();
}

static struct block *
block_add(struct arena *arena, size_t size)
{
	struct block *block;
	size_t whole = sizeof(*block) + size;

	if (whole > arena->cap - arena->total)
		arena_die("cap", size, arena->total, arena->cap);
	block = malloc(whole);
	if (block == NULL)
		arena_die("malloc", size, arena->total, arena->cap);
	block->next = arena->newest;
	block->size = size;
	block->used = 0;
	ASAN_POISON_MEMORY_REGION(block->data, size);
	arena->newest = block;
	arena->total += whole;
	return block;
}

static void
block_free(struct arena *arena, struct block *block)
{
	arena->total -= sizeof(*block) + block->size;
	ASAN_UNPOISON_MEMORY_REGION(block->data, block->size);
	free(block);
}

struct arena *
arena_new(size_t cap)
{
	struct arena *arena = memory_new(1, sizeof(*arena));

	assert(cap <= SIZE_MAX / 2); /* so that no sum overflows */
	arena->cap = cap;
	block_add(arena, FIRST_BLOCK);
	return arena;
}

static void
run_deferred(struct arena *arena)
{
	struct deferred *deferred;

	while ((deferred = arena->deferred) != NULL) {
		arena->deferred = deferred->next;
		deferred->release(deferred->object);
	}
}

void
arena_reset(struct arena *arena)
{
	struct block *block;

	run_deferred(arena);
	while ((block = arena->newest)->next != NULL) {
		arena->newest = block->next;
		block_free(arena, block);
	}
	block->used = 0;
	ASAN_POISON_MEMORY_REGION(block->data, block->size);
}

void
arena_free(struct arena *arena)
{
	if (arena == NULL)
		return;
	arena_reset(arena);
	block_free(arena, arena->newest);
	free(arena);
}

/* A block for size bytes: twice the newest one, within reason. */
static struct block *
block_for(struct arena *arena, size_t size)
{
	size_t usual = arena->newest->size * 2;

	if (usual > LARGEST_BLOCK)
		usual = LARGEST_BLOCK;
	return block_add(arena, size > usual ? size : usual);
}

static size_t
round_up(size_t size)
{
	return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* Memory as it comes. */
static void *
arena_take(struct arena *arena, size_t size)
{
	struct block *block = arena->newest;
	size_t rounded = round_up(size);
	char *data;

	if (size > arena->cap)
		arena_die("cap", size, arena->total, arena->cap);
	if (rounded > block->size - block->used)
		block = block_for(arena, rounded);
	data = (char *)block->data + block->used;
	block->used += rounded;
	/* Only size of the rounded bytes: touching those past it is a bug. */
	ASAN_UNPOISON_MEMORY_REGION(data, size);
	return data;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	return memset(arena_take(arena, size), 0, size);
}

void *
arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t whole;

	if (__builtin_mul_overflow(count, size, &whole))
		whole = SIZE_MAX;
	return arena_alloc(arena, whole);
}

/*
 * Takes the block out of the arena that has nothing but the size bytes at data;
 * NULL if none has. The first block stays: a reset keeps it.
 */
static struct block *
take_out(struct arena *arena, const void *data, size_t size)
{
	struct block **place = &arena->newest, *block;

	while ((block = *place)->next != NULL) {
		if ((const void *)block->data == data) {
			if (block->used != round_up(size))
				return NULL;
			*place = block->next;
			return block;
		}
		place = &block->next;
	}
	return NULL;
}

void *
arena_grow(
    struct arena *arena, void *data, size_t size, size_t kept, size_t wanted)
{
	struct block *old =
	    size > LARGEST_BLOCK ? take_out(arena, data, size) : NULL;
	void *place = arena_take(arena, wanted);

	memcpy(place, data, kept);
	if (old != NULL)
		block_free(arena, old);
	return place;
}

char *
arena_copy(struct arena *arena, const char *data, size_t len)
{
	char *copy = arena_take(arena, len + 1);

	if (len > 0)
		memcpy(copy, data, len);
	copy[len] = '\0';
	return copy;
}

char *
arena_strdup(struct arena *arena, const char *text)
{
	return arena_copy(arena, text, strlen(text));
}

char *
arena_vprintf(struct arena *arena, const char *format, va_list args)
{
	va_list again;
	char *text;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	assert(len >= 0);
	text = arena_take(arena, (size_t)len + 1);
	vsnprintf(text, (size_t)len + 1, format, args);
	return text;
}

char *
arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}

void
arena_defer(struct arena *arena, void (*release)(void *), void *object)
{
	struct deferred *deferred = arena_alloc(arena, sizeof(*deferred));

	deferred->next = arena->deferred;
	deferred->release = release;
	deferred->object = object;
	arena->deferred = deferred;
}

size_t
arena_size(const struct arena *arena)
{
	return arena->total;
}
