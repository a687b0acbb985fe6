/* random_case: rules, users and events drawn by a seed */
#include <stdio.h>
#include <stdlib.h>

#include "random_case.h"
#include "unit_test.h"

uint64_t seed;

static uint64_t random_state;

int
random_set_up(void **test)
{
	const char *given = getenv("PALMARES_TEST_SEED");

	seed = given == NULL ? 20261122 : strtoull(given, NULL, 10);
	printf("PALMARES_TEST_SEED=%llu\n", (unsigned long long)seed);
	return arena_set_up(test);
}

void
draw_from(uint64_t number)
{
	random_state = seed + number * 1000003;
}

/* SplitMix64. */
static uint64_t
draw_bits(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint64_t
draw(uint64_t below)
{
	return draw_bits() % below;
}

uint64_t
draw_uint(void)
{
	const uint64_t bits = draw_bits();

	return bits >> draw(64);
}

#define ONE_OF(rows) ((rows)[draw(COUNT(rows))])

static const char *
draw_type(void)
{
	static const char *const types[] = {"review", "review", "review",
	    "review", "order", "Review", "review "};

	return ONE_OF(types);
}

static const char *
draw_property(void)
{
	static const char *const properties[] = {
	    "verified", "stars", "Stars", "review"};

	return ONE_OF(properties);
}

static struct random_rule
draw_rule(void)
{
	static const int64_t times[] = {1, 1, 2, 3, 5};
	static const int64_t points[] = {0, 1, 5, 10, -1, -7, INT64_MAX / 2,
	    INT64_MIN / 2, INT64_MAX, INT64_MIN};
	struct random_rule rule = {.enabled = draw(8) > 0,
	    .event_type = draw_type(),
	    .property = draw(3) == 0 ? draw_property() : NULL,
	    .times = ONE_OF(times),
	    .scale = (int)draw(SCALES + 1),
	    .badge = (int)draw(BADGES + 1)};

	/* Mostly small ones, or hardly an event would be applied. */
	rule.points = draw(4) == 0 ? ONE_OF(points) : points[draw(6)];
	if (rule.scale == 0 && rule.badge == 0)
		rule.badge = 1;
	if (rule.scale == 0)
		rule.points = 0;
	return rule;
}

static struct random_event
draw_event(void)
{
	struct random_event event = {.user = (int)draw(USERS),
	    .event_type = draw_type(),
	    .property_count = draw(PROPERTIES_MAX + 1)};
	size_t i;

	for (i = 0; i < event.property_count; i++)
		event.properties[i] = draw_property();
	return event;
}

static struct user
draw_user(size_t rule_count)
{
	static const int64_t points[] = {0, 5, -5, INT64_MAX, INT64_MIN,
	    INT64_MAX - 10, INT64_MIN + 10, INT64_MAX / 2};
	struct user user = {0};
	int64_t place = 0, *badge;
	size_t i;

	for (i = 1; i <= SCALES; i++)
		if (draw(3) == 0)
			user.balances[i] =
			    (struct balance) {true, ONE_OF(points)};
	for (i = 1; i <= rule_count; i++)
		if (draw(3) == 0) {
			user.counts[i] = (int64_t)draw(4);
			user.given[i] = draw(2) == 0;
		}
	for (i = 1; i <= BADGES; i++) {
		badge = &user.badges[1 + draw(BADGES)];
		if (draw(4) == 0 && *badge == 0)
			*badge = ++place;
	}
	return user;
}

struct random_case *
draw_case(uint64_t number)
{
	struct random_case *random = arena_alloc(arena, sizeof(*random));
	size_t i;

	draw_from(number);
	random->rule_count = draw(RULES_MAX + 1);
	random->event_count = draw(EVENTS_MAX + 1);
	for (i = 0; i < random->rule_count; i++)
		random->rules[i] = draw_rule();
	for (i = 0; i < random->event_count; i++)
		random->events[i] = draw_event();
	for (i = 0; i < USERS; i++)
		random->before[i] = draw_user(random->rule_count);
	return random;
}
