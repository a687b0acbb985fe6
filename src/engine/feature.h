/* feature: a piece of the rule language; each has a file of its own */
#ifndef ENGINE_FEATURE_H
#define ENGINE_FEATURE_H

#include "engine/engine.h"

/*
 * All features, in the order of the ladder: the first that does not pass ends
 * it. Each is feature_NAME in engine/NAME.c.
 */
#define FEATURES(F) F(match) F(cooldown) F(count) F(points) F(badge)

#define FEATURE_DECLARE(name) extern const struct feature feature_##name;
#define FEATURE_NUMBER(name)  FEATURE_##name,
enum { FEATURES(FEATURE_NUMBER) FEATURE_COUNT };

/* An event that climbs the ladder of one rule. */
struct step {
	struct undo *undo;
	struct state *state;
	const struct occurrence *event;
	const struct rule *rule;
	struct award *award; /* what it gives so far */
};

/* All features of a rule go through a phase, before any is in the next one. */
enum phase {
	PASSES, /* the step of the ladder; false: the event does not pass */
	GIVES,  /* all have passed; false: a balance would leave int64 */
	GIVEN,  /* the rule has given something; always true */
	PHASES
};

/* A value, whether it was ever set, and it to be changed; see rule.refs. */
int64_t step_get(const struct step *step, enum state_kind kind, int64_t ref);
bool step_has(const struct step *step, enum state_kind kind, int64_t ref);
int64_t *step_touch(struct step *step, enum state_kind kind, int64_t ref);

/* Which members a body has that are not null. */
struct sent {
	bool (*has)(const struct sent *sent, const char *member);
};

/* Functions that are NULL have nothing to do. part is the rule's part of it. */
struct feature {
	/* Its members, with offsets in its part, which has the size. */
	const struct field *fields;
	size_t field_count;
	size_t size;
	/* The member by which a rule gives something; each rule has one. */
	const char *gift;
	/* What is wrong with its members as a whole. */
	struct member_fault (*check)(const void *part, const struct sent *sent);
	/* Whether a rule uses it; NULL: each does. */
	bool (*is_used)(const void *part);
	/*
	 * The refs of the values that it may touch, one of a kind, once for an
	 * event; no other feature of the rule touches the same kind.
	 */
	void (*keeps)(const void *part, int64_t rule, int64_t *refs_out);
	/* What it does for an event, in each phase. */
	bool (*on[PHASES])(struct step *step, const void *part);
};

/* What a feature, by its number, says of the rule's members; or nothing. */
struct member_fault
feature_check(const struct rule *rule, size_t number, const struct sent *sent);

FEATURES(FEATURE_DECLARE)
extern const struct feature *const features[FEATURE_COUNT];

#define FIELDS(table) \
	.fields = (table), .field_count = sizeof(table) / sizeof((table)[0])

#endif
