/* verify_fold: users' events folded again, and compared */
#include "past/verify_fold.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/decode.h"
#include "rules/properties.h"
#include "store/award.h"
#include "store/event.h"

enum { PROGRESS_EVENTS = 1000 };

void
folds_init(struct folds *folds, size_t users)
{
	arena_reset(folds->arena);
	folds->count = 0;
	for (folds->size = 16; folds->size < users;)
		folds->size *= 2;
	folds->buckets =
	    arena_array(folds->arena, folds->size, sizeof(*folds->buckets));
}

struct fold *
folds_get(struct folds *folds, const char *username)
{
	uint64_t hash = 0xcbf29ce484222325u;
	struct fold **place, *fold;
	const char *c;

	for (c = username; *c != '\0'; c++)
		hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
	place = &folds->buckets[(hash ^ hash >> 32) & (folds->size - 1)];
	for (; *place != NULL; place = &(*place)->next)
		if (strcmp((*place)->username, username) == 0)
			return *place;
	fold = arena_alloc(folds->arena, sizeof(*fold));
	fold->username = arena_strdup(folds->arena, username);
	fold->version = 1;
	state_init(&fold->state, folds->arena);
	folds->count++;
	return *place = fold;
}

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

const struct verify_things *
things_of(const struct verify *verify, enum reference_kind kind)
{
	return kind == REFERENCE_BADGE ? &verify->catalog.badges
	                               : &verify->catalog.scales;
}

/* An event and its user's fold. */
struct place {
	struct verify *verify;
	struct fold *fold;
	const struct verify_row *event;
};

static void
event_differs(const struct place *place, const char *member, const char *stored,
    const char *folded)
{
	verify_differs(place->verify, place->fold->username,
	    arena_printf(place->verify->words, "event %lld (\"%s\"): %s",
	        (long long)place->event->number, place->event->event.id,
	        member),
	    stored, folded);
}

static void
compare_event(const struct place *place, const char *member, int64_t stored,
    int64_t folded)
{
	if (stored != folded)
		event_differs(place, member, number_text(place->verify, stored),
		    number_text(place->verify, folded));
}

/*
 * An event has the time of its receipt where the client has given none. Where
 * one was given, all that can be told is that a row which is ahead comes right
 * behind the one before.
 */
static void
check_time(const struct place *place)
{
	const struct verify_row *event = place->event;
	const int64_t time = event->row / EVENT_WRITERS;
	const bool follows = time == place->fold->row / EVENT_WRITERS + 1;
	int64_t ahead = event->ahead;

	if (!event->event.timestamp_given)
		ahead = time - event->event.timestamp;
	else if (ahead < CLOCK_STEP || (ahead > CLOCK_STEP && !follows))
		ahead = 0;
	compare_event(
	    place, "microseconds ahead of the receipt", event->ahead, ahead);
}

/*
 * The event's place among those of the user. After a gap it goes on from there.
 */
static void
check_place(const struct place *place)
{
	struct fold *fold = place->fold;

	compare_event(place, "number", place->event->number, fold->number + 1);
	compare_event(place, "row of the event before",
	    place->event->event.previous, fold->row);
	check_time(place);
	fold->number = place->event->number;
	fold->row = place->event->row;
	fold->ahead = place->event->ahead;
}

/* Versions never go back, and not past that of the application. */
static void
check_version(const struct place *place)
{
	int64_t version = place->event->event.version;
	int64_t newest = place->verify->application.version;
	struct fold *fold = place->fold;

	if (version < fold->version || version > newest)
		event_differs(place, "version",
		    number_text(place->verify, version),
		    arena_printf(place->verify->words, "%lld to %lld",
		        (long long)fold->version, (long long)newest));
	else
		fold->version = version;
}

/* That of the event's version. */
static const struct calendar *
calendar_of(const struct place *place)
{
	const struct verify *verify = place->verify;
	size_t low = 0, high = verify->time_count - 1, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (verify->times[middle].until <= place->event->event.version)
			low = middle + 1;
		else
			high = middle;
	}
	return &verify->calendars[low];
}

/* The event as the rules see it. */
static struct occurrence
occurrence_of(const struct place *place)
{
	const struct verify_row *row = place->event;
	struct arena *arena = place->verify->event_arena;
	struct occurrence event = {.event_type = row->event.type,
	    .moment =
	        calendar_moment(calendar_of(place), row->event.timestamp)};
	struct faults faults;
	struct decode decode = {.arena = arena, .faults = &faults};
	struct json_object *properties;

	if (row->event.properties == NULL)
		return event;
	properties = json_tokener_parse(row->event.properties);
	if (properties == NULL) {
		event_differs(place, "properties", "no JSON", "JSON");
		return event;
	}
	json_keep(arena, properties);
	faults_init(&faults, arena);
	properties_decode(&decode, properties, "", &event);
	return event;
}

static struct stored_award
award_of(const struct award *award)
{
	return (struct stored_award) {.rule = award->rule->id,
	    .point_scale =
	        award->point_scale == NULL ? 0 : award->point_scale->id,
	    .points = award->points,
	    .balance = award->balance,
	    .badge = award->badge == NULL ? 0 : award->badge->id};
}

/* "10 points of "reputation", balance 120, badge "Critic"", or "nothing". */
static const char *
award_text(struct verify *verify, const struct stored_award *award)
{
	const char *points = "", *comma = "", *badge = "";

	if (award == NULL)
		return "nothing";
	if (award->point_scale != 0)
		points = arena_printf(verify->words,
		    "%lld points of %s, balance %lld", (long long)award->points,
		    scale_text(verify, award->point_scale),
		    (long long)award->balance);
	if (award->badge != 0)
		badge = arena_printf(verify->words, "badge %s",
		    badge_text(verify, award->badge));
	if (*points != '\0' && *badge != '\0')
		comma = ", ";
	return arena_printf(verify->words, "%s%s%s", points, comma, badge);
}

static void
award_differs(const struct place *place, int64_t rule,
    const struct stored_award *stored, const struct stored_award *folded)
{
	struct verify *verify = place->verify;

	event_differs(place,
	    arena_printf(
	        verify->words, "award of rule %s", rule_text(verify, rule)),
	    award_text(verify, stored), award_text(verify, folded));
}

static bool
same_award(const struct stored_award *a, const struct stored_award *b)
{
	return a->point_scale == b->point_scale && a->points == b->points &&
	    a->balance == b->balance && a->badge == b->badge;
}

static int
compare_rules(const void *left, const void *right)
{
	const struct stored_award *a = left, *b = right;

	return (a->rule > b->rule) - (a->rule < b->rule);
}

static const struct stored_award *
sorted(struct arena *arena, const struct stored_award *list, size_t count)
{
	struct stored_award *copy =
	    arena_array(arena, count + 1, sizeof(*copy));

	if (count > 0)
		memcpy(copy, list, count * sizeof(*copy));
	qsort(copy, count, sizeof(*copy), compare_rules);
	return copy;
}

/*
 * Each rule gives but one award: by rule, one too many or too few does not make
 * all those behind it look wrong.
 */
static void
compare_sorted(const struct place *place, const struct stored_award *stored,
    size_t stored_count, const struct stored_award *folded, size_t count)
{
	size_t i = 0, k = 0;
	int order;

	while (i < stored_count || k < count) {
		if (i < stored_count && k < count)
			order = compare_rules(&stored[i], &folded[k]);
		else
			order = i < stored_count ? -1 : 1;
		if (order < 0)
			award_differs(place, stored[i].rule, &stored[i], NULL);
		else if (order > 0)
			award_differs(place, folded[k].rule, NULL, &folded[k]);
		else if (!same_award(&stored[i], &folded[k]))
			award_differs(
			    place, stored[i].rule, &stored[i], &folded[k]);
		i += order <= 0;
		k += order >= 0;
	}
}

/* The first that stands elsewhere, if there are the same ones. */
static void
compare_order(const struct place *place, const struct stored_awards *stored,
    const struct stored_award *folded, size_t count)
{
	struct verify *verify = place->verify;
	size_t i;

	for (i = 0; i < count && stored->count == count; i++)
		if (stored->list[i].rule != folded[i].rule) {
			event_differs(place,
			    arena_printf(verify->words, "award %zu", i + 1),
			    rule_text(verify, stored->list[i].rule),
			    rule_text(verify, folded[i].rule));
			return;
		}
}

static void
compare_awards(const struct place *place, const struct stored_awards *stored,
    const struct award *awards, size_t count)
{
	struct arena *arena = place->verify->event_arena;
	struct stored_award *folded =
	    arena_array(arena, count + 1, sizeof(*folded));
	size_t i;

	for (i = 0; i < count; i++)
		folded[i] = award_of(&awards[i]);
	compare_sorted(place, sorted(arena, stored->list, stored->count),
	    stored->count, sorted(arena, folded, count), count);
	compare_order(place, stored, folded, count);
}

/* The first time that it is told. */
static bool
is_news(struct verify *verify, const struct verify_things *things, int64_t id)
{
	struct verify_missing *missing = verify->missing;

	while (
	    missing != NULL && (missing->things != things || missing->id != id))
		missing = missing->next;
	if (missing != NULL)
		return false;
	missing = arena_alloc(verify->arena, sizeof(*missing));
	*missing = (struct verify_missing) {things, id, verify->missing};
	verify->missing = missing;
	return true;
}

/* What somebody has must be there, and be marked, or it could be deleted. */
static void
check_mark(struct verify *verify, const struct verify_things *things,
    int64_t id, const char *noun)
{
	struct verify_thing *thing = things_find(things, id);

	if (thing != NULL && thing->given)
		return;
	if (thing != NULL) {
		verify_differs(verify, NULL,
		    arena_printf(
		        verify->words, "%s \"%s\": given", noun, thing->name),
		    "0", "1");
		thing->given = true;
	} else if (is_news(verify, things, id))
		verify_differs(verify, NULL,
		    arena_printf(verify->words,
		        "%s number %lld, which does not exist", noun,
		        (long long)id),
		    "nothing", "something that somebody has");
}

static void
check_marks(struct verify *verify, const struct rule *rule)
{
	static const char *const nouns[] = {
	    [REFERENCE_POINT_SCALE] = "point scale",
	    [REFERENCE_BADGE] = "badge"};
	const struct reference *reference;
	enum reference_kind kind;
	size_t at = 0;

	while ((reference = rule_reference(rule, &at, &kind)) != NULL)
		check_mark(verify, things_of(verify, kind), reference->id,
		    nouns[kind]);
}

static void
check_awards(
    const struct place *place, const struct award *awards, size_t count)
{
	struct verify *verify = place->verify;
	struct fold *fold = place->fold;
	struct stored_awards stored;
	size_t i;

	if (!awards_unpack(
	        verify->event_arena, place->event->event.awards, &stored))
		event_differs(place, "awards", "damaged", "readable");
	if (stored.count > 0)
		compare_event(place, "ledger entries before",
		    stored.entries_before, fold->entries);
	compare_awards(place, &stored, awards, count);
	for (i = 0; i < count; i++) {
		fold->entries += awards[i].point_scale != NULL;
		check_marks(verify, awards[i].rule);
	}
}

void
verify_event(struct verify *verify, const struct verify_row *event)
{
	struct verify_catalog *catalog = &verify->catalog;
	const struct place place = {
	    verify, folds_get(&verify->folds, event->username), event};
	struct occurrence occurrence;
	struct rules_met met;
	size_t awards = 0;

	arena_reset(verify->event_arena);
	place.fold->events++;
	check_place(&place);
	check_version(&place);
	occurrence = occurrence_of(&place);
	met = catalog_in_force(
	    catalog, verify->event_arena, &occurrence, event->event.version);
	if (engine_apply(&place.fold->state, verify->event_arena, &occurrence,
	        &met, catalog->awards, &awards) == ENGINE_OVERFLOW)
		event_differs(&place, "outcome", "applied",
		    "refused, because a balance would leave its range");
	check_awards(&place, catalog->awards, awards);
	if (++verify->totals.events % PROGRESS_EVENTS == 0)
		verify->listener->progress(
		    &verify->totals, verify->listener->context);
}
