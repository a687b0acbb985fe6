/* watch: whether the database can be used, asked now and then */
#include "daemon/watch.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/memory.h"
#include "db/migrate.h"

enum { PROBE_ARENA = 1 << 20 };

/* Microseconds. */
enum {
	HOLD_TICK = 50000,
	/* For a migration to begin that comes with the new program. */
	HOLD_DUE = 10000000,
	/* For it to end: the web server gives a request up after 30 s. */
	HOLD_RUNNING = 20000000,
	PAUSE_FINE = 5000000,
	PAUSE_WAITING = 1000000,
};

bool
watch_open(struct watch *watch)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
	        0, ends) != 0)
		return false;
	*watch = (struct watch) {.tell = ends[0], .hear = ends[1]};
	return true;
}

bool
watch_hear(const struct watch *watch, struct watch_report *report_out)
{
	return recv(watch->hear, report_out, sizeof(*report_out), 0) ==
	    (ssize_t)sizeof(*report_out);
}

/* What the database is like, and for how long one may wait for it. */
struct probe {
	struct watch_report report;
	int64_t hold; /* microseconds */
};

static void __attribute__((format(printf, 3, 4)))
say(struct probe *probe, enum watch_state state, const char *format, ...)
{
	va_list args;
	char *c;

	probe->report.state = state;
	va_start(args, format);
	vsnprintf(probe->report.text, WATCH_TEXT, format, args);
	va_end(args);
	for (c = probe->report.text; *c != '\0'; c++)
		if ((unsigned char)*c < ' ')
			*c = '?';
}

static void
say_unreachable(
    struct probe *probe, struct db *db, const struct settings *settings)
{
	const char *file = settings->database_file;
	const bool missing = *file != '\0' && access(file, F_OK) != 0;

	say(probe, WATCH_WAITING,
	    "waiting for the database: %s%s%s%s: run 'palmaresctl doctor'",
	    db_message(db), missing ? " (" : "", missing ? file : "",
	    missing ? " is missing)" : "");
}

/* The schema is not ours; why says what to do. */
static enum error
probe_migration(
    struct probe *probe, struct db *db, int64_t version, const char *why)
{
	const bool older = version > 0 && version < migrate_newest();
	bool running = false;
	enum error error = migrate_is_running(db, &running);

	if (error != OK)
		return error;
	if (running)
		probe->hold = HOLD_RUNNING;
	else if (older)
		probe->hold = HOLD_DUE;
	say(probe, WATCH_WAITING, "%s",
	    running ? "waiting for a migration or a restore to end" : why);
	return OK;
}

static struct probe
ask(struct db *db, const struct settings *settings)
{
	struct probe probe = {.report = {WATCH_FINE, "serving"}};
	struct arena *arena = arena_new(PROBE_ARENA);
	const char *why = NULL;
	enum error error = OK;
	int64_t version;

	db_drop_if_closed(db);
	error = db_connect_bare(db);
	if (error == OK)
		error = migrate_status(db, arena, &version, &why);
	if (error == OK && why != NULL)
		error = probe_migration(&probe, db, version, why);
	if (error != OK) {
		say_unreachable(&probe, db, settings);
		db_disconnect(db);
	}
	arena_free(arena);
	return probe;
}

/* A report that nobody takes in time is told again. */
static bool
tell(const struct watch *watch, const struct watch_report *report)
{
	return watch == NULL ||
	    send(watch->tell, report, sizeof(*report), MSG_NOSIGNAL) > 0;
}

/* False: SIGTERM has come. */
static bool
pause_unless_term(int64_t microseconds)
{
	const struct timespec pause = {.tv_sec = microseconds / 1000000,
	    .tv_nsec = (long)(microseconds % 1000000) * 1000};
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	return sigtimedwait(&signals, NULL, &pause) != SIGTERM;
}

bool
watch_hold(
    const struct settings *settings, const struct watch *watch, bool *fine_out)
{
	const int64_t started = clock_monotonic();
	struct db_counters counters = {0};
	struct db *db = db_new(&settings->database, DB_WATCH, &counters);
	bool go_on = true, told = false;
	struct probe probe;

	while (go_on) {
		probe = ask(db, settings);
		if (clock_monotonic() - started >= probe.hold)
			break;
		probe.report.state = WATCH_HOLDING;
		if (!told)
			told = tell(watch, &probe.report);
		go_on = pause_unless_term(HOLD_TICK);
	}
	*fine_out = probe.report.state == WATCH_FINE;
	db_free(db);
	return go_on;
}

struct watcher {
	const struct settings *settings;
	const struct watch *watch;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t stop;
	bool stopping;
};

/* False: it is to stop. */
static bool
pause_unless_stopping(struct watcher *watcher, int64_t microseconds)
{
	const int64_t end = clock_monotonic() + microseconds;
	bool stopping;

	pthread_mutex_lock(&watcher->mutex);
	while (!watcher->stopping &&
	    clock_wait(&watcher->stop, &watcher->mutex, end))
		continue;
	stopping = watcher->stopping;
	pthread_mutex_unlock(&watcher->mutex);
	return !stopping;
}

static void *
thread_main(void *context)
{
	struct watcher *watcher = context;
	struct db_counters counters = {0};
	struct db *db =
	    db_new(&watcher->settings->database, DB_WATCH, &counters);
	struct watch_report told = {WATCH_UNKNOWN, ""};
	struct watch_report *report;
	struct probe probe;

	do {
		probe = ask(db, watcher->settings);
		report = &probe.report;
		if ((report->state != told.state ||
		        strcmp(report->text, told.text) != 0) &&
		    tell(watcher->watch, report))
			told = *report;
	} while (pause_unless_stopping(
	    watcher, report->state == WATCH_FINE ? PAUSE_FINE : PAUSE_WAITING));
	db_free(db);
	return NULL;
}

struct watcher *
watcher_start(const struct settings *settings, const struct watch *watch)
{
	struct watcher *watcher = memory_new(1, sizeof(*watcher));

	watcher->settings = settings;
	watcher->watch = watch;
	pthread_mutex_init(&watcher->mutex, NULL);
	clock_init_condition(&watcher->stop);
	errno = pthread_create(&watcher->thread, NULL, thread_main, watcher);
	if (errno == 0)
		return watcher;
	free(watcher);
	return NULL;
}

void
watcher_stop(struct watcher *watcher)
{
	if (watcher == NULL)
		return;
	pthread_mutex_lock(&watcher->mutex);
	watcher->stopping = true;
	pthread_cond_signal(&watcher->stop);
	pthread_mutex_unlock(&watcher->mutex);
	pthread_join(watcher->thread, NULL);
	pthread_cond_destroy(&watcher->stop);
	pthread_mutex_destroy(&watcher->mutex);
	free(watcher);
}
