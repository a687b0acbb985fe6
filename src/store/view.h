/*
 * view: what telling of users needs of an application, kept until it changes
 */
#ifndef STORE_VIEW_H
#define STORE_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "store/application.h"
#include "store/key.h"
#include "store/names.h"

struct arena;
struct db;
struct views;

/*
 * The point scales and badges of an application, and its live keys, at one
 * stamp: every change of any of them brings another. Never changed once it is
 * made.
 */
struct view {
	_Atomic int holders;
	int64_t application;
	int64_t stamp;
	struct arena *arena;
	struct names names; /* all point scales and badges */
	bool told;          /* names have the descriptions */
	struct live_keys keys;
	struct view *next;
};

/*
 * A worker's, for any thread: one view of each application, of which those used
 * longest ago go when there are too many.
 */
struct views *views_new(void);
void views_free(struct views *views);

/*
 * The application's view at this stamp, which the caller releases; NULL if it
 * is not here.
 */
struct view *
views_find(struct views *views, int64_t application, int64_t stamp);

/*
 * Reads the view, in a snapshot that read the stamp too, and keeps it in the
 * place of the one that is here. The caller releases it.
 */
enum error views_load(struct views *views, struct db *db, int64_t application,
    int64_t stamp, struct view **view_out) MUST_CHECK;

void view_release(struct view *view);

/* One who holds it may let an arena do so besides, until that is reset. */
void view_hold(struct view *view, struct arena *arena);

#endif
