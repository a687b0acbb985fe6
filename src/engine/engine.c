/* engine: what rules give for an event */
#include "engine/engine.h"

#include <string.h>

#include "base/arena.h"

enum { SLOTS_FIRST_MAX = 2 };

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
	*state = (struct state) {.arena = arena};
}

/* Where the ref's slot is, or would be put. */
static size_t
slot_place(const struct state_slots *slots, int64_t ref)
{
	size_t low = 0, high = slots->count, middle;

	/* Nearly always they come in their order. */
	if (high > 0 && slots->list[high - 1].ref < ref)
		return high;
	while (low < high) {
		middle = (low + high) / 2;
		if (slots->list[middle].ref < ref)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct state_slot *
slot_find(const struct state_slots *slots, int64_t ref)
{
	size_t place = slot_place(slots, ref);

	return place < slots->count && slots->list[place].ref == ref
	    ? &slots->list[place]
	    : NULL;
}

static void
slots_grow(struct state_slots *slots, struct arena *arena)
{
	struct state_slot *list;

	slots->max = slots->max == 0 ? SLOTS_FIRST_MAX : 2 * slots->max;
	list = arena_array(arena, slots->max, sizeof(*list));
	if (slots->count > 0)
		memcpy(list, slots->list, slots->count * sizeof(*list));
	slots->list = list;
}

/* The slot of the ref, made if there is none. The others may move. */
static struct state_slot *
state_slot(struct state *state, enum state_kind kind, int64_t ref)
{
	struct state_slots *slots = &state->kinds[kind];
	size_t place = slot_place(slots, ref);
	struct state_slot *slot;

	if (place < slots->count && slots->list[place].ref == ref)
		return &slots->list[place];
	if (slots->count == slots->max)
		slots_grow(slots, state->arena);
	slot = &slots->list[place];
	memmove(slot + 1, slot, (slots->count - place) * sizeof(*slot));
	slots->count++;
	*slot = (struct state_slot) {.ref = ref};
	return slot;
}

void
state_set(struct state *state, enum state_kind kind, int64_t ref, int64_t value)
{
	struct state_slot *slot = state_slot(state, kind, ref);

	slot->value = value;
	slot->present = true;
	if (kind == STATE_BADGE && value > state->badges)
		state->badges = value;
}

int64_t
state_get(const struct state *state, enum state_kind kind, int64_t ref)
{
	const struct state_slot *slot = slot_find(&state->kinds[kind], ref);

	return slot == NULL ? 0 : slot->value;
}

/* The slot with its value so far in this event. */
static struct state_slot *
state_pending(struct state *state, enum state_kind kind, int64_t ref)
{
	struct state_slot *slot = state_slot(state, kind, ref);

	if (slot->serial != state->serial) {
		slot->serial = state->serial;
		slot->pending = slot->value;
	}
	return slot;
}

static void
state_commit(struct state *state, enum state_kind kind, int64_t ref)
{
	struct state_slot *slot = slot_find(&state->kinds[kind], ref);

	if (slot == NULL || slot->serial != state->serial)
		return;
	slot->value = slot->pending;
	slot->present = true;
}

/*
 * What a rule whose turn has come gives. False if the balance would leave
 * int64. *gave_out: a rule that has but a badge, which the user has, gives
 * nothing.
 */
static bool
rule_give(struct state *state, const struct rule *rule, int64_t *badges,
    struct award *award_out, bool *gave_out)
{
	struct state_slot *slot;

	*award_out = (struct award) {.rule = rule};
	if (rule->point_scale_id != 0) {
		slot =
		    state_pending(state, STATE_BALANCE, rule->point_scale_id);
		if (__builtin_add_overflow(
		        slot->pending, rule->points, &slot->pending))
			return false;
		award_out->balance = slot->pending;
	}
	if (rule->badge_id != 0) {
		slot = state_pending(state, STATE_BADGE, rule->badge_id);
		award_out->badge_won = slot->pending == 0;
		if (award_out->badge_won)
			slot->pending = ++*badges;
	}
	*gave_out = rule->point_scale_id != 0 || award_out->badge_won;
	return true;
}

enum engine_result
engine_apply(struct state *state, const struct rule *const *rules, size_t count,
    const struct occurrence *event, struct award *awards,
    size_t *award_count_out)
{
	int64_t badges = state->badges;
	size_t given = 0, i;
	bool gave;

	state->serial++;
	for (i = 0; i < count; i++) {
		if (!rule_matches(rules[i], event))
			continue;
		if (++state_pending(state, STATE_COUNT, rules[i]->id)
		            ->pending != rules[i]->times &&
		    rules[i]->times != 1)
			continue;
		if (!rule_give(state, rules[i], &badges, &awards[given], &gave))
			return ENGINE_OVERFLOW;
		given += gave;
	}
	for (i = 0; i < count; i++) {
		state_commit(state, STATE_COUNT, rules[i]->id);
		state_commit(state, STATE_BALANCE, rules[i]->point_scale_id);
		state_commit(state, STATE_BADGE, rules[i]->badge_id);
	}
	state->badges = badges;
	*award_count_out = given;
	return ENGINE_APPLIED;
}
