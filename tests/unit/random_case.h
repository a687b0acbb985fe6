/* random_case: rules, users and events drawn by a seed */
#ifndef RANDOM_CASE_H
#define RANDOM_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RULES_MAX = 8,
	EVENTS_MAX = 40,
	USERS = 3,
	SCALES = 2,
	BADGES = 3,
	PROPERTIES_MAX = 3,
};

/*
 * A case: rules, what is stored before, and events. The same numbers stand for
 * rules, scales and badges, so that mixing them up shows.
 */
struct random_rule {
	bool enabled;
	const char *event_type, *property;
	int64_t times, points;
	int scale, badge; /* 0: none */
};

struct random_event {
	int user; /* from 0 */
	const char *event_type;
	const char *properties[PROPERTIES_MAX];
	size_t property_count;
};

struct balance {
	bool exists;
	int64_t points;
};

struct user {
	struct balance balances[SCALES + 1];
	int64_t counts[RULES_MAX + 1];
	bool given[RULES_MAX + 1]; /* of a rule for the N-th event */
	int64_t
	    badges[BADGES + 1]; /* places in the order of winning; 0: none */
};

struct random_case {
	struct random_rule rules[RULES_MAX];
	size_t rule_count;
	struct random_event events[EVENTS_MAX];
	size_t event_count;
	struct user before[USERS];
};

extern uint64_t seed;

/*
 * Fixture of a group: an arena, and the seed, which PALMARES_TEST_SEED may give
 * to repeat a run.
 */
int random_set_up(void **test);

/*
 * What is drawn after it depends on the seed and the number alone; draw_case
 * begins with it.
 */
void draw_from(uint64_t number);

/* A number from 0 to below - 1. */
uint64_t draw(uint64_t below);

/* A number of any size: all numbers of bits are as likely. */
uint64_t draw_uint(void);

/*
 * A case, in the arena. It depends on the seed and its number alone, and so do
 * the numbers that are drawn after it.
 */
struct random_case *draw_case(uint64_t number);

#endif
