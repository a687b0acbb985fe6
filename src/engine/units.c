/* units: what a rule keeps by the units of time that its events are in */
#include "engine/units.h"

enum { SORT_BITS = 3, MICROSECONDS = 1000000, HOUR_SECONDS = 3600 };
_Static_assert(SPAN_SECONDS < 1 << SORT_BITS, "a sort has its bits");

int64_t
unit_key(int64_t sort, int64_t unit)
{
	return unit * (1 << SORT_BITS) + sort;
}

int64_t
unit_of(int64_t key)
{
	return key >> SORT_BITS;
}

bool
unit_is_of(int64_t key, int64_t sort)
{
	return (key & ((1 << SORT_BITS) - 1)) == sort;
}

int64_t
unit_now(const struct step *step, int64_t sort)
{
	if (sort == SPAN_EVER)
		return 0;
	return sort == SPAN_SECONDS ? step->event->moment.time
	                            : step->event->moment.keys[sort];
}

/* What the keys of two neighbours differ by. */
static int64_t
unit_length(const struct span *span)
{
	if (span->sort == SPAN_SECONDS)
		return span->seconds * MICROSECONDS;
	return span->sort == UNIT_HOUR ? HOUR_SECONDS : 1;
}

int64_t
units_late(const struct span *span)
{
	return UNITS_LATE * unit_length(span);
}

bool
units_are_timely(const struct step *step, const struct span *span)
{
	return span->sort == SPAN_EVER ||
	    !step_has(step, STATE_NEWEST, span->sort) ||
	    unit_now(step, span->sort) >=
	    step_get_at(step, STATE_NEWEST, span->sort) - units_late(span);
}

int64_t
units_count(struct step *step, const struct span *span)
{
	const int64_t now = unit_now(step, span->sort);
	const bool first = !step_has(step, STATE_NEWEST, span->sort);
	const int64_t newest = step_get_at(step, STATE_NEWEST, span->sort);

	if (!first && now <= newest)
		return newest;
	return *step_touch_at(step, STATE_NEWEST, span->sort) = now;
}

/* Whether the slot is one of those that units_sum adds. */
static bool
is_in_span(const struct step *step, const struct span *span,
    const struct state_slot *slot)
{
	const int64_t now = unit_now(step, span->sort);
	const int64_t unit = unit_of(slot->key);

	if (!slot->present || !unit_is_of(slot->key, span->sort))
		return false;
	if (span->sort == SPAN_SECONDS)
		return unit > now - unit_length(span) && unit <= now;
	return unit == now;
}

int64_t
units_sum(
    const struct step *step, enum state_kind kind, const struct span *span)
{
	const struct state_slot *slots;
	int64_t sum = 0;
	size_t count, i;

	slots = step_slots(step, kind, &count);
	for (i = 0; i < count; i++)
		if (is_in_span(step, span, &slots[i]))
			sum += slots[i].value;
	return sum;
}

void
units_forget(
    struct step *step, enum state_kind kind, int64_t sort, int64_t unit)
{
	struct state_slot *slots;
	size_t count, i;

	slots = step_slots(step, kind, &count);
	for (i = 0; i < count && unit_of(slots[i].key) < unit; i++)
		if (slots[i].present && unit_is_of(slots[i].key, sort))
			step_drop(step, kind, &slots[i]);
}

void
units_add(struct step *step, enum state_kind kind, const struct span *span)
{
	const int64_t now = unit_now(step, span->sort);
	int64_t oldest;

	++*step_touch_at(step, kind, unit_key(span->sort, now));
	if (span->sort == SPAN_EVER)
		return;
	oldest = step_get_at(step, STATE_NEWEST, span->sort) - units_late(span);
	/* A late event looks back as far again as its seconds are. */
	if (span->sort == SPAN_SECONDS)
		oldest -= unit_length(span);
	units_forget(step, kind, span->sort, oldest);
}

void
units_use(struct step *step, enum state_kind kind, const struct span *span)
{
	struct state_slot *slots;
	size_t count, i;

	slots = step_slots(step, kind, &count);
	for (i = 0; i < count; i++)
		if (is_in_span(step, span, &slots[i]))
			step_drop(step, kind, &slots[i]);
}
