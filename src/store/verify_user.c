/* verify_user: one user's events folded again */
#include "store/verify_user.h"

#include <json-c/json.h>
#include <string.h>

#include "base/arena.h"
#include "store/event.h"
#include "store/properties.h"

enum { PROGRESS_EVENTS = 1000 };

/* A badge that the fold gave, and by which event and rule. */
struct won {
	int64_t badge;
	int64_t event;
	int64_t rule;
	struct won *next;
};

/* A user's past as the events give it, as far as it has been folded. */
struct fold {
	struct verify *verify;
	const struct verify_row *user;
	const struct verify_row *event; /* the one being folded */
	struct state folded;
	struct state sums;   /* of the ledger's rows, as stored */
	struct state stored; /* which rows there are */
	struct won *won;
	int64_t events;
	int64_t number;
	int64_t entries;
	int64_t row;
	int64_t version;
};

static const char *
number_text(struct verify *verify, int64_t number)
{
	return arena_printf(verify->words, "%lld", (long long)number);
}

static const char *
thing_text(
    struct verify *verify, const struct verify_things *things, int64_t id)
{
	const struct verify_thing *thing = things_find(things, id);

	if (thing == NULL)
		return arena_printf(verify->words,
		    "number %lld, which does not exist", (long long)id);
	return arena_printf(verify->words, "\"%s\"", thing->name);
}

static const char *
scale_text(struct verify *verify, int64_t id)
{
	return thing_text(verify, &verify->catalog.scales, id);
}

static const char *
badge_text(struct verify *verify, int64_t id)
{
	return thing_text(verify, &verify->catalog.badges, id);
}

static const char *
rule_text(struct verify *verify, int64_t id)
{
	return thing_text(verify, &verify->catalog.rules, id);
}

static void
differs(struct fold *fold, const char *thing, const char *stored,
    const char *folded)
{
	verify_differs(
	    fold->verify, fold->user->texts[USER_NAME], thing, stored, folded);
}

static void
compare(struct fold *fold, const char *thing, int64_t stored, int64_t folded)
{
	if (stored != folded)
		differs(fold, thing, number_text(fold->verify, stored),
		    number_text(fold->verify, folded));
}

/* The row that is next in a table, if it is still of this user. */
static const struct verify_row *
own_row(struct fold *fold, enum verify_table table)
{
	const struct verify_row *row = reader_row(&fold->verify->reader, table);

	return row != NULL && row->user == fold->user->user ? row : NULL;
}

static void
event_differs(struct fold *fold, const char *member, const char *stored,
    const char *folded)
{
	differs(fold,
	    arena_printf(fold->verify->words, "event %lld (\"%s\"): %s",
	        (long long)fold->event->key, fold->event->texts[EVENT_ID],
	        member),
	    stored, folded);
}

static void
compare_event(
    struct fold *fold, const char *member, int64_t stored, int64_t folded)
{
	if (stored != folded)
		event_differs(fold, member, number_text(fold->verify, stored),
		    number_text(fold->verify, folded));
}

/* The event's place among those of the user. After a gap it goes on from there. */
static void
check_place(struct fold *fold)
{
	const struct verify_row *event = fold->event;
	struct verify *verify = fold->verify;

	compare_event(fold, "number", event->key, fold->number + 1);
	if (event->ints[EVENT_ROW] <= fold->row)
		event_differs(fold, "row",
		    number_text(verify, event->ints[EVENT_ROW]),
		    arena_printf(
		        verify->words, "more than %lld", (long long)fold->row));
	if (event->ints[EVENT_VERSION] < fold->version ||
	    event->ints[EVENT_VERSION] > verify->application.version)
		event_differs(fold, "version",
		    number_text(verify, event->ints[EVENT_VERSION]),
		    arena_printf(verify->words, "%lld to %lld",
		        (long long)fold->version,
		        (long long)verify->application.version));
	fold->number = event->key;
	fold->row = event->ints[EVENT_ROW];
	fold->version = event->ints[EVENT_VERSION];
}

static void
release_json(void *object)
{
	json_object_put(object);
}

/* The event as the rules see it. */
static struct occurrence
occurrence_of(struct fold *fold)
{
	const char *const *texts = fold->event->texts;
	struct arena *arena = fold->verify->event_arena;
	struct occurrence event = {
	    .user = fold->user->user, .event_type = texts[EVENT_TYPE]};
	struct json_object *properties;

	arena_reset(arena);
	if (texts[EVENT_PROPERTIES] == NULL)
		return event;
	properties = json_tokener_parse(texts[EVENT_PROPERTIES]);
	if (properties == NULL) {
		event_differs(fold, "properties", "no JSON", "JSON");
		return event;
	}
	arena_defer(arena, release_json, properties);
	properties_present(
	    arena, properties, &event.properties, &event.property_count);
	return event;
}

/* The ledger's columns, and how each is told. */
static const struct {
	const char *name;
	const char *(*text)(struct verify *verify, int64_t value);
} entry_columns[ENTRY_COLUMNS] = {
    [ENTRY_SCALE] = {"point scale", scale_text},
    [ENTRY_POINTS] = {"points", number_text},
    [ENTRY_BALANCE] = {"balance", number_text},
    [ENTRY_EVENT] = {"event's row", number_text},
    [ENTRY_RULE] = {"rule", rule_text},
};

static const char *
entry_thing(struct fold *fold, int64_t number, const char *column)
{
	return arena_printf(fold->verify->words, "ledger entry %lld%s%s",
	    (long long)number, *column == '\0' ? "" : ": ", column);
}

static void
compare_entry(struct fold *fold, const struct verify_row *row,
    const int64_t folded[ENTRY_COLUMNS])
{
	struct verify *verify = fold->verify;
	size_t i;

	for (i = 0; i < ENTRY_COLUMNS; i++)
		if (row->ints[i] != folded[i])
			differs(fold,
			    entry_thing(fold, row->key, entry_columns[i].name),
			    entry_columns[i].text(verify, row->ints[i]),
			    entry_columns[i].text(verify, folded[i]));
}

/* Adds a ledger row to the sums; a damaged one may pass the range of points. */
static void
add_to_sum(struct fold *fold, const struct verify_row *row)
{
	int64_t scale = row->ints[ENTRY_SCALE];
	uint64_t sum = (uint64_t)state_get(
	    &fold->sums, STATE_BALANCE, fold->user->user, scale);

	state_set(&fold->sums, STATE_BALANCE, fold->user->user, scale,
	    (int64_t)(sum + (uint64_t)row->ints[ENTRY_POINTS]));
}

/* Takes ledger rows that no award of the fold stands for, up to one number. */
static void
drop_entries(struct fold *fold, int64_t before)
{
	const struct verify_row *row;

	while (
	    (row = own_row(fold, VERIFY_LEDGER)) != NULL && row->key < before) {
		differs(fold, entry_thing(fold, row->key, ""),
		    arena_printf(fold->verify->words, "%lld points",
		        (long long)row->ints[ENTRY_POINTS]),
		    "nothing");
		add_to_sum(fold, row);
		reader_next(&fold->verify->reader, VERIFY_LEDGER);
	}
}

static void
check_entry(struct fold *fold, const struct award *award)
{
	const int64_t folded[ENTRY_COLUMNS] = {
	    [ENTRY_SCALE] = award->rule->point_scale_id,
	    [ENTRY_POINTS] = award->rule->points,
	    [ENTRY_BALANCE] = award->balance,
	    [ENTRY_EVENT] = fold->event->ints[EVENT_ROW],
	    [ENTRY_RULE] = award->rule->id,
	};
	const struct verify_row *row;

	fold->entries++;
	drop_entries(fold, fold->entries);
	row = own_row(fold, VERIFY_LEDGER);
	if (row == NULL || row->key > fold->entries) {
		differs(fold, entry_thing(fold, fold->entries, ""), "nothing",
		    arena_printf(fold->verify->words, "%lld points",
		        (long long)award->rule->points));
		return;
	}
	compare_entry(fold, row, folded);
	add_to_sum(fold, row);
	reader_next(&fold->verify->reader, VERIFY_LEDGER);
}

static void
note_badge(struct fold *fold, const struct award *award)
{
	struct won *won = arena_alloc(fold->verify->user_arena, sizeof(*won));

	won->badge = award->rule->badge_id;
	won->event = fold->event->ints[EVENT_ROW];
	won->rule = award->rule->id;
	won->next = fold->won;
	fold->won = won;
}

/* What the event gave, against its ledger rows and what it says itself. */
static void
check_awards(struct fold *fold, const struct award *awards, size_t count)
{
	int64_t first = fold->entries + 1, badges = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		if (awards[i].rule->point_scale_id != 0)
			check_entry(fold, &awards[i]);
		if (awards[i].badge_won) {
			note_badge(fold, &awards[i]);
			badges++;
		}
	}
	compare_event(fold, "first ledger entry",
	    fold->event->ints[EVENT_FIRST_ENTRY], first);
	compare_event(fold, "ledger entries", fold->event->ints[EVENT_ENTRIES],
	    fold->entries + 1 - first);
	compare_event(
	    fold, "badges won", fold->event->ints[EVENT_BADGES], badges);
}

static void
check_event(struct fold *fold)
{
	struct verify *verify = fold->verify;
	struct verify_catalog *catalog = &verify->catalog;
	struct occurrence event;
	size_t rules, awards = 0;

	fold->events++;
	check_place(fold);
	event = occurrence_of(fold);
	rules = catalog_in_force(catalog, event.event_type, fold->version);
	if (engine_apply(&fold->folded, catalog->in_force, rules, &event,
	        catalog->awards, &awards) == ENGINE_OVERFLOW)
		event_differs(fold, "outcome", "applied",
		    "refused, because a balance would leave its range");
	check_awards(fold, catalog->awards, awards);
	if (++verify->totals.events % PROGRESS_EVENTS == 0)
		verify->listener->progress(
		    &verify->totals, verify->listener->context);
}

/* Whether the state knows a value, be it 0. */
static bool
is_known(struct state *state, enum state_kind kind, int64_t user, int64_t ref)
{
	return !state_want(state, kind, user, ref);
}

/* The tables that hold the state, and how their rows are told. */
static const struct {
	enum verify_table table;
	const char *noun;
	const char *(*text)(struct verify *verify, int64_t id);
} kinds[STATE_KINDS] = {
    [STATE_BALANCE] = {VERIFY_BALANCES, "balance of point scale", scale_text},
    [STATE_COUNT] = {VERIFY_COUNTS, "count of rule", rule_text},
    [STATE_BADGE] = {VERIFY_BADGES, "badge", badge_text},
};

/* A value of the state: which, and what the row there says of it. */
struct value {
	enum state_kind kind;
	int64_t ref;
	const struct verify_row *row; /* NULL: there is none */
};

static void
value_differs(struct fold *fold, const struct value *value, const char *member,
    const char *stored, const char *folded)
{
	struct verify *verify = fold->verify;

	differs(fold,
	    arena_printf(verify->words, "%s %s%s", kinds[value->kind].noun,
	        kinds[value->kind].text(verify, value->ref), member),
	    stored, folded);
}

static void
compare_value(struct fold *fold, const struct value *value, const char *member,
    int64_t stored, int64_t folded)
{
	if (stored != folded)
		value_differs(fold, value, member,
		    number_text(fold->verify, stored),
		    number_text(fold->verify, folded));
}

static const struct verify_thing *
find_thing(const struct fold *fold, const struct value *value)
{
	const struct verify_catalog *catalog = &fold->verify->catalog;
	const struct verify_things *things[STATE_KINDS] = {
	    [STATE_BALANCE] = &catalog->scales,
	    [STATE_COUNT] = &catalog->rules,
	    [STATE_BADGE] = &catalog->badges,
	};

	return things_find(things[value->kind], value->ref);
}

/* A deleted rule's counts are dropped: nobody reads them any more. */
static bool
is_dropped(const struct fold *fold, const struct value *value)
{
	const struct verify_thing *thing = find_thing(fold, value);

	return value->kind == STATE_COUNT && thing != NULL && thing->deleted;
}

static void
compare_badge(struct fold *fold, const struct value *value)
{
	const struct won *won = fold->won;

	while (won->badge != value->ref)
		won = won->next;
	compare_value(fold, value, ": event's row", value->row->ints[WON_EVENT],
	    won->event);
	if (value->row->ints[WON_RULE] != won->rule)
		value_differs(fold, value, ": rule",
		    rule_text(fold->verify, value->row->ints[WON_RULE]),
		    rule_text(fold->verify, won->rule));
}

static void
compare_folded(struct fold *fold, const struct value *value)
{
	int64_t user = fold->user->user, stored = value->row->ints[VALUE];

	if (value->kind == STATE_BADGE) {
		compare_badge(fold, value);
		return;
	}
	compare_value(fold, value, "", stored,
	    state_get(&fold->folded, value->kind, user, value->ref));
	if (value->kind == STATE_BALANCE)
		compare_value(fold, value,
		    " against the sum of its ledger entries", stored,
		    state_get(&fold->sums, STATE_BALANCE, user, value->ref));
}

/* Whether the fold gave it. A refused event may leave a value noted, but 0. */
static bool
is_folded(struct fold *fold, const struct value *value)
{
	int64_t user = fold->user->user;

	return is_known(&fold->folded, value->kind, user, value->ref) &&
	    (value->kind != STATE_BADGE ||
	        state_get(&fold->folded, STATE_BADGE, user, value->ref) != 0);
}

static void
check_value(struct fold *fold, const struct value *value)
{
	state_set(&fold->stored, value->kind, fold->user->user, value->ref, 1);
	if (is_dropped(fold, value))
		return;
	if (find_thing(fold, value) != NULL && is_folded(fold, value))
		compare_folded(fold, value);
	else
		value_differs(fold, value, "", "there", "nothing");
}

/* What the fold gave and no row says. */
static void
check_missing(struct fold *fold)
{
	const struct state_slot *slot = fold->folded.first_changed;
	struct value value = {.row = NULL};

	for (; slot != NULL; slot = slot->next_changed) {
		value.kind = slot->kind;
		value.ref = slot->ref;
		if (!is_dropped(fold, &value) &&
		    !is_known(&fold->stored, slot->kind, slot->user, slot->ref))
			value_differs(fold, &value, "", "nothing",
			    slot->kind == STATE_BADGE
			        ? "there"
			        : number_text(fold->verify, slot->value));
	}
}

static void
check_state(struct fold *fold)
{
	struct value value;
	size_t kind;

	for (kind = 0; kind < STATE_KINDS; kind++) {
		value.kind = (enum state_kind)kind;
		while ((value.row = own_row(fold, kinds[kind].table)) != NULL) {
			value.ref = value.row->key;
			check_value(fold, &value);
			reader_next(&fold->verify->reader, kinds[kind].table);
		}
	}
	check_missing(fold);
}

void
verify_user(struct verify *verify, const struct verify_row *user)
{
	struct arena *arena = verify->user_arena;
	struct fold fold = {.verify = verify, .user = user, .version = 1};

	arena_reset(arena);
	state_init(&fold.folded, arena);
	state_init(&fold.sums, arena);
	state_init(&fold.stored, arena);
	while ((fold.event = own_row(&fold, VERIFY_EVENTS)) != NULL) {
		check_event(&fold);
		reader_next(&verify->reader, VERIFY_EVENTS);
	}
	drop_entries(&fold, INT64_MAX);
	check_state(&fold);
	if (verify->reader.error != OK)
		return;
	compare(&fold, "events", user->ints[USER_EVENTS], fold.events);
	compare(
	    &fold, "ledger entries", user->ints[USER_ENTRIES], fold.entries);
	compare(&fold, "time of the last event", user->ints[USER_LAST_EVENT_AT],
	    fold.row / EVENT_WRITERS);
	verify->totals.users++;
}
