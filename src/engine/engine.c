/* engine: what rules give for an event */
#include "engine/engine.h"

#include <string.h>

#include "base/arena.h"

enum { STATE_FIRST_SIZE = 64 };

/* The rules of one event type; entries with the same bucket are chained. */
struct rule_list {
	const char *event_type;
	const struct rule **rules;
	size_t count;
	struct rule_list *next;
};

struct rule_set {
	struct rule_list **buckets;
	size_t size;
};

/*
 * FNV-1a. Event types are the site's own choice: no need to resist collisions.
 */
static uint64_t
hash_text(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
	return hash;
}

static struct rule_list *
rule_list_find(const struct rule_set *set, const char *event_type)
{
	struct rule_list *list =
	    set->buckets[hash_text(event_type) % set->size];

	while (list != NULL && strcmp(list->event_type, event_type) != 0)
		list = list->next;
	return list;
}

static struct rule_list *
rule_list_add(struct rule_set *set, struct arena *arena, const char *event_type)
{
	struct rule_list *list = arena_alloc(arena, sizeof(*list));
	struct rule_list **bucket =
	    &set->buckets[hash_text(event_type) % set->size];

	list->event_type = event_type;
	list->next = *bucket;
	*bucket = list;
	return list;
}

struct rule_set *
rule_set_new(struct arena *arena, const struct rule *rules, size_t count)
{
	struct rule_set *set = arena_alloc(arena, sizeof(*set));
	struct rule_list *list;
	size_t i;

	set->size = 2 * count + 1;
	set->buckets = arena_array(arena, set->size, sizeof(*set->buckets));
	for (i = 0; i < count; i++) {
		list = rule_list_find(set, rules[i].event_type);
		if (list == NULL)
			list = rule_list_add(set, arena, rules[i].event_type);
		list->count++;
	}
	for (i = 0; i < count; i++) {
		list = rule_list_find(set, rules[i].event_type);
		if (list->rules == NULL) {
			list->rules = arena_array(
			    arena, list->count, sizeof(*list->rules));
			list->count = 0;
		}
		list->rules[list->count++] = &rules[i];
	}
	return set;
}

const struct rule *const *
rule_set_find(
    const struct rule_set *set, const char *event_type, size_t *count_out)
{
	const struct rule_list *list = rule_list_find(set, event_type);

	*count_out = list == NULL ? 0 : list->count;
	return list == NULL ? NULL : list->rules;
}

bool
rule_matches(const struct rule *rule, const struct occurrence *event)
{
	size_t i;

	if (!rule->enabled || strcmp(rule->event_type, event->event_type) != 0)
		return false;
	if (rule->property == NULL)
		return true;
	for (i = 0; i < event->property_count; i++)
		if (strcmp(event->properties[i], rule->property) == 0)
			return true;
	return false;
}

void
state_init(struct state *state, struct arena *arena)
{
	*state = (struct state) {.arena = arena, .size = STATE_FIRST_SIZE};
	state->buckets =
	    arena_array(arena, state->size, sizeof(*state->buckets));
	state->last_changed = &state->first_changed;
}

/* Where the slot is, or would be put: linear probing, never full. */
static struct state_slot **
state_place(
    const struct state *state, enum state_kind kind, int64_t user, int64_t ref)
{
	uint64_t hash = (uint64_t)user * 0x9e3779b97f4a7c15u ^
	    (uint64_t)ref * 0xc2b2ae3d27d4eb4fu ^ (uint64_t)kind << 61;
	size_t i = (hash ^ hash >> 29) & (state->size - 1);
	const struct state_slot *slot;

	while ((slot = state->buckets[i]) != NULL &&
	    (slot->kind != kind || slot->user != user || slot->ref != ref))
		i = (i + 1) & (state->size - 1);
	return &state->buckets[i];
}

static void
state_grow(struct state *state)
{
	struct state_slot **old = state->buckets;
	size_t old_size = state->size, i;

	state->size *= 2;
	state->buckets =
	    arena_array(state->arena, state->size, sizeof(*state->buckets));
	for (i = 0; i < old_size; i++)
		if (old[i] != NULL)
			*state_place(state, old[i]->kind, old[i]->user,
			    old[i]->ref) = old[i];
}

static struct state_slot *
state_slot(struct state *state, enum state_kind kind, int64_t user, int64_t ref)
{
	struct state_slot **place = state_place(state, kind, user, ref);

	if (*place != NULL)
		return *place;
	if (2 * ++state->used > state->size) {
		state_grow(state);
		place = state_place(state, kind, user, ref);
	}
	*place = arena_alloc(state->arena, sizeof(**place));
	(*place)->kind = kind;
	(*place)->user = user;
	(*place)->ref = ref;
	return *place;
}

void
state_set(struct state *state, enum state_kind kind, int64_t user, int64_t ref,
    int64_t value)
{
	struct state_slot *slot = state_slot(state, kind, user, ref);

	slot->value = value;
	slot->stored = true;
}

bool
state_want(struct state *state, enum state_kind kind, int64_t user, int64_t ref)
{
	size_t used = state->used;

	state_slot(state, kind, user, ref);
	return state->used != used;
}

int64_t
state_get(
    const struct state *state, enum state_kind kind, int64_t user, int64_t ref)
{
	const struct state_slot *slot = *state_place(state, kind, user, ref);

	return slot == NULL ? 0 : slot->value;
}

/* The slot with its value so far in this event. */
static struct state_slot *
state_pending(
    struct state *state, enum state_kind kind, int64_t user, int64_t ref)
{
	struct state_slot *slot = state_slot(state, kind, user, ref);

	if (slot->serial != state->serial) {
		slot->serial = state->serial;
		slot->pending = slot->value;
	}
	return slot;
}

static void
state_commit(
    struct state *state, enum state_kind kind, int64_t user, int64_t ref)
{
	struct state_slot *slot = *state_place(state, kind, user, ref);

	if (slot == NULL || slot->serial != state->serial ||
	    (slot->stored && slot->value == slot->pending))
		return;
	slot->value = slot->pending;
	if (!slot->changed) {
		slot->changed = true;
		*state->last_changed = slot;
		state->last_changed = &slot->next_changed;
	}
}

/*
 * What a rule whose turn has come gives. False if the balance would leave
 * int64. *gave_out: a rule that has but a badge, which the user has, gives
 * nothing.
 */
static bool
rule_give(struct state *state, const struct rule *rule, int64_t user,
    struct award *award_out, bool *gave_out)
{
	struct state_slot *slot;

	*award_out = (struct award) {.rule = rule};
	if (rule->point_scale_id != 0) {
		slot = state_pending(
		    state, STATE_BALANCE, user, rule->point_scale_id);
		if (__builtin_add_overflow(
		        slot->pending, rule->points, &slot->pending))
			return false;
		award_out->balance = slot->pending;
	}
	if (rule->badge_id != 0) {
		slot = state_pending(state, STATE_BADGE, user, rule->badge_id);
		award_out->badge_won = slot->pending == 0;
		slot->pending = 1;
	}
	*gave_out = rule->point_scale_id != 0 || award_out->badge_won;
	return true;
}

enum engine_result
engine_apply(struct state *state, const struct rule *const *rules, size_t count,
    const struct occurrence *event, struct award *awards,
    size_t *award_count_out)
{
	size_t given = 0, i;
	bool gave;

	state->serial++;
	for (i = 0; i < count; i++) {
		if (!rule_matches(rules[i], event))
			continue;
		if (++state_pending(
		        state, STATE_COUNT, event->user, rules[i]->id)
		            ->pending != rules[i]->times &&
		    rules[i]->times != 1)
			continue;
		if (!rule_give(
		        state, rules[i], event->user, &awards[given], &gave))
			return ENGINE_OVERFLOW;
		given += gave;
	}
	for (i = 0; i < count; i++) {
		state_commit(state, STATE_COUNT, event->user, rules[i]->id);
		state_commit(state, STATE_BALANCE, event->user,
		    rules[i]->point_scale_id);
		state_commit(
		    state, STATE_BADGE, event->user, rules[i]->badge_id);
	}
	*award_count_out = given;
	return ENGINE_APPLIED;
}
