/* api: what a worker's requests share, and what one request carries along */
#ifndef API_API_H
#define API_API_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/decode.h"
#include "base/json.h"
#include "db/pool.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"
#include "store/application.h"
#include "store/key.h"
#include "work/committer.h"
#include "work/metrics.h"
#include "work/settings.h"

struct done;
struct key_cache;
struct queued_read;
struct reader;
struct views;

/* One worker's. */
struct service {
	const struct settings *settings;
	struct pool *pool;
	struct committer *committer;
	struct reader *reader;
	struct done *done; /* what these two are done with */
	struct key_cache *keys;
	struct views *views;
	/* NULL, or called before the thread waits for what may take a while. */
	void (*thread_waits)(void);
	struct metrics *metrics; /* of all workers */
	struct worker_metrics *own_metrics;
};

/* The callers that a route is for. */
enum access {
	ACCESS_OPEN,        /* anybody */
	ACCESS_PROBE,       /* anybody who looks after the server */
	ACCESS_LOOPBACK,    /* anybody on this machine */
	ACCESS_PUBLISHABLE, /* any key */
	ACCESS_SECRET,      /* a secret key */
	ACCESS_USER,        /* any key; reading the user checks it once more */
	ACCESS_EVENT,   /* a secret key; the committer checks it once more */
	ACCESS_CLASSIC, /* an appKey; the handler finds the application */
	ACCESS_COUNT
};

enum { REQUEST_BODY_MAX = 256 << 10, BATCH_BODY_MAX = 4 << 20 };

/*
 * Microseconds: a request that waits for the committer is answered 503 after
 * REQUEST_TIME; a change begins no new attempt after CHANGE_TIME, because an
 * attempt may take a second.
 */
enum { REQUEST_TIME = 1800000, CHANGE_TIME = 900000 };

/* The call being served. All memory is in the arena. */
struct call {
	struct service *service;
	struct http_request *request;
	struct http_response response;
	struct arena *arena;
	struct route_match match;
	int64_t deadline; /* of clock_monotonic: for the committer */

	/* From the key or, for classic, by the handler. */
	int64_t application;
	int64_t app_key;
	const struct key_hash *key; /* NULL: the classic interface's */
	bool key_unchecked;         /* it was in the cache: it may be revoked */

	struct db *db;            /* after call_db */
	int64_t db_application;   /* for which it was taken, 0: any */
	struct http_query *query; /* in the order of route.query */
	size_t query_count;
	struct json_object *body; /* where the route takes one */
	struct faults faults;     /* of the body */

	const char *detail;       /* what to tell besides the error's title */
	const char *subject_name; /* of what the body names, once it is known */

	/*
	 * For the committer or the reader; what comes of the call when that is
	 * done, and what answers if all is well.
	 */
	struct ingest_job *job;
	struct queued_read *read;
	enum error (*finish)(struct call *call, enum error result);
	enum error (*answer)(struct call *call);
	const void *answer_data;
	bool waits;
	void *context; /* of who serves */
};

/* The table: the API on one screen. */
extern const struct route routes[];
extern const size_t route_count;

/*
 * Serves one request, with its log line and its count. True: the whole response
 * is in *response_out. False: it waits for the committer or the reader, and
 * done_take will give the call to any thread, to be ended; nothing of the
 * request may be touched until then. context is for who serves: call.context.
 */
bool api_begin(struct service *service, struct http_request *request,
    void *context, struct str *response_out) MUST_CHECK;

/* Ends a call that waited, with what done_take said. */
struct str api_end(struct call *call, enum error result);

/* Sets the detail of the error that is about to be returned, and returns it. */
enum error call_fail(struct call *call, enum error error, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/* A connection for the rest of the call; the end of the call gives it back. */
enum error call_db(struct call *call) MUST_CHECK;

/*
 * Gives it back before: nobody waits for the committer with a connection in
 * hand.
 */
void call_give_db(struct call *call);

/*
 * Whether a read that found its connection dead, as after a restart of the
 * database, may be done again with another: it is still early enough.
 */
bool call_may_reconnect(struct call *call, enum error error);

/* A query parameter of the route's, or NULL. */
const char *call_query(const struct call *call, const char *name);

/* OK, or ERR_INVALID_BODY where the body has faults. */
enum error call_faults(struct call *call) MUST_CHECK;

/*
 * What caches and browser pages may do with the answer, as headers; the answer
 * to OPTIONS.
 */
void exposure_add(struct call *call);
void exposure_options(struct call *call);

/* Starts a JSON body: application/json with this status. */
struct json_writer call_json(struct call *call, int status);

/* Answers 304 if If-None-Match names the body's ETag; sets the ETag. */
void call_etag(struct call *call);

/* The ETag of the body, and where it is from now on. */
void call_created(struct call *call, const char *collection, const char *name);

/*
 * Whether If-Match and If-None-Match allow a change; current NULL: no resource.
 */
enum error
call_precondition(struct call *call, const char *current_etag) MUST_CHECK;

#endif
