/* event_batch: many events in one request */
#include <stdlib.h>
#include <string.h>

#include "api/event.h"
#include "api/problem.h"
#include "base/arena.h"

_Static_assert((int)RESPONSE_MAX > (int)INGEST_ANSWER_MAX,
    "what is applied can be answered");

enum { BATCH_EVENTS_MAX = 1000 };

/*
 * A batch as it was sent; the call's job has those of its events that are
 * valid.
 */
struct batch_call {
	struct json_object *items;
	size_t count;
	struct faults *faults;        /* of each item */
	struct ingest_event **events; /* of each item; NULL where invalid */
};

static void
decode_items(struct decode *decode, struct json_object *value,
    const char *pointer, void *member_out)
{
	struct json_object **items = member_out;

	if (json_object_get_type(value) != json_type_array)
		faults_add(decode->faults, pointer, "invalid_type",
		    "must be an array of events");
	else if (json_object_array_length(value) > BATCH_EVENTS_MAX)
		faults_add(decode->faults, pointer, "too_many",
		    "must have at most %d events", BATCH_EVENTS_MAX);
	else
		*items = value;
}

static const struct field batch_fields[] = {
    {.name = "events",
        .type = FIELD_ANY,
        .flags = FIELD_REQUIRED,
        .decode = decode_items},
};

/* The faults of the item that a pointer is in, or NULL: /events/7/username. */
static struct faults *
item_faults(const struct batch_call *batch, const char *pointer)
{
	static const char base[] = "/events/";
	unsigned long index;
	char *end;

	if (strncmp(pointer, base, strlen(base)) != 0)
		return NULL;
	index = strtoul(pointer + strlen(base), &end, 10);
	return (*end == '/' || *end == '\0') && index < batch->count
	    ? &batch->faults[index]
	    : NULL;
}

/* Of a body that the parser has given up, nothing else can be said. */
static void
keep_fault_of_all(struct call *call, const struct faults *parsed)
{
	const struct fault *fault;

	for (fault = parsed->first; fault != NULL; fault = fault->next)
		if (*fault->pointer == '\0')
			faults_add(&call->faults, "", fault->code, "%s",
			    fault->detail);
}

/* What the parser found belongs to the item that it is in, or to the batch. */
static void
share_faults(
    struct call *call, struct batch_call *batch, const struct faults *parsed)
{
	const struct fault *fault;
	struct faults *faults;

	for (fault = parsed->first; fault != NULL; fault = fault->next) {
		faults = item_faults(batch, fault->pointer);
		faults_add(faults != NULL ? faults : &call->faults,
		    fault->pointer, fault->code, "%s", fault->detail);
	}
	/* Some may not have been kept. */
	if (parsed->count == parsed->max)
		faults_add(
		    &call->faults, "", "too_many", "has too many faults in it");
}

static void
decode_item(struct call *call, struct batch_call *batch, size_t index)
{
	struct ingest_job *job = call->job;
	struct ingest_event *event = &job->events[job->count];
	struct faults *faults = &batch->faults[index];

	*event = (struct ingest_event) {.id_made = false};
	event_decode(call, job->arena,
	    json_object_array_get_idx(batch->items, index),
	    json_pointer_at(call->arena, "/events", index), faults, NULL,
	    event);
	if (faults->count > 0)
		return;
	batch->events[index] = event;
	job->count++;
}

/* Makes the list of items, with what the parser has said of them. */
static enum error
take_items(struct call *call, struct batch_call *batch)
{
	const struct faults parsed = call->faults;
	struct decode decode = {.arena = call->arena, .faults = &call->faults};
	size_t i;

	faults_init(&call->faults, call->arena);
	keep_fault_of_all(call, &parsed);
	decode_object(&decode, call->body, "", batch_fields, 1, &batch->items);
	batch->count =
	    batch->items == NULL ? 0 : json_object_array_length(batch->items);
	batch->faults =
	    arena_array(call->arena, batch->count + 1, sizeof(*batch->faults));
	for (i = 0; i < batch->count; i++) {
		faults_init(&batch->faults[i], call->arena);
		batch->faults[i].max = ITEM_FAULTS_MAX;
	}
	share_faults(call, batch, &parsed);
	return call_faults(call);
}

static enum error
decode_batch(struct call *call, struct batch_call *batch)
{
	enum error error = take_items(call, batch);
	size_t i;

	if (error != OK)
		return error;
	call->job = committer_job(batch->count, call->request->body_size);
	call->job->count = 0;
	batch->events = arena_array(
	    call->arena, batch->count + 1, sizeof(struct ingest_event *));
	for (i = 0; i < batch->count; i++)
		decode_item(call, batch, i);
	return OK;
}

static void
write_refused(
    struct json_writer *jw, const struct batch_call *batch, size_t index)
{
	const struct ingest_event *event = batch->events[index];
	const enum error error =
	    event == NULL ? ERR_INVALID_BODY : event->error;
	struct problem problem = {.error = error,
	    .status = error_status(error),
	    .faults = &batch->faults[index]};

	if (event != NULL)
		problem.detail = event_refused_detail(jw->out->arena, event,
		    json_pointer_at(jw->out->arena, "/events", index),
		    &batch->faults[index]);
	jw_int(jw, "status", problem.status);
	problem_write(jw, "problem", &problem);
}

static void
write_result(
    struct json_writer *jw, const struct batch_call *batch, size_t index)
{
	const struct ingest_event *event = batch->events[index];

	jw_object(jw, NULL);
	if (event == NULL || event->error != OK) {
		write_refused(jw, batch, index);
	} else {
		jw_int(jw, "status", event->replayed ? 200 : 201);
		event_write(jw, "event", &event->event, event->replayed);
	}
	jw_object_end(jw);
}

static enum error
answer_batch(struct call *call)
{
	const struct batch_call *batch = call->answer_data;
	struct json_writer jw = call_json(call, 200);
	size_t i;

	jw_object(&jw, NULL);
	jw_array(&jw, "results");
	for (i = 0; i < batch->count; i++)
		write_result(&jw, batch, i);
	jw_array_end(&jw);
	jw_object_end(&jw);
	return OK;
}

enum error
event_post_batch(struct call *call)
{
	struct batch_call *batch = arena_alloc(call->arena, sizeof(*batch));
	enum error error;

	if (http_param(call->request, "HTTP_IDEMPOTENCY_KEY") != NULL)
		return call_fail(call, ERR_INVALID_HEADER,
		    "a batch takes no Idempotency-Key: give each of its events"
		    " an id of its own");
	error = decode_batch(call, batch);
	call->answer_data = batch;
	return error == OK ? event_wait(call, answer_batch) : error;
}
