/* unit_test: what the unit tests share: cmocka, and an arena */
#include "unit_test.h"

struct arena *arena;

int
arena_set_up(void **state)
{
	(void)state;
	arena = arena_new(arena_max);
	return 0;
}

int
arena_tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}
