/* migrate: the schema's version, and the way to the newest */
#include "db/migrate.h"

#include <sodium.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/embed.h"
#include "base/str.h"
#include "db/db.h"
#include "db/restore.h"

/* Generated from sql/ when the program is built, in the order of the names. */
extern const struct embedded_file migrations_data[];

enum {
	CHECKSUM_SIZE = crypto_hash_sha256_BYTES * 2 + 1,
	LIST_MAX = 65536,
	LOCK_SECONDS = 60,
};

/* Of this database alone: others on the server have nothing to wait for. */
#define LOCK_NAME "CONCAT('palmares ', MD5(DATABASE()))"

struct run {
	struct db *db;
	struct arena *arena;
	void (*progress)(const char *line, void *context);
	void *context;
	const char *why;
};

int64_t
migrate_newest(void)
{
	int64_t count = 0;

	while (migrations_data[count].name != NULL)
		count++;
	return count;
}

static void
checksum(const struct embedded_file *file, char text[CHECKSUM_SIZE])
{
	unsigned char hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(hash, file->data, file->size);
	sodium_bin2hex(text, CHECKSUM_SIZE, hash, sizeof(hash));
}

/* "1:checksum,2:checksum": what schema_version has to say. */
static const char *
expected_list(struct arena *arena, int64_t count)
{
	struct str list = str_new(arena, LIST_MAX);
	char sum[CHECKSUM_SIZE];
	int64_t i;

	for (i = 0; i < count; i++) {
		checksum(&migrations_data[i], sum);
		str_addf(&list, "%s%lld:%s", i > 0 ? "," : "", (long long)i + 1,
		    sum);
	}
	return list.data;
}

enum error
migrate_check(struct db *db)
{
	struct arena *arena = arena_new(LIST_MAX * 4);
	const char *list = NULL;
	enum error error;

	/* What has begun is not there yet, and not as it was before either. */
	error = db_text_value(db, arena,
	    "SELECT IF(EXISTS(" RESTORE_MARK "), NULL,"
	    " GROUP_CONCAT(version, ':',"
	    " IF(done = statements, checksum, 'unfinished') ORDER BY version))"
	    " FROM schema_version",
	    &list);

	if (error == OK &&
	    (list == NULL ||
	        strcmp(list, expected_list(arena, migrate_newest())) != 0))
		error = ERR_SCHEMA_MISMATCH;
	arena_free(arena);
	return error;
}

enum error
migrate_list(struct db *db, struct arena *arena, const char **list_out)
{
	enum error error = db_text_value(db, arena,
	    "SELECT GROUP_CONCAT(version, ':', checksum ORDER BY version)"
	    " FROM schema_version WHERE done = statements",
	    list_out);

	if (error == OK && *list_out == NULL)
		*list_out = "";
	return error;
}

bool
migrate_knows(struct arena *arena, int64_t version, const char *list)
{
	return version <= migrate_newest() &&
	    strcmp(list, expected_list(arena, version)) == 0;
}

bool
migrate_makes(struct arena *arena, const char *table)
{
	const char *statement =
	    arena_printf(arena, "CREATE TABLE IF NOT EXISTS %s (", table);
	const struct embedded_file *file;

	for (file = migrations_data; file->name != NULL; file++)
		if (memmem(file->data, file->size, statement,
		        strlen(statement)) != NULL)
			return true;
	return false;
}

/* A database that is not restored whole is neither of use nor to be mended. */
static enum error
refuse_unfinished_restore(struct run *run)
{
	int64_t marks;
	enum error error = restore_marks(run->db, run->arena, &marks);

	if (error != OK || marks == 0)
		return error;
	run->why = "a restore of the database is under way, or was"
	           " interrupted: let it end, or run 'palmaresctl restore'"
	           " again, which begins anew";
	return ERR_SCHEMA_MISMATCH;
}

/* Whether there is a schema_version; refuses a database of somebody else. */
static enum error
find_table(struct run *run, int64_t *present_out)
{
	int64_t tables;
	enum error error = refuse_unfinished_restore(run);

	if (error != OK)
		return error;
	error = db_text_number(run->db, run->arena,
	    "SELECT COUNT(*) FROM information_schema.tables WHERE"
	    " table_schema = DATABASE() AND table_name = 'schema_version'",
	    present_out);
	if (error != OK || *present_out != 0)
		return error;
	error = db_text_number(run->db, run->arena,
	    "SELECT COUNT(*) FROM information_schema.tables WHERE"
	    " table_schema = DATABASE()",
	    &tables);
	if (error != OK || tables == 0)
		return error;
	run->why = arena_printf(run->arena,
	    "the database has %lld tables that are not of Palmarès: give it"
	    " an empty database of its own ([database] name)",
	    (long long)tables);
	return ERR_SCHEMA_MISMATCH;
}

/* A newer program has been here, even if it got no further than to begin. */
static enum error
refuse_newer(struct run *run)
{
	int64_t begun;
	enum error error;

	error = db_text_number(run->db, run->arena,
	    "SELECT MAX(version) FROM schema_version", &begun);
	if (error != OK || begun <= migrate_newest())
		return error;
	run->why = arena_printf(run->arena,
	    "the database has schema %lld, this program knows %lld: install"
	    " the newer program again, or restore the backup made before its"
	    " migration",
	    (long long)begun, (long long)migrate_newest());
	return ERR_SCHEMA_MISMATCH;
}

/* The finished migrations must be the first of ours, to the letter. */
static enum error
compare_lists(struct run *run, int64_t *version_out)
{
	const char *list = NULL;
	int64_t version;
	enum error error;

	error = db_text_number(run->db, run->arena,
	    "SELECT MAX(version) FROM schema_version WHERE done = statements",
	    &version);
	if (error == OK)
		error = migrate_list(run->db, run->arena, &list);
	if (error != OK)
		return error;
	*version_out = version;
	error = refuse_newer(run);
	if (error != OK)
		return error;
	if (!migrate_knows(run->arena, version, list)) {
		run->why = "a migration that was applied to the database is"
		           " not the one of this program (its checksum"
		           " differs): use the program that it came with";
		return ERR_SCHEMA_MISMATCH;
	}
	return OK;
}

enum error
migrate_status(struct db *db, struct arena *arena, int64_t *version_out,
    const char **why_out)
{
	struct run run = {.db = db, .arena = arena};
	int64_t present, version = 0;
	enum error error = find_table(&run, &present);

	if (error == OK && present != 0)
		error = compare_lists(&run, &version);
	if (error == OK && version < migrate_newest())
		run.why = arena_printf(arena,
		    "the database has schema %lld, this program needs %lld:"
		    " run 'palmaresctl migrate'",
		    (long long)version, (long long)migrate_newest());
	if (error != OK && error != ERR_SCHEMA_MISMATCH)
		return error;
	*version_out = version;
	*why_out = run.why;
	return OK;
}

enum error
migrate_is_running(struct db *db, bool *running_out)
{
	struct arena *arena = arena_new(LIST_MAX);
	const char *session = NULL;
	enum error error = db_text_value(
	    db, arena, "SELECT IS_USED_LOCK(" LOCK_NAME ")", &session);

	if (error == OK)
		*running_out = session != NULL;
	arena_free(arena);
	return error;
}

/*
 * The next statement of a file: it ends with a semicolon at the end of a line.
 * Moves *rest behind it; NULL after the last.
 */
static const char *
next_statement(struct arena *arena, const char **rest)
{
	const char *end, *start = *rest + strspn(*rest, " \t\n");

	if (*start == '\0')
		return NULL;
	end = strstr(start, ";\n");
	if (end == NULL)
		return NULL;
	*rest = end + 2;
	return arena_copy(arena, start, (size_t)(end - start));
}

static int64_t
count_statements(struct arena *arena, const char *text)
{
	int64_t count = 0;

	while (next_statement(arena, &text) != NULL)
		count++;
	return count;
}

static enum error
set_done(struct run *run, int64_t version, int64_t done)
{
	return db_text(run->db,
	    arena_printf(run->arena,
	        "UPDATE schema_version SET done = %lld, applied_at = %lld"
	        " WHERE version = %lld",
	        (long long)done, (long long)clock_now(), (long long)version));
}

/* Starts a migration, or finds how far an interrupted run got. */
static enum error
begin_migration(
    struct run *run, int64_t version, int64_t statements, int64_t *done_out)
{
	const struct embedded_file *file = &migrations_data[version - 1];
	char sum[CHECKSUM_SIZE];
	enum error error;

	checksum(file, sum);
	/* An unfinished migration may have been mended since: take its text. */
	error = db_text(run->db,
	    arena_printf(run->arena,
	        "INSERT INTO schema_version (version, name, checksum,"
	        " statements, done, applied_at)"
	        " VALUES (%lld, '%s', '%s', %lld, 0, 0)"
	        " ON DUPLICATE KEY UPDATE"
	        " done = IF(checksum = VALUES(checksum), done, 0),"
	        " checksum = VALUES(checksum), statements = VALUES(statements)",
	        (long long)version, file->name, sum, (long long)statements));
	if (error != OK)
		return error;
	return db_text_number(run->db, run->arena,
	    arena_printf(run->arena,
	        "SELECT done FROM schema_version WHERE version = %lld",
	        (long long)version),
	    done_out);
}

static enum error
apply_migration(struct run *run, int64_t version)
{
	const struct embedded_file *file = &migrations_data[version - 1];
	const char *text =
	    arena_copy(run->arena, (const char *)file->data, file->size);
	const char *statement;
	int64_t total = count_statements(run->arena, text), done = 0, i = 0;
	enum error error = begin_migration(run, version, total, &done);

	while (error == OK &&
	    (statement = next_statement(run->arena, &text)) != NULL) {
		if (++i <= done)
			continue;
		run->progress(
		    arena_printf(run->arena, "%s: statement %lld of %lld",
		        file->name, (long long)i, (long long)total),
		    run->context);
		error = db_text(run->db, statement);
		if (error == OK)
			error = set_done(run, version, i);
	}
	return error;
}

static enum error
migrate_locked(struct run *run)
{
	int64_t present, version = 0;
	enum error error = find_table(run, &present);

	if (error == OK)
		error = db_text(run->db,
		    "CREATE TABLE IF NOT EXISTS schema_version ("
		    " version INT UNSIGNED NOT NULL PRIMARY KEY,"
		    " name VARBINARY(100) NOT NULL,"
		    " checksum CHAR(64) CHARACTER SET ascii COLLATE ascii_bin"
		    " NOT NULL,"
		    " statements INT UNSIGNED NOT NULL,"
		    " done INT UNSIGNED NOT NULL,"
		    " applied_at BIGINT NOT NULL) ENGINE=InnoDB"
		    " DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin");
	if (error == OK)
		error = compare_lists(run, &version);
	while (error == OK && version < migrate_newest())
		error = apply_migration(run, ++version);
	return error;
}

enum error
migrate_lock(struct db *db, struct arena *arena, int seconds)
{
	int64_t locked = 0;
	enum error error;

	/* A lock lives as long as its connection, which may idle for hours. */
	error = db_text(db, "SET SESSION wait_timeout = 31536000");
	if (error == OK)
		error = db_text_number(db, arena,
		    arena_printf(
		        arena, "SELECT GET_LOCK(" LOCK_NAME ", %d)", seconds),
		    &locked);
	return error == OK && locked != 1 ? ERR_LOCK_TIMEOUT : error;
}

enum error
migrate_still_locked(struct db *db, struct arena *arena)
{
	int64_t held = 0;
	enum error error = db_text_number(db, arena,
	    "SELECT IS_USED_LOCK(" LOCK_NAME ") = CONNECTION_ID()", &held);

	return error == OK && held != 1 ? ERR_LOCK_TIMEOUT : error;
}

void
migrate_unlock(struct db *db)
{
	if (db_is_connected(db) &&
	    db_text(db, "DO RELEASE_LOCK(" LOCK_NAME ")") != OK)
		db_disconnect(db);
}

enum error
migrate_run(struct db *db, struct arena *arena,
    void (*progress)(const char *line, void *context), void *context,
    const char **why_out)
{
	struct run run = {db, arena, progress, context, NULL};
	enum error error = migrate_lock(db, arena, LOCK_SECONDS);

	if (error == ERR_LOCK_TIMEOUT) {
		*why_out = "another migration, a backup or a restore has held"
		           " the database for a minute: let it end, and run"
		           " this again";
		return error;
	}
	if (error == OK)
		error = migrate_locked(&run);
	*why_out = run.why != NULL || error == OK
	    ? run.why
	    : arena_strdup(arena, db_message(db));
	migrate_unlock(db);
	return error;
}
