/* ingest: applies events in one transaction */
#include "ingest/ingest.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "db/db.h"
#include "db/tx.h"
#include "ingest/batch.h"
#include "ingest/known.h"
#include "store/key.h"

/*
 * Twice what can be made of all that ingest_share.c has room for, at its worst:
 * numbers of a byte each in the largest standings, and lists that have to grow.
 */
enum { SCRATCH_MAX = 1 << 30 };

void
ingest_init(struct ingest *ingest, struct db *db)
{
	*ingest = (struct ingest) {.db = db, .scratch = arena_new(SCRATCH_MAX)};
}

void
ingest_free(struct ingest *ingest)
{
	rule_cache_free(&ingest->rules);
	arena_free(ingest->scratch);
}

static int
compare_ids(const void *left, const void *right)
{
	const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

/* The applications of the jobs, each once, in the order of their ids. */
static void
collect_apps(struct batch *batch, struct ingest_job *const *jobs, size_t count)
{
	int64_t *ids = arena_array(batch->arena, count, sizeof(*ids));
	size_t i;

	for (i = 0; i < count; i++)
		ids[i] = jobs[i]->application;
	qsort(ids, count, sizeof(*ids), compare_ids);
	batch->apps = arena_array(batch->arena, count, sizeof(*batch->apps));
	for (i = 0; i < count; i++)
		if (i == 0 || ids[i] != ids[i - 1])
			batch->apps[batch->app_count++].id = ids[i];
}

static struct batch_app *
find_app(const struct batch *batch, int64_t id)
{
	size_t low = 0, high = batch->app_count, middle;

	while (low + 1 < high) {
		middle = (low + high) / 2;
		if (batch->apps[middle].id <= id)
			low = middle;
		else
			high = middle;
	}
	return &batch->apps[low];
}

static enum error
load_rules(struct batch *batch)
{
	enum error error = OK;
	size_t i;

	for (i = 0; i < batch->app_count && error == OK; i++)
		if (batch->apps[i].version != 0)
			error = rule_cache_get(&batch->ingest->rules, batch->db,
			    batch->apps[i].id, batch->apps[i].version,
			    batch->apps[i].stamp, &batch->apps[i].rules);
	return error;
}

static bool
key_is_live(const struct ingest_job *job, const struct app_rules *rules)
{
	return job->key == NULL || keys_have(&rules->keys, job->key);
}

/*
 * What forbids the job as a whole: read under the application's lock. While
 * settling it is too late to forbid what may have been committed.
 */
static enum error
check_job(const struct batch *batch, struct ingest_job *job)
{
	const struct batch_app *app = find_app(batch, job->application);

	job->postponed = batch->settling && job->postponed;
	if (app->version == 0 || (job->key == NULL && !app->classic))
		return job->key == NULL ? ERR_APPLICATION_NOT_FOUND
		                        : ERR_KEY_UNKNOWN;
	if (batch->settling && (job->error != OK || app->rules->refused == OK))
		return job->error;
	if (app->rules->refused != OK)
		return batch->settling ? ERR_OUTCOME_UNKNOWN
		                       : app->rules->refused;
	return key_is_live(job, app->rules) ? OK : ERR_KEY_UNKNOWN;
}

void
ingest_job_clear(struct ingest_job *job)
{
	if (job->rules != NULL)
		app_rules_release(job->rules);
	job->rules = NULL;
}

static void
hold_rules(struct ingest_job *job, struct app_rules *rules)
{
	app_rules_hold(rules);
	ingest_job_clear(job);
	job->rules = rules;
}

/*
 * False for an event that is refused before it needs a user. While settling,
 * what was let in once is looked up first, see judge_again.
 */
static bool
take_item(struct batch *batch, struct batch_item *item)
{
	struct ingest_event *event = item->event;
	bool decided = batch->settling && event->error != ERR_NONE_MATCHES;

	item->found =
	    rule_set_find(item->app->set, batch->arena, &event->occurrence);
	event->replayed = false;
	event->error = event->must_match && !decided && item->found.count == 0
	    ? ERR_NONE_MATCHES
	    : OK;
	return event->error == OK;
}

static void
collect_job(struct batch *batch, struct ingest_job *job)
{
	struct batch_item *first = &batch->items[batch->item_count], *item;
	size_t taken = 0, i;

	hold_rules(job, find_app(batch, job->application)->rules);
	for (i = 0; i < job->count; i++) {
		item = &first[taken];
		*item = (struct batch_item) {
		    .job = job, .event = &job->events[i], .app = job->rules};
		taken += take_item(batch, item);
	}
	batch->item_count += taken;
}

static void
collect_items(struct batch *batch, struct ingest_job *const *jobs, size_t count)
{
	size_t total = 0, i;

	for (i = 0; i < count; i++)
		total += jobs[i]->count;
	batch->items =
	    arena_array(batch->arena, total + 1, sizeof(*batch->items));
	for (i = 0; i < count; i++) {
		jobs[i]->error = check_job(batch, jobs[i]);
		if (job_is_applied(jobs[i]))
			collect_job(batch, jobs[i]);
	}
}

static const char *
copy_text(struct arena *arena, const char *text)
{
	return text == NULL ? NULL : arena_strdup(arena, text);
}

/* The outcome of a known event, for the same event sent again. */
static void
copy_outcome(
    struct arena *arena, struct event *event, const struct event *known)
{
	size_t i;

	event->row = known->row;
	event->ahead = known->ahead;
	event->timestamp = known->timestamp;
	event->properties = copy_text(arena, known->properties);
	event->award_count = known->award_count;
	event->awards =
	    arena_array(arena, known->award_count + 1, sizeof(*event->awards));
	for (i = 0; i < known->award_count; i++) {
		const struct given_award *award = &known->awards[i];

		event->awards[i] = *award;
		event->awards[i].rule = arena_strdup(arena, award->rule);
		event->awards[i].point_scale =
		    copy_text(arena, award->point_scale);
		event->awards[i].badge = copy_text(arena, award->badge);
	}
}

static void
replay(struct batch *batch, struct batch_item *item, struct known *known)
{
	struct ingest_event *event = item->event;

	event->differs = event_difference(known->event, &event->event);
	if (event->differs != NULL) {
		event->error = ERR_EVENT_ID_REUSED;
		return;
	}
	event->replayed = !known->ours || known->event->row != event->tried_row;
	/*
	 * The first that finds its own row is its writer, the next are replays.
	 */
	known->ours = false;
	/* The writer's too: whether its row is on disk is not known either. */
	batch->users[item->user].replays++;
	copy_outcome(item->job->arena, &event->event, known->event);
}

/*
 * A time that no row of this writer or this user has: that of the receipt, or
 * little more. A clock that was ahead once has left the user's rows ahead, and
 * the next follow them; *ahead_out is what they are then ahead of the receipt.
 */
static int64_t
next_time(
    struct batch *batch, const struct batch_user *user, int64_t *ahead_out)
{
	struct ingest *ingest = batch->ingest;
	int64_t time = batch->now, newest;

	if (time <= ingest->last_time && ingest->last_time - time < CLOCK_STEP)
		time = ingest->last_time + 1;
	ingest->last_time = time;
	newest = user->last_event / EVENT_WRITERS;
	if (time <= newest)
		time = newest + 1;
	*ahead_out = time - batch->now < CLOCK_STEP ? 0 : time - batch->now;
	return time;
}

/* When it came, and when it was: before the rules look at it. */
static void
time_item(struct batch *batch, struct batch_item *item)
{
	struct event *event = &item->event->event;

	item->time = next_time(batch, &batch->users[item->user], &event->ahead);
	if (!event->timestamp_given)
		event->timestamp = item->time - event->ahead;
	item->event->occurrence.moment =
	    calendar_moment(&item->app->calendar, event->timestamp);
}

static void
number_item(struct batch *batch, struct batch_item *item)
{
	struct batch_user *user = &batch->users[item->user];
	struct event *event = &item->event->event;
	size_t i;

	item->write = true;
	/* The low bits keep two writers apart that have the same time. */
	event->row =
	    item->time * EVENT_WRITERS + randombytes_uniform(EVENT_WRITERS);
	item->event->tried_row = event->row;
	item->previous = user->last_event;
	user->last_event = event->row;
	user->ahead = event->ahead;
	item->number = ++user->events;
	item->entries_before = user->entries;
	for (i = 0; i < item->award_count; i++)
		user->entries += item->awards[i].point_scale != NULL;
}

static const char *
name_of(const struct reference *reference)
{
	return reference == NULL ? NULL : reference->name;
}

/* For the answer. The names stay where they are: the job holds the rules. */
static void
report_awards(struct batch_item *item)
{
	struct event *event = &item->event->event;
	size_t i;

	event->award_count = item->award_count;
	event->awards = arena_array(
	    item->job->arena, item->award_count + 1, sizeof(*event->awards));
	for (i = 0; i < item->award_count; i++) {
		const struct award *award = &item->awards[i];

		event->awards[i] =
		    (struct given_award) {.rule = award->rule->name,
		        .point_scale = name_of(award->point_scale),
		        .points = award->points,
		        .balance = award->balance,
		        .badge = name_of(award->badge)};
	}
}

/*
 * While settling: false if what was not committed after all may not come in any
 * more.
 */
static bool
judge_again(const struct batch_item *item)
{
	struct ingest_job *job = item->job;

	if (!key_is_live(job, item->app))
		job->error = ERR_KEY_UNKNOWN;
	else if (item->event->must_match && item->found.count == 0)
		item->event->error = ERR_NONE_MATCHES;
	return job->error == OK && item->event->error == OK;
}

static void
apply_item(
    struct batch *batch, struct known_events *known, struct batch_item *item)
{
	struct known *place = known_place(known, item);
	struct rules_met met;

	if (place->event != NULL) {
		replay(batch, item, place);
		return;
	}
	/* No attempt has let it in, so there is nothing to settle. */
	if (item->event->in_future != NULL) {
		item->event->error = ERR_TIMESTAMP_IN_FUTURE;
		return;
	}
	if (batch->settling && !judge_again(item))
		return;
	time_item(batch, item);
	met = found_rules_list(&item->found, batch->arena);
	item->awards = arena_array(batch->arena,
	    met.count + met.milestone_count + 1, sizeof(*item->awards));
	if (engine_apply(&batch->users[item->user].state, batch->arena,
	        &item->event->occurrence, &met, item->awards,
	        &item->award_count) == ENGINE_OVERFLOW) {
		item->event->error = ERR_BALANCE_OVERFLOW;
		return;
	}
	number_item(batch, item);
	report_awards(item);
	*place = (struct known) {
	    item->app->application, &item->event->event, NULL, false};
}

/* What tx_run is given. */
struct apply_call {
	struct ingest *ingest;
	struct ingest_job *const *jobs;
	size_t count;
	bool wait_for_locks;
	/* What the last attempt has left to be done when it is committed. */
	bool **given;
	size_t given_count;
};

static enum error
apply_jobs(struct db *db, const struct tx_attempt *attempt, void *context)
{
	struct apply_call *call = context;
	struct batch batch = {.ingest = call->ingest,
	    .db = db,
	    .arena = call->ingest->scratch,
	    .now = clock_now(),
	    .job_count = call->count,
	    .settling = attempt->settling};
	struct known_events known;
	enum error error;
	size_t i;

	call->given_count = 0;
	arena_reset(batch.arena);
	collect_apps(&batch, call->jobs, call->count);
	error = db_wait_for_locks(db, call->wait_for_locks);
	if (error == OK)
		error = batch_lock_apps(&batch);
	if (error == OK)
		error = load_rules(&batch);
	if (error != OK)
		return error;
	collect_items(&batch, call->jobs, call->count);
	if (batch.item_count == 0)
		return OK;
	error = batch_lock_users(&batch, &known);
	/* The locks are held: others' changes of the users are older. */
	batch.now = clock_now();
	if (error == OK)
		error = batch_share(&batch, &known);
	if (error != OK)
		return error;
	for (i = 0; i < batch.item_count; i++)
		if (job_is_applied(batch.items[i].job))
			apply_item(&batch, &known, &batch.items[i]);
	error = batch_write(&batch);
	call->given = batch.given;
	call->given_count = batch.given_count;
	return error;
}

enum error
ingest_apply(struct ingest *ingest, struct ingest_job *const *jobs,
    size_t count, int64_t deadline, bool wait_for_locks)
{
	const struct tx_options options = {.deadline = deadline,
	    .retry_duplicate = true,
	    .may_settle = true,
	    .yield_lock = true};
	struct apply_call call = {.ingest = ingest,
	    .jobs = jobs,
	    .count = count,
	    .wait_for_locks = wait_for_locks};
	enum error error = tx_run(ingest->db, &options, apply_jobs, &call);
	size_t i;

	for (i = 0; error == OK && i < call.given_count; i++)
		*call.given[i] = true;
	rule_cache_trim(&ingest->rules);
	return error;
}
