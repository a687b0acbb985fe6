/* application: the site whose rows nobody else reads */
#ifndef STORE_APPLICATION_H
#define STORE_APPLICATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/calendar.h"
#include "base/error.h"

struct arena;
struct db;
struct tx_options;

struct application {
	int64_t id;
	int64_t app_key;
	const char *name;
	const char *description;
	const char *time_zone;
	int64_t day_start; /* seconds after local midnight, below 86,400 */
	bool classic;
	bool closed;     /* it is being deleted, and nothing is added to it */
	int64_t version; /* grows with each change of its rules or keys */
	int64_t stamp;   /* another with each change: see application_change */
	int64_t created_at;
	int64_t updated_at;
};

/* All answer ERR_APPLICATION_NOT_FOUND where there is none. */
enum error application_get(struct db *db, struct arena *arena, int64_t id,
    struct application *application_out) MUST_CHECK;
enum error application_by_app_key(struct db *db, struct arena *arena,
    int64_t app_key, struct application *application_out) MUST_CHECK;
enum error application_by_name(struct db *db, struct arena *arena,
    const char *name, struct application *application_out) MUST_CHECK;

/* All of them, in the order of their names; *count_out of them. */
enum error application_list(struct db *db, struct arena *arena,
    struct application **applications_out, size_t *count_out) MUST_CHECK;

/*
 * The calendar of a time zone, which lives in the arena. ERR_INTERNAL, with a
 * line in the log, where the system's files do not have the zone.
 */
enum error application_calendar(struct arena *arena, int64_t application,
    const char *time_zone, int64_t day_start,
    struct calendar *calendar_out) MUST_CHECK;

/* Writes and answers "04:00". */
enum { DAY_START_SIZE = 8 };
const char *application_day_start(
    const struct application *application, char text[DAY_START_SIZE]);

/* How an application told the days of the events of versions before until. */
struct application_time {
	int64_t until;
	const char *time_zone;
	int64_t day_start;
};

/* By until; the last one is what holds now, and for ever. */
enum error application_times(struct db *db, struct arena *arena,
    const struct application *application, struct application_time **times_out,
    size_t *count_out) MUST_CHECK;

/*
 * Stores description, time zone and start of the day of an application whose
 * row is locked and that was as before says; version is that of
 * application_lock. Writes nothing if nothing is other than before. Events that
 * were applied before keep their days.
 */
enum error application_set(struct db *db, const struct application *before,
    int64_t version, struct application *application) MUST_CHECK;

/* The smallest application above after that has a row in any table, or 0. */
enum error application_next(
    struct db *db, int64_t after, int64_t *application_out) MUST_CHECK;

/*
 * Makes an application, in a transaction of the caller. Where app_key is 0 it
 * is chosen. Sets id, app_key, version and the times. ERR_APPLICATION_EXISTS:
 * the name or the appKey is taken.
 */
enum error
application_insert(struct db *db, struct application *application) MUST_CHECK;

/*
 * Closes an application, in one transaction, and then deletes all that is its
 * own a part at a time, its row last. May be repeated until it is gone.
 */
enum error application_delete(
    struct db *db, const struct tx_options *options, int64_t id) MUST_CHECK;

/*
 * Deletes the rows of applications that do not exist, which a deletion by an
 * older version left behind; *applications_out and *rows_out of them.
 */
enum error application_clean(struct db *db, struct arena *arena,
    int64_t *applications_out, int64_t *rows_out) MUST_CHECK;

/*
 * Locks the application for a change of its configuration until the end of the
 * transaction: no event is being applied meanwhile. Counts its version up; the
 * new one is what revisions are since. The stamp becomes a random number.
 * Versions and ids come again with other content when a database is restored or
 * made anew, and stamps do not: so a cache asks for the stamp.
 */
enum error
application_change(struct db *db, int64_t id, int64_t *version_out) MUST_CHECK;

/* Its two halves, for what may turn out to change nothing: the next version. */
enum error
application_lock(struct db *db, int64_t id, int64_t *version_out) MUST_CHECK;
enum error
application_count(struct db *db, int64_t id, int64_t version) MUST_CHECK;

#endif
