/* conditions: what a rule asks of properties, from JSON and to it */
#ifndef RULES_CONDITIONS_H
#define RULES_CONDITIONS_H

#include "base/decode.h"
#include "base/encode.h"

/*
 * For the FIELD_FORM members of rules, see enum form_kind. Source: the contract
 * of rules, "Conditions", and openapi.yaml, schema RuleConditions. What is
 * decoded is a struct conditions in the arena of decode; faults have the
 * pointer of the condition or of its member.
 */
void conditions_decode(struct decode *decode, int kind,
    struct json_object *value, const char *pointer, const void **form_out);
void conditions_encode(
    const struct encode *encode, int kind, const char *key, const void *form);

#endif
