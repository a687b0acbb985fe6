/* unit_test: what the unit tests share: cmocka, and an arena */
#ifndef UNIT_TEST_H
#define UNIT_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/arena.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/*
 * Fixtures, of a test or of a group: an arena, and its end. Each program says
 * how large its arena may become.
 */
int arena_set_up(void **state);
int arena_tear_down(void **state);

extern const size_t arena_max;
extern struct arena *arena;

/* assert_in_range has another name in cmocka 2. */
#define assert_between(value, min, max)                          \
	do {                                                     \
		uintmax_t value_ = (uintmax_t)(value);           \
		assert_true(value_ >= (min) && value_ <= (max)); \
	} while (0)

#endif
