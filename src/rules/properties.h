/* properties: an event's properties, from JSON to typed values */
#ifndef RULES_PROPERTIES_H
#define RULES_PROPERTIES_H

#include "base/decode.h"
#include "engine/occurrence.h"

/*
 * Decodes the properties of an event, of a body or as they are stored, into the
 * occurrence. Source: openapi.yaml, schemas EventInput and RuleProperty: an
 * object of scalars and lists of them, or an array of strings, each of which is
 * true. What is not
 * allowed is left out, and a fault at pointer. The values are copies in the
 * arena.
 */
void properties_decode(struct decode *decode, struct json_object *json,
    const char *pointer, struct occurrence *occurrence_out);

/*
 * Decodes one scalar; false if it is null, a list or an object. The value is a
 * copy in the arena, without a name.
 */
bool property_take_scalar(struct arena *arena, struct json_object *json,
    struct property *property_out);

#endif
