/* rule_cache: the rules and keys in force, kept until they change */
#ifndef STORE_RULE_CACHE_H
#define STORE_RULE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/rule_set.h"
#include "store/application.h"

struct arena;
struct db;
struct query;

/*
 * The columns of a revision (v) that the engine's rule is made of, and what
 * takes them. The rest of the rule stays as it is.
 */
#define RULE_COLUMNS                                               \
	"v.rule_id, v.enabled, v.event_type, v.property, v.times," \
	" v.points, v.point_scale_id, v.badge_id"
void rule_take(struct query *query, struct arena *arena, struct rule *rule);

/*
 * Of one application, at one version; never changed once it is made, but for
 * given. The cache and every job whose awards point into it hold it.
 */
struct app_rules {
	_Atomic int holders;
	int64_t application;
	int64_t version;
	struct arena *arena;
	struct rule *rules; /* in the order of their ids */
	size_t count;
	/*
	 * Of each rule: whether its point scale and its badge are known to be
	 * marked as given. The committer's own.
	 */
	bool *given;
	struct rule_set *set;
	struct live_keys keys;
	struct app_rules *next;
};

/* Belongs to one committer. */
struct rule_cache {
	struct app_rules *first;
};

void rule_cache_free(struct rule_cache *cache);

/*
 * The application's rules and keys at this version, read from the database
 * unless they are here. The caller holds the application's row lock, which
 * keeps them from changing. They are valid until the next call for the
 * application, or until an app_rules_release of one's own.
 */
enum error
rule_cache_get(struct rule_cache *cache, struct db *db, int64_t application,
    int64_t version, struct app_rules **rules_out) MUST_CHECK;

/* For whom the next call may come too early. Any thread may release. */
void app_rules_hold(struct app_rules *rules);
void app_rules_release(struct app_rules *rules);

#endif
