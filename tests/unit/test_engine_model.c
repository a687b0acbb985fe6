/* test_engine_model: random rules and events, against a slow model */
#include <string.h>

#include "base/str.h"
#include "engine_test.h"
#include "random_case.h"

enum { CASES = 4000, TEXT_MAX = 100000 };

/* What comes out: a text for each event, and the users' state in the end. */
struct outcome {
	const char *events[EVENTS_MAX];
	struct user after[USERS];
};

const size_t arena_max = 64 << 20;

/*
 * The model: what openapi.yaml says of rules, word for word, as slow as it
 * likes.
 */
static bool
model_matches(const struct random_rule *rule, const struct random_event *event)
{
	const char *wanted = rule->property;
	bool has = wanted == NULL;
	size_t i;

	for (i = 0; i < event->property_count; i++)
		if (wanted && strcmp(event->properties[i], wanted) == 0)
			has = true;
	return rule->enabled && has &&
	    strcmp(event->event_type, rule->event_type) == 0;
}

/* How many badges the user has. */
static int64_t
model_badges(const struct user *user)
{
	int64_t count = 0, i;

	for (i = 1; i <= BADGES; i++)
		count += user->badges[i] != 0;
	return count;
}

/* False if the balance leaves the range. Adds what was given to text. */
static bool
model_give(struct user *user, const struct random_rule *rule, size_t id,
    struct str *text)
{
	struct balance *balance = &user->balances[rule->scale];
	bool won = rule->badge != 0 && user->badges[rule->badge] == 0;
	const char *gap = text->len > 0 ? " " : "";
	__int128 points;

	if (won)
		user->badges[rule->badge] = model_badges(user) + 1;
	if (rule->scale != 0) {
		points = (__int128)balance->points + rule->points;
		if (points > INT64_MAX || points < INT64_MIN)
			return false;
		*balance = (struct balance) {true, (int64_t)points};
		str_addf(text, "%s%zu=%lld%s", gap, id, (long long)points,
		    won ? "*" : "");
	} else if (won)
		str_addf(text, "%s%zu*", gap, id);
	return true;
}

static const char *
model_apply(const struct random_case *random, struct user *users,
    const struct random_event *event)
{
	struct user user = users[event->user];
	struct str text = str_new(arena, TEXT_MAX);
	size_t id;

	for (id = 1; id <= random->rule_count; id++) {
		const struct random_rule *rule = &random->rules[id - 1];

		if (!model_matches(rule, event))
			continue;
		user.counts[id]++;
		if (rule->times > 1 &&
		    (user.given[id] || user.counts[id] < rule->times))
			continue;
		user.given[id] |= rule->times > 1;
		if (!model_give(&user, rule, id, &text))
			return "overflow";
	}
	users[event->user] = user;
	return text.data;
}

static struct outcome
model_run(const struct random_case *random)
{
	struct outcome outcome = {0};
	size_t i;

	memcpy(outcome.after, random->before, sizeof(outcome.after));
	for (i = 0; i < random->event_count; i++)
		outcome.events[i] =
		    model_apply(random, outcome.after, &random->events[i]);
	return outcome;
}

/* The engine, with a struct user in the place of the store's rows. */
static void
load(struct state *state, const struct user *user)
{
	int64_t i;

	state_init(state, arena);
	for (i = 1; i <= SCALES; i++)
		if (user->balances[i].exists)
			state_set(
			    state, STATE_BALANCE, i, user->balances[i].points);
	for (i = 1; i <= RULES_MAX; i++)
		if (user->counts[i] > 0)
			state_set(state, STATE_COUNT, i, user->counts[i]);
	for (i = 1; i <= RULES_MAX; i++)
		if (user->given[i])
			state_set(state, STATE_GIVEN, i, 1);
	for (i = 1; i <= BADGES; i++)
		if (user->badges[i] > 0)
			state_set(state, STATE_BADGE, i, user->badges[i]);
}

/* What is there, as the store would write it. */
static struct user
save(const struct state *state)
{
	struct user user = {0};
	const struct state_slot *slot;
	size_t i;

	for (i = 0; i < state->kinds[STATE_BALANCE].count; i++) {
		slot = &state->kinds[STATE_BALANCE].list[i];
		user.balances[slot->ref] =
		    (struct balance) {slot->present, slot->value};
	}
	for (i = 0; i < state->kinds[STATE_COUNT].count; i++) {
		slot = &state->kinds[STATE_COUNT].list[i];
		user.counts[slot->ref] = slot->value;
	}
	for (i = 0; i < state->kinds[STATE_GIVEN].count; i++) {
		slot = &state->kinds[STATE_GIVEN].list[i];
		user.given[slot->ref] = slot->value != 0;
	}
	for (i = 0; i < state->kinds[STATE_BADGE].count; i++) {
		slot = &state->kinds[STATE_BADGE].list[i];
		user.badges[slot->ref] = slot->value;
	}
	assert_true(state->badges == model_badges(&user));
	return user;
}

static const char *
engine_run_event(struct state *states, const struct rule_set *set,
    const struct random_event *event)
{
	const struct occurrence occurrence = occurrence_with(
	    event->event_type, event->properties, event->property_count);

	return apply_found(&states[event->user], set, &occurrence);
}

static const struct rule_set *
rule_set_of(const struct random_case *random)
{
	struct plain_rule plain[RULES_MAX];
	size_t i;

	for (i = 0; i < random->rule_count; i++)
		plain[i] = (struct plain_rule) {.id = (int64_t)i + 1,
		    .disabled = !random->rules[i].enabled,
		    .event_type = random->rules[i].event_type,
		    .property = random->rules[i].property,
		    .times = random->rules[i].times,
		    .points = random->rules[i].points,
		    .scale = random->rules[i].scale,
		    .badge = random->rules[i].badge};
	return rule_set_new(arena,
	    plain_rules(arena, plain, random->rule_count), random->rule_count);
}

/*
 * Applies the events in the given order, in batches of at most batch_max. Each
 * batch begins with what the ones before have written.
 */
static struct outcome
engine_run(
    const struct random_case *random, const size_t *order, size_t batch_max)
{
	const struct rule_set *set = rule_set_of(random);
	struct outcome outcome = {0};
	struct state states[USERS];
	size_t i, end;
	int user;

	memcpy(outcome.after, random->before, sizeof(outcome.after));
	for (i = 0; i < random->event_count;) {
		for (user = 0; user < USERS; user++)
			load(&states[user], &outcome.after[user]);
		end = i + 1 + draw(batch_max);
		for (; i < end && i < random->event_count; i++)
			outcome.events[order[i]] = engine_run_event(
			    states, set, &random->events[order[i]]);
		for (user = 0; user < USERS; user++)
			outcome.after[user] = save(&states[user]);
	}
	return outcome;
}

/* Not memcmp: there is padding. */
static bool
same_user(const struct user *one, const struct user *other)
{
	size_t i;

	for (i = 1; i <= SCALES; i++)
		if (one->balances[i].exists != other->balances[i].exists ||
		    one->balances[i].points != other->balances[i].points)
			return false;
	return memcmp(one->counts, other->counts, sizeof(one->counts)) == 0 &&
	    memcmp(one->badges, other->badges, sizeof(one->badges)) == 0;
}

static void
compare(uint64_t number, const struct random_case *random,
    const struct outcome *found, const struct outcome *wanted)
{
	size_t i;

	for (i = 0; i < random->event_count; i++)
		if (strcmp(found->events[i], wanted->events[i]) != 0)
			fail_msg("seed %llu case %llu event %zu: \"%s\" "
			         "instead of \"%s\"",
			    (unsigned long long)seed,
			    (unsigned long long)number, i, found->events[i],
			    wanted->events[i]);
	for (i = 0; i < USERS; i++)
		if (!same_user(&found->after[i], &wanted->after[i]))
			fail_msg("seed %llu case %llu: user %zu is left "
			         "otherwise",
			    (unsigned long long)seed,
			    (unsigned long long)number, i);
}

static void
identity(size_t *order)
{
	size_t i;

	for (i = 0; i < EVENTS_MAX; i++)
		order[i] = i;
}

/* Another order of the events, in which every user's own stay in theirs. */
static void
interleave(const struct random_case *random, size_t *order)
{
	size_t next[USERS] = {0}, i = 0;
	int user;

	while (i < random->event_count) {
		user = (int)draw(USERS);
		while (next[user] < random->event_count &&
		    random->events[next[user]].user != user)
			next[user]++;
		if (next[user] < random->event_count)
			order[i++] = next[user]++;
	}
}

static void
the_engine_does_what_the_model_does(void **test)
{
	struct random_case *random;
	struct outcome found, wanted;
	size_t order[EVENTS_MAX], i, applied = 0, refused = 0;
	uint64_t number;

	(void)test;
	identity(order);
	for (number = 0; number < CASES; number++) {
		random = draw_case(number);
		wanted = model_run(random);
		found = engine_run(random, order, EVENTS_MAX);
		compare(number, random, &found, &wanted);
		for (i = 0; i < random->event_count; i++) {
			applied += *wanted.events[i] != '\0';
			refused += strcmp(wanted.events[i], "overflow") == 0;
		}
		arena_reset(arena);
	}
	/* The cases are worth something: many awards, some overflows. */
	assert_true(applied > 5 * (size_t)CASES);
	assert_true(refused > CASES / 4);
	assert_true(applied > 2 * refused);
}

static void
it_does_not_matter_how_events_are_gathered(void **test)
{
	static const size_t sizes[] = {1, 2, 7};
	struct random_case *random;
	struct outcome found, wanted;
	size_t order[EVENTS_MAX], i;
	uint64_t number;

	(void)test;
	identity(order);
	for (number = 0; number < CASES / 2; number++) {
		random = draw_case(number);
		wanted = model_run(random);
		for (i = 0; i < COUNT(sizes); i++) {
			found = engine_run(random, order, sizes[i]);
			compare(number, random, &found, &wanted);
		}
		arena_reset(arena);
	}
}

static void
it_does_not_matter_what_other_users_do_in_between(void **test)
{
	struct random_case *random;
	struct outcome found, wanted;
	size_t order[EVENTS_MAX], i, moved = 0;
	uint64_t number;

	(void)test;
	for (number = 0; number < CASES / 2; number++) {
		random = draw_case(number);
		identity(order);
		wanted = engine_run(random, order, EVENTS_MAX);
		interleave(random, order);
		found = engine_run(random, order, EVENTS_MAX);
		compare(number, random, &found, &wanted);
		for (i = 0; i < random->event_count; i++)
			moved += order[i] != i;
		arena_reset(arena);
	}
	assert_true(moved > CASES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_engine_does_what_the_model_does),
	    cmocka_unit_test(it_does_not_matter_how_events_are_gathered),
	    cmocka_unit_test(it_does_not_matter_what_other_users_do_in_between),
	};

	return cmocka_run_group_tests(tests, random_set_up, arena_tear_down);
}
