/* child: runs the programs that backup and restore consist of */
#include "ctl/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"

enum { ACCOUNT = 3, ACCOUNT_MAX = 65536, COMPLAINTS_MAX = 1000 };

static volatile sig_atomic_t interrupted;

static void
note_signal(int number)
{
	(void)number;
	interrupted = 1;
}

void
child_catch_signals(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = note_signal};
	size_t i;

	sigemptyset(&action.sa_mask);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaction(numbers[i], &action, NULL);
	/* A child that died shows when it is written to. */
	signal(SIGPIPE, SIG_IGN);
}

bool
child_interrupted(void)
{
	return interrupted != 0;
}

/* A value of an option file, in quotes: every character means itself. */
static void
add_option(struct str *text, const char *name, const char *value)
{
	str_addf(text, "%s=\"", name);
	for (; *value != '\0'; value++) {
		if (*value == '"' || *value == '\\')
			str_addc(text, '\\');
		str_addc(text, *value);
	}
	str_adds(text, "\"\n");
}

static void
add_place(struct str *text, const struct db_settings *database)
{
	if (*database->socket != '\0') {
		str_adds(text, "protocol=socket\n");
		add_option(text, "socket", database->socket);
	} else {
		add_option(text, "host", database->host);
		str_addf(text, "port=%lld\n", (long long)database->port);
	}
}

static void
add_tls(struct str *text, const struct db_settings *database)
{
	if (database->tls == DB_TLS_OFF) {
		str_adds(text, "skip-ssl\n");
		return;
	}
	str_adds(text, "ssl\n");
	if (database->tls != DB_TLS_VERIFY) {
		str_adds(text, "skip-ssl-verify-server-cert\n");
		return;
	}
	str_adds(text, "ssl-verify-server-cert\n");
	if (*database->tls_ca != '\0')
		add_option(text, "ssl-ca", database->tls_ca);
}

int
child_account(struct ctl *ctl, int *fd_out)
{
	const struct db_settings *database = &ctl->settings.database;
	struct str text = str_new(ctl->arena, ACCOUNT_MAX);
	int fd;

	str_adds(&text, "[client]\n");
	add_option(&text, "user", database->user);
	add_option(&text, "password", database->password);
	add_place(&text, database);
	add_tls(&text, database);
	fd = memfd_create("palmares account", MFD_CLOEXEC);
	/* A file that everybody may write is ignored. */
	if (fd == -1 || fchmod(fd, S_IRUSR | S_IWUSR) != 0 || text.overflow ||
	    !child_write(fd, text.data, text.len))
		return ctl_fail("cannot hand the account of the database on:"
		                " %s",
		    strerror(errno));
	*fd_out = fd;
	return CTL_FINE;
}

int
child_pipe(int *out_end, int *in_end)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return ctl_fail("cannot make a pipe: %s", strerror(errno));
	*out_end = ends[0];
	*in_end = ends[1];
	return CTL_FINE;
}

/* posix_spawn writes to no string, but takes none that is constant. */
static char **
copy_arguments(struct ctl *ctl, const char *const *argv)
{
	size_t i, count = 0;
	char **copies;

	while (argv[count] != NULL)
		count++;
	copies = arena_array(ctl->arena, count + 1, sizeof(*copies));
	for (i = 0; i < count; i++)
		copies[i] = arena_strdup(ctl->arena, argv[i]);
	return copies;
}

/* Its descriptors: those that it shall have, and no others of ours. */
static int
spawn(struct child *child, char *const *argv, int in, int out, int account)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t signals;
	int error;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(
	    &actions, child->complaints, STDERR_FILENO);
	if (account != -1)
		posix_spawn_file_actions_adddup2(&actions, account, ACCOUNT);
	posix_spawn_file_actions_addclosefrom_np(
	    &actions, account != -1 ? ACCOUNT + 1 : ACCOUNT);
	sigemptyset(&signals);
	sigaddset(&signals, SIGPIPE);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &signals);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	error = posix_spawnp(
	    &child->pid, argv[0], &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

int
child_start(struct ctl *ctl, struct child *child, const char *package,
    const char *const *argv, int in, int out, int account)
{
	int error;

	child->program = argv[0];
	child->complaints = memfd_create("palmares complaints", MFD_CLOEXEC);
	if (child->complaints == -1)
		return ctl_fail("cannot run %s: %s", argv[0], strerror(errno));
	error = spawn(child, copy_arguments(ctl, argv), in, out, account);
	if (error == 0)
		return CTL_FINE;
	child->pid = 0;
	if (error == ENOENT)
		return ctl_fail("%s is not installed: apt-get install %s",
		    argv[0], package);
	return ctl_fail("cannot run %s: %s", argv[0], strerror(error));
}

bool
child_end(struct child *child)
{
	int status = 0;

	if (child->pid == 0)
		return true;
	while (waitpid(child->pid, &status, 0) == -1 && errno == EINTR)
		continue;
	child->pid = 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void
child_stop(struct child *child)
{
	if (child->pid != 0)
		kill(child->pid, SIGTERM);
	child_end(child);
}

/* The last line: what comes before may be the statement that failed. */
const char *
child_said(struct ctl *ctl, const struct child *child)
{
	char text[COMPLAINTS_MAX];
	off_t size = lseek(child->complaints, 0, SEEK_END);
	off_t start = size < COMPLAINTS_MAX ? 0 : size - COMPLAINTS_MAX + 1;
	ssize_t len = pread(child->complaints, text, COMPLAINTS_MAX - 1, start);
	const char *line;

	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	if (len <= 0)
		return arena_printf(
		    ctl->arena, "%s failed and said nothing", child->program);
	text[len] = '\0';
	line = strrchr(text, '\n');
	return arena_printf(ctl->arena, "%s says: %s", child->program,
	    line == NULL ? text : line + 1);
}

ssize_t
child_read(int fd, char *data, size_t size)
{
	ssize_t count;

	do
		count = read(fd, data, size);
	while (count == -1 && errno == EINTR && !child_interrupted());
	return child_interrupted() ? -1 : count;
}

bool
child_write(int fd, const char *data, size_t len)
{
	ssize_t count;

	while (len > 0) {
		count = write(fd, data, len);
		if (child_interrupted())
			return false;
		if (count == -1 && errno != EINTR)
			return false;
		if (count > 0) {
			data += count;
			len -= (size_t)count;
		}
	}
	return true;
}
