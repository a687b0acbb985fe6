/* verify: folds the event log again and compares with what is stored */
#include "store/verify.h"

#include "base/arena.h"
#include "store/tx.h"
#include "store/verify_user.h"

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

/* The user whose rows are next in any table; false when there are no more. */
static bool
next_user(struct verify *verify, int64_t *user_out)
{
	const struct verify_row *row;
	bool found = false;
	size_t i;

	for (i = 0; i < VERIFY_TABLES; i++) {
		row = reader_row(&verify->reader, (enum verify_table)i);
		if (row != NULL && (!found || row->user < *user_out)) {
			*user_out = row->user;
			found = true;
		}
	}
	return found && verify->reader.error == OK;
}

/* Takes the rows of a user who has no row in the table of users. */
static void
take_orphans(struct verify *verify, int64_t user)
{
	const struct verify_row *row;
	enum verify_table table;
	long long count;

	for (table = 0; table < VERIFY_TABLES; table++) {
		count = 0;
		while ((row = reader_row(&verify->reader, table)) != NULL &&
		    row->user == user) {
			reader_next(&verify->reader, table);
			count++;
		}
		if (count > 0)
			verify_differs(verify, NULL,
			    arena_printf(verify->words,
			        "rows of table %s, of user number %lld, who"
			        " does not exist",
			        verify_table_name(table), (long long)user),
			    arena_printf(verify->words, "%lld", count), "0");
	}
}

static void
check_users(struct verify *verify)
{
	const struct verify_row *row;
	int64_t user = 0;

	reader_begin(&verify->reader, verify->application.id);
	while (next_user(verify, &user)) {
		row = reader_row(&verify->reader, VERIFY_USERS);
		if (row == NULL || row->user != user) {
			take_orphans(verify, user);
			continue;
		}
		verify_user(verify, row);
		reader_next(&verify->reader, VERIFY_USERS);
	}
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

/* What a rule in force gives must be there to be given. */
static void
check_gifts(struct verify *verify, const struct rule *revision)
{
	if (revision->point_scale_id != 0 &&
	    things_find(&verify->catalog.scales, revision->point_scale_id) ==
	        NULL)
		verify_differs(verify, NULL, rule_name(verify, revision),
		    "a point scale that does not exist", "one that does");
	if (revision->badge_id != 0 &&
	    things_find(&verify->catalog.badges, revision->badge_id) == NULL)
		verify_differs(verify, NULL, rule_name(verify, revision),
		    "a badge that does not exist", "one that does");
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

	if (rule == NULL || (last && (period->until == 0) == rule->deleted) ||
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
		check_gifts(verify, revision);
}

static void
check_rules(struct verify *verify)
{
	const struct verify_catalog *catalog = &verify->catalog;
	const struct verify_thing *rule;
	size_t i, k = 0;

	for (i = 0; i < catalog->count; i++)
		check_revision(verify, i);
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
	static const char *const nouns[UNIQUES] = {
	    [UNIQUE_USERS] = "users with the number",
	    [UNIQUE_EVENTS] = "events with the id",
	};
	enum error error = OK;
	size_t kind, count = 0, i;
	const char **ids;

	for (kind = 0; kind < UNIQUES && error == OK; kind++) {
		error = verify_duplicates(verify->db, verify->arena,
		    (enum verify_unique)kind, verify->application.id, &ids,
		    &count);
		for (i = 0; i < count && error == OK; i++)
			verify_differs(verify, NULL,
			    arena_printf(verify->words, "%s \"%s\"",
			        nouns[kind], ids[i]),
			    "several", "one");
	}
	return error;
}

static enum error
check_application(struct verify *verify)
{
	enum error error = catalog_load(verify->db, verify->arena,
	    verify->application.id, &verify->catalog);

	if (error != OK)
		return error;
	check_rules(verify);
	check_users(verify);
	error = verify->reader.error;
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
			    "0");
	}
	return error;
}

static enum error
check_one(struct verify *verify, int64_t id)
{
	enum error error;

	arena_reset(verify->arena);
	error = application_get(
	    verify->db, verify->arena, id, &verify->application);
	if (error == ERR_APPLICATION_NOT_FOUND)
		return report_lost(verify, id);
	if (error == OK)
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
		error = verify_next_application(verify->db, id, &id);
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
verify_run(struct db *db, int64_t application,
    const struct verify_listener *listener, struct verify_totals *totals_out)
{
	struct verify verify = {.db = db, .listener = listener};
	struct call call = {&verify, application};
	struct arena **const arenas[] = {&verify.words, &verify.arena,
	    &verify.user_arena, &verify.event_arena};
	enum error error;
	size_t i;

	for (i = 0; i < sizeof(arenas) / sizeof(arenas[0]); i++)
		*arenas[i] = arena_new(ARENA_MAX);
	reader_init(&verify.reader, db);
	error = tx_snapshot(db, run_in_snapshot, &call);
	reader_free(&verify.reader);
	for (i = 0; i < sizeof(arenas) / sizeof(arenas[0]); i++)
		arena_free(*arenas[i]);
	if (error == OK)
		*totals_out = verify.totals;
	return error;
}
