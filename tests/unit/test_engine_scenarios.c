/* test_engine_scenarios: the cases of the contract's tables, rule by rule */
#include <stdio.h>
#include <string.h>

#include "base/calendar.h"
#include "base/clock.h"
#include "base/decode.h"
#include "base/str.h"
#include "engine_test.h"
#include "json_test.h"
#include "rules/document.h"
#include "rules/properties.h"

enum { RULES_MAX = 4, EVENTS_MAX = 12 };

const size_t arena_max = 64 << 20;

/*
 * An event, in the order of receipt: its time, as much of it as is not the
 * scenario's, its properties, and what it gives: see apply.
 */
struct event_row {
	const char *time;
	const char *gives;
	const char *properties;
};

/* Rules are documents, or what one has beside the type "x" and its gift. */
struct scenario {
	const char *name;
	const char *rules[RULES_MAX];
	struct event_row events[EVENTS_MAX];
	const char *zone;
	int day_start; /* hours */
};

/* clang-format off */
static const struct scenario scenarios[] = {
	{ "W1a: a limit of 1 per day", { "'limit':[{'times':1,'per':'day'}]" },
	    { { "2026-06-01T21:00:00Z", "1=10" }, { "2026-06-02T20:00:00Z", "1=20" },
	      { "2026-06-03T19:00:00Z", "1=30" } } },
	{ "W1b: a cooldown of a day", { "'cooldown':86400" },
	    { { "2026-06-01T21:00:00Z", "1=10" }, { "2026-06-02T20:00:00Z", "" },
	      { "2026-06-03T19:00:00Z", "1=20" } } },
	{ "W3: a limit of 5 per day, at its end",
	    { "'limit':[{'times':5,'per':'day'}]" },
	    { { "2026-06-01T18:00:00Z", "1=10" }, { "2026-06-01T18:00:00Z", "1=20" },
	      { "2026-06-01T18:00:00Z", "1=30" }, { "2026-06-01T18:00:00Z", "1=40" },
	      { "2026-06-01T18:00:00Z", "1=50" },
	      { "2026-06-01T23:59:59.999999Z", "" },
	      { "2026-06-02T00:00:00Z", "1=60" } } },
	{ "W4: a day of Shanghai", { "'limit':[{'times':1,'per':'day'}]" },
	    { { "2026-08-10T15:59:59Z", "1=10" }, { "2026-08-10T16:00:00Z", "1=20" },
	      { "2026-08-10T17:00:00Z", "" } }, "Asia/Shanghai" },
	{ "W5a: 3 within 604800 seconds",
	    { "'numberOfTimesToGetTheAward':3,'within':{'seconds':604800}" },
	    { { "2026-06-02T10:00:00Z", "" }, { "2026-06-07T10:00:00Z", "" },
	      { "2026-06-08T09:00:00Z", "1=10" } } },
	{ "W5b: 3 within a week of the calendar",
	    { "'numberOfTimesToGetTheAward':3,'within':{'calendar':'week'}" },
	    { { "2026-06-02T10:00:00Z", "" }, { "2026-06-07T10:00:00Z", "" },
	      { "2026-06-08T09:00:00Z", "" }, { "2026-06-09T09:00:00Z", "" },
	      { "2026-06-14T23:59:59Z", "1=10" }, { "2026-06-14T23:59:59Z", "" } } },
	{ "a window is open at its beginning",
	    { "'numberOfTimesToGetTheAward':2,'within':{'seconds':60}" },
	    { { "2026-06-02T10:00:00Z", "" }, { "2026-06-02T10:01:00Z", "" },
	      { "2026-06-02T10:01:59.999999Z", "1=10" } } },
	{ "W7: a limit of 3 per 60 seconds",
	    { "'limit':[{'times':3,'seconds':60}]" },
	    { { "2026-06-01T00:00:00Z", "1=10" }, { "2026-06-01T00:00:10Z", "1=20" },
	      { "2026-06-01T00:00:20Z", "1=30" }, { "2026-06-01T00:00:30Z", "" },
	      { "2026-06-01T00:01:01Z", "1=40" }, { "2026-06-01T00:01:10Z", "1=50" } } },
	{ "W9: conditions come before the cooldown",
	    { "'cooldown':30,'conditions':[{'property':'stars','operator':'gte','value':4}]" },
	    { { "2026-06-01T00:00:00Z", "", "{'stars':2}" },
	      { "2026-06-01T00:00:05Z", "1=10", "{'stars':5}" },
	      { "2026-06-01T00:00:10Z", "", "{'stars':5}" },
	      { "2026-06-01T00:00:35Z", "1=20", "{'stars':4}" } } },
	{ "W13: a rule is in force from its first time to before its last",
	    { "'validFrom':'2026-08-13T00:00:00Z','validUntil':'2026-08-20T00:00:00Z'" },
	    { { "2026-08-12T23:59:59.999999Z", "" }, { "2026-08-13T00:00:00Z", "1=10" },
	      { "2026-08-19T23:59:59.999999Z", "1=20" }, { "2026-08-20T00:00:00Z", "" } } },
	{ "a rule that ends, or begins",
	    { "'validUntil':'2026-08-20T00:00:00Z'", "'validFrom':'2026-08-20T00:00:00Z'" },
	    { { "1970-01-01T00:00:00Z", "1=10" }, { "2026-08-20T00:00:00Z", "2=20" } } },

	{ "S1: a run of 2 in New York", { "'streak':{'unit':'day','length':2}" },
	    { { "2026-02-05T12:00:00-05:00", "" }, { "2026-02-06T22:26:00-05:00", "1=10" } },
	    "America/New_York" },
	{ "S3: a run of 3 in Kolkata", { "'streak':{'unit':'day','length':3}" },
	    { { "2026-05-28T10:00:00+05:30", "" }, { "2026-05-29T00:30:00+05:30", "" },
	      { "2026-05-30T23:00:00+05:30", "1=10" } }, "Asia/Kolkata" },
	{ "S5: days from 04:00 in Los Angeles", { "'streak':{'unit':'day','length':2}",
	      "'limit':[{'times':1,'per':'day'}]" },
	    { { "2026-05-19T20:00:00-07:00", "2=10" },
	      { "2026-05-20T03:00:00-07:00", "" },
	      { "2026-05-21T00:30:00-07:00", "1=20 2=30" } }, "America/Los_Angeles", 4 },
	{ "S6: a day is one, however many events it has",
	    { "'streak':{'unit':'day','length':2}" },
	    { { "2026-06-01T01:00:00Z", "" }, { "2026-06-01T02:00:00Z", "" },
	      { "2026-06-01T03:00:00Z", "" }, { "2026-06-02T03:00:00Z", "1=10" },
	      { "2026-06-02T04:00:00Z", "" } } },
	{ "S9: a day of 23 hours", { "'streak':{'unit':'day','length':2}" },
	    { { "2017-03-26T12:00:00+02:00", "" }, { "2017-03-27T12:00:00+02:00", "1=10" } },
	    "Europe/Berlin" },
	{ "S10: a night of 25 hours", { "'streak':{'unit':'day','length':3}" },
	    { { "2014-11-01T23:00:00-04:00", "" }, { "2014-11-02T00:30:00-04:00", "" },
	      { "2014-11-02T01:30:00-05:00", "" }, { "2014-11-03T00:10:00-05:00", "1=10" } },
	    "America/New_York" },
	{ "S11: an hour that comes twice is two",
	    { "'limit':[{'times':1,'per':'hour'}]" },
	    { { "2014-11-02T01:30:00-04:00", "1=10" }, { "2014-11-02T01:30:00-05:00", "1=20" },
	      { "2014-11-02T01:59:59-05:00", "" } }, "America/New_York" },
	{ "S13: Apia had no 30 December", { "'streak':{'unit':'day','length':2}" },
	    { { "2011-12-29T12:00:00-10:00", "" }, { "2011-12-31T12:00:00+14:00", "1=10" } },
	    "Pacific/Apia" },
	{ "G1: with grace 1, days 1, 2, 4 are a run of 3",
	    { "'streak':{'unit':'day','length':3,'grace':1}" },
	    { { "2026-06-01T00:00:00Z", "" }, { "2026-06-02T00:00:00Z", "" },
	      { "2026-06-04T00:00:00Z", "1=10" } } },
	{ "G1: days 1, 2, 5 are a run of 1",
	    { "'streak':{'unit':'day','length':3,'grace':1}", "'repeat':true,'streak':{'unit':'day','length':1,'grace':1}" },
	    { { "2026-06-01T00:00:00Z", "2=10" }, { "2026-06-02T00:00:00Z", "2=20" },
	      { "2026-06-05T00:00:00Z", "2=30" } } },
	{ "G1: days 1, 3, 5 are a run of 3",
	    { "'streak':{'unit':'day','length':3,'grace':1}" },
	    { { "2026-06-01T00:00:00Z", "" }, { "2026-06-03T00:00:00Z", "" },
	      { "2026-06-05T00:00:00Z", "1=10" } } },
	{ "a bridged day that comes late is the run's own",
	    { "'repeat':true,'streak':{'unit':'day','length':2,'grace':1}" },
	    { { "2026-06-01T00:00:00Z", "" }, { "2026-06-03T00:00:00Z", "1=10" },
	      { "2026-06-02T00:00:00Z", "" }, { "2026-06-04T00:00:00Z", "1=20" } } },
	{ "K1: weeks over the new year", { "'streak':{'unit':'week','length':3}" },
	    { { "2025-12-24T00:00:00Z", "" }, { "2025-12-29T00:00:00Z", "" },
	      { "2026-01-05T00:00:00Z", "1=10" } } },
	{ "months over the new year", { "'streak':{'unit':'month','length':2}" },
	    { { "2025-11-30T00:00:00Z", "" }, { "2026-01-01T00:00:00Z", "" },
	      { "2025-12-31T00:00:00Z", "1=10" } } },
	{ "L1: days that all come on the fifth", { "'streak':{'unit':'day','length':3}" },
	    { { "2026-06-01T00:00:00Z", "" }, { "2026-06-02T00:00:00Z", "" },
	      { "2026-06-03T00:00:00Z", "1=10" } } },
	{ "L1 in another order: the one between fires",
	    { "'streak':{'unit':'day','length':3}" },
	    { { "2026-06-03T00:00:00Z", "" }, { "2026-06-01T00:00:00Z", "" },
	      { "2026-06-02T00:00:00Z", "1=10" } } },
	{ "L2: a late fifth day", { "'streak':{'unit':'day','length':5}" },
	    { { "2026-06-01T00:00:00Z", "" }, { "2026-06-02T00:00:00Z", "" },
	      { "2026-06-03T00:00:00Z", "" }, { "2026-06-04T00:00:00Z", "" },
	      { "2026-06-06T00:00:00Z", "" }, { "2026-06-05T00:00:00Z", "1=10" } } },
	{ "L4: a late day joins two runs, and fires nothing twice",
	    { "'repeat':true,'streak':{'unit':'day','length':3}" },
	    { { "2026-06-01T00:00:00Z", "" }, { "2026-06-02T00:00:00Z", "" },
	      { "2026-06-03T00:00:00Z", "1=10" }, { "2026-06-05T00:00:00Z", "" },
	      { "2026-06-06T00:00:00Z", "" }, { "2026-06-07T00:00:00Z", "1=20" },
	      { "2026-06-04T00:00:00Z", "" }, { "2026-06-08T00:00:00Z", "" },
	      { "2026-06-09T00:00:00Z", "1=30" } } },
	{ "a late day joins two runs to one that is long enough",
	    { "'repeat':true,'streak':{'unit':'day','length':3}" },
	    { { "2026-06-01T00:00:00Z", "" }, { "2026-06-02T00:00:00Z", "" },
	      { "2026-06-04T00:00:00Z", "" }, { "2026-06-05T00:00:00Z", "" },
	      { "2026-06-03T00:00:00Z", "1=10" }, { "2026-06-06T00:00:00Z", "1=20" } } },
	{ "without repeat a second run fires no more", { "'streak':{'unit':'day','length':2}" },
	    { { "2026-06-01T00:00:00Z", "" }, { "2026-06-02T00:00:00Z", "1=10" },
	      { "2026-06-05T00:00:00Z", "" }, { "2026-06-06T00:00:00Z", "" } } },
	{ "a run goes on behind what is forgotten",
	    { "'repeat':true,'streak':{'unit':'week','length':11}" },
	    { { "2026-01-05T00:00:00Z", "" }, { "2026-01-12T00:00:00Z", "" },
	      { "2026-01-19T00:00:00Z", "" }, { "2026-01-26T00:00:00Z", "" },
	      { "2026-02-02T00:00:00Z", "" }, { "2026-02-09T00:00:00Z", "" },
	      { "2026-02-16T00:00:00Z", "" }, { "2026-02-23T00:00:00Z", "" },
	      { "2026-03-02T00:00:00Z", "" }, { "2026-03-09T00:00:00Z", "" },
	      { "2026-03-16T00:00:00Z", "1=10" } } },

	{ "L5: late events are judged in their own day",
	    { "'limit':[{'times':1,'per':'day'}]" },
	    { { "2026-06-05T00:00:00Z", "1=10" }, { "2026-06-05T12:00:00Z", "" },
	      { "2026-06-04T12:00:00Z", "1=20" }, { "2026-06-04T13:00:00Z", "" } } },
	{ "8 days behind is not too late, 9 are",
	    { "'limit':[{'times':1,'per':'day'}]" },
	    { { "2026-06-10T00:00:00Z", "1=10" }, { "2026-06-02T00:00:00Z", "1=20" },
	      { "2026-06-01T23:59:59Z", "" } } },
	{ "of seconds 8 times as many behind are not too late",
	    { "'limit':[{'times':1,'seconds':60}]", "'numberOfTimesToGetTheAward':2,'within':{'seconds':60}" },
	    { { "2026-06-10T01:00:00Z", "1=10" }, { "2026-06-10T00:52:00Z", "1=20" },
	      { "2026-06-10T00:52:00Z", "2=30" },
	      { "2026-06-10T00:51:59.999999Z", "" } } },
	{ "a late event does not take what a window has",
	    { "'limit':[{'times':1,'seconds':60}]" },
	    { { "2026-06-10T01:00:00Z", "1=10" }, { "2026-06-10T00:59:30Z", "1=20" },
	      { "2026-06-10T01:00:29Z", "" }, { "2026-06-10T01:01:00Z", "1=30" } } },
	{ "a month, a year, for ever",
	    { "'limit':[{'times':2,'per':'month'},{'times':3,'per':'year'},{'times':4,'per':'ever'}]" },
	    { { "2026-01-31T00:00:00Z", "1=10" }, { "2026-01-31T00:00:00Z", "1=20" },
	      { "2026-01-31T00:00:00Z", "" }, { "2026-02-01T00:00:00Z", "1=30" },
	      { "2026-02-01T00:00:00Z", "" }, { "2027-01-01T00:00:00Z", "1=40" },
	      { "2028-01-01T00:00:00Z", "" } } },
	{ "a week's limit begins anew on Monday", { "'limit':[{'times':1,'per':'week'}]" },
	    { { "2026-06-01T00:00:00Z", "1=10" }, { "2026-06-07T23:59:59Z", "" },
	      { "2026-06-08T00:00:00Z", "1=20" }, { "2026-06-03T00:00:00Z", "" } } },
	{ "a year alone", { "'limit':[{'times':1,'per':'year'}]" },
	    { { "2026-01-31T00:00:00Z", "1=10" }, { "2026-12-31T23:59:59Z", "" },
	      { "2027-01-01T00:00:00Z", "1=20" } } },
	{ "two limits of one sort count an award once",
	    { "'limit':[{'times':2,'per':'day'},{'times':3,'per':'day'},{'times':9,'seconds':60},{'times':2,'seconds':30}]" },
	    { { "2026-06-10T00:00:00Z", "1=10" }, { "2026-06-10T00:00:01Z", "1=20" },
	      { "2026-06-10T00:00:31Z", "" }, { "2026-06-11T00:00:00Z", "1=30" } } },
	{ "an award that is due and forbidden is lost",
	    { "'numberOfTimesToGetTheAward':2,'repeat':true,'limit':[{'times':1,'per':'day'}]" },
	    { { "2026-06-10T00:00:00Z", "" }, { "2026-06-10T00:00:00Z", "1=10" },
	      { "2026-06-10T00:00:00Z", "" }, { "2026-06-10T00:00:00Z", "" },
	      { "2026-06-11T00:00:00Z", "" }, { "2026-06-11T00:00:00Z", "1=20" } } },

	{ "repeat: at every third", { "'numberOfTimesToGetTheAward':3,'repeat':true" },
	    { { "2026-06-10T00:00:00Z", "" }, { "2026-06-10T00:00:00Z", "" },
	      { "2026-06-10T00:00:00Z", "1=10" }, { "2026-06-10T00:00:00Z", "" },
	      { "2026-06-10T00:00:00Z", "" }, { "2026-06-10T00:00:00Z", "1=20" } } },
	{ "repeat: what a window has given for is used",
	    { "'numberOfTimesToGetTheAward':2,'repeat':true,'within':{'seconds':60}",
	      "'numberOfTimesToGetTheAward':2,'repeat':true,'within':{'calendar':'hour'}" },
	    { { "2026-06-10T00:00:00Z", "" }, { "2026-06-10T00:00:10Z", "1=10 2=20" },
	      { "2026-06-10T00:00:20Z", "" }, { "2026-06-10T00:00:30Z", "1=30 2=40" },
	      { "2026-06-10T00:59:59Z", "" }, { "2026-06-10T01:00:10Z", "1=50" },
	      { "2026-06-10T01:00:11Z", "2=60" } } },
	{ "distinct: each value once",
	    { "'distinct':'post'", "'distinct':'post','numberOfTimesToGetTheAward':2" },
	    { { "2026-06-10T00:00:00Z", "1=10", "{'post':7}" },
	      { "2026-06-10T00:00:00Z", "", "{'post':7.0}" },
	      { "2026-06-10T00:00:00Z", "1=20 2=30", "{'post':'7'}" },
	      { "2026-06-10T00:00:00Z", "", "{'post':null}" },
	      { "2026-06-10T00:00:00Z", "1=40", "{'post':true}" },
	      { "2026-06-10T00:00:00Z", "1=50", "{'post':'true'}" },
	      { "2026-06-10T00:00:00Z", "1=60", "{'post':['a','b']}" },
	      { "2026-06-10T00:00:00Z", "", "{'post':['a','b']}" },
	      { "2026-06-10T00:00:00Z", "1=70", "{'post':['ab']}" } } },
	{ "distinct: an event within the cooldown leaves its value new",
	    { "'distinct':'post','cooldown':60" },
	    { { "2026-06-10T00:00:00Z", "1=10", "{'post':1}" },
	      { "2026-06-10T00:00:10Z", "", "{'post':2}" },
	      { "2026-06-10T00:01:10Z", "1=20", "{'post':2}" } } },
	{ "requires: what earlier rules of the event give counts",
	    { "{'eventType':'x','points':10,'pointScale':7,'priority':-1,'requires':{'badges':[9]}}",
	      "{'eventType':'x','badge':9,'numberOfTimesToGetTheAward':2}",
	      "{'eventType':'x','badge':8,'priority':1,'requires':{'badges':[9],'points':[{'pointScale':7,'atLeast':20}]}}" },
	    { { "2026-06-10T00:00:00Z", "" }, { "2026-06-10T00:00:00Z", "2* 1=10" },
	      { "2026-06-10T00:00:00Z", "1=20" }, { "2026-06-10T00:00:00Z", "3* 1=30" } } },
	{ "M1: milestones fire in order, as soon as they can",
	    { "{'badge':13,'requires':{'badges':[12]}}",
	      "{'badge':12,'requires':{'badges':[11]}}",
	      "{'badge':11,'requires':{'points':[{'pointScale':7,'atLeast':100}]}}",
	      "{'eventType':'x','points':50,'pointScale':7}" },
	    { { "2026-06-10T00:00:00Z", "4=50" }, { "2026-06-10T00:00:00Z", "4=100 3* 2* 1*" },
	      { "2026-06-10T00:00:00Z", "4=150" } } },
	{ "milestones give once, also points, and may wait for each other",
	    { "{'points':5,'pointScale':7,'requires':{'points':[{'pointScale':7,'atLeast':10}]}}",
	      "{'points':5,'pointScale':7,'requires':{'points':[{'pointScale':7,'atLeast':15}]},'limit':{'times':1,'per':'ever'}}",
	      "{'points':1,'pointScale':7,'requires':{'points':[{'pointScale':7,'atLeast':0}]},'validUntil':'2026-01-01T00:00:00Z'}",
	      "" },
	    { { "2026-06-10T00:00:00Z", "4=10 1=15 2=20" }, { "2026-06-10T00:00:00Z", "4=30" } } },
	{ "an event that gives nothing is no occasion for a milestone",
	    { "{'badge':11,'requires':{'points':[{'pointScale':7,'atLeast':0}]}}",
	      "{'eventType':'x','badge':9}" },
	    { { "2026-06-10T00:00:00Z", "2* 1*" }, { "2026-06-10T00:00:00Z", "" } } },
	{ "pointsFrom: cut off towards zero, then clamped",
	    { "{'eventType':'x','pointScale':7,'pointsFrom':{'property':'total','factor':'1.5','min':-4,'max':100}}" },
	    { { "2026-06-10T00:00:00Z", "1=1", "{'total':1}" },
	      { "2026-06-10T00:00:00Z", "1=0", "{'total':-1}" },
	      { "2026-06-10T00:00:00Z", "1=-4", "{'total':-1e300}" },
	      { "2026-06-10T00:00:00Z", "1=96", "{'total':1e300}" },
	      { "2026-06-10T00:00:00Z", "1=110", "{'total':9.9999999999999999999}" },
	      { "2026-06-10T00:00:00Z", "", "{'total':'5'}" },
	      { "2026-06-10T00:00:00Z", "" },
	      { "2026-06-10T00:00:00Z", "1=110", "{'total':0.6666666666666666666}" } } },
	{ "pointsFrom: what no balance holds refuses the event",
	    { "{'eventType':'x','pointScale':7,'pointsFrom':{'property':'total'}}" },
	    { { "2026-06-10T00:00:00Z", "overflow", "{'total':1e19}" },
	      { "2026-06-10T00:00:00Z", "1=9223372036854775807", "{'total':9223372036854775807.9}" },
	      { "2026-06-10T00:00:00Z", "overflow", "{'total':1}" } } },
	{ "priority: the higher one first, then the older one",
	    { "", "'priority':-1", "'priority':5" },
	    { { "2026-06-10T00:00:00Z", "3=10 1=20 2=30" } } },
	{ "the local weekday and hour",
	    { "'conditions':[{'property':'@time.weekday','operator':'in','value':[6,7]}]",
	      "'conditions':[{'property':'@time.hour','operator':'between','value':[0,5]}]" },
	    { { "2026-06-05T21:59:59Z", "" }, { "2026-06-05T22:00:00Z", "1=10 2=20" },
	      { "2026-06-07T21:59:59Z", "1=30" }, { "2026-06-07T22:00:00Z", "2=40" } },
	    "Europe/Zurich" },
};
/* clang-format on */

static size_t
make_rules(const struct scenario *row, struct rule *rules)
{
	size_t count;
	const char *text;

	for (count = 0; count < RULES_MAX && row->rules[count] != NULL;
	     count++) {
		text = json_of(row->rules[count]);
		if (*text != '{')
			text = arena_printf(arena,
			    "{\"eventType\":\"x\",\"points\":10,"
			    "\"pointScale\":7%s%s}",
			    *text == '\0' ? "" : ",", text);
		if (!document_read(arena, arena, text, &rules[count]))
			fail_msg("%s: no rule: %s", row->name, text);
		rules[count].id = (int64_t)count + 1;
		rule_compile(&rules[count], arena);
	}
	return count;
}

static struct calendar
calendar_of(const struct scenario *row)
{
	struct zone *zone;

	assert_int_equal(
	    zone_load(arena, row->zone == NULL ? "UTC" : row->zone, &zone),
	    ZONE_OK);
	return (struct calendar) {zone, row->day_start * 3600};
}

static struct occurrence
event_of(const struct calendar *calendar, const struct event_row *event)
{
	struct occurrence occurrence = {.event_type = "x"};
	struct decode decode = {.arena = arena, .faults = &faults};
	const char *text, *why;
	int64_t time;

	assert_true(time_parse(event->time, &time));
	occurrence.moment = calendar_moment(calendar, time);
	if (event->properties == NULL)
		return occurrence;
	faults_init(&faults, arena);
	text = json_of(event->properties);
	properties_decode(&decode,
	    json_parse(arena, text, strlen(text), &faults, &why), "",
	    &occurrence);
	assert_int_equal(faults.count, 0);
	return occurrence;
}

static void
play(const struct scenario *row)
{
	struct rule *rules = arena_array(arena, RULES_MAX, sizeof(*rules));
	struct rule_set *set =
	    rule_set_new(arena, rules, make_rules(row, rules));
	const struct calendar calendar = calendar_of(row);
	struct occurrence event;
	const char *found;
	struct state state;
	size_t i;

	state_init(&state, arena);
	for (i = 0; i < EVENTS_MAX && row->events[i].time != NULL; i++) {
		event = event_of(&calendar, &row->events[i]);
		found = apply_found(&state, set, &event);
		if (strcmp(found, row->events[i].gives) != 0)
			fail_msg("%s: event %zu gives \"%s\" instead of \"%s\"",
			    row->name, i + 1, found, row->events[i].gives);
	}
	arena_reset(arena);
}

static void
the_tables_of_the_contract_come_out_right(void **test)
{
	const struct scenario *row;

	(void)test;
	for (row = scenarios; row < scenarios + COUNT(scenarios); row++)
		play(row);
}

/* So many days in a row; how many awards there are, and what is kept. */
static size_t
awards_of_days(const char *members, int days, struct state *state)
{
	const struct scenario row = {"days", {members}, {{NULL}}};
	struct rule *rules = arena_array(arena, RULES_MAX, sizeof(*rules));
	struct rule_set *set =
	    rule_set_new(arena, rules, make_rules(&row, rules));
	const struct calendar calendar = calendar_of(&row);
	struct occurrence event = {.event_type = "x"};
	size_t awards = 0;
	int day;

	state_init(state, arena);
	for (day = 0; day < days; day++) {
		event.moment =
		    calendar_moment(&calendar, (20000 + day) * 86400000000);
		awards += *apply_found(state, set, &event) != '\0';
	}
	return awards;
}

static void
s8_a_long_streak_fires_once_or_at_each_multiple(void **test)
{
	struct state state;

	(void)test;
	assert_int_equal(
	    awards_of_days("'streak':{'unit':'day','length':21}", 42, &state),
	    1);
	assert_int_equal(
	    awards_of_days("'repeat':true,'streak':{'unit':'day','length':21}",
	        42, &state),
	    2);
	assert_true(state_get(&state, STATE_LONGEST, 1) == 42);
}

/* A standing must not grow with the years that a user stays. */
static void
what_no_late_event_can_reach_is_forgotten(void **test)
{
	struct state state;
	int kind;

	(void)test;
	awards_of_days("'repeat':true,'streak':{'unit':'day','length':2},"
	               "'limit':[{'times':1,'per':'day'},{'times':9,"
	               "'seconds':100000}]",
	    1000, &state);
	for (kind = 0; kind < STATE_KINDS; kind++)
		assert_true(state.kinds[kind].count <= 24);
	awards_of_days("'numberOfTimesToGetTheAward':9,'within':{'calendar':"
	               "'day'}",
	    1000, &state);
	assert_true(state.kinds[STATE_MATCHES].count <= 12);
}

/* A refused event leaves nothing, also of what it had dropped or made. */
static void
a_refused_event_changes_nothing(void **test)
{
	static const struct scenario row = {"refused",
	    {"'distinct':'post','limit':[{'times':9,'per':'day'},{'times':9,"
	     "'seconds':60}]",
	        "'repeat':true,'streak':{'unit':'day','length':2}",
	        "'numberOfTimesToGetTheAward':2,'repeat':true,'within':"
	        "{'seconds':60}",
	        "{'eventType':'x','priority':-1,'points':100,'pointScale':7}"},
	    {{"2026-06-01T00:00:00Z", "", "{'post':1}"},
	        {"2026-06-02T00:00:00Z", "", "{'post':2}"},
	        {"2026-06-20T00:00:00Z", "", "{'post':3}"}}};
	struct rule *rules = arena_array(arena, RULES_MAX, sizeof(*rules));
	struct rule_set *set =
	    rule_set_new(arena, rules, make_rules(&row, rules));
	const struct calendar calendar = calendar_of(&row);
	struct occurrence event;
	const char *before;
	struct state state;
	size_t i;

	(void)test;
	state_init(&state, arena);
	for (i = 0; i < 3; i++) {
		event = event_of(&calendar, &row.events[i]);
		state_set(&state, STATE_BALANCE, 7, 0);
		before = states_text(&state, 1);
		state_set(&state, STATE_BALANCE, 7, INT64_MAX - 99);
		assert_string_equal(
		    apply_found(&state, set, &event), "overflow");
		state_set(&state, STATE_BALANCE, 7, 0);
		assert_string_equal(states_text(&state, 1), before);
		apply_found(&state, set, &event);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_tables_of_the_contract_come_out_right),
	    cmocka_unit_test(s8_a_long_streak_fires_once_or_at_each_multiple),
	    cmocka_unit_test(what_no_late_event_can_reach_is_forgotten),
	    cmocka_unit_test(a_refused_event_changes_nothing),
	};

	return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
