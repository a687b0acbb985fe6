/* json_check: what is JSON and yet no body of ours */
#ifndef BASE_JSON_CHECK_H
#define BASE_JSON_CHECK_H

#include <stddef.h>

#include "base/json_cut.h"

struct faults;

/*
 * Finds the faults of a text that is JSON, each with its pointer, and what
 * json-c had better not see because of them: it would take a member by another
 * name, or not go so deep. What is cut is a fault as well.
 */
void json_check(struct arena *arena, const char *text, size_t len,
    struct faults *faults, struct json_cuts *cuts_out);

#endif
