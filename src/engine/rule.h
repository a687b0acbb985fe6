/* rule: what an owner says, in parts, one for each feature that it uses */
#ifndef ENGINE_RULE_H
#define ENGINE_RULE_H

#include <stdalign.h>

#include "base/field.h"
#include "engine/state.h"

struct arena;
struct feature;

/*
 * What a reference of a rule is to. The numbers are stored, in rule_reference,
 * and stand in the SQL texts of the things that they are of.
 */
enum reference_kind { REFERENCE_POINT_SCALE = 0, REFERENCE_BADGE = 1 };

/* Members with a form of their own, which rules/ reads and writes. */
enum form_kind { FORM_CONDITIONS };

/* Of all features together: the program does not begin if it is too little. */
enum { RULE_PARTS_MAX = 320 };

/* What the rule is for: the part of the first feature. */
struct match {
	bool enabled;
	const char *event_type; /* NULL: a milestone */
	const char *property;   /* NULL: any event of the type */
	int64_t priority;       /* the higher one is tried first */
};

/* A feature that the rule uses. */
struct term {
	const struct feature *feature;
	const void *part;
};

/*
 * A rule, whatever revision of it. Source: openapi.yaml, tag Rules and schema
 * Rule. Members are in parts, whose layout the features tell: rule_fields has
 * all of them. It can be copied until it is compiled; then terms point into it.
 */
struct rule {
	int64_t id; /* the store's; 0: none yet */
	/* By rule_compile. What an event needs comes first. */
	int64_t refs[STATE_KINDS]; /* of values that it will touch, or 0 */
	struct term *terms;        /* in the order of the ladder */
	size_t term_count;
	const char *name; /* for the answer */
	size_t weight;    /* the caller's, see rule_set_find */
	alignas(max_align_t) char parts[RULE_PARTS_MAX];
};

/* A rule with the defaults of all members. */
void rule_init(struct rule *rule);

/* No event meets it. */
void rule_disable(struct rule *rule);

/* From here on the engine can apply it. Its references have ids. */
void rule_compile(struct rule *rule, struct arena *arena);

/* How many references a rule can have at most. */
size_t rule_reference_max(void);

/* All members, with their offsets in struct rule. */
const struct field *rule_fields(size_t *count_out);

const struct match *rule_match(const struct rule *rule);

/*
 * The references that are set, one after the other; *at is 0 at first. NULL
 * after the last.
 */
const struct reference *rule_reference(
    const struct rule *rule, size_t *at, enum reference_kind *kind_out);

/* The same one, to be changed. */
struct reference *
rule_reference_of(struct rule *rule, const struct reference *reference);

#endif
