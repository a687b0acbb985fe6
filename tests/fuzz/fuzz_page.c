/* fuzz_page: limits, cursors and links of collections; ETags in headers */
#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/page.h"
#include "base/arena.h"
#include "base/decode.h"
#include "fuzz.h"

static const char tag[] = "rules";

/* A call for a collection, with what the client sent. */
static void
make_call(struct call *call, struct http_request *request)
{
	static const char *const names[] = {"limit", "cursor", "username"};
	size_t i;

	*call = (struct call) {.arena = request->arena, .request = request};
	http_response_init(&call->response, request->arena);
	call->query = arena_array(request->arena,
	    sizeof(names) / sizeof(names[0]), sizeof(*call->query));
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		call->query[call->query_count++].name = names[i];
}

static bool
take_query(struct call *call)
{
	return http_parse_query(call->request, call->query, call->query_count,
	           &call->detail) == OK;
}

/* A limit is digits, and from 1 to 1000. */
static bool
is_limit(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || text[digits] != '\0')
		return false;
	text += strspn(text, "0");
	return strlen(text) <= 4 && strtol(text, NULL, 10) >= 1 &&
	    strtol(text, NULL, 10) <= 1000;
}

/* A cursor that is taken is one that we write: in one way only. */
static void
check_cursor(struct arena *arena, const char *cursor, const char *after)
{
	char *plain = arena_printf(arena, "%s:%s", tag, after);
	char written[2048];

	assert(is_clean(after, strlen(after)));
	sodium_bin2base64(written, sizeof(written),
	    (const unsigned char *)plain, strlen(plain),
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	assert(strcmp(written, cursor) == 0);
}

static void
check_page(struct call *call, struct page *page)
{
	const char *limit = call_query(call, "limit");
	const char *cursor = call_query(call, "cursor");
	enum error error = page_begin(call, tag, page);
	struct page other;
	int64_t after;

	if (limit != NULL && !is_limit(limit)) {
		assert(error == ERR_INVALID_QUERY);
		return;
	}
	assert(error == OK || error == ERR_INVALID_CURSOR);
	assert(error == OK || cursor != NULL);
	if (error != OK)
		return;
	assert(page->limit ==
	    (limit == NULL ? PAGE_DEFAULT : strtol(limit, NULL, 10)));
	assert((page->after == NULL) == (cursor == NULL));
	if (page_after_int(page, 7, &after) == OK && cursor == NULL)
		assert(after == 7);
	if (cursor == NULL)
		return;
	check_cursor(call->arena, cursor, page->after);
	assert(page_begin(call, "rule", &other) == ERR_INVALID_CURSOR);
	assert(page_begin(call, "events", &other) == ERR_INVALID_CURSOR);
}

/* The target of a Link header that has one line and one link. */
static char *
link_target(struct arena *arena, const char *headers)
{
	const char *start = strchr(headers, '<');
	const char *end = strchr(headers, '>');
	const char *at;

	assert(strncmp(headers, "Link: <", 7) == 0);
	assert(start != NULL && end != NULL && end > start);
	assert(strcmp(end, ">; rel=\"next\"\r\n") == 0);
	for (at = headers; at < end; at++)
		assert(*at >= ' ' && *at < 0x7F);
	return arena_printf(
	    arena, "REQUEST_URI=%.*s", (int)(end - start - 1), start + 1);
}

/* Who follows the link asks for the same, behind the last key. */
static void
check_next(struct call *call, const struct page *page, const char *key)
{
	struct json_writer jw = {.out = &call->response.body};
	char *params[2] = {NULL, NULL};
	struct http_request request;
	struct call next;
	struct page behind;

	jw_object(&jw, NULL);
	jw_array(&jw, "data");
	page_end(call, &jw, page, key);
	if (call->response.headers.len == 0) /* it would have been too long */
		return;
	params[0] = link_target(call->arena, call->response.headers.data);
	request = http_request_new(call->arena, params);
	make_call(&next, &request);
	assert(take_query(&next));
	assert(page_begin(&next, tag, &behind) == OK);
	assert(strcmp(behind.after, key) == 0);
	assert(behind.limit == page->limit);
	assert(same_text(
	    call_query(&next, "username"), call_query(call, "username")));
}

/* Whether header names the tag, with all that RFC 9110 allows around it. */
static void
check_listed(struct arena *arena, const char *header, const char *etag)
{
	const bool matches = http_etag_matches(header, etag);

	if (strstr(header, etag) == NULL && strchr(header, '*') == NULL)
		assert(!matches);
	assert(http_etag_matches(
	    arena_printf(arena, "W/%s , %s", etag, header), etag));
	assert(http_etag_matches(
	    arena_printf(arena, "\"a,b\",W/\"c\", %s", etag), etag));
	/* What stands before it does not hide it, but for an open quote. */
	if (strchr(header, '"') != NULL)
		return;
	assert(http_etag_matches(
	    arena_printf(arena, "%s,%s", header, etag), etag));
	header = arena_printf(arena, "\"%s\"", header);
	assert(http_etag_matches(header, etag) == (strcmp(header, etag) == 0));
}

static void
check_preconditions(struct call *call, const char *etag)
{
	const char *match = http_param(call->request, "HTTP_IF_MATCH");
	const char *none = http_param(call->request, "HTTP_IF_NONE_MATCH");
	const bool refused =
	    (match != NULL && !http_etag_matches(match, etag)) ||
	    (none != NULL && http_etag_matches(none, etag));

	assert(call_precondition(call, etag) ==
	    (refused ? ERR_PRECONDITION_FAILED : OK));
	assert(call_precondition(call, NULL) ==
	    (match != NULL ? ERR_PRECONDITION_FAILED : OK));
	call->response.status = 200;
	call_etag(call);
	assert(call->response.status ==
	    (none != NULL && http_etag_matches(none, call->response.etag)
	            ? 304
	            : 200));
}

static void
check_etag(struct call *call)
{
	static const char *const names[] = {
	    "HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"};
	const char *etag = http_etag(call->arena, &call->response.body);
	const char *header;
	size_t i;

	assert(strlen(etag) == 34 && etag[0] == '"' && etag[33] == '"');
	for (i = 0; i < 2; i++) {
		header = http_param(call->request, names[i]);
		if (header != NULL) {
			check_listed(call->arena, header, etag);
			check_listed(call->arena, header, "\"x\"");
		}
	}
	check_preconditions(call, "\"x\"");
	check_preconditions(call, etag);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(FUZZ_ARENA_MAX);
	struct parts parts = {arena, (const char *)data, size};
	char **params = parts_params(&parts);
	const char *key = parts_next(&parts), *detail;
	struct http_request request = http_request_new(arena, params);
	struct page page = {.limit = 0};
	struct call call;

	make_call(&call, &request);
	if (take_query(&call))
		check_page(&call, &page);
	if (page.limit > 0 &&
	    text_fault(FIELD_KEY, key, strlen(key), &detail) == NULL)
		check_next(&call, &page, key);
	http_response_reset(&call.response);
	str_adds(&call.response.body, key);
	check_etag(&call);
	arena_free(arena);
	return 0;
}
