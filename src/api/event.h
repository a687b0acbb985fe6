/* event: reading events from bodies, and writing them into answers */
#ifndef API_EVENT_H
#define API_EVENT_H

#include "api/api.h"
#include "ingest/ingest.h"

/*
 * Decodes an event at pointer into *event, whose memory is the job's arena. A
 * missing id is made, unless idempotency_key serves. Faults go to faults.
 */
void event_decode(struct call *call, struct arena *arena,
    struct json_object *body, const char *pointer, struct faults *faults,
    const char *idempotency_key, struct ingest_event *event);

/*
 * For a FIELD_ANY: the properties of a body as the store keeps and the rules
 * see them, into the struct ingest_event that the member points to.
 */
void event_decode_properties(struct decode *decode, struct json_object *value,
    const char *pointer, void *member_out);

/* Gives the event a new id, in the order of time. */
void event_make_id(struct arena *arena, struct ingest_event *event);

/* Whether a time is further ahead of now than a client's clock may be. */
bool event_is_ahead(const struct call *call, int64_t time, int64_t now);

/*
 * What to tell of an event, at pointer of the body, that the committer has
 * refused, besides what its error says, or NULL. Faults go to faults.
 */
const char *
event_refused_detail(struct arena *arena, const struct ingest_event *event,
    const char *pointer, struct faults *faults);

/* The event's document, with its outcome. */
void event_write(struct json_writer *jw, const char *key,
    const struct event *event, bool replayed);

/*
 * Has the call wait for the committer, which is to apply call->job; then answer
 * is called. Where the job has no events, it is called at once.
 */
enum error event_wait(
    struct call *call, enum error (*answer)(struct call *call)) MUST_CHECK;

enum error event_post(struct call *call) MUST_CHECK;
enum error event_post_batch(struct call *call) MUST_CHECK;
enum error event_get_one(struct call *call) MUST_CHECK;
enum error event_get_list(struct call *call) MUST_CHECK;

#endif
