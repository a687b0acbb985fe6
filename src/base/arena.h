/* arena: memory that lives as long as one request, freed at once */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

/*
 * An arena hands out memory that is never freed piece by piece. Handlers
 * never call free: arena_reset does, and runs what arena_defer was given, last
 * first. An arena belongs to one thread at a time.
 *
 * No function here answers NULL. Running out of memory, or past an arena's cap,
 * ends the process with a log line: the master starts another worker, and
 * nothing that was acknowledged is lost. Caps are set so far above what a
 * request within the body limit can need that only a bug gets there.
 */
struct arena;

/* cap: the most bytes it may hold. The caller owns it, until arena_free. */
struct arena *arena_new(size_t cap);
void arena_free(struct arena *arena);

/* Frees all but the first block and runs the deferred calls. */
void arena_reset(struct arena *arena);

/* Zeroed, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);

/* Zeroed array; an overflowing product counts as out of memory. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/*
 * A larger place for what arena_alloc gave: the first kept bytes are copied,
 * and what follows may be anything. Where the old place is large it goes back
 * to the system, so a text that grows does not leave all its sizes behind.
 */
void *arena_grow(
    struct arena *arena, void *data, size_t size, size_t kept, size_t wanted);

/* A copy with a NUL behind it. */
char *arena_copy(struct arena *arena, const char *data, size_t len);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Calls release(object) at arena_reset or arena_free. */
void arena_defer(struct arena *arena, void (*release)(void *), void *object);

/* Bytes taken from the system by this arena. */
size_t arena_size(const struct arena *arena);

#endif
