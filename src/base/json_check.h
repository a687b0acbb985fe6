/* json_check: refuses what json-c would let pass */
#ifndef BASE_JSON_CHECK_H
#define BASE_JSON_CHECK_H

#include <stddef.h>

struct arena;
struct faults;

/*
 * Whether text is exactly one JSON text within the limits of json_parse, seen
 * in one pass. NULL, or what is wrong and at which byte, counted from 0.
 * Numbers that json-c would cap are added to faults and are no reason to
 * refuse the text.
 */
const char *json_check(
    struct arena *arena, const char *text, size_t len, struct faults *faults);

#endif
