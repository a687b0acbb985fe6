/* event_awards: what events gave, unpacked, and what it is called */
#include "base/arena.h"
#include "db/db.h"
#include "store/award.h"
#include "store/event.h"
#include "store/names.h"

static enum error
damaged(const struct stored_event *stored)
{
	return db_damaged("event", stored->application, stored->event.id);
}

enum error
event_unpack(struct arena *arena, struct stored_event *stored)
{
	return awards_unpack(arena, stored->packed, &stored->awards)
	    ? OK
	    : damaged(stored);
}

/* A request's answer has room for so many awards and no more. */
static enum error
unpack_events(struct db *db, struct arena *arena, struct stored_event *events,
    size_t count)
{
	enum error error = OK;
	size_t awards = 0, i;

	for (i = 0; i < count && error == OK; i++) {
		awards += awards_count(events[i].packed);
		error = awards > db_rows_max(db)
		    ? ERR_BODY_TOO_LARGE
		    : event_unpack(arena, &events[i]);
	}
	return error;
}

static void
want_names(struct names *names, const struct stored_event *event)
{
	size_t i;

	for (i = 0; i < event->awards.count; i++) {
		const struct stored_award *award = &event->awards.list[i];

		names_want(names, NAME_RULE, event->application, award->rule);
		names_want(names, NAME_POINT_SCALE, event->application,
		    award->point_scale);
		names_want(names, NAME_BADGE, event->application, award->badge);
	}
}

/* Whether what has an id has a name. */
static bool
is_named(const struct given_award *award, const struct stored_award *stored)
{
	return award->rule != NULL &&
	    (award->point_scale != NULL) == (stored->point_scale != 0) &&
	    (award->badge != NULL) == (stored->badge != 0);
}

static enum error
name_awards(const struct names *names, struct stored_event *stored)
{
	const int64_t application = stored->application;
	struct event *event = &stored->event;
	const struct stored_award *award;
	struct given_award *given;
	size_t i;

	event->awards = arena_array(
	    names->arena, stored->awards.count + 1, sizeof(*event->awards));
	for (i = 0; i < stored->awards.count; i++) {
		award = &stored->awards.list[i];
		given = &event->awards[event->award_count++];
		given->rule =
		    names_get(names, NAME_RULE, application, award->rule).name;
		given->point_scale = names_get(
		    names, NAME_POINT_SCALE, application, award->point_scale)
		                         .name;
		given->points = award->points;
		given->balance = award->balance;
		given->badge =
		    names_get(names, NAME_BADGE, application, award->badge)
		        .name;
		if (!is_named(given, award))
			return damaged(stored);
	}
	return OK;
}

enum error
event_name_awards(struct db *db, struct arena *arena,
    struct stored_event *events, size_t count)
{
	struct names names;
	enum error error = unpack_events(db, arena, events, count);
	size_t i;

	if (error != OK)
		return error;
	names_init(&names, arena);
	for (i = 0; i < count; i++)
		want_names(&names, &events[i]);
	error = names_load(&names, db);
	for (i = 0; i < count && error == OK; i++)
		error = name_awards(&names, &events[i]);
	return error;
}
