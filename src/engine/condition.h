/* condition: what a rule asks of an event's properties */
#ifndef ENGINE_CONDITION_H
#define ENGINE_CONDITION_H

#include "engine/occurrence.h"

/* Source: the contract of rules, "Conditions". */
enum condition_operator {
	OPERATOR_EQ,
	OPERATOR_NE,
	OPERATOR_LT,
	OPERATOR_LTE,
	OPERATOR_GT,
	OPERATOR_GTE,
	OPERATOR_BETWEEN,
	OPERATOR_IN,
	OPERATOR_NOT_IN,
	OPERATOR_CONTAINS,
	OPERATOR_STARTS_WITH,
	OPERATOR_ENDS_WITH,
	OPERATOR_EXISTS,
	OPERATORS, /* groups follow */
	GROUP_ALL = OPERATORS,
	GROUP_ANY,
	GROUP_NOT,
	GROUPS_END
};

/* A leaf asks one thing of one property; a group is made of what follows it. */
struct condition {
	enum condition_operator op;
	bool ignore_case; /* of ASCII letters */
	const char *property;
	/* Of a leaf: scalars; two of BETWEEN, one to a hundred of IN. */
	const struct property *values;
	size_t value_count;
	size_t size; /* how many conditions it is, with all its parts */
};

enum { CONDITION_LEAVES_MAX = 32, CONDITION_DEPTH_MAX = 3 };

/*
 * A tree in the order in which it is read: a group, then its parts. The first
 * one is a GROUP_ALL of all that the rule asks.
 */
struct conditions {
	const struct condition *list;
	size_t count;
};

/* No more than a group has leaves at each depth, and the first one. */
enum { CONDITIONS_MAX = CONDITION_LEAVES_MAX * (CONDITION_DEPTH_MAX + 1) + 1 };

bool conditions_hold(
    const struct conditions *conditions, const struct occurrence *event);

#endif
