/* fuzz_engine: the engine beside a slow model of it, for fuzz_event */
#include "fuzz_engine.h"

#include <assert.h>
#include <string.h>

#include "../unit/plain_rule.h"
#include "base/arena.h"
#include "engine/rule_set.h"
#include "ingest/ingest.h"
#include "store/catalog.h"

enum { RULES_MAX = 16, USERS_MAX = 16 };

/* Names are numbered from 1 in the order in which they come. */
struct names {
	const char *names[RULES_MAX + USERS_MAX];
	int count;
};

/* A user by the model. Sums are wide, so that they cannot overflow. */
struct model_user {
	__int128 balances[RULES_MAX + 1];
	int64_t counts[RULES_MAX + 1];
	bool given[RULES_MAX + 1];
	int64_t badges[RULES_MAX + 1]; /* places; 0: not won */
	int64_t badge_count;
};

struct model_award {
	int64_t rule;
	int64_t balance;
	bool badge_won;
};

struct fuzz_engine {
	struct arena *arena;
	struct plain_rule plain[RULES_MAX];
	struct rule rules[RULES_MAX];
	size_t rule_count;
	struct rule_set *set; /* NULL until the first event */
	struct state states[USERS_MAX + 1];
	struct names scales, badges, users;
	struct model_user model[USERS_MAX + 1];
};

struct fuzz_engine *
fuzz_engine_new(struct arena *arena)
{
	struct fuzz_engine *engine = arena_alloc(arena, sizeof(*engine));
	size_t i;

	engine->arena = arena;
	for (i = 0; i <= USERS_MAX; i++)
		state_init(&engine->states[i], arena);
	return engine;
}

static int
number_of(struct names *names, const char *name)
{
	int i;

	if (name == NULL)
		return 0;
	for (i = 0; i < names->count; i++)
		if (strcmp(names->names[i], name) == 0)
			return i + 1;
	names->names[names->count++] = name;
	return names->count;
}

void
fuzz_engine_rule(
    struct fuzz_engine *engine, const struct rule_definition *definition)
{
	struct plain_rule *plain = &engine->plain[engine->rule_count];
	struct rule *rule = &engine->rules[engine->rule_count];

	if (engine->rule_count == RULES_MAX)
		return;
	*plain = plain_rule_of(&definition->rule);
	plain->id = (int64_t)++engine->rule_count;
	plain->scale = number_of(&engine->scales, plain->scale_name);
	plain->badge = number_of(&engine->badges, plain->badge_name);
	plain_rule_fill(rule, plain);
	rule_compile(rule, engine->arena);
}

static bool
model_matches(const struct plain_rule *rule, const struct occurrence *event)
{
	bool has = rule->property == NULL;
	const struct property *property;
	size_t i;

	for (i = 0; i < event->property_count && !has; i++) {
		property = &event->properties[i];
		has = strcmp(property->name, rule->property) == 0 &&
		    (property->type != VALUE_BOOLEAN || property->boolean);
	}
	return has && !rule->disabled &&
	    strcmp(rule->event_type, event->event_type) == 0;
}

static bool
in_range(__int128 points)
{
	return points >= INT64_MIN && points <= INT64_MAX;
}

/* What a rule gives. False past the range of points. */
static bool
model_give(struct model_user *user, const struct plain_rule *rule,
    struct model_award *award_out)
{
	*award_out = (struct model_award) {.rule = rule->id};
	if (rule->scale != 0) {
		user->balances[rule->scale] += rule->points;
		if (!in_range(user->balances[rule->scale]))
			return false;
		award_out->balance = (int64_t)user->balances[rule->scale];
	}
	award_out->badge_won =
	    rule->badge != 0 && user->badges[rule->badge] == 0;
	if (award_out->badge_won)
		user->badges[rule->badge] = ++user->badge_count;
	return true;
}

/* The user after the event. False: refused, and *user means nothing. */
static bool
model_apply(const struct fuzz_engine *engine, struct model_user *user,
    const struct occurrence *event, struct model_award *awards,
    size_t *count_out)
{
	const struct plain_rule *rule;
	size_t count = 0, i;

	for (i = 0; i < engine->rule_count; i++) {
		rule = &engine->plain[i];
		if (!model_matches(rule, event))
			continue;
		user->counts[rule->id]++;
		if (rule->times > 1 &&
		    (user->given[rule->id] ||
		        user->counts[rule->id] < rule->times))
			continue;
		user->given[rule->id] |= rule->times > 1;
		if (!model_give(user, rule, &awards[count]))
			return false;
		count += rule->scale != 0 || awards[count].badge_won;
	}
	*count_out = count;
	return true;
}

static void
check_awards(
    const struct award *got, const struct model_award *expected, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		assert(got[i].rule->id == expected[i].rule);
		assert(got[i].balance == expected[i].balance);
		assert((got[i].badge != NULL) == expected[i].badge_won);
	}
}

static void
check_state(const struct fuzz_engine *engine, int user)
{
	const struct model_user *model = &engine->model[user];
	const struct state *state = &engine->states[user];
	int i;

	for (i = 1; i <= RULES_MAX; i++) {
		assert(
		    state_get(state, STATE_BALANCE, i) == model->balances[i]);
		assert(state_get(state, STATE_COUNT, i) == model->counts[i]);
		assert(state_get(state, STATE_BADGE, i) == model->badges[i]);
		assert(state_get(state, STATE_GIVEN, i) == model->given[i]);
	}
	assert(state->badges == model->badge_count);
}

static void
apply_both(struct fuzz_engine *engine, int user, const struct occurrence *event)
{
	struct model_user after = engine->model[user];
	struct model_award expected[RULES_MAX];
	struct award got[RULES_MAX];
	const struct found_rules found =
	    rule_set_find(engine->set, engine->arena, event);
	const struct rules_met met = found_rules_list(&found, engine->arena);
	size_t got_count = 0, expected_count;
	enum engine_result result;
	bool applied =
	    model_apply(engine, &after, event, expected, &expected_count);

	result = engine_apply(
	    &engine->states[user], engine->arena, event, &met, got, &got_count);
	assert(result == (applied ? ENGINE_APPLIED : ENGINE_OVERFLOW));
	if (applied) {
		assert(got_count == expected_count);
		check_awards(got, expected, got_count);
		engine->model[user] = after;
	}
	check_state(engine, user);
}

void
fuzz_engine_event(struct fuzz_engine *engine, const struct ingest_event *event)
{
	if (engine->set == NULL)
		engine->set = rule_set_new(
		    engine->arena, engine->rules, engine->rule_count);
	if (engine->users.count == USERS_MAX)
		return;
	apply_both(engine, number_of(&engine->users, event->event.username),
	    &event->occurrence);
}
