/* document: a rule as one text, which is how a revision is stored */
#ifndef RULES_DOCUMENT_H
#define RULES_DOCUMENT_H

#include <stdbool.h>

#include "engine/rule.h"

struct arena;

/*
 * Canonical JSON: the members in the order of the features, without those that
 * have their default; references by id. Two rules say the same if and only if
 * their documents are the same text. All references have ids.
 */
const char *document_write(struct arena *arena, const struct rule *rule);

/*
 * The rule of a document, with the defaults of members that it has not; id,
 * name and weight are left to the caller. Its strings are in the arena; what
 * scratch is needed for means nothing afterwards. False if it is damaged: then
 * the rule is one that no event meets.
 */
bool document_read(struct arena *scratch, struct arena *arena, const char *text,
    struct rule *rule_out);

#endif
