/* test_engine_engine: every case of what the contract says of rules */
#include <string.h>

#include "engine_test.h"

#define MAX "9223372036854775807"
#define MIN "-9223372036854775808"

enum { USERS = 3 };

const size_t arena_max = 64 << 20;

/* A rule; its id is its place in the table, from 1. */
struct rule_row {
	const char *type, *property;
	int64_t times, points, scale, badge;
	bool disabled;
	int64_t cooldown; /* seconds */
};

/* An event of a user, and what it gives: see awards_text. */
struct event_row {
	int64_t user;
	const char *type;
	const char *properties; /* between commas */
	const char *gives;
	int64_t at; /* seconds */
};

/* What is stored before. */
struct stored_row {
	enum state_kind kind;
	int64_t user, ref, value;
};

/* after: what the users have then, see states_text. */
struct scenario {
	const char *name;
	struct rule_row rules[ROW_MAX];
	struct stored_row stored[ROW_MAX];
	struct event_row events[ROW_MAX];
	const char *after;
};

/* clang-format off */
static const struct scenario scenarios[] = {
	/* matching */
	{ "a rule gives its points for an event of its type",
	    { { "review", NULL, 1, 10, 7, 0 } }, {},
	    { { 1, "review", "", "1=10" } },
	    "u1 points7=10, u1 count1=1" },
	{ "no rule, no award",
	    { { NULL } }, {}, { { 1, "review", "", "" } }, "" },
	{ "an event type that no rule has gives nothing",
	    { { "review", NULL, 1, 10, 7, 0 } }, {},
	    { { 1, "order", "", "" } }, "" },
	{ "event types are compared byte for byte",
	    { { "review", NULL, 1, 10, 7, 0 }, { "r\xC3\xA9view", NULL, 1, 1, 7, 0 } }, {},
	    { { 1, "Review", "", "" }, { 1, "REVIEW", "", "" },
	      { 1, "review ", "", "" }, { 1, " review", "", "" },
	      { 1, "revie", "", "" }, { 1, "reviews", "", "" },
	      { 1, "re\xCC\x81view", "", "" }, { 1, "r\xC3\x89view", "", "" },
	      { 1, "r\xC3\xA9view", "", "2=1" } },
	    "u1 points7=1, u1 count2=1" },
	{ "a rule with a property needs it in the event",
	    { { "review", "verified", 1, 10, 7, 0 } }, {},
	    { { 1, "review", "", "" }, { 1, "review", "stars", "" },
	      { 1, "review", "verified", "1=10" },
	      { 1, "review", "stars,verified,x", "1=20" } },
	    "u1 points7=20, u1 count1=2" },
	{ "properties are compared byte for byte",
	    { { "review", "verified", 1, 10, 7, 0 } }, {},
	    { { 1, "review", "Verified,verified ,verifie,verifiedd", "" } },
	    "" },
	{ "a rule without a property does not mind them",
	    { { "review", NULL, 1, 10, 7, 0 } }, {},
	    { { 1, "review", "verified,stars", "1=10" } },
	    "u1 points7=10, u1 count1=1" },
	{ "a property that is named twice matches once",
	    { { "review", "verified", 1, 10, 7, 0 } }, {},
	    { { 1, "review", "verified,verified", "1=10" } },
	    "u1 points7=10, u1 count1=1" },
	{ "the property does not stand in for the event type",
	    { { "review", "verified", 1, 10, 7, 0 } }, {},
	    { { 1, "order", "verified,review", "" } }, "" },

	/* the number of times */
	{ "N = 1 awards every time",
	    { { "review", NULL, 1, 10, 7, 0 } }, {},
	    { { 1, "review", "", "1=10" }, { 1, "review", "", "1=20" },
	      { 1, "review", "", "1=30" }, { 1, "review", "", "1=40" } },
	    "u1 points7=40, u1 count1=4" },
	{ "N = 3 awards the third time, once and never again",
	    { { "review", NULL, 3, 10, 7, 0 } }, {},
	    { { 1, "review", "", "" }, { 1, "review", "", "" },
	      { 1, "review", "", "1=10" }, { 1, "review", "", "" },
	      { 1, "review", "", "" }, { 1, "review", "", "" },
	      { 1, "review", "", "" } }, "u1 points7=10, u1 count1=7, u1 given1=1" },
	{ "the count goes on from what is stored",
	    { { "review", NULL, 1000, 10, 7, 0 } },
	    { { STATE_COUNT, 1, 1, 998 } },
	    { { 1, "review", "", "" }, { 1, "review", "", "1=10" },
	      { 1, "review", "", "" } },
	    "u1 points7=10, u1 count1=1001, u1 given1=1" },
	{ "only matching events are counted",
	    { { "review", "verified", 2, 10, 7, 0 } }, {},
	    { { 1, "review", "verified", "" }, { 1, "review", "", "" },
	      { 1, "order", "verified", "" },
	      { 1, "review", "verified", "1=10" } },
	    "u1 points7=10, u1 count1=2, u1 given1=1" },
	{ "every user is counted alone",
	    { { "review", NULL, 2, 10, 7, 0 } }, {},
	    { { 1, "review", "", "" }, { 2, "review", "", "" },
	      { 3, "review", "", "" }, { 2, "review", "", "1=10" },
	      { 1, "review", "", "1=10" } },
	    "u1 points7=10, u1 count1=2, u1 given1=1, u2 points7=10, u2 count1=2, u2 given1=1, u3 count1=1" },
	{ "every rule is counted alone",
	    { { "review", NULL, 2, 10, 7, 0 }, { "review", "verified", 2, 1, 7, 0 },
	      { "order", NULL, 2, 5, 7, 0 } }, {},
	    { { 1, "review", "", "" }, { 1, "review", "verified", "1=10" },
	      { 1, "order", "", "" }, { 1, "review", "verified", "2=11" } },
	    "u1 points7=11, u1 count1=3, u1 count2=2, u1 count3=1, u1 given1=1, u1 given2=1" },
	{ "a count past N awards once: N was lowered",
	    { { "review", NULL, 3, 10, 7, 0 } },
	    { { STATE_COUNT, 1, 1, 5 } },
	    { { 1, "review", "", "1=10" }, { 1, "review", "", "" } },
	    "u1 points7=10, u1 count1=7, u1 given1=1" },
	{ "a rule that has awarded does not again: N was raised",
	    { { "review", NULL, 3, 10, 7, 0 } },
	    { { STATE_COUNT, 1, 1, 2 }, { STATE_GIVEN, 1, 1, 1 } },
	    { { 1, "review", "", "" } }, "u1 count1=3, u1 given1=1" },
	{ "N = 1 awards at every event, whatever the rule has given",
	    { { "review", NULL, 1, 10, 7, 0 } },
	    { { STATE_GIVEN, 1, 1, 1 } },
	    { { 1, "review", "", "1=10" } },
	    "u1 points7=10, u1 count1=1, u1 given1=1" },

	/* a rest after an award: only the event's own time counts */
	{ "the next award comes when the cooldown is over, and not before",
	    { { "review", NULL, 1, 10, 7, 0, false, 86400 } }, {},
	    { { 1, "review", "", "1=10", 75600 },
	      { 1, "review", "", "", 158400 }, { 1, "review", "", "", 161999 },
	      { 1, "review", "", "1=20", 162000 } },
	    "u1 points7=20, u1 count1=2, u1 at1=162000000000" },
	{ "every rule has a cooldown of its own, and counts apart from it",
	    { { "review", NULL, 1, 1, 7, 0, false, 30 },
	      { "review", NULL, 2, 5, 8, 0 },
	      { "review", "good", 1, 2, 7, 9, false, 30 } }, {},
	    { { 1, "review", "", "1=1", 0 },
	      { 1, "review", "good", "2=5 3=3*", 5 },
	      { 1, "review", "good", "", 10 },
	      { 1, "review", "good", "1=4", 34 },
	      { 1, "review", "good", "3=6", 35 } },
	    "u1 points7=6, u1 points8=5, u1 count1=2, u1 count2=5, u1 count3=2,"
	    " u1 badge9=1, u1 given2=1, u1 at1=34000000, u1 at3=35000000" },
	{ "an event of before the award is within its cooldown",
	    { { "review", NULL, 1, 10, 7, 0, false, 60 } }, {},
	    { { 1, "review", "", "1=10", 1000 }, { 1, "review", "", "", 900 },
	      { 1, "review", "", "", -1000 },
	      { 1, "review", "", "1=20", 1060 } },
	    "u1 points7=20, u1 count1=2, u1 at1=1060000000" },
	{ "what gives nothing begins no cooldown, and times before 1970 are some",
	    { { "review", NULL, 1, 0, 0, 9, false, 60 } },
	    { { STATE_BADGE, 2, 9, 1 } },
	    { { 2, "review", "", "", 0 }, { 1, "review", "", "1*", -5 },
	      { 1, "review", "", "", 5 } },
	    "u1 count1=1, u1 badge9=1, u1 at1=-5000000, u2 count1=1,"
	    " u2 badge9=1" },
	{ "a refused event begins no cooldown",
	    { { "review", NULL, 1, 1, 7, 0, false, 60 } },
	    { { STATE_BALANCE, 1, 7, INT64_MAX } },
	    { { 1, "review", "", "overflow", 5 } },
	    "u1 points7=" MAX },

	/* several rules */
	{ "every matching rule fires, in the order of creation",
	    { { "review", NULL, 1, 10, 7, 0 }, { "review", NULL, 1, 5, 8, 0 },
	      { "order", NULL, 1, 1, 7, 0 }, { "review", "verified", 1, 2, 9, 0 },
	      { "review", NULL, 2, 3, 8, 0 } }, {},
	    { { 1, "review", "verified", "1=10 2=5 4=2" },
	      { 1, "review", "", "1=20 2=10 5=13" } },
	    "u1 points7=20, u1 points8=13, u1 points9=2, u1 count1=2, u1 count2=2, u1 count4=1, u1 count5=2, u1 given5=1" },
	{ "rules on one scale see each other's balance",
	    { { "review", NULL, 1, 10, 7, 0 }, { "review", NULL, 1, -3, 7, 0 },
	      { "review", NULL, 1, 5, 7, 0 } },
	    { { STATE_BALANCE, 1, 7, 100 } },
	    { { 1, "review", "", "1=110 2=107 3=112" } },
	    "u1 points7=112, u1 count1=1, u1 count2=1, u1 count3=1" },
	{ "a scale, a badge and a rule may have the same number",
	    { { "review", NULL, 1, 10, 1, 1 } },
	    { { STATE_BALANCE, 1, 1, 3 } },
	    { { 1, "review", "", "1=13*" } },
	    "u1 points1=13, u1 count1=1, u1 badge1=1" },
	{ "users have balances and badges of their own",
	    { { "review", NULL, 1, 10, 7, 9 } }, {},
	    { { 1, "review", "", "1=10*" }, { 2, "review", "", "1=10*" },
	      { 1, "review", "", "1=20" } },
	    "u1 points7=20, u1 count1=2, u1 badge9=1, u2 points7=10,"
	    " u2 count1=1, u2 badge9=1" },

	/* badges */
	{ "a badge is awarded once per user; the points come again",
	    { { "review", NULL, 1, 10, 7, 9 } }, {},
	    { { 1, "review", "", "1=10*" }, { 1, "review", "", "1=20" } },
	    "u1 points7=20, u1 count1=2, u1 badge9=1" },
	{ "a rule that has but a badge gives nothing the second time",
	    { { "review", NULL, 1, 0, 0, 9 } }, {},
	    { { 1, "review", "", "1*" }, { 1, "review", "", "" },
	      { 1, "review", "", "" } },
	    "u1 count1=3, u1 badge9=1" },
	{ "a badge that the user has already is not won",
	    { { "review", NULL, 1, 0, 0, 9 }, { "review", NULL, 1, 1, 7, 9 } },
	    { { STATE_BADGE, 1, 9, 1 } },
	    { { 1, "review", "", "2=1" } },
	    "u1 points7=1, u1 count1=1, u1 count2=1, u1 badge9=1" },
	{ "of two rules with one badge the first gives it",
	    { { "review", NULL, 1, 0, 0, 9 }, { "review", NULL, 1, 5, 7, 9 },
	      { "review", NULL, 1, 0, 0, 9 } }, {},
	    { { 1, "review", "", "1* 2=5" } },
	    "u1 points7=5, u1 count1=1, u1 count2=1, u1 count3=1, u1 badge9=1" },
	{ "a badge on the N-th time",
	    { { "review", NULL, 2, 0, 0, 9 } }, {},
	    { { 1, "review", "", "" }, { 1, "review", "", "1*" },
	      { 1, "review", "", "" } },
	    "u1 count1=3, u1 badge9=1, u1 given1=1" },

	/* the places of badges */
	{ "badges are numbered in the order of winning",
	    { { "a", NULL, 1, 0, 0, 9 }, { "b", NULL, 1, 0, 0, 3 },
	      { "c", NULL, 2, 0, 0, 6 } }, {},
	    { { 1, "c", "", "" }, { 1, "a", "", "1*" }, { 1, "b", "", "2*" },
	      { 1, "a", "", "" }, { 1, "c", "", "3*" }, { 1, "b", "", "" } },
	    "u1 count1=2, u1 count2=2, u1 count3=2, u1 badge3=2, u1 badge6=3, u1 badge9=1, u1 given3=1" },
	{ "the badges of one event are numbered in the order of the rules",
	    { { "a", NULL, 1, 0, 0, 9 }, { "a", NULL, 1, 1, 7, 9 },
	      { "a", NULL, 1, 1, 7, 3 }, { "a", NULL, 1, 0, 0, 6 } }, {},
	    { { 1, "a", "", "1* 2=1 3=2* 4*" } },
	    "u1 points7=2, u1 count1=1, u1 count2=1, u1 count3=1, u1 count4=1,"
	    " u1 badge3=2, u1 badge6=3, u1 badge9=1" },
	{ "the places go on from what is stored",
	    { { "a", NULL, 1, 0, 0, 1 }, { "a", NULL, 1, 0, 0, 6 } },
	    { { STATE_BADGE, 1, 6, 2 }, { STATE_BADGE, 1, 7, 3 },
	      { STATE_BADGE, 1, 9, 1 } },
	    { { 1, "a", "", "1*" } },
	    "u1 count1=1, u1 count2=1, u1 badge1=4, u1 badge6=2, u1 badge7=3,"
	    " u1 badge9=1" },
	{ "every user's badges are numbered alone",
	    { { "a", NULL, 1, 0, 0, 9 }, { "b", NULL, 1, 0, 0, 3 } }, {},
	    { { 1, "a", "", "1*" }, { 2, "b", "", "2*" }, { 2, "a", "", "1*" },
	      { 1, "b", "", "2*" } },
	    "u1 count1=1, u1 count2=1, u1 badge3=2, u1 badge9=1,"
	    " u2 count1=1, u2 count2=1, u2 badge3=1, u2 badge9=2" },
	{ "an event that is refused takes no place",
	    { { "a", NULL, 1, 0, 0, 9 }, { "a", NULL, 1, 0, 0, 3 },
	      { "a", NULL, 1, 1, 7, 0 }, { "b", NULL, 1, 0, 0, 6 },
	      { "b", NULL, 1, -1, 7, 0 } },
	    { { STATE_BALANCE, 1, 7, INT64_MAX } },
	    { { 1, "a", "", "overflow" }, { 1, "a", "", "overflow" },
	      { 1, "b", "", "4* 5=9223372036854775806" },
	      { 1, "a", "", "1* 2* 3=" MAX } },
	    "u1 points7=" MAX ", u1 count1=1, u1 count2=1, u1 count3=1,"
	    " u1 count4=1, u1 count5=1, u1 badge3=3, u1 badge6=1, u1 badge9=2" },

	/* points */
	{ "a rule of 0 points gives 0, and its first award makes a balance",
	    { { "review", NULL, 1, 0, 7, 0 } }, {},
	    { { 1, "review", "", "1=0" } },
	    "u1 points7=0, u1 count1=1" },
	{ "a rule of 0 points changes no balance that is there",
	    { { "review", NULL, 1, 0, 7, 0 } },
	    { { STATE_BALANCE, 1, 7, 42 } },
	    { { 1, "review", "", "1=42" } },
	    "u1 points7=42, u1 count1=1" },
	{ "a balance of 0 that is stored already stays one",
	    { { "review", NULL, 1, 0, 7, 0 } },
	    { { STATE_BALANCE, 1, 7, 0 } },
	    { { 1, "review", "", "1=0" } },
	    "u1 points7=0, u1 count1=1" },
	{ "points that come and go leave a balance of 0",
	    { { "review", NULL, 1, 5, 7, 0 }, { "spam", NULL, 1, -5, 7, 0 } }, {},
	    { { 1, "review", "", "1=5" }, { 1, "spam", "", "2=0" } },
	    "u1 points7=0, u1 count1=1, u1 count2=1" },
	{ "points may be negative, and so may the balance",
	    { { "spam", NULL, 1, -30, 7, 0 } },
	    { { STATE_BALANCE, 1, 7, 50 } },
	    { { 1, "spam", "", "1=20" }, { 1, "spam", "", "1=-10" },
	      { 1, "spam", "", "1=-40" } },
	    "u1 points7=-40, u1 count1=3" },

	/* disabled rules */
	{ "a disabled rule neither counts nor gives",
	    { { "review", NULL, 1, 10, 7, 9, true }, { "review", NULL, 1, 1, 7, 0 },
	      { "review", NULL, 2, 5, 7, 0, true } },
	    { { STATE_COUNT, 1, 3, 1 } },
	    { { 1, "review", "", "2=1" }, { 1, "review", "", "2=2" } },
	    "u1 points7=2, u1 count2=2, u1 count3=1" },

	/* the ends of the range */
	{ "a balance reaches 2^63-1, and an event past it changes nothing",
	    { { "review", NULL, 1, 1, 7, 9 } },
	    { { STATE_BALANCE, 1, 7, INT64_MAX - 1 }, { STATE_COUNT, 1, 1, 4 },
	      { STATE_BADGE, 1, 9, 1 } },
	    { { 1, "review", "", "1=" MAX }, { 1, "review", "", "overflow" },
	      { 1, "review", "", "overflow" } },
	    "u1 points7=" MAX ", u1 count1=5, u1 badge9=1" },
	{ "a balance reaches -2^63, and an event past it changes nothing",
	    { { "spam", NULL, 1, -1, 7, 0 } },
	    { { STATE_BALANCE, 1, 7, INT64_MIN + 1 } },
	    { { 1, "spam", "", "1=" MIN }, { 1, "spam", "", "overflow" } },
	    "u1 points7=" MIN ", u1 count1=1" },
	{ "a rule may give all there is",
	    { { "most", NULL, 1, INT64_MAX, 7, 0 }, { "least", NULL, 1, INT64_MIN, 7, 0 } }, {},
	    { { 1, "most", "", "1=" MAX }, { 1, "most", "", "overflow" },
	      { 1, "least", "", "2=-1" }, { 1, "least", "", "overflow" },
	      { 2, "least", "", "2=" MIN }, { 2, "least", "", "overflow" } },
	    "u1 points7=-1, u1 count1=1, u1 count2=1, u2 points7=" MIN
	    ", u2 count2=1" },
	{ "an overflow takes back what the rules before it gave",
	    { { "review", NULL, 1, 10, 8, 9 }, { "review", NULL, 3, 0, 0, 9 },
	      { "review", NULL, 1, 1, 7, 0 }, { "review", NULL, 1, 5, 8, 6 } },
	    { { STATE_BALANCE, 1, 7, INT64_MAX } },
	    { { 1, "review", "", "overflow" } },
	    "u1 points7=" MAX },
	{ "an overflow that a later rule would undo is one",
	    { { "review", NULL, 1, 1, 7, 0 }, { "review", NULL, 1, -1, 7, 0 } },
	    { { STATE_BALANCE, 1, 7, INT64_MAX } },
	    { { 1, "review", "", "overflow" } },
	    "u1 points7=" MAX },
	{ "rules in the other order stay within the range",
	    { { "review", NULL, 1, -1, 7, 0 }, { "review", NULL, 1, 1, 7, 0 } },
	    { { STATE_BALANCE, 1, 7, INT64_MAX } },
	    { { 1, "review", "", "1=9223372036854775806 2=" MAX } },
	    "u1 points7=" MAX ", u1 count1=1, u1 count2=1" },
	{ "several rules overflow together",
	    { { "review", NULL, 1, INT64_MAX, 7, 0 }, { "review", NULL, 1, 1, 7, 0 } }, {},
	    { { 1, "review", "", "overflow" } }, "" },
	{ "a rule whose turn has not come cannot overflow",
	    { { "review", NULL, 3, 1, 7, 0 } },
	    { { STATE_BALANCE, 1, 7, INT64_MAX } },
	    { { 1, "review", "", "" }, { 1, "review", "", "" },
	      { 1, "review", "", "overflow" }, { 1, "review", "", "overflow" } },
	    "u1 points7=" MAX ", u1 count1=2" },
	{ "the N-th award comes once there is room for it",
	    { { "review", NULL, 2, 1, 7, 9 }, { "spam", NULL, 1, -1, 7, 0 } },
	    { { STATE_BALANCE, 1, 7, INT64_MAX }, { STATE_COUNT, 1, 1, 1 } },
	    { { 1, "review", "", "overflow" },
	      { 1, "spam", "", "2=9223372036854775806" },
	      { 1, "review", "", "1=" MAX "*" }, { 1, "review", "", "" } },
	    "u1 points7=" MAX ", u1 count1=3, u1 count2=1, u1 badge9=1, u1 given1=1" },
	{ "an overflow concerns its user, scale and event alone",
	    { { "review", NULL, 1, 1, 7, 0 }, { "order", NULL, 1, 1, 8, 0 } },
	    { { STATE_BALANCE, 1, 7, INT64_MAX } },
	    { { 2, "review", "", "1=1" }, { 1, "order", "", "2=1" },
	      { 1, "review", "", "overflow" }, { 1, "order", "", "2=2" },
	      { 2, "review", "", "1=2" } },
	    "u1 points7=" MAX ", u1 points8=2, u1 count2=2, u2 points7=2,"
	    " u2 count1=2" },
};
/* clang-format on */

/* The rules of a row; the table ends with a rule that has no type. */
static struct rule *
rules_of(const struct rule_row *rows, size_t *count_out)
{
	struct plain_rule plain[ROW_MAX];
	size_t i;

	for (i = 0; i < ROW_MAX && rows[i].type != NULL; i++)
		plain[i] = (struct plain_rule) {.id = (int64_t)i + 1,
		    .disabled = rows[i].disabled,
		    .event_type = rows[i].type,
		    .property = rows[i].property,
		    .times = rows[i].times,
		    .points = rows[i].points,
		    .scale = rows[i].scale,
		    .badge = rows[i].badge,
		    .cooldown = rows[i].cooldown};
	*count_out = i;
	return plain_rules(arena, plain, i);
}

/* states: of the users 1 to USERS. */
static void
start(struct state *states, const struct scenario *row)
{
	const struct stored_row *stored;
	size_t i;

	for (i = 0; i < USERS; i++)
		state_init(&states[i], arena);
	for (stored = row->stored; stored->user != 0; stored++)
		state_set(&states[stored->user - 1], stored->kind, stored->ref,
		    stored->value);
}

static void
expect(const struct scenario *row, size_t event, const char *found,
    const char *wanted)
{
	if (strcmp(found, wanted) != 0)
		fail_msg("%s: after event %zu: \"%s\" instead of \"%s\"",
		    row->name, event + 1, found, wanted);
}

static void
play(const struct scenario *row)
{
	size_t count, i;
	struct rule *rules = rules_of(row->rules, &count);
	struct rule_set *set = rule_set_new(arena, rules, count);
	struct state states[USERS];

	start(states, row);
	for (i = 0; row->events[i].type != NULL; i++) {
		const struct event_row *event = &row->events[i];
		struct occurrence occurrence =
		    occurrence_of(event->type, event->properties);

		occurrence.moment.time = event->at * 1000000;
		expect(row, i,
		    apply_found(&states[event->user - 1], set, &occurrence),
		    event->gives);
	}
	expect(row, i, states_text(states, USERS), row->after);
	arena_reset(arena);
}

static void
the_cases_of_the_contract_come_out_right(void **test)
{
	const struct scenario *row;

	(void)test;
	for (row = scenarios; row < scenarios + COUNT(scenarios); row++)
		play(row);
}

/* Ten points for the times-th review. */
static struct plain_rule
rule_of_reviews(int64_t times)
{
	return (struct plain_rule) {.id = 1,
	    .event_type = "review",
	    .times = times,
	    .points = 10,
	    .scale = 7};
}

/* One rule's events, with the rule changed between them as PUT would. */
static const char *
apply_one(struct state *state, const struct plain_rule *rule)
{
	const struct occurrence event = occurrence_of(rule->event_type, "");

	return apply_found(
	    state, rule_set_new(arena, plain_rules(arena, rule, 1), 1), &event);
}

static void
a_rule_that_is_enabled_again_goes_on_counting(void **test)
{
	struct plain_rule rule = rule_of_reviews(3);
	struct state state;

	(void)test;
	state_init(&state, arena);
	assert_string_equal(apply_one(&state, &rule), "");
	assert_string_equal(apply_one(&state, &rule), "");
	rule.disabled = true;
	assert_string_equal(apply_one(&state, &rule), "");
	assert_string_equal(apply_one(&state, &rule), "");
	rule.disabled = false;
	assert_string_equal(apply_one(&state, &rule), "1=10");
	assert_string_equal(
	    states_text(&state, 1), "u1 points7=10, u1 count1=3, u1 given1=1");
}

static void
a_rule_whose_n_is_changed_keeps_its_counts(void **test)
{
	struct plain_rule rule = rule_of_reviews(5);
	struct state state;

	(void)test;
	state_init(&state, arena);
	assert_string_equal(apply_one(&state, &rule), "");
	assert_string_equal(apply_one(&state, &rule), "");
	rule.times = 2; /* the second event has been: the next one awards */
	assert_string_equal(apply_one(&state, &rule), "1=10");
	rule.times = 4; /* and no other, whatever N becomes */
	assert_string_equal(apply_one(&state, &rule), "");
	rule.times = 2;
	assert_string_equal(apply_one(&state, &rule), "");
	rule.times = 1;
	assert_string_equal(apply_one(&state, &rule), "1=20");
	rule.id = 2; /* deleted and made anew: another rule */
	rule.times = 2;
	assert_string_equal(apply_one(&state, &rule), "");
	assert_string_equal(apply_one(&state, &rule), "2=30");
	assert_string_equal(states_text(&state, 1),
	    "u1 points7=30, u1 count1=6, u1 count2=2, u1 given1=1, u1 given2=1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_cases_of_the_contract_come_out_right),
	    cmocka_unit_test(a_rule_that_is_enabled_again_goes_on_counting),
	    cmocka_unit_test(a_rule_whose_n_is_changed_keeps_its_counts),
	};

	return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
