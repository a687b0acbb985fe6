/* event: posting events and reading them back */
#include "api/event.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "api/auth.h"
#include "api/page.h"
#include "api/resource.h"
#include "base/arena.h"
#include "base/clock.h"
#include "rules/properties.h"

/* What an event's body decodes into. */
struct event_body {
	const char *id;
	const char *username;
	const char *event_type;
	int64_t timestamp;
	struct ingest_event *event; /* where the properties go */
};
#define NO_TIMESTAMP INT64_MIN

void
event_decode_properties(struct decode *decode, struct json_object *value,
    const char *pointer, void *member_out)
{
	struct ingest_event *event = *(struct ingest_event **)member_out;

	event->event.properties = arena_strdup(decode->arena,
	    json_object_to_json_string_ext(value,
	        JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	properties_decode(decode, value, pointer, &event->occurrence);
}

/* What a server's answer has and a client may send again is let pass. */
static const struct field fields[] = {
    {.name = "id", .type = FIELD_ID, .offset = offsetof(struct event_body, id)},
    {.name = "username",
        .type = FIELD_ID,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct event_body, username)},
    {.name = "eventType",
        .type = FIELD_KEY,
        .flags = FIELD_REQUIRED,
        .offset = offsetof(struct event_body, event_type)},
    {.name = "timestamp",
        .type = FIELD_TIME,
        .offset = offsetof(struct event_body, timestamp)},
    {.name = "appKey", .type = FIELD_ANY, .decode = decode_app_key},
    {.name = "properties",
        .type = FIELD_ANY,
        .offset = offsetof(struct event_body, event),
        .decode = event_decode_properties},
};

/* Crockford's base32, so that ids sort as the times in them do. */
static void
add_base32(char *text, uint64_t number, size_t digits)
{
	static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

	while (digits-- > 0) {
		text[digits] = alphabet[number & 31];
		number >>= 5;
	}
}

enum { ID_TIME_DIGITS = 11, ID_RANDOM_DIGITS = 12 };

void
event_make_id(struct arena *arena, struct ingest_event *event)
{
	char text[4 + ID_TIME_DIGITS + ID_RANDOM_DIGITS + 1] = "evt_";
	uint64_t random;

	randombytes_buf(&random, sizeof(random));
	add_base32(text + 4, (uint64_t)clock_now(), ID_TIME_DIGITS);
	add_base32(text + 4 + ID_TIME_DIGITS, random, ID_RANDOM_DIGITS);
	event->event.id = arena_strdup(arena, text);
	event->id_made = true;
}

/* An id whose address is another resource's. */
static const char taken_detail[] =
    "must not be 'batch': /api/v1/events/batch is another resource";

static bool
is_taken(const char *id)
{
	return strcmp(id, "batch") == 0;
}

bool
event_is_ahead(const struct call *call, int64_t time, int64_t now)
{
	return time - now > call->service->settings->max_clock_skew * 1000000;
}

/*
 * An event too far ahead is refused, but one that is stored already is a
 * replay: clock and setting may have been others when it came. The committer
 * tells the two apart, so what is found here goes with the event.
 */
static void
judge_time(
    const struct call *call, struct arena *arena, struct ingest_event *event)
{
	char text[TIME_TEXT_SIZE];
	int64_t now;

	if (!event->event.timestamp_given)
		return;
	now = clock_now();
	if (!event_is_ahead(call, event->event.timestamp, now))
		return;
	time_format(now, text);
	event->in_future = arena_printf(arena,
	    "the timestamp may be at most %lld s ahead of the server's time,"
	    " which is %s: mend the clock, or send the time at which it"
	    " happened",
	    (long long)call->service->settings->max_clock_skew, text);
}

void
event_decode(struct call *call, struct arena *arena, struct json_object *body,
    const char *pointer, struct faults *faults, const char *idempotency_key,
    struct ingest_event *event)
{
	struct decode decode = {
	    .arena = arena, .faults = faults, .context = &call->app_key};
	struct event_body sent = {.timestamp = NO_TIMESTAMP, .event = event};

	decode_object(&decode, body, pointer, fields,
	    sizeof(fields) / sizeof(fields[0]), &sent);
	event->event.username = sent.username;
	event->event.event_type = sent.event_type;
	event->occurrence.event_type = sent.event_type;
	event->event.timestamp_given = sent.timestamp != NO_TIMESTAMP;
	event->event.timestamp = sent.timestamp;
	judge_time(call, arena, event);
	if (sent.id != NULL)
		event->event.id = sent.id;
	else if (idempotency_key != NULL)
		event->event.id = arena_strdup(arena, idempotency_key);
	else
		event_make_id(arena, event);
	if (event->event.id != NULL && is_taken(event->event.id))
		faults_add(faults, json_pointer(arena, pointer, "id"),
		    "not_addressable", "%s", taken_detail);
}

static void
write_award(struct json_writer *jw, const struct given_award *award)
{
	jw_object(jw, NULL);
	jw_string(jw, "rule", award->rule);
	if (award->point_scale != NULL) {
		jw_string(jw, "pointScale", award->point_scale);
		jw_int(jw, "points", award->points);
		jw_int(jw, "balance", award->balance);
	}
	if (award->badge != NULL)
		jw_string(jw, "badge", award->badge);
	jw_object_end(jw);
}

void
event_write(struct json_writer *jw, const char *key, const struct event *event,
    bool replayed)
{
	size_t i;

	jw_object(jw, key);
	jw_string(jw, "id", event->id);
	jw_string(jw, "username", event->username);
	jw_string(jw, "eventType", event->event_type);
	jw_time(jw, "timestamp", event->timestamp);
	if (event->timestamp_sent != NULL)
		jw_string(jw, "timestampAsSent", event->timestamp_sent);
	jw_raw(jw, "properties",
	    event->properties == NULL ? "{}" : event->properties);
	jw_time(jw, "receivedAt", event_received_at(event));
	jw_bool(jw, "replayed", replayed);
	jw_array(jw, "awards");
	for (i = 0; i < event->award_count; i++)
		write_award(jw, &event->awards[i]);
	jw_array_end(jw);
	jw_object_end(jw);
}

/*
 * Takes the quotes off. What has a quote inside, or a comma and no quotes, is
 * two lines that a server in front has joined.
 */
static bool
unquote(const char **text, size_t *len)
{
	if (*len < 2 || (*text)[0] != '"' || (*text)[*len - 1] != '"')
		return memchr(*text, ',', *len) == NULL;
	(*text)++;
	*len -= 2;
	return memchr(*text, '"', *len) == NULL;
}

/* An Idempotency-Key header, quoted or not. OK and NULL where there is none. */
static enum error
take_idempotency_key(struct call *call, const char **key_out)
{
	const char *header = http_param(call->request, "HTTP_IDEMPOTENCY_KEY");
	const char *detail = taken_detail;
	size_t len;

	*key_out = NULL;
	if (header == NULL || *header == '\0')
		return OK;
	len = strlen(header);
	if (!unquote(&header, &len))
		return call_fail(call, ERR_INVALID_HEADER,
		    "Idempotency-Key must be one key: write one with a comma in"
		    " quotes, and one with a quote as the id in the body");
	*key_out = arena_copy(call->arena, header, len);
	if (is_taken(*key_out) ||
	    text_fault(FIELD_ID, header, len, &detail) != NULL)
		return call_fail(
		    call, ERR_INVALID_HEADER, "Idempotency-Key %s", detail);
	return OK;
}

/* In what the event differs from the one that is stored under its id. */
static const char *
reused_detail(struct arena *arena, const struct ingest_event *event)
{
	static const char again[] =
	    "to repeat a request, send it as it was, with the timestamp that it"
	    " had or without one";
	static const char other[] = "give every event an id of its own";

	return arena_printf(arena,
	    "an event with this id is stored, with another %s: %s",
	    event->differs,
	    strcmp(event->differs, "timestamp") == 0 ? again : other);
}

const char *
event_refused_detail(struct arena *arena, const struct ingest_event *event,
    const char *pointer, struct faults *faults)
{
	if (event->error == ERR_EVENT_ID_REUSED)
		return reused_detail(arena, event);
	if (event->error != ERR_TIMESTAMP_IN_FUTURE)
		return NULL;
	faults_add(faults, json_pointer(arena, pointer, "timestamp"),
	    error_code(event->error), "%s", event->in_future);
	return event->in_future;
}

/* ERR_KEY_UNKNOWN: the key was revoked while the call waited. */
static enum error
finish_events(struct call *call, enum error result)
{
	enum error error = result == OK ? call->job->error : result;

	if (error == ERR_KEY_UNKNOWN)
		key_cache_drop(call->service->keys, call->key);
	if (result == OK && error == ERR_BODY_TOO_LARGE)
		return call_fail(call, error,
		    "so many rules give something that the answer could pass"
		    " %d MiB, or the users have so much that it is more than"
		    " can be worked on at once; nothing was applied: send fewer"
		    " events at once",
		    INGEST_ANSWER_MAX >> 20);
	if (result == OK && error == ERR_OVERLOADED)
		return call_fail(call, error,
		    "the application has more than %d rules, more than an"
		    " event can be judged by; nothing was applied: delete some",
		    RULE_CACHE_MAX);
	return error == OK ? call->answer(call) : error;
}

enum error
event_wait(struct call *call, enum error (*answer)(struct call *call))
{
	call->finish = finish_events;
	call->answer = answer;
	call->waits = call->job->count > 0;
	return call->waits ? OK : answer(call);
}

static enum error
answer_one(struct call *call)
{
	const struct ingest_event *event = &call->job->events[0];
	struct json_writer jw;

	if (event->error != OK) {
		call->detail =
		    event_refused_detail(call->arena, event, "", &call->faults);
		return event->error;
	}
	jw = call_json(call, event->replayed ? 200 : 201);
	event_write(&jw, NULL, &event->event, event->replayed);
	if (!event->replayed)
		call_created(call, "/api/v1/events", event->event.id);
	return OK;
}

enum error
event_post(struct call *call)
{
	const char *idempotency_key;
	enum error error = take_idempotency_key(call, &idempotency_key);

	if (error != OK)
		return error;
	call->job = committer_job(1, call->request->body_size);
	event_decode(call, call->job->arena, call->body, "", &call->faults,
	    idempotency_key, &call->job->events[0]);
	error = call_faults(call);
	return error == OK ? event_wait(call, answer_one) : error;
}

enum error
event_get_one(struct call *call)
{
	struct json_writer jw;
	struct event event;
	enum error error = call_db(call);

	if (error == OK)
		error = event_get(call->db, call->arena, call->application,
		    call->match.params[0], &event);
	if (error != OK)
		return error;
	jw = call_json(call, 200);
	event_write(&jw, NULL, &event, false);
	call_etag(call);
	return OK;
}

static enum error
take_time(struct call *call, const char *name, int64_t *time_out)
{
	const char *text = call_query(call, name);

	if (text == NULL || time_parse(text, time_out))
		return OK;
	return call_fail(call, ERR_INVALID_QUERY,
	    "%s must be a time such as 2026-11-22T09:00:00Z (a '+' of an"
	    " offset is written %%2B)",
	    name);
}

/* Where a page begins: "timestamp:row" in a list by time, else the row. */
static enum error
take_place(const struct page *page, struct event_filter *filter)
{
	filter->before = filter->before_time = INT64_MAX;
	return filter->by_time
	    ? page_after_pair(page, &filter->before_time, &filter->before)
	    : page_after_int(page, INT64_MAX, &filter->before);
}

static enum error
take_filter(struct call *call, struct page *page, struct event_filter *filter)
{
	const bool by_time = call_query(call, "username") == NULL &&
	    (call_query(call, "from") != NULL ||
	        call_query(call, "to") != NULL);
	enum error error =
	    page_begin(call, by_time ? "eventsByTime" : "events", page);

	*filter = (struct event_filter) {.application = call->application,
	    .username = call_query(call, "username"),
	    .event_type = call_query(call, "eventType"),
	    .from = INT64_MIN,
	    .to = INT64_MAX,
	    .by_time = by_time,
	    .limit = page->limit + 1};
	if (error == OK)
		error = take_place(page, filter);
	if (error == OK)
		error = take_time(call, "from", &filter->from);
	if (error == OK)
		error = take_time(call, "to", &filter->to);
	return error;
}

static const char *
place_after(struct call *call, const struct event_filter *filter,
    const struct event *event)
{
	if (filter->by_time)
		return arena_printf(call->arena, "%lld:%lld",
		    (long long)event->timestamp, (long long)event->row);
	return arena_printf(call->arena, "%lld", (long long)event->row);
}

enum error
event_get_list(struct call *call)
{
	struct event_filter filter;
	struct event_list list;
	const char *last = NULL;
	struct json_writer jw;
	struct page page;
	size_t i;
	enum error error = take_filter(call, &page, &filter);

	if (error == OK)
		error = call_db(call);
	if (error == OK)
		error = event_list(call->db, call->arena, &filter, &list);
	if (error != OK)
		return error;
	jw = page_open(call, &page, &list.count);
	for (i = 0; i < list.count; i++) {
		event_write(&jw, NULL, &list.events[i], false);
		last = place_after(call, &filter, &list.events[i]);
		if (i + 1 < list.count && page_is_full(call, &page))
			break;
	}
	if (i == list.count && list.more) {
		page.more = true;
		if (list.cut_at != 0)
			last = arena_printf(
			    call->arena, "%lld", (long long)list.cut_at);
	}
	page_end(call, &jw, &page, last);
	return OK;
}
