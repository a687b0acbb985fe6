/* ledger: what each user's events changed of the balances */
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "db/db.h"
#include "store/event.h"
#include "store/ledger.h"
#include "store/names.h"
#include "store/user.h"

/* A ledger while it is read. */
struct reading {
	struct db *db;
	int64_t application;
	struct ledger_place before;
	struct stored_award **awards; /* of the entries */
	size_t limit;
	int64_t piece;
	int64_t next; /* the event to go on with, 0: that was all */
	struct event_budget budget;
	struct ledger *ledger;
};

/* The event's entries before the place, the last one first. */
static void
read_event(struct reading *reading, struct stored_event *event)
{
	struct stored_awards *awards = &event->awards;
	int64_t number =
	    awards->entries_before + (int64_t)awards_entries(awards);
	struct ledger *ledger = reading->ledger;
	size_t i = awards->count;

	while (i-- > 0 && ledger->count < reading->limit) {
		if (awards->list[i].point_scale == 0)
			continue;
		if (number < reading->before.number) {
			reading->awards[ledger->count] = &awards->list[i];
			ledger->entries[ledger->count++] =
			    (struct ledger_entry) {.number = number,
			        .points = awards->list[i].points,
			        .balance = awards->list[i].balance,
			        .event = event->event.id,
			        .row = event->event.row,
			        .created_at = event_received_at(&event->event)};
		}
		number--;
	}
}

static enum error
read_piece(struct reading *reading, struct arena *arena, const char *username)
{
	struct stored_event *events;
	size_t count, i;
	enum error error = event_chain(reading->db, arena, reading->application,
	    NULL, reading->next, reading->piece, &reading->budget, &events,
	    &count);

	reading->next = 0;
	reading->piece = event_next_piece(reading->piece, &reading->budget);
	/* A cursor may be of somebody else's ledger. */
	if (error == OK && count > 0 &&
	    strcmp(events[0].event.username, username) != 0)
		return ERR_INVALID_CURSOR;
	for (i = 0; error == OK && i < count &&
	     reading->ledger->count < reading->limit;
	     i++) {
		error = event_unpack(arena, &events[i]);
		if (error == OK)
			read_event(reading, &events[i]);
		reading->next = events[i].event.previous;
	}
	return error;
}

static enum error
name_entries(const struct reading *reading, struct arena *arena)
{
	const int64_t application = reading->application;
	struct ledger *ledger = reading->ledger;
	struct ledger_entry *entry;
	struct names names;
	enum error error;
	size_t i;

	names_init(&names, arena);
	for (i = 0; i < ledger->count; i++) {
		names_want(
		    &names, NAME_RULE, application, reading->awards[i]->rule);
		names_want(&names, NAME_POINT_SCALE, application,
		    reading->awards[i]->point_scale);
	}
	error = names_load(&names, reading->db);
	for (i = 0; i < ledger->count && error == OK; i++) {
		entry = &ledger->entries[i];
		entry->rule = names_get(
		    &names, NAME_RULE, application, reading->awards[i]->rule)
		                  .name;
		entry->point_scale = names_get(&names, NAME_POINT_SCALE,
		    application, reading->awards[i]->point_scale)
		                         .name;
		if (entry->rule == NULL || entry->point_scale == NULL)
			error = db_damaged("event", application, entry->event);
	}
	return error;
}

enum error
user_ledger(struct db *db, struct arena *arena, int64_t application,
    const char *username, struct ledger_place before, int64_t limit,
    struct ledger *ledger_out)
{
	const int64_t until = clock_monotonic() + EVENT_CHAIN_TIME;
	struct ledger ledger = {.entries = arena_array(arena, (size_t)limit + 1,
	                            sizeof(*ledger.entries))};
	struct reading reading = {.db = db,
	    .application = application,
	    .before = before,
	    .awards =
	        arena_array(arena, (size_t)limit + 1, sizeof(*reading.awards)),
	    .limit = (size_t)limit,
	    .budget = event_page_budget,
	    .piece = event_first_piece(limit),
	    .ledger = &ledger};
	enum error error =
	    user_newest(db, application, username, INT64_MAX, &reading.next);

	if (before.row != 0)
		reading.next = before.row;
	/* Each page gets on by one piece at least. */
	if (error == OK && reading.next != 0)
		error = read_piece(&reading, arena, username);
	while (error == OK && reading.next != 0 &&
	    ledger.count < reading.limit &&
	    !event_budget_is_spent(&reading.budget) &&
	    clock_monotonic() < until)
		error = read_piece(&reading, arena, username);
	if (error == OK)
		error = name_entries(&reading, arena);
	if (error != OK)
		return error;
	if (ledger.count < reading.limit)
		ledger.cut_at =
		    (struct ledger_place) {reading.next, before.number};
	*ledger_out = ledger;
	return OK;
}
