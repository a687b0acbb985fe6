/* verify: folds the event log again and compares with what is stored */
#include "past/verify.h"

#include <stdlib.h>

#include "base/arena.h"
#include "db/tx.h"
#include "past/verify_fold.h"

enum { ARENA_MAX = 1 << 30 };

void
verify_differs(struct verify *verify, const char *user, const char *thing,
    const char *stored, const char *folded)
{
	const struct verify_difference difference = {
	    .application = verify->application.name,
	    .user = user,
	    .thing = thing,
	    .stored = stored,
	    .folded = folded,
	};

	/* Rows that could not be read are not missing. */
	if (verify->reader.error != OK)
		return;
	verify->totals.differences++;
	verify->listener->difference(&difference, verify->listener->context);
	arena_reset(verify->words);
}

/* Events of users who have no row. */
static void
report_strangers(struct verify *verify)
{
	const struct fold *fold;
	size_t i;

	for (i = 0; i < verify->folds.size; i++)
		for (fold = verify->folds.buckets[i]; fold != NULL;
		     fold = fold->next)
			if (!fold->has_row)
				verify_differs(verify, fold->username,
				    "events of a user who does not exist",
				    arena_printf(verify->words, "%lld",
				        (long long)fold->events),
				    "0");
}

/* Folds the events of one part of the users, then looks at these. */
static void
check_part(struct verify *verify, int64_t users)
{
	struct verify_reader *reader = &verify->reader;
	const struct verify_row *row;

	folds_init(&verify->folds, (size_t)(users / reader->parts));
	reader_begin(reader, VERIFY_EVENTS);
	while ((row = reader_next(reader)) != NULL)
		verify_event(verify, row);
	reader_begin(reader, VERIFY_USERS);
	while ((row = reader_next(reader)) != NULL)
		verify_user(verify, row);
	if (reader->error == OK)
		report_strangers(verify);
}

static enum error
check_users(struct verify *verify)
{
	struct verify_reader *reader = &verify->reader;
	int64_t users = 0;
	enum error error = verify_count(
	    verify->db, VERIFY_USERS, verify->application.id, &users);

	if (error != OK)
		return error;
	reader->application = verify->application.id;
	reader->parts = 1 + users / verify->users_at_once;
	for (reader->part = 0;
	     reader->part < reader->parts && reader->error == OK;
	     reader->part++)
		check_part(verify, users);
	return reader->error;
}

static const char *
rule_name(struct verify *verify, const struct rule *revision)
{
	const struct verify_thing *rule =
	    things_find(&verify->catalog.rules, revision->id);

	if (rule == NULL)
		return arena_printf(verify->words,
		    "rule number %lld, which does not exist",
		    (long long)revision->id);
	return arena_printf(verify->words, "rule \"%s\"", rule->name);
}

static bool
refers(const struct rule *revision, const struct verify_reference *stored)
{
	const struct reference *reference;
	enum reference_kind kind;
	size_t at = 0;

	while ((reference = rule_reference(revision, &at, &kind)) != NULL)
		if ((int64_t)kind == stored->kind &&
		    reference->id == stored->ref)
			return true;
	return false;
}

static int
compare_references(const void *left, const void *right)
{
	const struct verify_reference *a = left, *b = right;

	if (a->rule != b->rule)
		return a->rule < b->rule ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return (a->ref > b->ref) - (a->ref < b->ref);
}

static bool
is_stored(const struct verify_catalog *catalog, int64_t rule,
    enum reference_kind kind, int64_t ref)
{
	const struct verify_reference sought = {rule, (int64_t)kind, ref};

	return bsearch(&sought, catalog->references, catalog->reference_count,
	           sizeof(sought), compare_references) != NULL;
}

/* What is stored as a reference must be one of a revision in force. */
static void
check_stored_references(struct verify *verify)
{
	const struct verify_catalog *catalog = &verify->catalog;
	const struct verify_reference *stored = catalog->references;
	size_t i, k = 0;

	for (i = 0; i < catalog->reference_count; i++, stored++) {
		while (k < catalog->count &&
		    (catalog->revisions[k].id < stored->rule ||
		        (catalog->revisions[k].id == stored->rule &&
		            catalog->periods[k].until != 0)))
			k++;
		if (k == catalog->count ||
		    catalog->revisions[k].id != stored->rule ||
		    (!catalog->periods[k].damaged &&
		        !refers(&catalog->revisions[k], stored)))
			verify_differs(verify, NULL,
			    arena_printf(verify->words,
			        "reference of rule number %lld",
			        (long long)stored->rule),
			    "one", "none");
	}
}

/* What a rule refers to must be there, and be kept from being deleted. */
static void
check_references(struct verify *verify, const struct rule *revision)
{
	static const char *const nouns[] = {
	    [REFERENCE_POINT_SCALE] = "a point scale that does not exist",
	    [REFERENCE_BADGE] = "a badge that does not exist",
	};
	const struct reference *reference;
	enum reference_kind kind;
	size_t at = 0;

	while ((reference = rule_reference(revision, &at, &kind)) != NULL) {
		if (things_find(things_of(verify, kind), reference->id) == NULL)
			verify_differs(verify, NULL,
			    rule_name(verify, revision), nouns[kind],
			    "one that does");
		if (!is_stored(
		        &verify->catalog, revision->id, kind, reference->id))
			verify_differs(verify, NULL,
			    arena_printf(verify->words, "reference of %s",
			        rule_name(verify, revision)),
			    "none", "one");
	}
}

/* A rule's revisions follow upon each other; that of a rule at work is open. */
static void
check_revision(struct verify *verify, size_t i)
{
	const struct verify_catalog *catalog = &verify->catalog;
	const struct rule *revision = &catalog->revisions[i];
	const struct verify_period *period = &catalog->periods[i];
	const struct verify_thing *rule =
	    things_find(&catalog->rules, revision->id);
	bool last = i + 1 == catalog->count ||
	    catalog->revisions[i + 1].id != revision->id;

	if (period->damaged)
		verify_differs(verify, NULL, rule_name(verify, revision),
		    "a revision that cannot be read", "one that can");
	else if (rule == NULL ||
	    (last && (period->until == 0) == rule->deleted) ||
	    (!last && period->until != catalog->periods[i + 1].since) ||
	    (period->until != 0 && period->until <= period->since) ||
	    period->since > verify->application.version)
		verify_differs(verify, NULL, rule_name(verify, revision),
		    arena_printf(verify->words,
		        "a revision from version %lld to %lld",
		        (long long)period->since, (long long)period->until),
		    "revisions without gap or overlap, the last one open"
		    " unless the rule is deleted");
	else if (last && !rule->deleted)
		check_references(verify, revision);
}

static void
check_rules(struct verify *verify)
{
	const struct verify_catalog *catalog = &verify->catalog;
	const struct verify_thing *rule;
	size_t i, k = 0;

	for (i = 0; i < catalog->count; i++)
		check_revision(verify, i);
	check_stored_references(verify);
	for (i = 0; i < catalog->rules.count; i++) {
		rule = &catalog->rules.list[i];
		while (
		    k < catalog->count && catalog->revisions[k].id < rule->id)
			k++;
		if (k == catalog->count || catalog->revisions[k].id != rule->id)
			verify_differs(verify, NULL,
			    arena_printf(
			        verify->words, "rule \"%s\"", rule->name),
			    "no revision", "at least one");
	}
}

static enum error
check_unique(struct verify *verify)
{
	size_t count = 0, i;
	const char **ids;
	enum error error = verify_duplicates(
	    verify->db, verify->arena, verify->application.id, &ids, &count);

	for (i = 0; i < count && error == OK; i++)
		verify_differs(verify, NULL,
		    arena_printf(
		        verify->words, "events with the id \"%s\"", ids[i]),
		    "several", "one");
	return error;
}

/* False, and told, where the system does not have a zone of the application. */
static bool
load_calendars(struct verify *verify)
{
	const struct application_time *time;
	size_t i;

	verify->calendars = arena_array(
	    verify->arena, verify->time_count, sizeof(*verify->calendars));
	for (i = 0; i < verify->time_count; i++) {
		time = &verify->times[i];
		if (application_calendar(verify->arena, verify->application.id,
		        time->time_zone, time->day_start,
		        &verify->calendars[i]) == OK)
			continue;
		verify_differs(verify, NULL, "time zone",
		    arena_printf(verify->words,
		        "\"%s\", which the system does not have",
		        time->time_zone),
		    "one of " ZONE_FILES);
		return false;
	}
	return true;
}

static enum error
check_application(struct verify *verify)
{
	enum error error = catalog_load(verify->db, verify->arena,
	    verify->application.id, &verify->catalog);

	if (error == OK)
		error = application_times(verify->db, verify->arena,
		    &verify->application, &verify->times, &verify->time_count);
	if (error != OK)
		return error;
	check_rules(verify);
	if (load_calendars(verify))
		error = check_users(verify);
	if (error == OK)
		error = check_unique(verify);
	if (error == OK)
		verify->totals.applications++;
	return error;
}

/* Rows of an application that does not exist. */
static enum error
report_lost(struct verify *verify, int64_t id)
{
	enum error error = OK;
	int64_t count = 0;
	size_t i;

	verify->application.name = arena_printf(
	    verify->arena, "application number %lld", (long long)id);
	for (i = 0; i < VERIFY_TABLES && error == OK; i++) {
		error =
		    verify_count(verify->db, (enum verify_table)i, id, &count);
		if (error == OK && count > 0)
			verify_differs(verify, NULL,
			    arena_printf(verify->words,
			        "rows of table %s, of an application that does"
			        " not exist",
			        verify_table_name((enum verify_table)i)),
			    arena_printf(
			        verify->words, "%lld", (long long)count),
			    "0 ('palmaresctl app clean' deletes them)");
	}
	return error;
}

static enum error
check_one(struct verify *verify, int64_t id)
{
	enum error error;

	arena_reset(verify->arena);
	verify->missing = NULL;
	error = application_get(
	    verify->db, verify->arena, id, &verify->application);
	if (error == ERR_APPLICATION_NOT_FOUND)
		return report_lost(verify, id);
	if (error == OK && verify->application.closed)
		verify_differs(verify, NULL,
		    "its deletion ('palmaresctl app delete' goes on with it)",
		    "not ended", "the end of it");
	else if (error == OK)
		error = check_application(verify);
	verify->listener->progress(&verify->totals, verify->listener->context);
	return error;
}

static enum error
check_all(struct verify *verify)
{
	int64_t id = 0;
	enum error error;

	do {
		error = application_next(verify->db, id, &id);
		if (error == OK && id != 0)
			error = check_one(verify, id);
	} while (error == OK && id != 0);
	return error;
}

/* What tx_snapshot is given. */
struct call {
	struct verify *verify;
	int64_t application;
};

static enum error
run_in_snapshot(struct db *db, const struct tx_attempt *attempt, void *context)
{
	const struct call *call = context;

	(void)db;
	(void)attempt;
	return call->application != 0
	    ? check_one(call->verify, call->application)
	    : check_all(call->verify);
}

enum error
verify_run(struct db *db, int64_t application, int64_t users_at_once,
    const struct verify_listener *listener, struct verify_totals *totals_out)
{
	struct verify verify = {.db = db,
	    .listener = listener,
	    .users_at_once = users_at_once,
	    .reader = {.db = db}};
	struct call call = {&verify, application};
	struct arena **const arenas[] = {&verify.words, &verify.arena,
	    &verify.folds.arena, &verify.event_arena, &verify.reader.arena};
	enum error error;
	size_t i;

	for (i = 0; i < sizeof(arenas) / sizeof(arenas[0]); i++)
		*arenas[i] = arena_new(ARENA_MAX);
	error = tx_snapshot(db, run_in_snapshot, &call);
	for (i = 0; i < sizeof(arenas) / sizeof(arenas[0]); i++)
		arena_free(*arenas[i]);
	if (error == OK)
		*totals_out = verify.totals;
	return error;
}
