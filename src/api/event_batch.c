/* event_batch: many events in one request */
#include <string.h>

#include "api/event.h"
#include "base/arena.h"

_Static_assert((int)RESPONSE_MAX > (int)INGEST_ANSWER_MAX,
    "what is applied can be answered");

/* A thousand bad events with a few faults each are told in one answer. */
enum { BATCH_EVENTS_MAX = 1000, ITEM_FAULTS_MAX = 10 };

/*
 * A batch as it was sent; the call's job has those of its events that are valid.
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

/* Numbers that the parser found out of range belong to the item they are in. */
static void
take_parse_faults(struct batch_call *batch, size_t index, const char *pointer,
    const struct faults *parsed)
{
	const size_t len = strlen(pointer);
	const struct fault *fault;

	for (fault = parsed->first; fault != NULL; fault = fault->next)
		if (strncmp(fault->pointer, pointer, len) == 0 &&
		    (fault->pointer[len] == '/' || fault->pointer[len] == '\0'))
			faults_add(&batch->faults[index], fault->pointer,
			    fault->code, "%s", fault->detail);
}

static void
decode_item(struct call *call, struct batch_call *batch, size_t index,
    const struct faults *parsed)
{
	struct ingest_job *job = call->job;
	struct ingest_event *event = &job->events[job->count];
	const char *pointer = json_pointer_at(call->arena, "/events", index);
	struct faults *faults = &batch->faults[index];

	*event = (struct ingest_event) {.id_made = false};
	faults_init(faults, call->arena);
	faults->max = ITEM_FAULTS_MAX;
	take_parse_faults(batch, index, pointer, parsed);
	event_decode(call, job->arena,
	    json_object_array_get_idx(batch->items, index), pointer, faults,
	    NULL, event);
	if (faults->count > 0)
		return;
	batch->events[index] = event;
	job->count++;
}

static enum error
decode_batch(struct call *call, struct batch_call *batch)
{
	const struct faults parsed = call->faults;
	struct decode decode = {.arena = call->arena, .faults = &call->faults};
	size_t i;
	enum error error;

	faults_init(&call->faults, call->arena);
	decode_object(&decode, call->body, "", batch_fields, 1, &batch->items);
	error = call_faults(call);
	if (error != OK)
		return error;
	batch->count = json_object_array_length(batch->items);
	call->job = committer_job(batch->count, call->request->body_size);
	call->job->count = 0;
	batch->faults =
	    arena_array(call->arena, batch->count + 1, sizeof(*batch->faults));
	batch->events = arena_array(
	    call->arena, batch->count + 1, sizeof(struct ingest_event *));
	for (i = 0; i < batch->count; i++)
		decode_item(call, batch, i, &parsed);
	return OK;
}

static void
write_result(struct json_writer *jw, const struct ingest_event *event,
    const struct faults *faults)
{
	const enum error error =
	    event == NULL ? ERR_INVALID_BODY : event->error;
	const struct problem problem = {
	    .error = error, .status = error_status(error), .faults = faults};

	jw_object(jw, NULL);
	if (error != OK) {
		jw_int(jw, "status", error_status(error));
		problem_write(jw, "problem", &problem);
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
		write_result(&jw, batch->events[i], &batch->faults[i]);
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
