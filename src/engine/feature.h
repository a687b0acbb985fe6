/* feature: a piece of the rule language; each has a file of its own */
#ifndef ENGINE_FEATURE_H
#define ENGINE_FEATURE_H

#include "engine/engine.h"

/*
 * All features, in the order of the ladder: the first that does not pass ends
 * it. Each is feature_NAME in engine/NAME.c.
 */
#define FEATURES(F)   \
	F(match)      \
	F(validity)   \
	F(conditions) \
	F(requires)   \
	F(distinct)   \
	F(cooldown)   \
	F(count)      \
	F(streak)     \
	F(limit)      \
	F(points)     \
	F(badge)

#define FEATURE_DECLARE(name) extern const struct feature feature_##name;
#define FEATURE_NUMBER(name)  FEATURE_##name,
enum { FEATURES(FEATURE_NUMBER) FEATURE_COUNT };

/* An event that climbs the ladder of one rule. */
struct step {
	struct undo *undo;
	struct state *state;
	struct arena *scratch;
	const struct occurrence *event;
	const struct rule *rule;
	struct award *award; /* what it gives so far */
};

/*
 * All features of a rule go through a phase, before any is in the next one. The
 * first six are the ladder: the event falls from it as soon as one says false.
 */
enum phase {
	ASKS,    /* what the event is like */
	TIMELY,  /* that it is not too late */
	FRESH,   /* that it counts, although others did before */
	COUNTS,  /* it counts for the rule; always true */
	REACHES, /* that there are enough of them */
	ALLOWS,  /* that the rule may give once more */
	GIVES,   /* false: a balance would leave int64 */
	GIVEN,   /* the rule has given something; always true */
	PHASES
};

/*
 * A value of the thing, and it to be changed, until the next call; see
 * rule.refs. For kinds that are keyed and the rule's: the same by key, whether
 * it was ever set, and all of them.
 */
int64_t step_get(const struct step *step, enum state_kind kind, int64_t ref);
int64_t *step_touch(struct step *step, enum state_kind kind, int64_t ref);
int64_t step_get_at(const struct step *step, enum state_kind kind, int64_t key);
int64_t *step_touch_at(struct step *step, enum state_kind kind, int64_t key);
bool step_has(const struct step *step, enum state_kind kind, int64_t key);
struct state_slot *
step_slots(const struct step *step, enum state_kind kind, size_t *count_out);

/* One of step_slots loses its value; none moves. */
void
step_drop(struct step *step, enum state_kind kind, struct state_slot *slot);

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
	/* What is wrong with its members as a whole, or beside the others. */
	struct member_fault (*check)(
	    const struct rule *rule, const void *part, const struct sent *sent);
	/* Whether a rule uses it; NULL: each does. */
	bool (*is_used)(const void *part);
	/*
	 * The refs of the values that it nearly always touches, one of a kind;
	 * of kinds that are not keyed.
	 */
	void (*keeps)(const void *part, int64_t rule, int64_t *refs_out);
	/* What it does for an event, in each phase. */
	bool (*on[PHASES])(struct step *step, const void *part);
};

/* Whether the rule goes on giving; see engine/count.c. */
bool rule_repeats(const struct rule *rule);
int64_t rule_times(const struct rule *rule);
bool rule_has_window(const struct rule *rule);
/* A limit of another span than all time; see engine/limit.c. */
bool rule_has_timed_limit(const struct rule *rule);

/* It has an event type, or something else that it waits for. */
bool rule_has_occasion(const struct rule *rule);

/* The rule's part of a feature, by its number. */
const void *rule_part(const struct rule *rule, size_t number);

/* What a feature, by its number, says of the rule's members; or nothing. */
struct member_fault
feature_check(const struct rule *rule, size_t number, const struct sent *sent);

FEATURES(FEATURE_DECLARE)
extern const struct feature *const features[FEATURE_COUNT];

#define FIELDS(table) \
	.fields = (table), .field_count = sizeof(table) / sizeof((table)[0])

#endif
