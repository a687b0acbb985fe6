/*
 * player: what the engine gives for histories, for the model to compare
 *
 * Reads a history a line, in JSON: the name of a zone, when its days begin in
 * seconds, rules as their documents, events with type, time and properties of
 * one user. Answers a line for each: events behind each other between ";", of
 * each the awards between spaces: the place of the rule from 1, ":points:balance"
 * where it gives points, "*" where it gives a badge; or "overflow".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/calendar.h"
#include "base/clock.h"
#include "base/decode.h"
#include "base/str.h"
#include "engine/rule_set.h"
#include "rules/document.h"
#include "rules/properties.h"

enum { ARENA_MAX = 256 << 20, LINE_MAX = 1 << 20 };

static void
fail(const char *what)
{
	fprintf(stderr, "player: %s\n", what);
	exit(2);
}

static struct json_object *
member(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(object, name, &value);
	return value;
}

static struct json_object *
parse(struct arena *arena, const char *text)
{
	const char *why = NULL;
	struct faults faults;
	struct json_object *object;

	faults_init(&faults, arena);
	object = json_parse(arena, text, strlen(text), &faults, &why);
	if (object == NULL || faults.count > 0)
		fail(why == NULL ? "a faulty line" : why);
	return object;
}

static struct calendar
calendar_of(struct arena *arena, struct json_object *history)
{
	struct zone *zone;

	if (zone_load(arena, json_object_get_string(member(history, "zone")),
	        &zone) != ZONE_OK)
		fail("no such zone");
	return (struct calendar) {
	    zone, json_object_get_int(member(history, "dayStart"))};
}

static struct rule_set *
rules_of(struct arena *arena, struct json_object *documents)
{
	const size_t count = json_object_array_length(documents);
	struct rule *rules = arena_array(arena, count + 1, sizeof(*rules));
	const char *text;
	size_t i;

	for (i = 0; i < count; i++) {
		text = json_object_get_string(
		    json_object_array_get_idx(documents, i));
		if (!document_read(arena, arena, text, &rules[i]))
			fail(text);
		rules[i].id = (int64_t)i + 1;
		rule_compile(&rules[i], arena);
	}
	return rule_set_new(arena, rules, count);
}

static struct occurrence
event_of(struct arena *arena, const struct calendar *calendar,
    struct json_object *json)
{
	struct occurrence event = {
	    .event_type = json_object_get_string(member(json, "type"))};
	struct faults faults;
	struct decode decode = {.arena = arena, .faults = &faults};
	int64_t time;

	if (!time_parse(json_object_get_string(member(json, "time")), &time))
		fail("no time");
	event.moment = calendar_moment(calendar, time);
	faults_init(&faults, arena);
	properties_decode(&decode, member(json, "properties"), "", &event);
	if (faults.count > 0)
		fail(faults.first->detail);
	return event;
}

static void
tell(struct str *out, const struct award *awards, size_t count)
{
	const struct award *award;

	for (award = awards; award < awards + count; award++) {
		if (award > awards)
			str_addc(out, ' ');
		str_addi(out, award->rule->id);
		if (award->point_scale != NULL)
			str_addf(out, ":%lld:%lld", (long long)award->points,
			    (long long)award->balance);
		if (award->badge != NULL)
			str_addc(out, '*');
	}
}

static void
play(struct arena *arena, struct json_object *history)
{
	const struct calendar calendar = calendar_of(arena, history);
	const struct rule_set *set = rules_of(arena, member(history, "rules"));
	struct json_object *events = member(history, "events");
	struct str out = str_new(arena, LINE_MAX);
	struct found_rules found;
	struct occurrence event;
	struct award *awards;
	struct rules_met met;
	struct state state;
	size_t count, i;

	state_init(&state, arena);
	for (i = 0; i < json_object_array_length(events); i++) {
		event = event_of(
		    arena, &calendar, json_object_array_get_idx(events, i));
		found = rule_set_find(set, arena, &event);
		met = found_rules_list(&found, arena);
		awards = arena_array(arena, met.count + met.milestone_count + 1,
		    sizeof(*awards));
		if (i > 0)
			str_addc(&out, ';');
		if (engine_apply(&state, arena, &event, &met, awards, &count) ==
		    ENGINE_OVERFLOW)
			str_adds(&out, "overflow");
		else
			tell(&out, awards, count);
	}
	puts(out.data == NULL ? "" : out.data);
	fflush(stdout);
}

int
main(void)
{
	struct arena *arena = arena_new(ARENA_MAX);
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		play(arena, parse(arena, line));
		arena_reset(arena);
	}
	free(line);
	arena_free(arena);
	return 0;
}
