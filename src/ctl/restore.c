/* restore: loads a backup into an empty database, whole or not at all */
#include "db/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "ctl/child.h"
#include "ctl/dump.h"
#include "ctl/progress.h"
#include "db/migrate.h"
#include "db/strangers.h"

enum { LOCK_SECONDS = 60, MAGIC_SIZE = 4 };

struct restore {
	struct ctl *ctl;
	const char *path; /* "standard input" for - */
	int file;
	bool twice; /* the file can be read to the end before it is loaded */
	int source; /* where the dump comes from: the file, or an unpacker */
	struct child unpacker;
	struct child loader;
	struct dump_head head;
	struct dump dump;
	struct strangers strangers;
	struct progress progress;
};

/*
 * binary-mode: no line is a command of the client, which has some that run
 * programs. The first error ends it.
 */
static const char *const loader[] = {"mariadb", CHILD_ACCOUNT, "--batch",
    "--binary-mode", "--local-infile=0", "--default-character-set=utf8mb4",
    "--max-allowed-packet=1G", "--"};
enum { LOADER_ARGUMENTS = sizeof(loader) / sizeof(loader[0]) };

static const char *const zstd[] = {"zstd", "-q", "-d", "-c", NULL};
static const char *const gzip[] = {"gzip", "-d", "-c", NULL};
/* Files are known by how they begin: names may have been changed. */
static const struct {
	const char *magic;
	size_t len;
	const char *const *argv;
} unpackers[] = {{"\x28\xb5\x2f\xfd", 4, zstd}, {"\x1f\x8b", 2, gzip}};

static int
open_file(struct restore *restore)
{
	struct stat status;

	if (strcmp(restore->path, "-") == 0) {
		restore->path = "standard input";
		restore->file = STDIN_FILENO;
	} else {
		restore->file = open(restore->path, O_RDONLY | O_CLOEXEC);
	}
	if (restore->file == -1 || fstat(restore->file, &status) != 0)
		return ctl_fail(
		    "cannot read %s: %s", restore->path, strerror(errno));
	if (S_ISDIR(status.st_mode))
		return ctl_fail("%s is a directory: name the file of a backup",
		    restore->path);
	if (restore->file == STDIN_FILENO && isatty(STDIN_FILENO))
		return ctl_misuse("a backup does not come from a terminal:"
		                  " name a file, or redirect it");
	restore->twice = S_ISREG(status.st_mode);
	return CTL_FINE;
}

static const char *const *
unpacker_for(const struct restore *restore)
{
	char magic[MAGIC_SIZE] = "";
	size_t i;

	if (!restore->twice ||
	    pread(restore->file, magic, sizeof(magic), 0) <= 0)
		return NULL;
	for (i = 0; i < sizeof(unpackers) / sizeof(unpackers[0]); i++)
		if (memcmp(magic, unpackers[i].magic, unpackers[i].len) == 0)
			return unpackers[i].argv;
	return NULL;
}

/* From the start of the file. */
static int
open_source(struct restore *restore)
{
	const char *const *argv = unpacker_for(restore);
	int to, rc;

	restore->source = restore->file;
	if (restore->twice && lseek(restore->file, 0, SEEK_SET) == -1)
		return ctl_fail(
		    "cannot read %s: %s", restore->path, strerror(errno));
	if (argv == NULL)
		return CTL_FINE;
	rc = child_pipe(&restore->source, &to);
	if (rc != CTL_FINE)
		return rc;
	rc = child_start(restore->ctl, &restore->unpacker, argv[0], argv,
	    restore->file, to, -1);
	close(to);
	return rc;
}

/* Whether all that was asked for could be read. */
static bool
close_source(struct restore *restore)
{
	if (restore->source == restore->file)
		return true;
	close(restore->source);
	restore->source = restore->file;
	return child_end(&restore->unpacker);
}

static int
read_failed(struct restore *restore)
{
	int error = errno;

	progress_clear(&restore->progress);
	if (child_interrupted())
		return ctl_fail("interrupted");
	return ctl_fail("cannot read %s: %s", restore->path, strerror(error));
}

/* It ends at the first error, and then takes no more. */
static int
loader_failed(struct restore *restore)
{
	progress_clear(&restore->progress);
	if (child_interrupted())
		return ctl_fail("interrupted");
	child_end(&restore->loader);
	return ctl_fail(
	    "cannot restore: %s", child_said(restore->ctl, &restore->loader));
}

/* As much as the head needs: what comes through a pipe may come slowly. */
static ssize_t
read_head(int fd, char data[DUMP_HEAD_MAX])
{
	size_t len = 0;
	ssize_t count = 0;

	while (len < DUMP_HEAD_MAX && !dump_head_is_there(data, len) &&
	    (count = child_read(fd, data + len, DUMP_HEAD_MAX - len)) > 0)
		len += (size_t)count;
	return count == -1 ? -1 : (ssize_t)len;
}

static int
is_damaged(struct restore *restore)
{
	progress_clear(&restore->progress);
	return ctl_fail("nothing was restored from %s: it is damaged: %s",
	    restore->path, child_said(restore->ctl, &restore->unpacker));
}

/* Refuses what is no backup, or one that this program cannot use. */
static int
check_head(struct restore *restore, const char *data, size_t len)
{
	struct ctl *ctl = restore->ctl;
	const char *fault =
	    dump_head_read(data, len, ctl->arena, &restore->head);

	/* It has ended already: what could not be unpacked looks empty. */
	if (fault != NULL && len < DUMP_HEAD_MAX &&
	    !dump_head_is_there(data, len) && !close_source(restore))
		return is_damaged(restore);
	if (fault != NULL)
		return ctl_fail(
		    "nothing was restored from %s: %s", restore->path, fault);
	if (restore->head.version > migrate_newest())
		return ctl_fail("nothing was restored from %s: it has schema"
		                " %lld, this program knows %lld: install the"
		                " newer program, or take an older backup",
		    restore->path, (long long)restore->head.version,
		    (long long)migrate_newest());
	if (!migrate_knows(
	        ctl->arena, restore->head.version, restore->head.list))
		return ctl_fail("nothing was restored from %s: a migration of"
		                " its database is not the one of this program"
		                " (its checksum differs): use the program that"
		                " it was made with",
		    restore->path);
	return CTL_FINE;
}

/* Reads to the end, and writes to sink unless that is -1. */
static int
copy(struct restore *restore, int sink)
{
	char data[DUMP_HEAD_MAX];
	ssize_t count = read_head(restore->source, data);
	int rc = count == -1 ? read_failed(restore)
	                     : check_head(restore, data, (size_t)count);

	dump_begin(&restore->dump);
	while (rc == CTL_FINE && count > 0) {
		dump_feed(&restore->dump, data, (size_t)count);
		if (sink != -1 && !child_write(sink, data, (size_t)count))
			return loader_failed(restore);
		progress_say(&restore->progress, "%s %s, %lld rows",
		    ctl_size(restore->ctl, restore->dump.bytes),
		    sink == -1 ? "checked" : "loaded",
		    (long long)restore->dump.rows);
		count = child_read(restore->source, data, sizeof(data));
		if (count == -1)
			rc = read_failed(restore);
	}
	return rc;
}

static int
check_whole(struct restore *restore)
{
	const char *path = restore->path;

	progress_clear(&restore->progress);
	if (!close_source(restore))
		return is_damaged(restore);
	if (restore->dump.damaged)
		return ctl_fail("nothing was restored from %s: it was changed"
		                " since it was made: take another backup",
		    path);
	if (!restore->dump.sealed)
		return ctl_fail("nothing was restored from %s: it was cut off"
		                " after %s: take another backup, or copy it"
		                " again",
		    path, ctl_size(restore->ctl, restore->dump.bytes));
	return CTL_FINE;
}

/* Before anything is changed; what comes through a pipe is checked behind. */
static int
check_file(struct restore *restore)
{
	int rc;

	if (!restore->twice)
		return CTL_FINE;
	rc = open_source(restore);
	if (rc == CTL_FINE)
		rc = copy(restore, -1);
	if (rc == CTL_FINE)
		return check_whole(restore);
	close_source(restore);
	return rc;
}

static int
check_database(struct restore *restore)
{
	struct ctl *ctl = restore->ctl;
	const char *name = ctl->settings.database.name;
	int64_t obstacles;
	enum error error = restore_obstacles(ctl->db, ctl->arena, &obstacles);

	if (error != OK)
		return ctl_store_fault(ctl, error, "look into the database");
	if (obstacles == 0)
		return CTL_FINE;
	return ctl_fail("nothing was restored: database \"%s\" has %lld tables"
	                " (or views, triggers, events, routines)"
	                " that are in use, or somebody else's, and a backup is"
	                " loaded into an empty database alone. Name"
	                " another in [database] name; or, if nobody needs what"
	                " is in it: DROP DATABASE `%s`; CREATE DATABASE `%s`",
	    name, (long long)obstacles, name, name);
}

static int
connect(struct restore *restore)
{
	struct ctl *ctl = restore->ctl;
	enum error error = db_connect_bare(ctl->db);

	if (error == OK)
		return check_database(restore);
	return ctl_store_fault(ctl, error, "connect to the database");
}

/* Under the lock of migrations, until the program ends. */
static int
begin(struct restore *restore)
{
	struct ctl *ctl = restore->ctl;
	enum error error = migrate_lock(ctl->db, ctl->arena, LOCK_SECONDS);
	int rc;

	if (error == ERR_LOCK_TIMEOUT)
		return ctl_fail("nothing was restored: a migration, a backup"
		                " or another restore has held the database for"
		                " a minute: let it end, and run this again");
	if (error == OK)
		error = restore_begin(ctl->db, ctl->arena);
	if (error == ERR_SCHEMA_MISMATCH) {
		rc = check_database(restore);
		return rc != CTL_FINE
		    ? rc
		    : ctl_fail("nothing was restored: somebody has changed the"
		               " database meanwhile: run this again");
	}
	if (error != OK)
		return ctl_store_fault(
		    ctl, error, "make the database ready for it");
	return CTL_FINE;
}

static int
start_loader(struct restore *restore, int from)
{
	const char *argv[LOADER_ARGUMENTS + 2] = {NULL};
	int account, rc;

	memcpy(argv, loader, sizeof(loader));
	argv[LOADER_ARGUMENTS] = restore->ctl->settings.database.name;
	rc = child_account(restore->ctl, &account);
	if (rc != CTL_FINE)
		return rc;
	rc = child_start(restore->ctl, &restore->loader, "mariadb-client-core",
	    argv, from, STDERR_FILENO, account);
	close(account);
	return rc;
}

static int
load(struct restore *restore)
{
	int from, sink, rc;

	rc = child_pipe(&from, &sink);
	if (rc != CTL_FINE)
		return rc;
	rc = start_loader(restore, from);
	close(from);
	if (rc == CTL_FINE)
		rc = open_source(restore);
	if (rc == CTL_FINE)
		rc = copy(restore, sink);
	close(sink);
	/* What is wrong with the file is the reason, not what came of it. */
	if (rc == CTL_FINE)
		rc = check_whole(restore);
	if (rc == CTL_FINE && !child_end(&restore->loader))
		rc = loader_failed(restore);
	child_stop(&restore->loader);
	close_source(restore);
	return rc;
}

/*
 * No backup has triggers and events, so somebody has put them in, and they
 * would change what palmaresd writes from its first event on.
 */
static int
check_strangers(struct restore *restore)
{
	struct ctl *ctl = restore->ctl;
	struct strangers *strangers = &restore->strangers;
	enum error error = strangers_find(ctl->db, ctl->arena, strangers);

	if (error != OK)
		return ctl_store_fault(ctl, error, "look at what was loaded");
	if (strangers->active == NULL)
		return CTL_FINE;
	return ctl_fail("nothing was restored from %s: it makes what no backup"
	                " has and what would change what Palmarès stores: %s:"
	                " take another backup",
	    restore->path, strangers->active);
}

static int
undo(struct restore *restore)
{
	struct ctl *ctl = restore->ctl;
	enum error error = restore_undo(ctl->db, ctl->arena);

	if (error == OK)
		return ctl_fail("the database is empty again");
	ctl_store_fault(ctl, error, "empty the database again");
	return ctl_fail("the database is not whole, so palmaresd does not serve"
	                " it: mend the cause and run the restore again, it"
	                " begins anew");
}

static int
end(struct restore *restore)
{
	struct ctl *ctl = restore->ctl;
	enum error error = restore_end(ctl->db);

	if (error == OK)
		return CTL_FINE;
	ctl_store_fault(ctl, error, "end the restore");
	return ctl_fail("the database is not in use yet: run the restore"
	                " again, it begins anew");
}

static void
print_result(struct restore *restore)
{
	struct ctl *ctl = restore->ctl;
	bool older = restore->head.version < migrate_newest();
	struct json_writer jw;

	if (!ctl->json) {
		printf("Restored: %lld rows of schema %lld, %s.\n",
		    (long long)restore->dump.rows,
		    (long long)restore->head.version, restore->head.origin);
		if (restore->strangers.passive != NULL)
			printf("With it came, and is not of Palmarès: %s.\n",
			    restore->strangers.passive);
		printf("Now run: %spalmaresctl verify\n",
		    older ? "palmaresctl migrate && " : "");
		return;
	}
	jw = ctl_json(ctl);
	jw_object(&jw, NULL);
	jw_int(&jw, "schema", restore->head.version);
	jw_bool(&jw, "migrate", older);
	jw_int(&jw, "rows", restore->dump.rows);
	jw_int(&jw, "bytes", restore->dump.bytes);
	jw_string_or_null(&jw, "others", restore->strangers.passive);
	jw_object_end(&jw);
	ctl_write(ctl);
}

int
restore_command(struct ctl *ctl)
{
	struct restore restore = {
	    .ctl = ctl, .path = ctl->arguments[0], .progress = progress_new()};
	int rc = open_file(&restore);

	if (rc == CTL_FINE)
		rc = ctl_open(ctl);
	if (rc == CTL_FINE)
		rc = connect(&restore);
	child_catch_signals();
	if (rc == CTL_FINE)
		rc = check_file(&restore);
	if (rc == CTL_FINE)
		rc = begin(&restore);
	if (rc != CTL_FINE)
		return rc;
	rc = load(&restore);
	if (rc == CTL_FINE)
		rc = check_strangers(&restore);
	if (rc != CTL_FINE)
		return undo(&restore);
	rc = end(&restore);
	if (rc == CTL_FINE)
		print_result(&restore);
	return rc;
}
