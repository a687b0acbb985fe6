/* properties: which properties an event has */
#ifndef STORE_PROPERTIES_H
#define STORE_PROPERTIES_H

#include <json-c/json.h>
#include <stddef.h>

struct arena;

/*
 * The properties that a rule may ask for. Source: openapi.yaml, schema
 * RuleProperty: of an object the names of the members whose value is neither
 * false nor null, of an array its strings. NULL, like anything else, has none.
 * The names are copies in the arena.
 */
void properties_present(struct arena *arena, struct json_object *properties,
    const char *const **names_out, size_t *count_out);

#endif
