/* rule_cache: the rules and keys in force, kept until they change */
#ifndef STORE_RULE_CACHE_H
#define STORE_RULE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/rule_set.h"
#include "store/application.h"
#include "store/key.h"

struct arena;
struct db;
struct query;

/* Takes a document, see document_read. The rule is not compiled. */
bool rule_take(struct query *query, struct arena *scratch, struct arena *arena,
    struct rule *rule_out);
/* An arena for scratch, to be reset after each document. */
struct arena *rule_scratch_new(void);

/*
 * Of one application, at one stamp; never changed once it is made, but for
 * given. The cache and every job whose awards point into it hold it.
 */
struct app_rules {
	_Atomic int holders;
	int64_t application;
	int64_t version;
	int64_t stamp;
	uint64_t connection; /* that it was read by: see db_connection */
	struct arena *arena;
	struct rule *rules; /* in the order of their ids */
	size_t count;
	/*
	 * What the application's events hear, if not OK: there are too many
	 * rules (ERR_OVERLOADED), or one is damaged, or the system does not
	 * have the time zone (ERR_INTERNAL).
	 */
	enum error refused;
	/*
	 * Of each rule: whether its point scale and its badge are known to be
	 * marked as given. The committer's own. A mark brings no new stamp, so
	 * a restore takes it back unseen; but that ends the connection.
	 */
	bool *given;
	struct rule_set *set;
	struct calendar calendar;
	struct live_keys keys;
	struct app_rules *next;
};

/* Belongs to one committer. */
struct rule_cache {
	struct app_rules *first; /* the one used last, and so on */
};

void rule_cache_free(struct rule_cache *cache);

/*
 * Of an application. Thirty times as many as it may make; one that was made
 * before there was a limit may have more.
 */
enum { RULE_CACHE_MAX = 30000 };

/*
 * The application's rules and keys, read from the database unless they are
 * here. The caller holds the application's row lock, which keeps them from
 * changing, and has read version and stamp under it. They are valid until the
 * next call for the application, a rule_cache_trim, or an app_rules_release of
 * one's own.
 */
enum error
rule_cache_get(struct rule_cache *cache, struct db *db, int64_t application,
    int64_t version, int64_t stamp, struct app_rules **rules_out) MUST_CHECK;

/* Forgets the applications used longest ago, as far as there are too many. */
void rule_cache_trim(struct rule_cache *cache);

/* For whom the next call may come too early. Any thread may release. */
void app_rules_hold(struct app_rules *rules);
void app_rules_release(struct app_rules *rules);

#endif
