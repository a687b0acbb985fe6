/* verify_user: one user's events folded again */
#include "store/verify_user.h"

#include "base/arena.h"
#include "base/json.h"
#include "store/event.h"
#include "store/properties.h"

enum { PROGRESS_EVENTS = 1000 };

const char *
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

const char *
scale_text(struct verify *verify, int64_t id)
{
	return thing_text(verify, &verify->catalog.scales, id);
}

const char *
badge_text(struct verify *verify, int64_t id)
{
	return thing_text(verify, &verify->catalog.badges, id);
}

const char *
rule_text(struct verify *verify, int64_t id)
{
	return thing_text(verify, &verify->catalog.rules, id);
}

void
fold_differs(struct fold *fold, const char *thing, const char *stored,
    const char *folded)
{
	verify_differs(
	    fold->verify, fold->user->texts[USER_NAME], thing, stored, folded);
}

static void
compare(struct fold *fold, const char *thing, int64_t stored, int64_t folded)
{
	if (stored != folded)
		fold_differs(fold, thing, number_text(fold->verify, stored),
		    number_text(fold->verify, folded));
}

/* The row that is next in a table, if it is still of this user. */
const struct verify_row *
fold_row(struct fold *fold, enum verify_table table)
{
	const struct verify_row *row = reader_row(&fold->verify->reader, table);

	return row != NULL && row->user == fold->user->user ? row : NULL;
}

static void
event_differs(struct fold *fold, const char *member, const char *stored,
    const char *folded)
{
	fold_differs(fold,
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

/*
 * The event's place among those of the user. After a gap it goes on from there.
 */
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
	fold->number = event->key;
	fold->row = event->ints[EVENT_ROW];
}

/* Versions never go back, and not past that of the application. */
static void
check_version(struct fold *fold)
{
	int64_t version = fold->event->ints[EVENT_VERSION];
	int64_t newest = fold->verify->application.version;

	if (version < fold->version || version > newest)
		event_differs(fold, "version",
		    number_text(fold->verify, version),
		    arena_printf(fold->verify->words, "%lld to %lld",
		        (long long)fold->version, (long long)newest));
	else
		fold->version = version;
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
	json_keep(arena, properties);
	properties_present(
	    arena, properties, &event.properties, &event.property_count);
	return event;
}

static void
entry_differs(struct fold *fold, int64_t number, const char *column,
    const char *stored, const char *folded)
{
	fold_differs(fold,
	    arena_printf(fold->verify->words, "ledger entry %lld%s",
	        (long long)number, column),
	    stored, folded);
}

static void
compare_entry(struct fold *fold, int64_t number, const char *column,
    int64_t stored, int64_t folded)
{
	if (stored != folded)
		entry_differs(fold, number, column,
		    number_text(fold->verify, stored),
		    number_text(fold->verify, folded));
}

static const char *
points_text(struct verify *verify, int64_t points, int64_t rule)
{
	return arena_printf(verify->words, "%lld points by rule %s",
	    (long long)points, rule_text(verify, rule));
}

/*
 * Takes a ledger row. A damaged one may lead the sum past the range of points.
 */
static void
take_entry(struct fold *fold, const struct verify_row *row)
{
	int64_t user = fold->user->user, scale = row->ints[ENTRY_SCALE];
	uint64_t sum =
	    (uint64_t)state_get(&fold->sums, STATE_BALANCE, user, scale);

	state_set(&fold->sums, STATE_BALANCE, user, scale,
	    (int64_t)(sum + (uint64_t)row->ints[ENTRY_POINTS]));
	reader_next(&fold->verify->reader, VERIFY_LEDGER);
}

/*
 * A ledger row is known by its event and its rule, which gives but one for an
 * event; both grow with the number. So one row too many or too few does not
 * make all those behind it look wrong.
 */
static int
compare_place(const struct verify_row *row, int64_t event, int64_t rule)
{
	if (row->ints[ENTRY_EVENT] != event)
		return row->ints[ENTRY_EVENT] < event ? -1 : 1;
	if (row->ints[ENTRY_RULE] != rule)
		return row->ints[ENTRY_RULE] < rule ? -1 : 1;
	return 0;
}

/* Takes the rows before an event and a rule: no award stands for them. */
static void
take_needless(struct fold *fold, int64_t event, int64_t rule)
{
	const struct verify_row *row;

	while ((row = fold_row(fold, VERIFY_LEDGER)) != NULL &&
	    compare_place(row, event, rule) < 0) {
		entry_differs(fold, row->key, "",
		    points_text(fold->verify, row->ints[ENTRY_POINTS],
		        row->ints[ENTRY_RULE]),
		    "nothing");
		take_entry(fold, row);
	}
}

static void
check_row(
    struct fold *fold, const struct verify_row *row, const struct award *award)
{
	const int64_t *stored = row->ints;
	int64_t scale = award->rule->point_scale_id;

	compare_entry(fold, row->key, ": number", row->key, fold->entry);
	if (stored[ENTRY_SCALE] != scale)
		entry_differs(fold, row->key, ": point scale",
		    scale_text(fold->verify, stored[ENTRY_SCALE]),
		    scale_text(fold->verify, scale));
	compare_entry(fold, row->key, ": points", stored[ENTRY_POINTS],
	    award->rule->points);
	compare_entry(
	    fold, row->key, ": balance", stored[ENTRY_BALANCE], award->balance);
	fold->entry = row->key;
	take_entry(fold, row);
}

static void
check_entry(struct fold *fold, const struct award *award)
{
	int64_t event = fold->event->ints[EVENT_ROW], rule = award->rule->id;
	const struct verify_row *row;

	fold->entries++;
	fold->entry++;
	take_needless(fold, event, rule);
	row = fold_row(fold, VERIFY_LEDGER);
	if (row != NULL && compare_place(row, event, rule) == 0)
		check_row(fold, row, award);
	else
		entry_differs(fold, fold->entry, "", "nothing",
		    points_text(fold->verify, award->rule->points, rule));
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
	int64_t first = fold->entry + 1, before = fold->entries, badges = 0;
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
	    fold->entries - before);
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
	check_version(fold);
	event = occurrence_of(fold);
	rules = catalog_in_force(
	    catalog, event.event_type, fold->event->ints[EVENT_VERSION]);
	if (engine_apply(&fold->folded, catalog->in_force, rules, &event,
	        catalog->awards, &awards) == ENGINE_OVERFLOW)
		event_differs(fold, "outcome", "applied",
		    "refused, because a balance would leave its range");
	check_awards(fold, catalog->awards, awards);
	if (++verify->totals.events % PROGRESS_EVENTS == 0)
		verify->listener->progress(
		    &verify->totals, verify->listener->context);
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
	while ((fold.event = fold_row(&fold, VERIFY_EVENTS)) != NULL) {
		check_event(&fold);
		reader_next(&verify->reader, VERIFY_EVENTS);
	}
	take_needless(&fold, INT64_MAX, 0);
	verify_state(&fold);
	if (verify->reader.error != OK)
		return;
	compare(&fold, "events", user->ints[USER_EVENTS], fold.events);
	compare(
	    &fold, "ledger entries", user->ints[USER_ENTRIES], fold.entries);
	compare(&fold, "time of the last event", user->ints[USER_LAST_EVENT_AT],
	    fold.row / EVENT_WRITERS);
	verify->totals.users++;
}
