/*
 * fuzz_rule: documents of rules, and the events that they judge
 *
 * The first line is a document, the second the properties of an event; both are
 * JSON. A document that is taken is written as one that says the same, and what
 * it says can be judged.
 */
#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/decode.h"
#include "engine/rule_set.h"
#include "fuzz.h"
#include "rules/document.h"
#include "rules/properties.h"

enum { EVENTS = 6, AWARDS_MAX = 2 };
/* So far apart are events, in microseconds: they come late, too. */
#define STEP INT64_C(40000000000)

/* What is written is read again, and written as the same text. */
static void
check_document(struct arena *arena, const struct rule *rule)
{
	const char *text = document_write(arena, rule);
	struct rule again;
	size_t count;
	const struct field *fields;

	assert(document_read(arena, arena, text, &again));
	assert(strcmp(document_write(arena, &again), text) == 0);
	fields = rule_fields(&count);
	assert(fields_same(fields, count, rule, &again));
}

/* Its strings are the arena's own: what it was read from may go. */
static struct rule
kept_rule(struct arena *arena, const char *text, bool *sound_out)
{
	struct arena *scratch = arena_new(FUZZ_ARENA_MAX);
	struct rule rule;

	*sound_out =
	    document_read(scratch, arena, arena_strdup(scratch, text), &rule);
	arena_free(scratch);
	return rule;
}

static struct occurrence
event_of(struct arena *arena, const char *type, const char *properties)
{
	struct occurrence event = {.event_type = type};
	struct faults faults;
	struct decode decode = {.arena = arena, .faults = &faults};
	struct json_object *body;

	faults_init(&faults, arena);
	if (json_taken(arena, properties, strlen(properties), &body))
		properties_decode(&decode, body, "", &event);
	return event;
}

/* The badge is won once, and a balance is the sum of the points. */
static void
check_awards(
    const struct award *awards, size_t count, int64_t *balance, bool *won)
{
	assert(count <= 1);
	if (count == 0)
		return;
	assert(awards->point_scale != NULL || awards->badge != NULL);
	if (awards->point_scale != NULL) {
		assert(awards->balance == *balance + awards->points);
		*balance = awards->balance;
	}
	assert(awards->badge == NULL || !*won);
	*won |= awards->badge != NULL;
}

static void
judge(struct arena *arena, struct rule *rule, const char *properties)
{
	const char *type = rule_match(rule)->event_type;
	struct award awards[AWARDS_MAX];
	struct found_rules found;
	struct occurrence event;
	struct rule_set *set;
	struct rules_met met;
	struct state state;
	int64_t balance = 0;
	bool won = false;
	size_t count, i;

	rule->id = 1;
	rule_compile(rule, arena);
	set = rule_set_new(arena, rule, 1);
	state_init(&state, arena);
	event = event_of(arena, type == NULL ? "x" : type, properties);
	for (i = 0; i < EVENTS; i++) {
		event.moment.time = STEP * (int64_t)(i * i % EVENTS);
		event.moment.keys[UNIT_DAY] = (int64_t)(i * i % EVENTS);
		event.moment.weekday = 1 + (int)i;
		found = rule_set_find(set, arena, &event);
		assert(found.count <= 1);
		met = found_rules_list(&found, arena);
		count = 0;
		if (engine_apply(&state, arena, &event, &met, awards, &count) ==
		    ENGINE_APPLIED)
			check_awards(awards, count, &balance, &won);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(FUZZ_ARENA_MAX);
	struct parts parts = {arena, (const char *)data, size};
	const char *document = parts_next(&parts);
	const char *properties = parts_next(&parts);
	bool sound;
	struct rule rule = kept_rule(arena, document, &sound);

	if (sound) {
		check_document(arena, &rule);
		judge(arena, &rule, properties);
	}
	arena_free(arena);
	return 0;
}
