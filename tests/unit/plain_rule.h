/* plain_rule: rules by their members, for tests; nothing of cmocka in it */
#ifndef PLAIN_RULE_H
#define PLAIN_RULE_H

#include "engine/rule.h"

/* What is 0 or NULL has its default. */
struct plain_rule {
	int64_t id;
	const char *name;
	bool disabled;
	const char *event_type;
	const char *property;
	int64_t times, points, cooldown;
	int64_t scale, badge; /* ids */
	const char *scale_name, *badge_name;
	size_t weight;
};

/* The rule, not compiled; and what it says. */
void plain_rule_fill(struct rule *rule, const struct plain_rule *row);
struct plain_rule plain_rule_of(const struct rule *rule);

/* The last place that a badge has in the state. */
int64_t last_place(const struct state *state);

/* These rules, compiled. */
struct rule *
plain_rules(struct arena *arena, const struct plain_rule *rows, size_t count);

#endif
