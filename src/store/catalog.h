/* catalog: what an application's owner defines: point scales, badges, rules */
#ifndef STORE_CATALOG_H
#define STORE_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct arena;
struct db;

/*
 * Every function takes the application in whose rows it looks. get answers
 * ERR_…_NOT_FOUND. list answers those made after the one with the id after, in
 * the order of creation, at most limit. The others need a transaction in which
 * application_change has locked the application; its version goes to those
 * that need it. delete answers ERR_…_IN_USE while a rule in force or a
 * user uses the thing.
 */

struct point_scale {
	int64_t id; /* 0: none */
	const char *name;
	const char *description;
	int64_t created_at;
	int64_t updated_at;
};

enum error
point_scale_get(struct db *db, struct arena *arena, int64_t application,
    const char *name, struct point_scale *scale_out) MUST_CHECK;
enum error point_scale_list(struct db *db, struct arena *arena,
    int64_t application, int64_t after, int64_t limit,
    struct point_scale **scales_out, size_t *count_out) MUST_CHECK;
/* Sets id and times. ERR_POINT_SCALE_EXISTS. */
enum error point_scale_insert(
    struct db *db, int64_t application, struct point_scale *scale) MUST_CHECK;
enum error point_scale_update(
    struct db *db, int64_t application, struct point_scale *scale) MUST_CHECK;
enum error point_scale_delete(struct db *db, int64_t application,
    const struct point_scale *scale) MUST_CHECK;

struct badge {
	int64_t id; /* 0: none */
	const char *name;
	const char *description;
	const char *image_url; /* NULL: none */
	int64_t created_at;
	int64_t updated_at;
};

enum error badge_get(struct db *db, struct arena *arena, int64_t application,
    const char *name, struct badge *badge_out) MUST_CHECK;
enum error badge_list(struct db *db, struct arena *arena, int64_t application,
    int64_t after, int64_t limit, struct badge **badges_out,
    size_t *count_out) MUST_CHECK;
/* Sets id and times. ERR_BADGE_EXISTS. */
enum error badge_insert(
    struct db *db, int64_t application, struct badge *badge) MUST_CHECK;
enum error badge_update(
    struct db *db, int64_t application, struct badge *badge) MUST_CHECK;
enum error badge_delete(
    struct db *db, int64_t application, const struct badge *badge) MUST_CHECK;

/* A rule as its owner sees it; struct rule is what the engine sees. */
struct rule_definition {
	int64_t id;
	const char *name;
	const char *description;
	bool enabled;
	const char *event_type;
	const char *property; /* NULL: none */
	int64_t times;
	int64_t points;
	struct point_scale point_scale; /* id 0 or name NULL: none */
	struct badge badge;
	int64_t created_at;
	int64_t updated_at;
};

enum error rule_get(struct db *db, struct arena *arena, int64_t application,
    const char *name, struct rule_definition *rule_out) MUST_CHECK;
enum error rule_list(struct db *db, struct arena *arena, int64_t application,
    int64_t after, int64_t limit, struct rule_definition **rules_out,
    size_t *count_out) MUST_CHECK;

/*
 * Both take the point scale and the badge by their names, make what is missing,
 * and put what is stored into rule. ERR_RULE_EXISTS.
 */
enum error rule_insert(struct db *db, struct arena *arena, int64_t application,
    int64_t version, struct rule_definition *rule) MUST_CHECK;
enum error rule_update(struct db *db, struct arena *arena, int64_t application,
    int64_t version, struct rule_definition *rule) MUST_CHECK;

/*
 * What the rule has given stays; its counts are of no use to anybody any more.
 */
enum error rule_delete(struct db *db, int64_t application, int64_t version,
    const struct rule_definition *rule) MUST_CHECK;

#endif
