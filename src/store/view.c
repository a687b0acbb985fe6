/*
 * view: what telling of users needs of an application, kept until it changes
 */
#include "store/view.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/memory.h"
#include "store/key.h"

/* More than what names.c lets there be of names and descriptions. */
enum { VIEW_ARENA_MAX = 256 << 20 };

/* What is kept: so many views, and bytes beside those of the last. */
enum { KEPT_MAX = 1024, KEPT_SIZE_MAX = 256 << 20 };

struct views {
	pthread_mutex_t mutex;
	struct view *first; /* the one used last, and so on */
};

struct views *
views_new(void)
{
	struct views *views = memory_new(1, sizeof(*views));

	pthread_mutex_init(&views->mutex, NULL);
	return views;
}

void
view_release(struct view *view)
{
	if (--view->holders > 0)
		return;
	arena_free(view->arena);
	free(view);
}

static void
release(void *view)
{
	view_release(view);
}

void
view_hold(struct view *view, struct arena *arena)
{
	view->holders++;
	arena_defer(arena, release, view);
}

/* Under the mutex: where the application's view is, or would be put. */
static struct view **
place_of(struct views *views, int64_t application)
{
	struct view **place = &views->first;

	while (*place != NULL && (*place)->application != application)
		place = &(*place)->next;
	return place;
}

/* Under the mutex. */
static void
put_first(struct views *views, struct view *view)
{
	view->next = views->first;
	views->first = view;
}

static void
drop(struct view **place)
{
	struct view *view = *place;

	*place = view->next;
	view_release(view);
}

void
views_free(struct views *views)
{
	while (views->first != NULL)
		drop(&views->first);
	pthread_mutex_destroy(&views->mutex);
	free(views);
}

static void
trim(struct views *views)
{
	struct view **place = &views->first;
	size_t count = 0, size = 0;

	while (*place != NULL) {
		size += count++ == 0 ? 0 : arena_size((*place)->arena);
		if (count > KEPT_MAX || size > KEPT_SIZE_MAX)
			drop(place);
		else
			place = &(*place)->next;
	}
}

struct view *
views_find(struct views *views, int64_t application, int64_t stamp)
{
	struct view **place, *view;

	pthread_mutex_lock(&views->mutex);
	place = place_of(views, application);
	view = *place;
	if (view != NULL && view->stamp != stamp)
		view = NULL;
	if (view != NULL) {
		*place = view->next;
		put_first(views, view);
		view->holders++;
	}
	pthread_mutex_unlock(&views->mutex);
	return view;
}

/*
 * A slow reader may bring an older one than is here, which costs a reading
 * more; and so may a restored backup, and then it is the right one.
 */
static void
put(struct views *views, struct view *view)
{
	struct view **place;

	pthread_mutex_lock(&views->mutex);
	place = place_of(views, view->application);
	if (*place != NULL)
		drop(place);
	view->holders++;
	put_first(views, view);
	trim(views);
	pthread_mutex_unlock(&views->mutex);
}

enum error
views_load(struct views *views, struct db *db, int64_t application,
    int64_t stamp, struct view **view_out)
{
	struct view *view = memory_new(1, sizeof(*view));
	enum error error;

	view->application = application;
	view->stamp = stamp;
	view->arena = arena_new(VIEW_ARENA_MAX);
	view->holders = 1;
	names_init(&view->names, view->arena);
	error = names_load_all(&view->names, db, application, &view->told);
	if (error == OK)
		error = keys_live(db, view->arena, application, &view->keys);
	if (error == OK) {
		put(views, view);
		*view_out = view;
	} else
		view_release(view);
	return error;
}
