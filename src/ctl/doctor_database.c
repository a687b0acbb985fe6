/* doctor_database: what is wrong with the database, its server, our account */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "ctl/doctor.h"
#include "db/migrate.h"
#include "db/server.h"
#include "db/strangers.h"

#define REDO "; where Debian's package made it: dpkg-reconfigure palmares"

/*
 * Remedies where no connection can be made, by the error number of the server
 * or of the client library.
 */
static const struct {
	unsigned number;
	const char *remedy;
} remedies[] = {
    {2002,
        "start MariaDB (systemctl start mariadb), or set [database]"
        " socket, or host and port, to where it is"},
    {2005, "mend [database] host"},
    {2007,
        "set [database] to a MariaDB from 10.6 to 11.8, and restore a"
        " backup into it"},
    {1040,
        "raise max_connections of MariaDB, or lower workers and"
        " connections"},
    {1044,
        "as MariaDB's root: GRANT ALL ON the database TO the account"
        " of [database] user" REDO},
    {1045,
        "mend [database] user and password, or make the account:"
        " CREATE USER … IDENTIFIED BY …" REDO},
    {1698,
        "make the account, or mend [database] user and password; if it is"
        " there and known by its system user, run this as that one (runuser"
        " -u palmares -- palmaresctl doctor)" REDO},
    {1049,
        "as MariaDB's root: CREATE DATABASE with the name that"
        " [database] name has" REDO},
};

static const char *
remedy_for(unsigned number)
{
	size_t i;

	for (i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++)
		if (remedies[i].number == number)
			return remedies[i].remedy;
	return "mend [database] in the configuration, or the server";
}

static const char *
place(const struct ctl *ctl)
{
	const struct db_settings *database = &ctl->settings.database;

	if (*database->socket != '\0')
		return database->socket;
	return arena_printf(ctl->arena, "%s port %lld", database->host,
	    (long long)database->port);
}

static bool
check_connection(struct doctor *doctor)
{
	struct ctl *ctl = doctor->ctl;

	if (db_connect_bare(ctl->db) == OK) {
		doctor_says(doctor, FINDING_FINE, "database", NULL,
		    "%s lets user \"%s\" into database \"%s\"", place(ctl),
		    ctl->settings.database.user, ctl->settings.database.name);
		return true;
	}
	doctor_says(doctor, FINDING_WRONG, "database",
	    remedy_for(db_errno(ctl->db)), "%s: %s", place(ctl),
	    db_message(ctl->db));
	return false;
}

/* What the server could not tell is no reason to be content. */
static void
check_failed(struct doctor *doctor, const char *check)
{
	doctor_says(doctor, FINDING_WRONG, check,
	    "run it again; if it stays, look into MariaDB's log",
	    "the database says: %s", db_message(doctor->ctl->db));
}

static void
check_rights(struct doctor *doctor)
{
	struct ctl *ctl = doctor->ctl;
	const char *user = ctl->settings.database.user;
	const char *name = ctl->settings.database.name, *missing, *role;

	if (server_missing_rights(ctl->db, ctl->arena, &missing) != OK ||
	    server_role(ctl->db, ctl->arena, &role) != OK)
		check_failed(doctor, "rights");
	else if (missing == NULL)
		doctor_says(doctor, FINDING_FINE, "rights", NULL,
		    "the account may write, and make tables");
	else if (role != NULL)
		doctor_says(doctor, FINDING_WARNING, "rights",
		    arena_printf(ctl->arena,
		        "as MariaDB's root: SHOW GRANTS FOR `%s`; it needs"
		        " %s in database \"%s\"",
		        role, missing, name),
		    "user \"%s\" has the rights of a role, which do not show",
		    user);
	else
		doctor_says(doctor, FINDING_WRONG, "rights",
		    arena_printf(ctl->arena,
		        "as MariaDB's root: GRANT ALL ON `%s`.* TO the account"
		        " of user \"%s\"",
		        name, user),
		    "user \"%s\" may not %s in database \"%s\"", user, missing,
		    name);
}

/* The reason says behind its colon what mends it. */
static void
schema_is_wrong(struct doctor *doctor, const char *why)
{
	const char *remedy = strstr(why, ": ");

	if (remedy == NULL)
		doctor_says(doctor, FINDING_WRONG, "schema", NULL, "%s", why);
	else
		doctor_says(doctor, FINDING_WRONG, "schema", remedy + 2, "%.*s",
		    (int)(remedy - why), why);
}

static bool
check_schema(struct doctor *doctor)
{
	struct ctl *ctl = doctor->ctl;
	const char *why = NULL;
	int64_t version;

	if (migrate_status(ctl->db, ctl->arena, &version, &why) != OK) {
		check_failed(doctor, "schema");
		return false;
	}
	if (why != NULL) {
		schema_is_wrong(doctor, why);
		return false;
	}
	doctor_says(doctor, FINDING_FINE, "schema", NULL,
	    "version %lld, as this program needs it", (long long)version);
	return true;
}

/* Prepares what the daemon prepares: all that it will ever ask for. */
static void
check_statements(struct doctor *doctor)
{
	struct ctl *ctl = doctor->ctl;

	if (db_connect(ctl->db) == OK)
		doctor_says(doctor, FINDING_FINE, "statements", NULL,
		    "the server takes all %zu of them", db_statement_count());
	else
		doctor_says(doctor, FINDING_WRONG, "statements",
		    "MariaDB 10.6 or newer is needed, and the account's"
		    " rights on all tables of the database",
		    "the database says: %s", db_message(ctl->db));
}

/* Names triggers, tables and the like that no migration of ours has made. */
static void
check_strangers(struct doctor *doctor)
{
	static const char check[] = "database's content";
	struct ctl *ctl = doctor->ctl;
	struct strangers strangers;

	if (strangers_find(ctl->db, ctl->arena, &strangers) != OK) {
		check_failed(doctor, check);
		return;
	}
	if (strangers.active != NULL)
		doctor_says(doctor, FINDING_WRONG, check,
		    "find out who has made it; then DROP it, and run"
		    " 'palmaresctl verify'",
		    "what Palmarès has not made changes what it stores: %s",
		    strangers.active);
	if (strangers.passive != NULL)
		doctor_says(doctor, FINDING_WARNING, check,
		    "put it into another database: no backup has it, but for"
		    " tables",
		    "Palmarès has not made: %s", strangers.passive);
	if (strangers.active == NULL && strangers.passive == NULL)
		doctor_says(doctor, FINDING_FINE, check, NULL,
		    "Palmarès has made all of it");
}

/* A variable of the server as a number; words count as 0 and 1. */
static bool
read_variable(struct doctor *doctor, const char *name, int64_t *value_out)
{
	struct ctl *ctl = doctor->ctl;
	const char *text = NULL;

	if (server_variable(ctl->db, ctl->arena, name, &text) != OK) {
		check_failed(doctor, name);
		return false;
	}
	if (text == NULL)
		return false;
	*value_out = strcmp(text, "ON") == 0 ? 1 : strtoll(text, NULL, 10);
	return true;
}

/* What a variable of the server must be, and what it endangers otherwise. */
static const struct {
	const char *name;
	int64_t min, max;
	const char *danger;
	const char *remedy;
} variables[] = {
    {"innodb_flush_log_at_trx_commit", 1, 1,
        "an event that was acknowledged can be lost when the machine"
        " stops",
        "SET GLOBAL innodb_flush_log_at_trx_commit = 1, and the same in"
        " MariaDB's configuration"},
    {"innodb_doublewrite", 1, INT64_MAX,
        "a page that was written half is lost when the machine stops",
        "set innodb_doublewrite = ON in MariaDB's configuration and"
        " restart it"},
    {"read_only", 0, 0, "nothing can be stored",
        "SET GLOBAL read_only = 0, or set [database] to the server that"
        " takes writes"},
    {"innodb_force_recovery", 0, 0, "the server is in recovery mode",
        "mend the database, then set innodb_force_recovery = 0 in"
        " MariaDB's configuration and restart it"},
    {"max_allowed_packet", 16 << 20, INT64_MAX,
        "a batch of events may not get through",
        "SET GLOBAL max_allowed_packet = 16777216, and the same in"
        " MariaDB's configuration"},
};

static void
check_variables(struct doctor *doctor)
{
	int64_t value;
	size_t i;

	for (i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		if (!read_variable(doctor, variables[i].name, &value))
			continue;
		if (value < variables[i].min || value > variables[i].max)
			doctor_says(doctor, FINDING_WRONG, variables[i].name,
			    variables[i].remedy, "is %lld: %s",
			    (long long)value, variables[i].danger);
		else
			doctor_says(doctor, FINDING_FINE, variables[i].name,
			    NULL, "is %lld", (long long)value);
	}
}

/*
 * With a binlog, recovery asks the binlog which transactions were committed, so
 * that must be on the disk too.
 */
static void
check_binlog(struct doctor *doctor)
{
	int64_t log_bin, sync_binlog;

	if (!read_variable(doctor, "log_bin", &log_bin) ||
	    !read_variable(doctor, "sync_binlog", &sync_binlog))
		return;
	if (log_bin != 0 && sync_binlog != 1)
		doctor_says(doctor, FINDING_WRONG, "sync_binlog",
		    "SET GLOBAL sync_binlog = 1, and the same in MariaDB's"
		    " configuration; or skip_log_bin there",
		    "is %lld with log_bin on: an event that was acknowledged"
		    " can be lost when the machine stops",
		    (long long)sync_binlog);
	else
		doctor_says(doctor, FINDING_FINE, "sync_binlog", NULL,
		    log_bin == 0 ? "there is no binlog" : "is 1");
}

/* A limit of the server against what all workers together may ask for. */
static void
check_limit(
    struct doctor *doctor, const char *name, int64_t needed, const char *what)
{
	int64_t limit;

	/* 0 is no limit. */
	if (!read_variable(doctor, name, &limit) || limit == 0)
		return;
	if (limit < needed)
		doctor_says(doctor, FINDING_WRONG, name,
		    arena_printf(doctor->ctl->arena,
		        "SET GLOBAL %s = %lld or more, and the same in"
		        " MariaDB's configuration; or lower workers and"
		        " connections",
		        name, (long long)needed),
		    "is %lld; palmaresd may need %lld %s", (long long)limit,
		    (long long)needed, what);
	else
		doctor_says(doctor, FINDING_FINE, name, NULL,
		    "is %lld; palmaresd needs %lld %s at most",
		    (long long)limit, (long long)needed, what);
}

static void
check_limits(struct doctor *doctor)
{
	const struct settings *settings = &doctor->ctl->settings;
	/*
	 * A worker's committer has a connection of its own, and one worker has
	 * one to watch the database; and while workers are replaced, the old
	 * ones and the new have theirs side by side.
	 */
	int64_t connections =
	    2 * (settings->workers * (settings->connections + 1) + 1);
	int64_t statements = (int64_t)db_statement_count();

	check_limit(doctor, "max_connections", connections, "connections");
	check_limit(doctor, "max_user_connections", connections, "connections");
	check_limit(doctor, "max_prepared_stmt_count", connections * statements,
	    "prepared statements");
}

/* Two clocks that differ: the one or the other is wrong. */
static void
check_server_clock(struct doctor *doctor)
{
	enum { APART_MAX = 5000000 };
	struct ctl *ctl = doctor->ctl;
	int64_t time = 0, apart;

	if (server_clock(ctl->db, ctl->arena, &time) != OK) {
		check_failed(doctor, "server's clock");
		return;
	}
	apart = llabs(time - clock_now());
	if (apart > APART_MAX)
		doctor_says(doctor, FINDING_WRONG, "server's clock",
		    "keep both machines' clocks right: apt-get install"
		    " systemd-timesyncd, or chrony",
		    "differs from this machine's by %lld seconds",
		    (long long)(apart / 1000000));
	else
		doctor_says(doctor, FINDING_FINE, "server's clock", NULL,
		    "is this machine's");
}

void
doctor_database(struct doctor *doctor)
{
	struct ctl *ctl = doctor->ctl;

	ctl->db = db_new(&ctl->settings.database, DB_ADMIN, &ctl->counters);
	if (!check_connection(doctor))
		return;
	check_rights(doctor);
	check_variables(doctor);
	check_binlog(doctor);
	check_limits(doctor);
	check_server_clock(doctor);
	if (check_schema(doctor)) {
		check_strangers(doctor);
		check_statements(doctor);
	}
}
