/* backup: a copy of the database as of one moment, on a system that is used */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "ctl/child.h"
#include "ctl/dump.h"
#include "ctl/progress.h"
#include "db/migrate.h"
#include "db/restore.h"

enum { TABLES_MAX = 1000, LOCK_SECONDS = 60, CHUNK = 65536 };

struct backup {
	struct ctl *ctl;
	const char *path; /* NULL: standard output */
	const char *part; /* what is written until it is whole */
	int file;         /* that, or standard output */
	int sink;         /* where the dump goes: the file, or a compressor */
	struct child compressor;
	struct child dumper;
	struct backup_source source;
	struct dump dump;
	struct progress progress;
};

/*
 * Why each option:
 *
 * single-transaction: all tables as of one moment, without a lock that an
 *	event would wait for; they are InnoDB's, and migrations are locked out.
 * quick: a row at a time, or the largest table would have to fit into memory.
 * skip-lock-tables, skip-add-locks: no LOCK TABLES, neither here nor in the
 *	text, whose restore then needs no right to it.
 * skip-add-drop-table: who loads it into the wrong database destroys nothing.
 * skip-disable-keys: means nothing to InnoDB.
 * skip-triggers, and no routines and events, which are not dumped unless asked
 *	for: Palmarès has none, and its account lacks the rights that they need.
 * no-tablespaces: the same.
 * hex-blob: names and packed columns are bytes, which no character set, editor
 *	or terminal may change on their way.
 * default-character-set: for the rest, which is ASCII.
 * max-allowed-packet: a row may be larger than the client expects.
 *
 * No gtid, master-data or dump-slave: they are for replication, and need rights
 * on the whole server. Values in the files of my.cnf are not read.
 */
static const char *const dumper[] = {"mariadb-dump", CHILD_ACCOUNT,
    "--single-transaction", "--quick", "--skip-lock-tables", "--skip-add-locks",
    "--skip-add-drop-table", "--skip-disable-keys", "--skip-triggers",
    "--no-tablespaces", "--hex-blob", "--default-character-set=utf8mb4",
    "--max-allowed-packet=1G", "--"};
enum { DUMPER_ARGUMENTS = sizeof(dumper) / sizeof(dumper[0]) };

static const char *const zstd[] = {"zstd", "-q", "-c", NULL};
static const char *const gzip[] = {"gzip", "-c", NULL};
static const struct {
	const char *suffix;
	const char *const *argv;
} compressors[] = {{".zst", zstd}, {".gz", gzip}};

static bool
ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len > end_len && strcmp(text + len - end_len, end) == 0;
}

/* Before there is anything to undo. */
static int
check_target(const struct backup *backup)
{
	const struct ctl *ctl = backup->ctl;
	struct stat status;

	if (backup->path == NULL) {
		if (ctl->json)
			return ctl_misuse("--json means nothing here: standard"
			                  " output gets the backup");
		if (isatty(STDOUT_FILENO))
			return ctl_misuse("a backup is not for a terminal:"
			                  " name a file, or redirect it");
		return CTL_FINE;
	}
	if (lstat(backup->path, &status) != 0)
		return CTL_FINE;
	if (ctl->options[OPTION_FORCE] == NULL)
		return ctl_fail("%s exists: name another file, or replace it"
		                " with --force",
		    backup->path);
	if (!S_ISREG(status.st_mode))
		return ctl_fail("%s is no file that could be replaced: use -"
		                " and redirect it",
		    backup->path);
	return CTL_FINE;
}

/* What a killed run has left is removed, what another one writes is not. */
static int
remove_stale(const char *part)
{
	int fd = open(part, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	struct stat ours = {.st_mode = 0}, named;
	int rc = CTL_FINE;

	if (fd == -1)
		return errno == ENOENT
		    ? CTL_FINE
		    : ctl_fail("%s: %s: remove it", part, strerror(errno));
	if (fstat(fd, &ours) != 0 || !S_ISREG(ours.st_mode))
		rc = ctl_fail("%s is there, and no file: remove it", part);
	else if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		rc = ctl_fail(
		    "%s is written by another backup: let it end", part);
	else if (lstat(part, &named) == 0 && ours.st_ino == named.st_ino &&
	    ours.st_dev == named.st_dev)
		unlink(part);
	close(fd);
	return rc;
}

static int
open_part(struct backup *backup)
{
	int rc;

	backup->part =
	    arena_printf(backup->ctl->arena, "%s.part", backup->path);
	rc = remove_stale(backup->part);
	if (rc != CTL_FINE)
		return rc;
	backup->file = open(backup->part,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    S_IRUSR | S_IWUSR);
	if (backup->file == -1)
		return ctl_fail(
		    "cannot make %s: %s", backup->part, strerror(errno));
	flock(backup->file, LOCK_EX | LOCK_NB);
	return CTL_FINE;
}

/* Puts a program between the dump and the file if the name asks for one. */
static int
start_compressor(struct backup *backup)
{
	size_t i, count = sizeof(compressors) / sizeof(compressors[0]);
	int from, rc;

	backup->sink = backup->file;
	for (i = 0; backup->path != NULL && i < count; i++) {
		if (!ends_with(backup->path, compressors[i].suffix))
			continue;
		rc = child_pipe(&from, &backup->sink);
		if (rc != CTL_FINE)
			return rc;
		rc = child_start(backup->ctl, &backup->compressor,
		    compressors[i].argv[0], compressors[i].argv, from,
		    backup->file, -1);
		close(from);
		return rc;
	}
	return CTL_FINE;
}

/* A migration that ran meanwhile would be in one table and not in another. */
static int
look(struct backup *backup)
{
	struct ctl *ctl = backup->ctl;
	enum error error = db_connect_bare(ctl->db);

	if (error != OK)
		return ctl_store_fault(ctl, error, "connect to the database");
	error = migrate_lock(ctl->db, ctl->arena, LOCK_SECONDS);
	if (error == ERR_LOCK_TIMEOUT)
		return ctl_fail("cannot back up: a migration, a restore or"
		                " another backup has held the database for a"
		                " minute: let it end, and run this again");
	if (error != OK)
		return ctl_store_fault(ctl, error, "lock migrations out");
	error = backup_look(ctl->db, ctl->arena, &backup->source);
	if (error != OK)
		return ctl_store_fault(ctl, error, "look into the database");
	if (backup->source.why != NULL)
		return ctl_fail("cannot back up: %s", backup->source.why);
	return CTL_FINE;
}

static const char *const *
dumper_arguments(struct backup *backup)
{
	struct arena *arena = backup->ctl->arena;
	const char **argv = arena_array(
	    arena, DUMPER_ARGUMENTS + TABLES_MAX + 2, sizeof(*argv));
	char *tables = arena_strdup(arena, backup->source.tables), *table;
	size_t n = DUMPER_ARGUMENTS;

	memcpy(argv, dumper, sizeof(dumper));
	argv[n++] = backup->ctl->settings.database.name;
	while (n <= DUMPER_ARGUMENTS + TABLES_MAX &&
	    (table = strsep(&tables, "\n")) != NULL)
		argv[n++] = table;
	return argv;
}

static bool
put(struct backup *backup, const char *data, size_t len)
{
	dump_feed(&backup->dump, data, len);
	return child_write(backup->sink, data, len);
}

/* Why it could not be written. */
static int
write_failed(struct backup *backup)
{
	struct ctl *ctl = backup->ctl;
	int error = errno;

	progress_clear(&backup->progress);
	if (child_interrupted())
		return ctl_fail("interrupted");
	if (backup->sink != backup->file) {
		close(backup->sink);
		backup->sink = -1;
		if (!child_end(&backup->compressor))
			return ctl_fail("cannot write %s: %s", backup->part,
			    child_said(ctl, &backup->compressor));
	}
	return ctl_fail("cannot write %s after %s: %s",
	    backup->path == NULL ? "to standard output" : backup->part,
	    ctl_size(ctl, backup->dump.bytes), strerror(error));
}

static int
copy(struct backup *backup, int from)
{
	char data[CHUNK];
	ssize_t count;

	while ((count = child_read(from, data, sizeof(data))) > 0) {
		if (!put(backup, data, (size_t)count))
			return write_failed(backup);
		progress_say(&backup->progress, "%s written, %lld rows%s%s",
		    ctl_size(backup->ctl, backup->dump.bytes),
		    (long long)backup->dump.rows,
		    *backup->dump.table == '\0' ? "" : ", table ",
		    backup->dump.table);
	}
	return count == 0 ? CTL_FINE : write_failed(backup);
}

/* The dump is whole if mariadb-dump and the lock of migrations say so. */
static int
check_whole(struct backup *backup, bool ended_well)
{
	struct ctl *ctl = backup->ctl;

	progress_clear(&backup->progress);
	if (!ended_well)
		return ctl_fail(
		    "cannot back up: %s", child_said(ctl, &backup->dumper));
	if (!backup->dump.completed)
		return ctl_fail("cannot back up: mariadb-dump ended well, but"
		                " without its last line");
	if (migrate_still_locked(ctl->db, ctl->arena) != OK)
		return ctl_fail("cannot back up: the connection that locked"
		                " migrations out was lost, and one may have"
		                " run: run this again");
	return CTL_FINE;
}

static int
dump_everything(struct backup *backup)
{
	int from, to, account, rc;

	rc = child_account(backup->ctl, &account);
	if (rc != CTL_FINE)
		return rc;
	rc = child_pipe(&from, &to);
	if (rc != CTL_FINE)
		return rc;
	rc = child_start(backup->ctl, &backup->dumper, "mariadb-client",
	    dumper_arguments(backup), STDIN_FILENO, to, account);
	close(to);
	close(account);
	if (rc == CTL_FINE)
		rc = copy(backup, from);
	close(from);
	if (rc != CTL_FINE) {
		child_stop(&backup->dumper);
		return rc;
	}
	return check_whole(backup, child_end(&backup->dumper));
}

static const char *
head_of(struct backup *backup)
{
	struct ctl *ctl = backup->ctl;
	const struct dump_head head = {backup->source.version,
	    backup->source.list,
	    arena_printf(ctl->arena, "taken %s from database \"%s\"",
	        ctl_time(ctl, clock_now()), ctl->settings.database.name)};

	return dump_head_text(&head, ctl->arena);
}

static int
write_everything(struct backup *backup)
{
	const char *text = head_of(backup);
	char seal[DUMP_SEAL_SIZE];
	int rc;

	dump_begin(&backup->dump);
	if (!put(backup, text, strlen(text)))
		return write_failed(backup);
	rc = dump_everything(backup);
	if (rc != CTL_FINE)
		return rc;
	dump_seal(&backup->dump, seal);
	if (!child_write(backup->sink, seal, strlen(seal)))
		return write_failed(backup);
	if (backup->sink == backup->file)
		return CTL_FINE;
	close(backup->sink);
	backup->sink = -1;
	if (child_end(&backup->compressor))
		return CTL_FINE;
	return ctl_fail("cannot write %s: %s", backup->part,
	    child_said(backup->ctl, &backup->compressor));
}

/* A file that was made meanwhile stays, unless it may be replaced. */
static int
rename_part(struct backup *backup)
{
	const bool force = backup->ctl->options[OPTION_FORCE] != NULL;
	int rc = renameat2(AT_FDCWD, backup->part, AT_FDCWD, backup->path,
	    force ? 0 : RENAME_NOREPLACE);

	/* A file system that cannot do it in one step: in two. */
	if (rc != 0 && (errno == EINVAL || errno == ENOSYS)) {
		errno = EEXIST;
		if (force || access(backup->path, F_OK) != 0)
			rc = rename(backup->part, backup->path);
	}
	if (rc != 0)
		return ctl_fail("cannot rename %s to %s: %s", backup->part,
		    backup->path, strerror(errno));
	return CTL_FINE;
}

/* On the disk, and under its name: only then there is a backup. */
static int
keep(struct backup *backup)
{
	const char *folder =
	    dirname(arena_strdup(backup->ctl->arena, backup->path));
	int fd, rc;

	if (fsync(backup->file) != 0)
		return ctl_fail(
		    "cannot write %s: %s", backup->part, strerror(errno));
	rc = rename_part(backup);
	if (rc != CTL_FINE)
		return rc;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || fsync(fd) != 0)
		return ctl_fail("%s is complete, but its folder is not on the"
		                " disk: %s",
		    backup->path, strerror(errno));
	close(fd);
	return CTL_FINE;
}

static void
print_result(struct backup *backup)
{
	struct ctl *ctl = backup->ctl;
	const char *size = ctl_size(ctl, backup->dump.bytes);
	struct json_writer jw;
	struct stat status = {0};

	if (backup->path == NULL) {
		fprintf(stderr, "palmaresctl: %lld rows of schema %lld, %s\n",
		    (long long)backup->dump.rows,
		    (long long)backup->source.version, size);
		return;
	}
	fstat(backup->file, &status);
	if (!ctl->json) {
		printf("%s: %lld rows of schema %lld, %s in a file of %s.\n",
		    backup->path, (long long)backup->dump.rows,
		    (long long)backup->source.version, size,
		    ctl_size(ctl, status.st_size));
		return;
	}
	jw = ctl_json(ctl);
	jw_object(&jw, NULL);
	jw_string(&jw, "file", backup->path);
	jw_int(&jw, "schema", backup->source.version);
	jw_int(&jw, "rows", backup->dump.rows);
	jw_int(&jw, "bytes", backup->dump.bytes);
	jw_int(&jw, "fileBytes", status.st_size);
	jw_object_end(&jw);
	ctl_write(ctl);
}

/* Of a failed backup nothing is left. */
static void
give_up(struct backup *backup)
{
	if (backup->sink != -1 && backup->sink != backup->file)
		close(backup->sink);
	child_end(&backup->compressor);
	if (backup->part == NULL || unlink(backup->part) != 0)
		return;
	ctl_fail("there is no backup: %s is removed", backup->part);
}

int
backup_command(struct ctl *ctl)
{
	struct backup backup = {.ctl = ctl,
	    .path = ctl->arguments[0],
	    .file = STDOUT_FILENO,
	    .sink = -1,
	    .progress = progress_new()};
	int rc;

	if (strcmp(backup.path, "-") == 0)
		backup.path = NULL;
	rc = check_target(&backup);
	if (rc == CTL_FINE)
		rc = ctl_open(ctl);
	if (rc == CTL_FINE)
		rc = look(&backup);
	if (rc != CTL_FINE)
		return rc;
	child_catch_signals();
	if (backup.path != NULL)
		rc = open_part(&backup);
	if (rc != CTL_FINE)
		return rc;
	rc = start_compressor(&backup);
	if (rc == CTL_FINE)
		rc = write_everything(&backup);
	if (rc == CTL_FINE && backup.path != NULL)
		rc = keep(&backup);
	if (rc == CTL_FINE)
		print_result(&backup);
	else
		give_up(&backup);
	return rc;
}
