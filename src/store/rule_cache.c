/* rule_cache: the rules and keys in force, kept until they change */
#include "store/rule_cache.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"
#include "store/db.h"
#include "store/event.h"
#include "store/key.h"
#include "store/query.h"

enum { RULES, STATEMENTS };
/* Twice what RULE_CACHE_MAX rules with the longest names come to. */
enum { CACHE_ARENA_MAX = 128 << 20 };

/* What is kept: so many applications, and bytes beside those of the last. */
enum { KEPT_MAX = 1024, KEPT_SIZE_MAX = 256 << 20 };

static const char *const texts[STATEMENTS] = {
    [RULES] = "SELECT " RULE_COLUMNS ", r.name, s.name, b.name,"
              " COALESCE(s.given, TRUE) AND COALESCE(b.given, TRUE)"
              " FROM rule_revision v JOIN rule r ON r.id = v.rule_id"
              " LEFT JOIN point_scale s ON s.id = v.point_scale_id"
              " LEFT JOIN badge b ON b.id = v.badge_id"
              " WHERE v.application_id = ? AND v.until = 0 ORDER BY r.id"
              " LIMIT ?",
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
	struct app_rules *rules = calloc(1, sizeof(*rules));

	if (rules == NULL) {
		log_error("event=out_of_memory");
		exit(EXIT_FAILURE);
	}
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

void
rule_take(struct query *query, struct arena *arena, struct rule *rule)
{
	rule->id = query_take_int(query);
	rule->enabled = query_take_bool(query);
	rule->event_type = query_take_text(query, arena);
	rule->property = query_take_text(query, arena);
	rule->times = query_take_int(query);
	rule->points = query_take_int(query);
	rule->point_scale_id = query_take_int(query);
	rule->badge_id = query_take_int(query);
}

static void
take_next_rule(struct query *query, struct app_rules *rules)
{
	struct arena *arena = rules->arena;
	struct rule *rule = &rules->rules[rules->count];

	rule_take(query, arena, rule);
	rule->name = query_take_text(query, arena);
	rule->point_scale = query_take_text(query, arena);
	rule->badge = query_take_text(query, arena);
	rule->weight =
	    event_award_size(rule->name, rule->point_scale, rule->badge);
	rules->given[rules->count++] = query_take_bool(query);
}

static enum error
load_rules(struct db *db, struct app_rules *rules)
{
	struct query query;

	query_begin(&query, db, SET_RULE_CACHE, RULES);
	query_int(&query, rules->application);
	query_int(&query, RULE_CACHE_MAX + 1);
	query_run(&query);
	rules->too_many = query_rows(&query) > RULE_CACHE_MAX;
	rules->rules = arena_array(
	    rules->arena, query_rows(&query) + 1, sizeof(*rules->rules));
	rules->given = arena_array(
	    rules->arena, query_rows(&query) + 1, sizeof(*rules->given));
	rules->count = 0;
	while (!rules->too_many && query_next(&query))
		take_next_rule(&query, rules);
	rules->set = rule_set_new(rules->arena, rules->rules, rules->count);
	return query_end(&query);
}

static enum error
load(struct db *db, int64_t application, int64_t version, int64_t stamp,
    struct app_rules **rules_out)
{
	struct app_rules *rules = app_rules_new(application, version, stamp);
	enum error error = load_rules(db, rules);

	rules->connection = db_connection(db);
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
