/* rule_cache: the rules and keys in force, kept until they change */
#include "store/rule_cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/str.h"
#include "db/db.h"
#include "db/query.h"
#include "rules/document.h"
#include "store/event.h"
#include "store/key.h"

enum { RULES, GIFTS, TIME, STATEMENTS };
/* Twice what RULE_CACHE_MAX rules with the longest names come to. */
enum { CACHE_ARENA_MAX = 128 << 20, IDS_TEXT_MAX = 4 << 20 };
/* Of one document while it is read. */
enum { SCRATCH_MAX = 16 << 20 };

/* What is kept: so many applications, and bytes beside those of the last. */
enum { KEPT_MAX = 1024, KEPT_SIZE_MAX = 256 << 20 };

/* Those of some ids: kind, id, name, given. */
#define GIFTS_OF(kind, table)                                            \
	"SELECT DISTINCT " kind " k, t.id i, t.name, t.given FROM"       \
	" JSON_TABLE(?, '$[*]' COLUMNS (i BIGINT PATH '$')) k"           \
	" STRAIGHT_JOIN " table " t FORCE INDEX (PRIMARY) ON t.id = k.i" \
	" AND t.application_id = ?"

static const char *const texts[STATEMENTS] = {
    [RULES] = "SELECT v.rule_id, v.document, r.name"
              " FROM rule_revision v JOIN rule r ON r.id = v.rule_id"
              " WHERE v.application_id = ? AND v.until = 0 ORDER BY r.id"
              " LIMIT ?",
    [GIFTS] = GIFTS_OF("0", "point_scale") " UNION ALL " GIFTS_OF(
        "1", "badge") " ORDER BY 1, 2",
    [TIME] = "SELECT time_zone, day_start FROM application WHERE id = ?",
};
const struct statement_set rule_cache_statements = {texts, STATEMENTS};

void
app_rules_hold(struct app_rules *rules)
{
	rules->holders++;
}

static void
app_rules_free(struct app_rules *rules)
{
	arena_free(rules->arena);
	free(rules);
}

void
app_rules_release(struct app_rules *rules)
{
	if (--rules->holders == 0)
		app_rules_free(rules);
}

static struct app_rules *
app_rules_new(int64_t application, int64_t version, int64_t stamp)
{
	struct app_rules *rules = memory_new(1, sizeof(*rules));

	rules->holders = 1;
	rules->application = application;
	rules->version = version;
	rules->stamp = stamp;
	rules->arena = arena_new(CACHE_ARENA_MAX);
	return rules;
}

/* Where the application's rules are, or would be put. */
static struct app_rules **
find(struct rule_cache *cache, int64_t application)
{
	struct app_rules **place = &cache->first;

	while (*place != NULL && (*place)->application != application)
		place = &(*place)->next;
	return place;
}

static void
drop(struct app_rules **place)
{
	struct app_rules *rules = *place;

	*place = rules->next;
	app_rules_release(rules);
}

void
rule_cache_free(struct rule_cache *cache)
{
	while (cache->first != NULL)
		drop(&cache->first);
}

struct arena *
rule_scratch_new(void)
{
	return arena_new(SCRATCH_MAX);
}

bool
rule_take(struct query *query, struct arena *scratch, struct arena *arena,
    struct rule *rule_out)
{
	const char *text = query_take_text(query, scratch);

	return document_read(
	    scratch, arena, text == NULL ? "" : text, rule_out);
}

/* What rules refer to, by kind and id. */
struct gift {
	enum reference_kind kind;
	int64_t id;
	const char *name;
	bool given;
};

struct gifts {
	struct gift *list;
	size_t count;
};

static int
compare_gifts(const void *left, const void *right)
{
	const struct gift *a = left, *b = right;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return (a->id > b->id) - (a->id < b->id);
}

/* The ids of all that the rules refer to of a kind, as a JSON list. */
static const char *
ids_text(const struct app_rules *rules, enum reference_kind wanted)
{
	struct str text = str_new(rules->arena, IDS_TEXT_MAX);
	const struct reference *reference;
	enum reference_kind kind;
	size_t at, i;

	str_addc(&text, '[');
	for (i = 0; i < rules->count; i++)
		for (at = 0; (reference = rule_reference(
		                  &rules->rules[i], &at, &kind)) != NULL;)
			if (kind == wanted)
				str_addf(&text, "%s%lld",
				    text.len > 1 ? "," : "",
				    (long long)reference->id);
	str_addc(&text, ']');
	return text.data;
}

static enum error
load_gifts(struct db *db, const struct app_rules *rules, struct gifts *gifts)
{
	struct gift *gift;
	struct query query;

	query_begin(&query, db, SET_RULE_CACHE, GIFTS);
	query_text(&query, ids_text(rules, REFERENCE_POINT_SCALE));
	query_int(&query, rules->application);
	query_text(&query, ids_text(rules, REFERENCE_BADGE));
	query_int(&query, rules->application);
	query_run(&query);
	gifts->list = arena_array(
	    rules->arena, query_rows(&query) + 1, sizeof(*gifts->list));
	gifts->count = 0;
	while (query_next(&query)) {
		gift = &gifts->list[gifts->count++];
		gift->kind = (enum reference_kind)query_take_int(&query);
		gift->id = query_take_int(&query);
		gift->name = query_take_text(&query, rules->arena);
		gift->given = query_take_bool(&query);
	}
	return query_end(&query);
}

/* Names what the rule refers to; false if that is not there. */
static bool
name_gifts(struct rule *rule, const struct gifts *gifts, bool *given_out)
{
	size_t names = strlen(rule->name), at = 0;
	const struct reference *reference;
	const struct gift *gift;
	enum reference_kind kind;

	*given_out = true;
	while ((reference = rule_reference(rule, &at, &kind)) != NULL) {
		const struct gift key = {.kind = kind, .id = reference->id};

		gift = bsearch(&key, gifts->list, gifts->count,
		    sizeof(*gifts->list), compare_gifts);
		if (gift == NULL)
			return false;
		rule_reference_of(rule, reference)->name = gift->name;
		names += strlen(gift->name);
		*given_out &= gift->given;
	}
	rule->weight = event_award_size(names);
	return true;
}

/* Nothing of the application is judged by rules of which one is not known. */
static void
refuse(struct app_rules *rules, const struct rule *damaged)
{
	rules->refused =
	    db_damaged("rule_revision", rules->application, damaged->name);
}

static void
take_next_rule(
    struct query *query, struct arena *scratch, struct app_rules *rules)
{
	struct rule *rule = &rules->rules[rules->count++];
	const int64_t id = query_take_int(query);
	const bool read = rule_take(query, scratch, rules->arena, rule);

	rule->id = id;
	rule->name = query_take_text(query, rules->arena);
	arena_reset(scratch);
	if (!read)
		refuse(rules, rule);
}

static enum error
read_rules(struct db *db, struct app_rules *rules)
{
	struct arena *scratch = rule_scratch_new();
	struct query query;

	query_begin(&query, db, SET_RULE_CACHE, RULES);
	query_int(&query, rules->application);
	query_int(&query, RULE_CACHE_MAX + 1);
	query_run(&query);
	if (query_rows(&query) > RULE_CACHE_MAX)
		rules->refused = ERR_OVERLOADED;
	rules->rules = arena_array(
	    rules->arena, query_rows(&query) + 1, sizeof(*rules->rules));
	while (rules->refused == OK && query_next(&query))
		take_next_rule(&query, scratch, rules);
	arena_free(scratch);
	return query_end(&query);
}

static enum error
load_rules(struct db *db, struct app_rules *rules)
{
	struct gifts gifts = {.count = 0};
	enum error error = read_rules(db, rules);
	size_t i;

	if (error == OK && rules->refused == OK)
		error = load_gifts(db, rules, &gifts);
	if (error != OK || rules->refused != OK)
		return error;
	rules->given =
	    arena_array(rules->arena, rules->count + 1, sizeof(*rules->given));
	for (i = 0; i < rules->count; i++) {
		if (!name_gifts(&rules->rules[i], &gifts, &rules->given[i]))
			refuse(rules, &rules->rules[i]);
		rule_compile(&rules->rules[i], rules->arena);
	}
	rules->set = rule_set_new(rules->arena, rules->rules, rules->count);
	return OK;
}

/*
 * Where the zone is missing, nothing is kept: it is there again as soon as its
 * package is, and the application has no new stamp by that.
 */
static enum error
load_calendar(struct db *db, struct app_rules *rules)
{
	const char *zone = NULL;
	int64_t day_start = 0;
	struct query query;
	enum error error;

	query_begin(&query, db, SET_RULE_CACHE, TIME);
	query_int(&query, rules->application);
	query_run(&query);
	if (query_next(&query)) {
		zone = query_take_text(&query, rules->arena);
		day_start = query_take_int(&query);
	}
	error = query_end(&query);
	if (error != OK || zone == NULL)
		return error;
	if (application_calendar(rules->arena, rules->application, zone,
	        day_start, &rules->calendar) != OK) {
		rules->refused = ERR_INTERNAL;
		rules->connection = 0;
	}
	return OK;
}

static enum error
load(struct db *db, int64_t application, int64_t version, int64_t stamp,
    struct app_rules **rules_out)
{
	struct app_rules *rules = app_rules_new(application, version, stamp);
	enum error error = load_rules(db, rules);

	rules->connection = db_connection(db);
	if (error == OK)
		error = load_calendar(db, rules);
	if (error == OK)
		error = keys_live(db, rules->arena, application, &rules->keys);
	if (error == OK)
		*rules_out = rules;
	else
		app_rules_free(rules);
	return error;
}

static bool
is_current(const struct app_rules *rules, const struct db *db, int64_t stamp)
{
	return rules->stamp == stamp && rules->connection == db_connection(db);
}

enum error
rule_cache_get(struct rule_cache *cache, struct db *db, int64_t application,
    int64_t version, int64_t stamp, struct app_rules **rules_out)
{
	struct app_rules **place = find(cache, application), *rules = *place;
	enum error error;

	if (rules == NULL || !is_current(rules, db, stamp)) {
		error = load(db, application, version, stamp, &rules);
		if (error != OK)
			return error;
		if (*place != NULL)
			drop(place);
	} else
		*place = rules->next;
	rules->next = cache->first;
	cache->first = rules;
	*rules_out = rules;
	return OK;
}

void
rule_cache_trim(struct rule_cache *cache)
{
	struct app_rules **place = &cache->first;
	size_t count = 0, size = 0;

	while (*place != NULL) {
		size += count++ == 0 ? 0 : arena_size((*place)->arena);
		if (count > KEPT_MAX || size > KEPT_SIZE_MAX)
			drop(place);
		else
			place = &(*place)->next;
	}
}
