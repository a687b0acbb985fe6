/* false_store: in the place of the store's connections, for fuzz targets */
#include "false_store.h"

#include <assert.h>
#include <string.h>

#include "../unit/plain_rule.h"
#include "base/arena.h"
#include "db/pool.h"
#include "db/tx.h"
#include "store/application.h"
#include "store/catalog.h"
#include "store/key.h"
#include "store/user.h"
#include "work/committer.h"
#include "work/reader.h"

enum { ROWS = 3 };

const char false_secret[] = "pm_sk_00112233445566778899aabbccddeeff";
const char false_publishable[] = "pm_pk_00112233445566778899aabbccddeeff";

static const struct badge badge = {
    .named = {.id = 1, .name = "B", .description = "b"}};
static const struct event event = {.row = 1 << 20,
    .id = "evt_1",
    .username = "anna",
    .event_type = "review",
    .timestamp_sent = "today"};

static size_t
row_count(int64_t limit)
{
	return limit < ROWS ? (size_t)limit : ROWS;
}

#define WRAP(result, name, ...)            \
	result __wrap_##name(__VA_ARGS__); \
	result __wrap_##name(__VA_ARGS__)

/* It is not connected: statements answer ERR_CONNECTION_LOST. */
WRAP(enum error, pool_take, struct pool *pool, int64_t application,
    int64_t deadline, struct db **db_out)
{
	static const struct db_settings settings;
	static struct db_counters counters;
	static struct db *db;

	(void)pool;
	(void)application;
	(void)deadline;
	if (db == NULL)
		db = db_new(&settings, DB_REQUEST, &counters);
	*db_out = db;
	return OK;
}

WRAP(void, pool_give, struct pool *pool, struct db *db)
{
	(void)pool;
	assert(db != NULL);
}

WRAP(enum error, key_find, struct db *db, struct arena *arena, const char *text,
    struct key *key_out)
{
	const bool secret = strcmp(text, false_secret) == 0;

	(void)db;
	(void)arena;
	if (!secret && strcmp(text, false_publishable) != 0)
		return ERR_KEY_UNKNOWN;
	*key_out = (struct key) {.id = secret ? 1 : 2,
	    .application_id = FALSE_APPLICATION,
	    .app_key = FALSE_APP_KEY,
	    .kind = secret ? KEY_SECRET : KEY_PUBLISHABLE};
	return OK;
}

static const struct application application = {.id = FALSE_APPLICATION,
    .app_key = FALSE_APP_KEY,
    .name = "site",
    .description = "",
    .time_zone = "UTC",
    .classic = true};

WRAP(enum error, application_get, struct db *db, struct arena *arena,
    int64_t id, struct application *application_out)
{
	(void)db;
	(void)arena;
	assert(id == FALSE_APPLICATION);
	*application_out = application;
	return OK;
}

WRAP(enum error, application_by_app_key, struct db *db, struct arena *arena,
    int64_t app_key, struct application *application_out)
{
	(void)db;
	(void)arena;
	if (app_key != FALSE_APP_KEY)
		return ERR_APPLICATION_NOT_FOUND;
	*application_out = application;
	return OK;
}

/* What the transaction has written, until it ends. */
static const struct named *written;

WRAP(enum error, tx_run, struct db *db, const struct tx_options *options,
    tx_body body, void *context)
{
	const struct tx_attempt attempt = {1, false};
	enum error error;

	(void)options;
	error = body(db, &attempt, context);
	written = NULL;
	return error;
}

WRAP(enum error, application_lock, struct db *db, int64_t id,
    int64_t *version_out)
{
	(void)db;
	assert(id == FALSE_APPLICATION);
	*version_out = FALSE_VERSION;
	return OK;
}

WRAP(enum error, application_count, struct db *db, int64_t id, int64_t version)
{
	(void)db;
	assert(id == FALSE_APPLICATION && version == FALSE_VERSION);
	return OK;
}

static void
describe(struct rule *rule)
{
	const struct reference *reference;
	enum reference_kind kind;
	size_t at = 0;

	while ((reference = rule_reference(rule, &at, &kind)) != NULL)
		rule_reference_of(rule, reference)->thing = &badge;
}

/* An object of a catalog, as it would be stored. */
static void
make_object(const struct catalog *catalog, const char *name, void *object_out)
{
	static const struct plain_rule plain = {.event_type = "review",
	    .points = 5,
	    .scale = 1,
	    .scale_name = "B",
	    .badge = 1,
	    .badge_name = "B"};
	struct rule_definition rule = {.named = badge.named};

	plain_rule_fill(&rule.rule, &plain);
	describe(&rule.rule);
	assert(catalog->size <= sizeof(rule));
	if (catalog == &rule_catalog)
		memcpy(object_out, &rule, sizeof(rule));
	else
		memcpy(object_out, &badge, catalog->size);
	((struct named *)object_out)->name = name;
}

/* Names that begin with 'n' are new. */
WRAP(enum error, catalog_get, const struct catalog *catalog, struct db *db,
    struct arena *arena, int64_t application_id, const char *name,
    void *object_out)
{
	(void)db;
	assert(application_id == FALSE_APPLICATION);
	if (written != NULL && strcmp(written->name, name) == 0)
		memcpy(object_out, written, catalog->size);
	else if (*name == 'n')
		return catalog->not_found;
	else
		make_object(catalog, arena_strdup(arena, name), object_out);
	return OK;
}

WRAP(enum error, catalog_list, const struct catalog *catalog, struct db *db,
    struct arena *arena, int64_t application_id, int64_t after, int64_t limit,
    struct named ***objects_out, size_t *count_out)
{
	size_t count = row_count(limit), i;

	(void)db;
	(void)after;
	assert(application_id == FALSE_APPLICATION);
	*objects_out = arena_array(arena, count, sizeof(struct named *));
	for (i = 0; i < count; i++) {
		(*objects_out)[i] = arena_alloc(arena, catalog->size);
		make_object(catalog, "a", (*objects_out)[i]);
	}
	*count_out = count;
	return OK;
}

WRAP(enum error, catalog_write, const struct catalog *catalog, struct db *db,
    struct arena *arena, int64_t application_id, int64_t version, void *object)
{
	struct named *named = object;

	(void)db;
	(void)arena;
	assert(application_id == FALSE_APPLICATION && version == FALSE_VERSION);
	if (named->id == 0 && strlen(named->name) == 2)
		return catalog->exists;
	named->id = 1;
	written = named;
	return OK;
}

WRAP(enum error, catalog_delete, const struct catalog *catalog, struct db *db,
    int64_t application_id, int64_t version, const void *object)
{
	(void)db;
	assert(application_id == FALSE_APPLICATION && version == FALSE_VERSION);
	return strlen(((const struct named *)object)->name) == 2
	    ? catalog->in_use
	    : OK;
}

WRAP(enum error, catalog_replace, const struct catalog *catalog, struct db *db,
    struct arena *arena, int64_t application_id, int64_t version,
    const void *existing, void *object)
{
	assert(((const struct named *)existing)->name != NULL);
	((struct named *)object)->id = 0;
	return __wrap_catalog_write(
	    catalog, db, arena, application_id, version, object);
}

/* What becomes of an event, or of its whole job, by the username. */
static const struct {
	enum error event, job;
	char letter;
	bool replayed;
} outcomes[] = {
    {OK, OK, 'r', true},
    {ERR_EVENT_ID_REUSED, OK, 'i', false},
    {ERR_BALANCE_OVERFLOW, OK, 'o', false},
    {ERR_NONE_MATCHES, OK, 'n', false},
    {OK, ERR_DATABASE_UNAVAILABLE, 'd', false},
    {OK, ERR_OUTCOME_UNKNOWN, 'u', false},
    {OK, ERR_KEY_UNKNOWN, 'k', false},
    {OK, ERR_OVERLOADED, 'l', false},
};

static enum error
apply_event(struct arena *arena, struct ingest_event *applied)
{
	const struct given_award award = {
	    .rule = "r", .point_scale = "p", .points = 1, .badge = "B"};
	size_t i;

	if (applied->in_future != NULL) {
		applied->error = ERR_TIMESTAMP_IN_FUTURE;
		return OK;
	}
	applied->event.row = event.row;
	if (!applied->event.timestamp_given)
		applied->event.timestamp = event.timestamp;
	applied->event.awards = arena_alloc(arena, sizeof(award));
	applied->event.awards[0] = award;
	applied->event.award_count = 1;
	for (i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
		if (*applied->event.username != outcomes[i].letter)
			continue;
		applied->error = outcomes[i].event;
		if (applied->error == ERR_EVENT_ID_REUSED)
			applied->differs = "timestamp";
		applied->replayed = outcomes[i].replayed;
		return outcomes[i].job;
	}
	return OK;
}

void *false_waiter;
enum error false_result;

WRAP(enum error, committer_submit, struct committer *committer,
    struct ingest_job *job, int64_t deadline, void *waiter)
{
	enum error error = OK;
	size_t i;

	(void)committer;
	(void)deadline;
	assert(job->application == FALSE_APPLICATION && job->count > 0);
	for (i = 0; i < job->count && error == OK; i++)
		error = apply_event(job->arena, &job->events[i]);
	if (error == ERR_OVERLOADED)
		return error;
	false_waiter = waiter;
	false_result = error;
	return OK;
}

WRAP(enum error, event_get, struct db *db, struct arena *arena,
    int64_t application_id, const char *id, struct event *event_out)
{
	(void)db;
	(void)arena;
	assert(application_id == FALSE_APPLICATION);
	if (strcmp(id, event.id) != 0)
		return ERR_EVENT_NOT_FOUND;
	*event_out = event;
	return OK;
}

WRAP(enum error, event_list, struct db *db, struct arena *arena,
    const struct event_filter *filter, struct event_list *list_out)
{
	size_t count = row_count(filter->limit), i;

	(void)db;
	assert(filter->application == FALSE_APPLICATION);
	*list_out = (struct event_list) {
	    .events = arena_array(arena, count, sizeof(event)), .count = count};
	for (i = 0; i < count; i++)
		list_out->events[i] = event;
	return OK;
}

static struct user
make_user(struct arena *arena, const char *name)
{
	struct user user = {.username = name, .badge_count = 1};

	user.badges = arena_alloc(arena, sizeof(badge.named));
	user.badges[0] = badge.named;
	return user;
}

/* The reader has read, and the classic interface reads at once. */
WRAP(void, reader_submit, struct reader *reader, struct queued_read *read,
    void *waiter)
{
	(void)reader;
	assert(read->read.application == FALSE_APPLICATION);
	read->read.error = *read->read.username == 'k' ? ERR_KEY_UNKNOWN : OK;
	false_waiter = waiter;
	false_result =
	    *read->read.username == 'd' ? ERR_DATABASE_UNAVAILABLE : OK;
}

WRAP(enum error, users_read, struct db *db, struct views *views,
    struct user_read *const *reads, size_t count)
{
	(void)db;
	(void)views;
	assert(count == 1 && reads[0]->key == NULL &&
	    reads[0]->application == FALSE_APPLICATION);
	reads[0]->error = OK;
	return OK;
}

WRAP(enum error, user_told, const struct user_read *read, struct user *user_out)
{
	assert(read->names_wanted);
	if (read->error != OK)
		return read->error;
	if (*read->username == 'n')
		return ERR_USER_NOT_FOUND;
	*user_out = make_user(read->arena, read->username);
	return OK;
}

WRAP(enum error, user_list, struct db *db, struct views *views,
    const struct user_listing *listing, bool *cut_out)
{
	struct arena *arena = arena_new(1 << 20);
	const char *name = *listing->after == '\0' ? "a" : listing->after;
	size_t count = row_count(listing->limit);
	struct user user = make_user(arena, name);

	(void)db;
	(void)views;
	assert(listing->application == FALSE_APPLICATION);
	*cut_out = false;
	while (count > 0 && listing->take(listing->context, &user))
		count--;
	arena_free(arena);
	return OK;
}

WRAP(enum error, user_points, const struct user_read *read,
    const char *point_scale, int64_t *points_out)
{
	if (read->error != OK)
		return read->error;
	if (*point_scale == 'n')
		return ERR_POINT_SCALE_NOT_FOUND;
	if (*read->username == 'n')
		return ERR_USER_NOT_FOUND;
	*points_out = 42;
	return OK;
}
