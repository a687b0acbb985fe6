/* worker: a process that serves requests */
#include "daemon/worker.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "api/auth.h"
#include "base/log.h"
#include "daemon/serve.h"
#include "http/fcgi.h"
#include "store/view.h"
#include "work/reader.h"

static bool
start_service(struct service *service, const struct settings *settings,
    struct metrics *metrics, size_t metrics_index)
{
	const struct committer_limits limits = {
	    (size_t)settings->batch_events, (size_t)settings->queue_events};

	service->settings = settings;
	service->metrics = metrics;
	service->own_metrics = &metrics->worker[metrics_index];
	service->keys = key_cache_new();
	service->views = views_new();
	service->pool =
	    pool_new(&settings->database, (size_t)settings->connections,
	        (size_t)settings->threads, &service->own_metrics->db);
	service->done = done_new();
	if (service->done == NULL)
		return false;
	service->committer = committer_new(
	    &settings->database, limits, service->own_metrics, service->done);
	/* Lists have the other half. */
	service->reader =
	    reader_new(service->pool, (size_t)(settings->connections + 1) / 2,
	        service->views, service->own_metrics, service->done);
	return service->committer != NULL && service->reader != NULL;
}

/*
 * Makes the connections that the first requests need: on a busy machine that
 * takes longer than a request may wait. Where the database cannot be used, it
 * would only keep the requests from their answers.
 */
static void
warm_up(struct service *service)
{
	committer_connect(service->committer);
	pool_warm(service->pool);
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
stop_service(struct service *service)
{
	committer_free(service->committer);
	reader_free(service->reader);
	done_free(service->done);
	pool_free(service->pool);
	key_cache_free(service->keys);
	views_free(service->views);
}

/* Serves until SIGTERM. */
static void
serve(struct service *service, struct server *server, const struct watch *watch,
    int ready_fd)
{
	struct watcher *watcher = NULL;

	if (watch != NULL)
		watcher = watcher_start(service->settings, watch);
	/* First: when the master says that all are ready, the log has it. */
	log_info("event=worker_ready threads=%zu", serve_threads(server));
	if (write(ready_fd, "", 1) != 1)
		log_warn("event=ready_unheard");
	close(ready_fd);
	wait_for_term();
	log_info("event=worker_draining");
	serve_stop(server);
	watcher_stop(watcher);
	stop_service(service);
	log_info("event=worker_done");
}

int
worker_run(const struct settings *settings, int listener,
    const struct handover *handover, const struct watch *watch,
    struct metrics *metrics, size_t metrics_index, int ready_fd, pid_t master)
{
	static struct service service;
	struct server *server = NULL;
	bool fine = false;

	/* A worker does not outlive its master: it drains. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != master || !fcgi_start())
		return EXIT_FAILURE;
	db_start();
	randombytes_stir(); /* not what the master would draw */
	if (!watch_hold(settings, watch, &fine))
		return EXIT_SUCCESS;
	if (start_service(&service, settings, metrics, metrics_index)) {
		if (fine)
			warm_up(&service);
		server = serve_start(
		    &service, listener, handover, (size_t)settings->threads);
	}
	if (server == NULL) {
		log_error("event=worker_failed error=\"%s\"", strerror(errno));
		return EXIT_FAILURE;
	}
	serve(&service, server, watch, ready_fd);
	return EXIT_SUCCESS;
}
