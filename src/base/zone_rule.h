/* zone_rule: POSIX's rule for summer time, for the years to come */
#ifndef BASE_ZONE_RULE_H
#define BASE_ZONE_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/zone.h"

/* A day of each year on which the offset changes, as POSIX's TZ tells it. */
struct zone_change {
	enum zone_day {
		ZONE_DAY_MONTH,  /* Mm.w.d: the week's weekday of a month */
		ZONE_DAY_JULIAN, /* Jn: 1-365, 29 February is never counted */
		ZONE_DAY_YEAR,   /* n: 0-365, it is counted */
	} kind;
	int month, week, day;
	int32_t time; /* seconds after local midnight, also negative */
};

struct zone_rule {
	int32_t standard; /* offset */
	bool has_summer;
	int32_t summer;                /* offset */
	struct zone_change begin, end; /* of summer */
};

/* A rule with the same offset for ever. */
struct zone_rule zone_rule_fixed(int32_t offset);

/*
 * Reads such as "CET-1CEST,M3.5.0,M10.5.0/3" (POSIX.1, and RFC 9636's hours of
 * -167 to 167). False if the text is not of that form.
 */
bool zone_rule_parse(const char *text, struct zone_rule *rule_out);

struct zone_span zone_rule_span(const struct zone_rule *rule, int64_t time);

#endif
