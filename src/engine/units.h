/* units: what a rule keeps by the units of time that its events are in */
#ifndef ENGINE_UNITS_H
#define ENGINE_UNITS_H

#include "engine/feature.h"

/*
 * Source: the contract of rules, "Time", and step 6 of its ladder. A span is a
 * unit of the application's calendar, the seconds that end with an event, or
 * all time. The sorts follow those of base/calendar.h.
 */
enum { SPAN_EVER = UNITS, SPAN_SECONDS };

struct span {
	int64_t sort;    /* enum unit, SPAN_EVER or SPAN_SECONDS */
	int64_t seconds; /* of SPAN_SECONDS */
};

/*
 * The key of a unit in a state: its key in the calendar, or microseconds of
 * SPAN_SECONDS, with the sort in the lowest bits. Their order is that of time.
 */
int64_t unit_key(int64_t sort, int64_t unit);
int64_t unit_of(int64_t key);
bool unit_is_of(int64_t key, int64_t sort);

/* Which unit of the sort the event is in. */
int64_t unit_now(const struct step *step, int64_t sort);

/*
 * How far an event may be behind the newest of its rule, which is as far as is
 * remembered: in units of the sort's keys, see unit_now.
 */
enum { UNITS_LATE = 8 };
int64_t units_late(const struct span *span);

/* Whether the event is not too late for what is kept of the span. */
bool units_are_timely(const struct step *step, const struct span *span);

/* The event counts: it may be the newest. Answers the newest. */
int64_t units_count(struct step *step, const struct span *span);

/*
 * The sum of the kind's values in the event's own unit, in the seconds that end
 * with it, or in all time.
 */
int64_t units_sum(
    const struct step *step, enum state_kind kind, const struct span *span);

/* One more in the event's own unit. What is too old to matter goes. */
void
units_add(struct step *step, enum state_kind kind, const struct span *span);

/* Those of the sum go: they have been used. */
void
units_use(struct step *step, enum state_kind kind, const struct span *span);

/* The kind's values of the sort that are older than the unit go. */
void units_forget(
    struct step *step, enum state_kind kind, int64_t sort, int64_t unit);

#endif
