/* application_time: an application's days, as they are and as they were */
#include <stdio.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "db/db.h"
#include "db/query.h"
#include "store/application.h"

enum { KEEP, SET, TIMES, STATEMENTS };

static const char *const texts[STATEMENTS] = {
    [KEEP] = "INSERT INTO application_time (application_id, until, time_zone,"
             " day_start) VALUES (?, ?, ?, ?)",
    [SET] = "UPDATE application SET description = ?, time_zone = ?,"
            " day_start = ?, updated_at = ? WHERE id = ?",
    [TIMES] = "SELECT until, time_zone, day_start FROM application_time"
              " WHERE application_id = ? ORDER BY until",
};
const struct statement_set application_time_statements = {texts, STATEMENTS};

const char *
application_day_start(
    const struct application *application, char text[DAY_START_SIZE])
{
	const unsigned minutes = (unsigned)application->day_start / 60;

	snprintf(
	    text, DAY_START_SIZE, "%02u:%02u", minutes / 60 % 24, minutes % 60);
	return text;
}

static bool
has_same_days(const struct application *one, const struct application *other)
{
	return text_same(one->time_zone, other->time_zone) &&
	    one->day_start == other->day_start;
}

/* What the events of the versions before this one go on with. */
static enum error
keep(struct db *db, const struct application *before, int64_t version)
{
	struct query query;

	query_begin(&query, db, SET_APPLICATION_TIME, KEEP);
	query_int(&query, before->id);
	query_int(&query, version);
	query_text(&query, before->time_zone);
	query_int(&query, before->day_start);
	return query_finish(&query);
}

enum error
application_set(struct db *db, const struct application *before,
    int64_t version, struct application *application)
{
	struct query query;
	enum error error = OK;

	if (has_same_days(before, application) &&
	    text_same(before->description, application->description))
		return OK;
	if (!has_same_days(before, application))
		error = keep(db, before, version);
	if (error == OK)
		error = application_count(db, before->id, version);
	if (error != OK)
		return error;
	application->updated_at = clock_now();
	query_begin(&query, db, SET_APPLICATION_TIME, SET);
	query_text(&query, application->description);
	query_text(&query, application->time_zone);
	query_int(&query, application->day_start);
	query_int(&query, application->updated_at);
	query_int(&query, before->id);
	return query_finish(&query);
}

enum error
application_calendar(struct arena *arena, int64_t application,
    const char *time_zone, int64_t day_start, struct calendar *calendar_out)
{
	struct zone *zone;

	if (zone_load(arena, time_zone, &zone) != ZONE_OK) {
		log_error("event=time_zone_missing application=%lld zone=%s"
		          " message=\"there is no such file in " ZONE_FILES
		          ": install the packages tzdata and tzdata-legacy\"",
		    (long long)application, time_zone);
		return ERR_INTERNAL;
	}
	*calendar_out =
	    (struct calendar) {.zone = zone, .day_start = (int32_t)day_start};
	return OK;
}

enum error
application_times(struct db *db, struct arena *arena,
    const struct application *application, struct application_time **times_out,
    size_t *count_out)
{
	struct application_time *times;
	struct query query;
	size_t count = 0;
	enum error error;

	query_begin(&query, db, SET_APPLICATION_TIME, TIMES);
	query_int(&query, application->id);
	query_run(&query);
	times = arena_array(arena, query_rows(&query) + 1, sizeof(*times));
	while (query_next(&query)) {
		times[count].until = query_take_int(&query);
		times[count].time_zone = query_take_text(&query, arena);
		times[count++].day_start = query_take_int(&query);
	}
	error = query_end(&query);
	if (error != OK)
		return error;
	times[count++] = (struct application_time) {
	    INT64_MAX, application->time_zone, application->day_start};
	*times_out = times;
	*count_out = count;
	return OK;
}
