/* serve: the threads and connections of a worker */
#include "daemon/serve.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/memory.h"
#include "daemon/turn.h"
#include "http/fcgi.h"
#include "work/done.h"

enum { REQUEST_ARENA_MAX = 256 << 20, LARGE_REQUEST = 256 << 10 };
enum { KEPT_MEMORY = 512 << 10 }; /* at the end of each of glibc's arenas */
enum { TRIM_PAUSE = 1000 };       /* milliseconds */
enum { TURNS = 1 };               /* threads that wait for events */

/*
 * Requests that are served at once: beyond that, connections wait in the
 * listener's queue. Those that nginx keeps may bring more, but they are few.
 */
enum { BUSY_MAX = 512 };

/*
 * Idle: it is watched, and whoever is told that there is something on it takes
 * it. Busy: it belongs to a thread, or to the committer with the call on it.
 */
enum connection_state { CONNECTION_IDLE, CONNECTION_BUSY };

struct connection {
	struct fcgi *fcgi;
	struct arena *arena;
	struct http_request request;
	enum connection_state state;
	bool watched; /* epoll knows it */
	struct connection *next;
	struct connection *next_free;
};

struct thread {
	pthread_t id;
	struct server *server;
	struct turn *turn;
};

struct server {
	struct service *service;
	int listener;
	const struct handover *handover;
	int poll;
	int stop; /* eventfd: readable by all threads when it is time to end */
	_Atomic bool stopping;
	_Atomic bool
	    large; /* requests have left memory that can be given back */
	size_t thread_count;
	struct thread *threads;
	struct turns *turns;

	pthread_mutex_t mutex;
	pthread_cond_t all_idle;
	struct connection *connections; /* all there ever were */
	struct connection *free;
	size_t busy;
	bool full; /* so that none is accepted */
	bool draining;
};

/* The thread that runs: see thread_waits. */
static __thread struct thread *self;

static struct connection *
new_connection(void)
{
	struct connection *connection = memory_new(1, sizeof(*connection));

	connection->fcgi = fcgi_new();
	connection->arena = arena_new(REQUEST_ARENA_MAX);
	return connection;
}

/* Under the mutex: accepts connections, or leaves them where they are. */
static void
watch_listener(struct server *server, bool full)
{
	struct epoll_event event = {
	    .events = full ? 0 : EPOLLIN, .data.ptr = &server->listener};

	if (server->full == full || server->draining)
		return;
	server->full = full;
	epoll_ctl(server->poll, EPOLL_CTL_MOD, server->listener, &event);
}

/*
 * Busy from the first, and counted so. NULL: the worker is about to end, and
 * begins nothing any more.
 */
static struct connection *
take_connection(struct server *server)
{
	struct connection *connection;

	pthread_mutex_lock(&server->mutex);
	if (server->draining) {
		pthread_mutex_unlock(&server->mutex);
		return NULL;
	}
	connection = server->free;
	if (connection != NULL)
		server->free = connection->next_free;
	else {
		connection = new_connection();
		connection->next = server->connections;
		server->connections = connection;
	}
	connection->state = CONNECTION_BUSY;
	connection->watched = false;
	if (++server->busy >= BUSY_MAX)
		watch_listener(server, true);
	pthread_mutex_unlock(&server->mutex);
	return connection;
}

/* Under the mutex. */
static void
no_longer_busy(struct server *server)
{
	if (--server->busy == 0)
		pthread_cond_signal(&server->all_idle);
	if (server->busy < BUSY_MAX)
		watch_listener(server, false);
}

/* What is on it has gone. */
static void
free_connection(struct server *server, struct connection *connection)
{
	pthread_mutex_lock(&server->mutex);
	connection->next_free = server->free;
	server->free = connection;
	no_longer_busy(server);
	pthread_mutex_unlock(&server->mutex);
}

/* Of a busy connection, between requests. */
static void
hand_over(struct server *server, struct connection *connection)
{
	int fd = fcgi_release(connection->fcgi);

	if (connection->watched)
		epoll_ctl(server->poll, EPOLL_CTL_DEL, fd, NULL);
	handover_give(server->handover, fd);
	free_connection(server, connection);
}

/* From here on it may be any thread's. */
static void
watch(struct server *server, struct connection *connection)
{
	struct epoll_event event = {
	    .events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT,
	    .data.ptr = connection};
	const int fd = fcgi_fd(connection->fcgi);
	const int change = connection->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
	bool watched;

	pthread_mutex_lock(&server->mutex);
	watched = !server->draining &&
	    epoll_ctl(server->poll, change, fd, &event) == 0;
	if (watched) {
		connection->watched = true;
		connection->state = CONNECTION_IDLE;
		no_longer_busy(server);
	}
	pthread_mutex_unlock(&server->mutex);
	if (!watched)
		hand_over(server, connection);
}

static void
finish(struct server *server, struct connection *connection,
    const struct str *response)
{
	const bool kept = fcgi_finish(connection->fcgi, response);

	if (arena_size(connection->arena) > LARGE_REQUEST)
		server->large = true;
	arena_reset(connection->arena);
	if (kept)
		watch(server, connection);
	else
		free_connection(server, connection);
}

static void
serve_request(struct server *server, struct connection *connection)
{
	struct str response;

	if (!fcgi_read(
	        connection->fcgi, connection->arena, &connection->request)) {
		free_connection(server, connection);
		return;
	}
	if (api_begin(
	        server->service, &connection->request, connection, &response))
		finish(server, connection, &response);
}

/* A connection that epoll names, unless it was given away meanwhile. */
static void
serve_watched(struct server *server, struct connection *connection)
{
	bool mine;

	pthread_mutex_lock(&server->mutex);
	mine = connection->state == CONNECTION_IDLE;
	if (mine) {
		connection->state = CONNECTION_BUSY;
		server->busy++;
	}
	pthread_mutex_unlock(&server->mutex);
	if (mine)
		serve_request(server, connection);
}

static void
serve_new(struct server *server)
{
	struct connection *connection = take_connection(server);
	char byte;

	if (connection == NULL)
		return;
	if (!fcgi_accept(connection->fcgi, server->listener))
		free_connection(server, connection);
	/* Nearly always the request is there already. */
	else if (recv(fcgi_fd(connection->fcgi), &byte, 1,
	             MSG_PEEK | MSG_DONTWAIT) == 1)
		serve_request(server, connection);
	else
		watch(server, connection);
}

static void
take_over(struct server *server)
{
	struct connection *connection = take_connection(server);
	int fd;

	if (connection == NULL)
		return;
	fd = handover_take(server->handover);
	if (fd < 0) {
		free_connection(server, connection);
		return;
	}
	fcgi_take(connection->fcgi, fd);
	watch(server, connection);
}

static void
answer_calls(struct server *server)
{
	struct done *done = server->service->done;
	struct connection *connection;
	struct str response;
	enum error result;
	struct call *call;

	while ((call = done_take(done, &result)) != NULL) {
		connection = call->context;
		response = api_end(call, result);
		finish(server, connection, &response);
	}
}

/* Serves a descriptor that epoll names and that is no connection. */
static void
serve_event(struct server *server, void *named)
{
	if (named == &server->listener)
		serve_new(server);
	else if (named == &server->handover)
		take_over(server);
	else if (named == &server->service->done)
		answer_calls(server);
	else if (named != &server->stop)
		serve_watched(server, named);
}

/*
 * What a request took is free again, but glibc keeps it, and does so for each
 * of many threads: hundreds of megabytes after some large batches. Left to
 * itself it raises the first two limits, up to 32 and 64 MB, by what it sees
 * freed; and what its fast bins hold joins the end of an arena too late to be
 * given back. One thread at a time serves, so that arenas for many would be
 * memory alone. When requests were large, and then there was nothing for a
 * while, a thread sees to the rest.
 */
static void
keep_little_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, LARGE_REQUEST);
	mallopt(M_TRIM_THRESHOLD, KEPT_MEMORY);
	mallopt(M_MXFAST, 0);
	mallopt(M_ARENA_MAX, 2);
}

/* Of the service: what the thread does next may take a while. */
static void
thread_waits(void)
{
	turn_give(self->turn);
}

/* A turn was taken from a thread that may have had more calls to answer. */
static void
remind(void *context)
{
	const struct server *server = context;

	done_remind(server->service->done);
}

static void
serve_next(struct thread *thread)
{
	struct server *server = thread->server;
	struct epoll_event event;
	int count;

	count = epoll_wait(
	    server->poll, &event, 1, server->large ? TRIM_PAUSE : -1);
	turn_begin(thread->turn);
	if (count == 1)
		serve_event(server, event.data.ptr);
	else if (count == 0 && server->large) {
		server->large = false;
		malloc_trim(0);
	}
	turn_end(thread->turn);
}

/*
 * Waits in epoll and not in accept: a signal cannot wake a thread from there
 * without a window in which it is lost. A new connection wakes one thread of
 * every worker, and not of one alone (EPOLLEXCLUSIVE): that one could be
 * stopped, or about to end, and nobody would know of the connection.
 */
static void *
thread_main(void *context)
{
	struct thread *thread = context;

	self = thread;
	while (!thread->server->stopping && turn_take(thread->turn))
		serve_next(thread);
	turn_give(thread->turn);
	return NULL;
}

static bool
watch_always(struct server *server, int fd, uint32_t events, void *name)
{
	struct epoll_event event = {
	    .events = EPOLLIN | events, .data.ptr = name};

	return epoll_ctl(server->poll, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* One thread is told that there are calls to be answered. */
static bool
watch_all(struct server *server)
{
	struct done **done = &server->service->done;

	server->poll = epoll_create1(EPOLL_CLOEXEC);
	server->stop = eventfd(0, EFD_CLOEXEC);
	return server->poll >= 0 && server->stop >= 0 &&
	    watch_always(server, server->listener, 0, &server->listener) &&
	    watch_always(
	        server, server->handover->take, 0, &server->handover) &&
	    watch_always(server, done_fd(*done), EPOLLET, done) &&
	    watch_always(server, server->stop, 0, &server->stop);
}

static bool
start_thread(struct server *server)
{
	const size_t number = server->thread_count;
	struct thread *thread = &server->threads[number];

	thread->server = server;
	thread->turn = turns_of(server->turns, number);
	return pthread_create(&thread->id, NULL, thread_main, thread) == 0;
}

struct server *
serve_start(struct service *service, int listener,
    const struct handover *handover, size_t threads)
{
	struct server *server = memory_new(1, sizeof(*server));

	keep_little_memory();
	*server = (struct server) {
	    .service = service, .listener = listener, .handover = handover};
	pthread_mutex_init(&server->mutex, NULL);
	pthread_cond_init(&server->all_idle, NULL);
	server->threads = memory_new(threads, sizeof(*server->threads));
	server->turns = turns_new(TURNS, threads, remind, server);
	if (server->turns == NULL || !watch_all(server))
		return NULL;
	service->thread_waits = thread_waits;
	while (server->thread_count < threads && start_thread(server))
		server->thread_count++;
	if (server->thread_count < threads)
		log_warn("event=few_threads wanted=%zu started=%zu", threads,
		    server->thread_count);
	return server->thread_count > 0 ? server : NULL;
}

size_t
serve_threads(const struct server *server)
{
	return server->thread_count;
}

/* An idle connection, which is busy now; NULL: there is none. */
static struct connection *
take_idle(struct server *server)
{
	struct connection *connection;

	pthread_mutex_lock(&server->mutex);
	connection = server->connections;
	while (connection != NULL && connection->state != CONNECTION_IDLE)
		connection = connection->next;
	if (connection != NULL) {
		connection->state = CONNECTION_BUSY;
		server->busy++;
	}
	pthread_mutex_unlock(&server->mutex);
	return connection;
}

/* The others get what is kept; what was begun is answered. */
static void
drain(struct server *server)
{
	struct connection *connection;

	pthread_mutex_lock(&server->mutex);
	server->draining = true;
	pthread_mutex_unlock(&server->mutex);
	epoll_ctl(server->poll, EPOLL_CTL_DEL, server->listener, NULL);
	epoll_ctl(server->poll, EPOLL_CTL_DEL, server->handover->take, NULL);
	while ((connection = take_idle(server)) != NULL)
		hand_over(server, connection);
	pthread_mutex_lock(&server->mutex);
	while (server->busy > 0)
		pthread_cond_wait(&server->all_idle, &server->mutex);
	pthread_mutex_unlock(&server->mutex);
}

static void
free_connections(struct server *server)
{
	struct connection *connection;

	while ((connection = server->connections) != NULL) {
		server->connections = connection->next;
		fcgi_free(connection->fcgi);
		arena_free(connection->arena);
		free(connection);
	}
}

void
serve_stop(struct server *server)
{
	const uint64_t one = 1;
	size_t i;

	drain(server);
	server->stopping = true;
	turns_stop(server->turns);
	if (write(server->stop, &one, sizeof(one)) < 0)
		log_error("event=stop_failed error=%d", errno);
	for (i = 0; i < server->thread_count; i++)
		pthread_join(server->threads[i].id, NULL);
	turns_free(server->turns);
	free_connections(server);
	close(server->poll);
	close(server->stop);
	pthread_cond_destroy(&server->all_idle);
	pthread_mutex_destroy(&server->mutex);
	free(server->threads);
	free(server);
}
