/* store_test: a private mariadbd, and an application to try things on */
#include "store_test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "db/migrate.h"
#include "rules/properties.h"

enum { ARENA_MAX = 256 << 20, ARGUMENTS_MAX = 16, START_SECONDS = 60 };

struct db_settings server_settings;
struct db_counters server_counters;
int64_t users_at_once = VERIFY_USERS_AT_ONCE;
struct arena *test_arena;

static char *directory;
static pid_t server;
static struct db *own; /* what sql() uses */

const char *
server_path(const char *name)
{
	return arena_printf(test_arena, "%s/%s", directory, name);
}

static void __attribute__((noreturn))
run_in_child(const char *const *arguments, pid_t parent)
{
	int log = open(server_path("log"), O_WRONLY | O_CREAT | O_APPEND, 0600);
	char *list[ARGUMENTS_MAX];
	size_t i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || log == -1)
		_exit(127);
	/* A server that starts removes the temporary tables that it finds. */
	setenv("TMPDIR", directory, 1);
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	for (i = 0; arguments[i] != NULL; i++)
		list[i] = arena_strdup(test_arena, arguments[i]);
	list[i] = NULL;
	execvp(list[0], list);
	_exit(127);
}

static pid_t
launch(const char *const *arguments)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0)
		run_in_child(arguments, parent);
	assert_true(pid > 0);
	return pid;
}

static void
install(void)
{
	const char *const arguments[] = {"mariadb-install-db", "--no-defaults",
	    arena_printf(test_arena, "--datadir=%s/data", directory),
	    "--skip-test-db", "--auth-root-authentication-method=normal", NULL};
	int status;

	assert_int_not_equal(waitpid(launch(arguments), &status, 0), -1);
	if (status != 0)
		fail_msg("mariadb-install-db: status %d, see %s (package"
		         " mariadb-server-core)",
		    status, server_path("log"));
}

static void
launch_server(void)
{
	const char *const arguments[] = {"mariadbd", "--no-defaults",
	    arena_printf(test_arena, "--datadir=%s/data", directory),
	    arena_printf(test_arena, "--socket=%s/db.sock", directory),
	    arena_printf(test_arena, "--pid-file=%s/db.pid", directory),
	    "--skip-networking", "--skip-ssl", "--performance-schema=off",
	    "--innodb-buffer-pool-size=64M",
	    /* Not of durability: these tests are of what is committed. */
	    "--innodb-flush-log-at-trx-commit=0",
	    geteuid() == 0 ? "--user=root" : NULL, NULL};

	server = launch(arguments);
}

static void
wait_for_server(void)
{
	int64_t deadline = in_seconds(START_SECONDS);
	struct db *db = db_new(&server_settings, DB_ADMIN, &server_counters);

	while (db_connect_bare(db) != OK) {
		if (clock_monotonic() > deadline ||
		    waitpid(server, NULL, WNOHANG) != 0)
			fail_msg("mariadbd does not start, see %s",
			    server_path("log"));
		clock_sleep(20000);
	}
	db_free(db);
}

/* STORE_TEST=NAME runs that test alone. */
static void __attribute__((constructor)) filter_tests(void)
{
	const char *name = getenv("STORE_TEST");

	if (name != NULL)
		cmocka_set_test_filter(name);
}

int
server_start(void **state)
{
	const char *parent = getenv("TMPDIR");
	/* Where another MariaDB is than this machine's: tests/mariadb.sh. */
	const char *programs = getenv("MARIADB");

	(void)state;
	assert_int_not_equal(sodium_init(), -1);
	db_start();
	test_arena = arena_new(ARENA_MAX);
	setenv("PATH",
	    arena_printf(test_arena, "%s:%s",
	        programs == NULL ? "/usr/local/bin" : programs,
	        "/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"),
	    1);
	directory = arena_printf(test_arena, "%s/palmares-store.XXXXXX",
	    parent == NULL ? "/tmp" : parent);
	assert_non_null(mkdtemp(directory));
	install();
	launch_server();
	server_settings = (struct db_settings) {
	    .socket = server_path("db.sock"),
	    .user = "root",
	    .password = "",
	    .name = "mysql",
	};
	wait_for_server();
	own = connect_bare();
	sql("CREATE DATABASE palmares");
	sql("USE palmares");
	server_settings.name = "palmares";
	return 0;
}

static void
ignore_step(const char *line, void *context)
{
	(void)line;
	(void)context;
}

int
server_start_migrated(void **state)
{
	const char *why;
	struct db *db;

	server_start(state);
	db = connect_bare();
	assert_int_equal(
	    migrate_run(db, test_arena, ignore_step, NULL, &why), OK);
	db_free(db);
	return 0;
}

static int
remove_entry(
    const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

int
server_stop(void **state)
{
	(void)state;
	db_free(own);
	if (server > 0) {
		kill(server, SIGTERM);
		waitpid(server, NULL, 0);
	}
	nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	arena_free(test_arena);
	return 0;
}

struct db *
connect_bare(void)
{
	struct db *db = db_new(&server_settings, DB_ADMIN, &server_counters);

	if (db_connect_bare(db) != OK)
		fail_msg("%s", db_message(db));
	return db;
}

struct db *
connect_as(enum db_role role)
{
	struct db *db = db_new(&server_settings, role, &server_counters);

	if (db_connect(db) != OK)
		fail_msg("%s", db_message(db));
	return db;
}

static const char *
sql_value(const char *format, va_list args)
{
	const char *text = arena_vprintf(test_arena, format, args);
	const char *value = NULL;

	if (db_text_value(own, test_arena, text, &value) != OK)
		fail_msg("%s: %s", text, db_message(own));
	return value;
}

void
sql(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	sql_value(format, args);
	va_end(args);
}

int64_t
sql_number(const char *format, ...)
{
	const char *value;
	va_list args;

	va_start(args, format);
	value = sql_value(format, args);
	va_end(args);
	if (value == NULL)
		fail_msg("%s: no value", format);
	return value == NULL ? 0 : strtoll(value, NULL, 10);
}

int64_t
in_seconds(int seconds)
{
	return clock_monotonic() + seconds * 1000000LL;
}

void
must_run(tx_body body, void *context)
{
	const struct tx_options options = {.deadline = in_seconds(20)};
	struct db *db = connect_as(DB_ADMIN);

	assert_int_equal(tx_run(db, &options, body, context), OK);
	db_free(db);
}

static enum error
insert_application(
    struct db *db, const struct tx_attempt *attempt, void *context)
{
	(void)attempt;
	return application_insert(db, context);
}

int
make_empty_database(void **state)
{
	(void)state;
	sql("DROP DATABASE palmares");
	sql("CREATE DATABASE palmares");
	sql("USE palmares");
	return 0;
}

int64_t
make_application(const char *name)
{
	struct application application = {.name = name,
	    .description = "",
	    .time_zone = "UTC",
	    .classic = true};

	must_run(insert_application, &application);
	return application.id;
}

/* A change of a rule, and what makes it. */
struct rule_change {
	int64_t application;
	struct plain_rule rule;
	enum { RULE_MAKE, RULE_CHANGE, RULE_DELETE } kind;
};

/* With what it names to be made, where that is missing. */
static struct rule_definition
definition_of(const struct plain_rule *plain)
{
	struct rule_definition rule = {
	    .named = {.name = plain->name, .description = ""}};
	const struct reference *reference;
	enum reference_kind kind;
	struct badge *thing;
	size_t at = 0;

	plain_rule_fill(&rule.rule, plain);
	while ((reference = rule_reference(&rule.rule, &at, &kind)) != NULL) {
		thing = arena_alloc(test_arena, sizeof(*thing));
		thing->named.name = reference->name;
		thing->named.description = "";
		rule_reference_of(&rule.rule, reference)->thing = thing;
	}
	return rule;
}

static enum error
apply_change(struct db *db, const struct tx_attempt *attempt, void *context)
{
	const struct rule_change *change = context;
	struct rule_definition rule = definition_of(&change->rule);
	struct rule_definition present = {.named.id = 0};
	int64_t application = change->application, version;
	enum error error = application_change(db, application, &version);

	(void)attempt;
	if (error == OK && change->kind != RULE_MAKE)
		error = catalog_get(&rule_catalog, db, test_arena, application,
		    rule.named.name, &present);
	if (error != OK)
		return error;
	rule.named.id = present.named.id;
	return change->kind == RULE_DELETE
	    ? catalog_delete(&rule_catalog, db, application, version, &present)
	    : catalog_write(
	          &rule_catalog, db, test_arena, application, version, &rule);
}

static void
run_change(struct rule_change change)
{
	must_run(apply_change, &change);
}

void
make_rule(int64_t application, struct plain_rule rule)
{
	run_change((struct rule_change) {application, rule, RULE_MAKE});
}

void
change_rule(int64_t application, struct plain_rule rule)
{
	run_change((struct rule_change) {application, rule, RULE_CHANGE});
}

void
delete_rule(int64_t application, const char *name)
{
	run_change(
	    (struct rule_change) {application, {.name = name}, RULE_DELETE});
}

struct ingest_event
event_of(const char *id, const char *username, const char *event_type,
    const char *properties)
{
	struct ingest_event event = {.event = {.id = id,
	                                 .username = username,
	                                 .event_type = event_type,
	                                 .properties = properties},
	    .occurrence.event_type = event_type};
	struct faults faults;
	struct decode decode = {.arena = test_arena, .faults = &faults};
	struct json_object *object;

	if (properties == NULL)
		return event;
	object = json_tokener_parse(properties);
	assert_non_null(object);
	faults_init(&faults, test_arena);
	properties_decode(&decode, object, "", &event.occurrence);
	assert_int_equal(faults.count, 0);
	json_object_put(object);
	return event;
}

struct ingest_event
event_without_id(const char *id, const char *username, const char *event_type)
{
	struct ingest_event event = event_of(id, username, event_type, NULL);

	event.id_made = true;
	return event;
}

struct ingest_job
job_of(int64_t application, struct ingest_event *events, size_t count)
{
	return (struct ingest_job) {.application = application,
	    .events = events,
	    .count = count,
	    .arena = test_arena};
}

static void
release_rules(void *rules)
{
	app_rules_release(rules);
}

void
keep_outcome(struct ingest_job *job)
{
	if (job->rules != NULL)
		arena_defer(job->arena, release_rules, job->rules);
	job->rules = NULL;
}

void
post(int64_t application, const char *id, const char *username,
    const char *event_type, const char *properties)
{
	struct ingest_event event =
	    event_of(id, username, event_type, properties);
	struct ingest_job job = job_of(application, &event, 1), *jobs = &job;
	struct db *db = connect_as(DB_COMMITTER);
	struct ingest ingest;

	ingest_init(&ingest, db);
	assert_int_equal(
	    ingest_apply(&ingest, &jobs, 1, in_seconds(20), true), OK);
	assert_int_equal(job.error, OK);
	assert_int_equal(event.error, OK);
	ingest_job_clear(&job);
	ingest_free(&ingest);
	db_free(db);
}

static void
add_line(const struct verify_difference *difference, void *context)
{
	str_addf(context, "%s: %s: %s: stored %s, folded %s\n",
	    difference->application,
	    difference->user == NULL ? "-" : difference->user,
	    difference->thing, difference->stored, difference->folded);
}

static void
ignore_progress(const struct verify_totals *totals, void *context)
{
	(void)totals;
	(void)context;
}

const char *
verify_lines(int64_t application, struct verify_totals *totals_out)
{
	struct str lines = str_new(test_arena, 1 << 20);
	const struct verify_listener listener = {
	    add_line, ignore_progress, &lines};
	struct db *db = connect_as(DB_ADMIN);

	assert_int_equal(
	    verify_run(db, application, users_at_once, &listener, totals_out),
	    OK);
	db_free(db);
	return lines.data;
}

void
verify_finds_nothing(void)
{
	struct verify_totals totals;
	const char *lines = verify_lines(0, &totals);

	if (totals.differences != 0)
		fail_msg("verify finds:\n%s", lines);
}
