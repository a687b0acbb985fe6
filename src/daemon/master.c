/* master: keeps the workers alive */
#include "daemon/master.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "daemon/announce.h"
#include "daemon/kept.h"
#include "daemon/listener.h"
#include "daemon/worker.h"
#include "work/metrics.h"
#include "work/settings.h"

enum { SETTINGS_ARENA_MAX = 1 << 20, PROCESSES_MAX = 2 * WORKERS_MAX };

/* Microseconds. */
enum {
	TICK = 100000,
	LONG_LIFE = 10000000, /* after which a crash is a first one */
	SECOND = 1000000,
};

enum process_state {
	PROCESS_NONE,
	PROCESS_STARTING,
	PROCESS_READY,
	PROCESS_DRAINING
};

/* A worker process; its place in the array is its place in the metrics. */
struct process {
	enum process_state state;
	pid_t pid;
	size_t slot;
	int generation;
	int ready; /* the end of a pipe, while it is starting */
	int64_t started;
	int64_t kill_at; /* while it is draining */
};

/* A place in the pool that one worker fills at a time. */
struct slot {
	size_t failures; /* one after the other */
	int64_t start_at;
};

struct master {
	const char *path;
	struct arena *arena; /* of the settings */
	struct settings settings;
	struct listener listener;
	struct handover handover;
	struct watch watch;
	struct announcer announcer;
	struct metrics *metrics;
	int signals; /* signalfd */
	int generation;
	bool stopping;
	struct process processes[PROCESSES_MAX];
	struct slot slots[WORKERS_MAX];
	struct kept kept;
	struct kept leaving; /* to the service manager */
};

static bool
load_settings(struct master *master)
{
	struct arena *arena = arena_new(SETTINGS_ARENA_MAX);
	struct settings settings;
	const char *fault = settings_load(arena, master->path, &settings);
	char quoted[512];

	if (fault != NULL) {
		log_error("event=bad_settings message=%s",
		    log_quote(fault, quoted, sizeof(quoted)));
		announce_fault(&master->announcer, fault);
		arena_free(arena);
		return false;
	}
	if (master->arena != NULL)
		arena_free(master->arena);
	master->arena = arena;
	master->settings = settings;
	log_set_level((enum log_level)settings.log_level);
	/* A core has keys and the database's password. Workers inherit it. */
	prctl(PR_SET_DUMPABLE, settings.core_dumps);
	return true;
}

static struct process *
free_process(struct master *master)
{
	size_t i;

	for (i = 0; i < PROCESSES_MAX; i++)
		if (master->processes[i].state == PROCESS_NONE)
			return &master->processes[i];
	return NULL;
}

static int64_t
count_workers(struct master *master)
{
	int64_t count = 0;
	size_t i;

	for (i = 0; i < PROCESSES_MAX; i++)
		count += master->processes[i].state != PROCESS_NONE;
	master->metrics->workers = count;
	return count;
}

/* The next start in the slot waits longer each time. */
static void
put_off(struct slot *slot)
{
	static const int64_t pauses[] = {
	    0, 100000, 200000, 400000, 800000, 1600000, 3200000, 5000000};
	const size_t last = sizeof(pauses) / sizeof(pauses[0]) - 1;

	slot->start_at = clock_monotonic() +
	    pauses[slot->failures < last ? slot->failures : last];
	slot->failures++;
}

static void
start_failed(struct master *master, size_t slot, const char *what)
{
	log_error("event=%s_failed slot=%zu error=\"%s\"", what, slot,
	    strerror(errno));
	put_off(&master->slots[slot]);
}

static void
start_worker(struct master *master, size_t slot)
{
	struct process *process = free_process(master);
	const pid_t own = getpid();
	int ends[2];
	pid_t pid;

	if (process == NULL) /* too many are draining */
		return;
	if (pipe(ends) != 0) {
		start_failed(master, slot, "pipe");
		return;
	}
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		close(master->signals);
		kept_close(&master->kept);
		exit(worker_run(&master->settings, master->listener.fd,
		    &master->handover, slot == 0 ? &master->watch : NULL,
		    master->metrics, (size_t)(process - master->processes),
		    ends[1], own));
	}
	close(ends[1]);
	if (pid < 0) {
		start_failed(master, slot, "fork");
		close(ends[0]);
		return;
	}
	*process = (struct process) {.state = PROCESS_STARTING,
	    .pid = pid,
	    .slot = slot,
	    .generation = master->generation,
	    .ready = ends[0],
	    .started = clock_monotonic()};
	master->metrics->worker_starts++;
	log_info("event=worker_started worker=%d slot=%zu", (int)pid, slot);
}

static void
drain(struct master *master, struct process *process)
{
	if (process->state == PROCESS_STARTING)
		close(process->ready);
	process->state = PROCESS_DRAINING;
	process->kill_at =
	    clock_monotonic() + master->settings.drain_seconds * SECOND;
	kill(process->pid, SIGTERM);
}

/* A worker's end that nobody asked for. */
static void
note_crash(struct master *master, const struct process *process, int status)
{
	struct slot *slot = &master->slots[process->slot];

	if (clock_monotonic() - process->started > LONG_LIFE)
		slot->failures = 0;
	put_off(slot);
	master->metrics->worker_crashes++;
	log_error("event=worker_died worker=%d signal=%d status=%d",
	    (int)process->pid, WIFSIGNALED(status) ? WTERMSIG(status) : 0,
	    WIFEXITED(status) ? WEXITSTATUS(status) : 0);
}

/* Its place is free, and what it has left undone is nobody's any more. */
static void
forget_process(struct master *master, struct process *process)
{
	process->state = PROCESS_NONE;
	metrics_rest(&master->metrics->worker[process - master->processes]);
}

static void
reap(struct master *master)
{
	struct process *process;
	int status;
	pid_t pid;
	size_t i;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (i = 0; i < PROCESSES_MAX; i++) {
			process = &master->processes[i];
			if (process->state == PROCESS_NONE ||
			    process->pid != pid)
				continue;
			if (process->state == PROCESS_STARTING)
				close(process->ready);
			if (process->state != PROCESS_DRAINING)
				note_crash(master, process, status);
			forget_process(master, process);
		}
}

static void
begin_stop(struct master *master)
{
	size_t i;

	if (master->stopping)
		return;
	log_info("event=stopping");
	announce_stop(&master->announcer);
	master->stopping = true;
	for (i = 0; i < PROCESSES_MAX; i++)
		if (master->processes[i].state == PROCESS_STARTING ||
		    master->processes[i].state == PROCESS_READY)
			drain(master, &master->processes[i]);
}

static void
begin_restart(struct master *master)
{
	log_info("event=restarting");
	if (master->stopping)
		return;
	announce_reload(&master->announcer);
	if (load_settings(master))
		master->generation++;
}

static void
take_signals(struct master *master)
{
	struct signalfd_siginfo info;

	while (read(master->signals, &info, sizeof(info)) ==
	    (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			begin_restart(master);
		else if (info.ssi_signo != SIGCHLD)
			begin_stop(master);
	}
	reap(master);
}

/* A new worker serves: those that it replaces may end. */
static void
retire_older(struct master *master, const struct process *fresh)
{
	struct process *process;
	size_t i;

	for (i = 0; i < PROCESSES_MAX; i++) {
		process = &master->processes[i];
		if (process->slot == fresh->slot &&
		    process->generation < fresh->generation &&
		    (process->state == PROCESS_READY ||
		        process->state == PROCESS_STARTING))
			drain(master, process);
	}
}

static void
note_ready(struct master *master, struct process *process)
{
	int status = 0;
	char byte;
	const bool ready = read(process->ready, &byte, 1) == 1;

	close(process->ready);
	if (ready) {
		process->state = PROCESS_READY;
		retire_older(master, process);
		kept_restore(&master->kept, &master->handover,
		    &master->announcer.manager);
		return;
	}
	/* It is at its end, and says why itself: it takes but a moment. */
	kill(process->pid, SIGKILL);
	waitpid(process->pid, &status, 0);
	note_crash(master, process, status);
	forget_process(master, process);
}

static bool
slot_is_filled(const struct master *master, size_t slot)
{
	size_t i;

	for (i = 0; i < PROCESSES_MAX; i++) {
		const struct process *process = &master->processes[i];

		if (process->slot == slot &&
		    process->generation == master->generation &&
		    (process->state == PROCESS_STARTING ||
		        process->state == PROCESS_READY))
			return true;
	}
	return false;
}

static bool
any_starting(const struct master *master)
{
	size_t i;

	for (i = 0; i < PROCESSES_MAX; i++)
		if (master->processes[i].state == PROCESS_STARTING)
			return true;
	return false;
}

/* A restart goes slot by slot, so that all but one always serve. */
static void
fill_slots(struct master *master)
{
	const int64_t now = clock_monotonic();
	size_t slot;

	for (slot = 0; slot < (size_t)master->settings.workers; slot++) {
		if (slot_is_filled(master, slot) ||
		    master->slots[slot].start_at > now)
			continue;
		if (master->generation > 0 && any_starting(master))
			return;
		start_worker(master, slot);
	}
}

/*
 * Ends workers whose slot the settings have done away with, and those that
 * hang.
 */
static void
end_surplus(struct master *master)
{
	const int64_t now = clock_monotonic();
	struct process *process;
	size_t i;

	for (i = 0; i < PROCESSES_MAX; i++) {
		process = &master->processes[i];
		if (process->state == PROCESS_READY &&
		    process->slot >= (size_t)master->settings.workers)
			drain(master, process);
		if (process->state == PROCESS_DRAINING &&
		    process->kill_at < now)
			kill(process->pid, SIGKILL);
	}
}

static bool
all_serve(const struct master *master)
{
	size_t slot;

	for (slot = 0; slot < (size_t)master->settings.workers; slot++)
		if (!slot_is_filled(master, slot))
			return false;
	return !any_starting(master);
}

/* What is new goes to whom it concerns. */
static void
announce(struct master *master)
{
	struct announcer *announcer = &master->announcer;
	struct watch_report report;

	manager_ping(&announcer->manager);
	while (watch_hear(&master->watch, &report))
		announce_report(announcer, &report);
	if (master->stopping)
		kept_save(
		    &master->leaving, &master->handover, &announcer->manager);
	else if (announcer->report.state == WATCH_HOLDING || all_serve(master))
		announce_ready(announcer);
}

static void
wait_events(struct master *master)
{
	enum { FIXED = 3 };
	struct pollfd fds[FIXED + PROCESSES_MAX];
	struct process *starting[FIXED + PROCESSES_MAX];
	nfds_t count = FIXED, i;

	fds[0] = (struct pollfd) {master->signals, POLLIN, 0};
	fds[1] = (struct pollfd) {master->watch.hear, POLLIN, 0};
	fds[2] = (struct pollfd) {
	    master->stopping ? master->handover.take : -1, POLLIN, 0};
	for (i = 0; i < PROCESSES_MAX; i++)
		if (master->processes[i].state == PROCESS_STARTING) {
			starting[count] = &master->processes[i];
			fds[count++] = (struct pollfd) {
			    master->processes[i].ready, POLLIN, 0};
		}
	if (poll(fds, count, TICK / 1000) < 0)
		return;
	for (i = FIXED; i < count; i++)
		if (fds[i].revents != 0)
			note_ready(master, starting[i]);
	take_signals(master);
}

static bool
take_over_signals(struct master *master)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGCHLD);
	/* A client that hangs up is an error of write, and no reason to die. */
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0)
		return false;
	master->signals = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	return master->signals >= 0;
}

static bool
start(struct master *master)
{
	const char *fault;
	char quoted[512];

	manager_open(&master->announcer.manager);
	master->kept.count = manager_passed(master->kept.fds, KEPT_MAX);
	if (!load_settings(master))
		return false;
	fault = listener_open(&master->settings, master->kept.fds,
	    master->kept.count, &master->listener);
	if (fault != NULL) {
		log_error("event=no_socket message=%s",
		    log_quote(fault, quoted, sizeof(quoted)));
		announce_fault(&master->announcer, fault);
		return false;
	}
	master->metrics = metrics_new();
	return master->metrics != NULL && handover_open(&master->handover) &&
	    watch_open(&master->watch) && take_over_signals(master);
}

int
master_run(const char *path)
{
	static struct master master;

	master.path = path;
	if (!start(&master))
		return EXIT_FAILURE;
	log_info("event=started version=%s workers=%lld threads=%lld"
	         " db_connections=%lld",
	    PACKAGE_VERSION, (long long)master.settings.workers,
	    (long long)master.settings.threads,
	    (long long)(master.settings.workers *
	            (master.settings.connections + 1) +
	        1));
	while (count_workers(&master) > 0 || !master.stopping) {
		if (!master.stopping)
			fill_slots(&master);
		end_surplus(&master);
		announce(&master);
		wait_events(&master);
	}
	kept_leave(
	    &master.leaving, &master.handover, &master.announcer.manager);
	listener_close(&master.listener);
	arena_free(master.arena);
	log_info("event=stopped");
	return EXIT_SUCCESS;
}
