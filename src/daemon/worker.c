/* worker: a process that serves requests */
#include "daemon/worker.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "api/api.h"
#include "base/arena.h"
#include "base/log.h"
#include "http/fcgi.h"

enum { REQUEST_ARENA_MAX = 256 << 20, LARGE_REQUEST = 256 << 10 };
enum { KEPT_MEMORY = 512 << 10 }; /* at the end of each of glibc's arenas */
enum { TRIM_PAUSE = 1000 };       /* milliseconds */

struct worker {
	struct service service;
	int listener;
	int poll; /* epoll: the listener and stop */
	int stop; /* eventfd: readable by all threads when it is time to end */
	_Atomic bool stopping;
	size_t thread_count;
	pthread_t *threads;
};

/* True if the request took much memory. */
static bool
serve_one(struct worker *worker, struct fcgi *fcgi, struct arena *arena)
{
	struct http_request request;
	struct str response;
	bool large;

	if (fcgi_accept(fcgi, arena, &request)) {
		response = api_serve(&worker->service, &request);
		fcgi_finish(fcgi, &response);
	}
	large = arena_size(arena) > LARGE_REQUEST;
	arena_reset(arena);
	return large;
}

/*
 * What a request took is free again, but glibc keeps it, and does so for each of
 * many threads: hundreds of megabytes after some large batches. Left to itself
 * it raises the first two limits, up to 32 and 64 MB, by what it sees freed; and
 * what its fast bins hold joins the end of an arena too late to be given back.
 * A thread that has served a large request, and then nothing for a while, sees
 * to the rest: see thread_main.
 */
static void
keep_little_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, LARGE_REQUEST);
	mallopt(M_TRIM_THRESHOLD, KEPT_MEMORY);
	mallopt(M_MXFAST, 0);
}

/*
 * Waits in epoll and not in accept: a signal cannot wake a thread from there
 * without a window in which it is lost. A connection wakes one thread of every
 * worker, and not of one alone (EPOLLEXCLUSIVE): that one could be stopped, or
 * about to end, and nobody would know of the connection.
 */
static void *
thread_main(void *context)
{
	struct worker *worker = context;
	struct arena *arena = arena_new(REQUEST_ARENA_MAX);
	struct fcgi *fcgi = fcgi_new(worker->listener);
	struct epoll_event event;
	bool large = false;
	int count;

	while (fcgi != NULL && !worker->stopping) {
		count = epoll_wait(
		    worker->poll, &event, 1, large ? TRIM_PAUSE : -1);
		if (count == 1 && !worker->stopping)
			large |= serve_one(worker, fcgi, arena);
		else if (count == 0) {
			malloc_trim(0);
			large = false;
		}
	}
	fcgi_free(fcgi);
	arena_free(arena);
	return NULL;
}

static bool
watch(struct worker *worker, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};

	return epoll_ctl(worker->poll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool
start_threads(struct worker *worker, size_t count)
{
	worker->poll = epoll_create1(EPOLL_CLOEXEC);
	worker->stop = eventfd(0, EFD_CLOEXEC);
	worker->threads = calloc(count, sizeof(*worker->threads));
	if (worker->poll < 0 || worker->stop < 0 || worker->threads == NULL ||
	    !watch(worker, worker->listener, EPOLLIN) ||
	    !watch(worker, worker->stop, EPOLLIN))
		return false;
	for (; worker->thread_count < count; worker->thread_count++)
		if (pthread_create(&worker->threads[worker->thread_count], NULL,
		        thread_main, worker) != 0)
			break;
	if (worker->thread_count < count)
		log_warn("event=few_threads wanted=%zu started=%zu", count,
		    worker->thread_count);
	return worker->thread_count > 0;
}

static bool
start_service(struct worker *worker, const struct settings *settings,
    struct metrics *metrics, size_t metrics_index)
{
	struct service *service = &worker->service;
	const struct committer_limits limits = {
	    (size_t)settings->batch_events, (size_t)settings->queue_events};

	service->settings = settings;
	service->metrics = metrics;
	service->own_metrics = &metrics->worker[metrics_index];
	service->own_metrics->queued_events = 0;
	service->own_metrics->busy_threads = 0;
	service->own_metrics->busy_connections = 0;
	service->keys = key_cache_new();
	service->pool = pool_new(&settings->database,
	    (size_t)settings->connections, &service->own_metrics->db);
	service->committer =
	    committer_new(&settings->database, limits, service->own_metrics);
	return service->keys != NULL && service->committer != NULL;
}

static void
wait_for_term(void)
{
	sigset_t signals;
	int number;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	while (sigwait(&signals, &number) != 0)
		continue;
}

static void
stop_threads(struct worker *worker)
{
	const uint64_t one = 1;
	size_t i;

	worker->stopping = true;
	if (write(worker->stop, &one, sizeof(one)) < 0)
		log_error("event=stop_failed error=%d", errno);
	for (i = 0; i < worker->thread_count; i++)
		pthread_join(worker->threads[i], NULL);
	free(worker->threads);
	close(worker->poll);
	close(worker->stop);
}

static void
stop_service(struct service *service)
{
	committer_free(service->committer);
	pool_free(service->pool);
	key_cache_free(service->keys);
}

int
worker_run(const struct settings *settings, int listener,
    struct metrics *metrics, size_t metrics_index, int ready_fd, pid_t master)
{
	static struct worker worker;

	worker.listener = listener;
	/* A worker does not outlive its master: it drains. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != master || !fcgi_start())
		return EXIT_FAILURE;
	db_start();
	keep_little_memory();
	if (!start_service(&worker, settings, metrics, metrics_index) ||
	    !start_threads(&worker, (size_t)settings->threads)) {
		log_error("event=worker_failed error=\"%s\"", strerror(errno));
		return EXIT_FAILURE;
	}
	if (write(ready_fd, "", 1) != 1)
		log_warn("event=ready_unheard");
	close(ready_fd);
	log_info("event=worker_ready threads=%zu", worker.thread_count);
	wait_for_term();
	log_info("event=worker_draining");
	stop_threads(&worker);
	stop_service(&worker.service);
	log_info("event=worker_done");
	return EXIT_SUCCESS;
}
