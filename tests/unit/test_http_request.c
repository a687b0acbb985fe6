/* test_http_request: parameters, bodies, media types, query strings */
#include <stdbool.h>
#include <string.h>

#include "http/request.h"
#include "unit_test.h"

const size_t arena_max = 16 << 20;

/* What the client sends, and how often it is asked for. */
struct sender {
	const char *data;
	size_t size, calls, asked;
};

static size_t
read_sent(struct http_request *request, char *buffer, size_t size)
{
	struct sender *sender = request->source;
	size_t n = size < sender->size ? size : sender->size;

	sender->calls++;
	sender->asked = size;
	memcpy(buffer, sender->data, n);
	return n;
}

static struct http_request
request_with_body(struct sender *sender, int64_t content_length)
{
	return (struct http_request) {.arena = arena,
	    .content_length = content_length,
	    .body = "",
	    .read = read_sent,
	    .source = sender};
}

static void
a_body_as_long_as_announced_is_read(void **test)
{
	struct sender sender = {"{\"a\":1}", 7, 0, 0};
	struct http_request request = request_with_body(&sender, 7);

	(void)test;
	assert_int_equal(http_read_body(&request, 100), OK);
	assert_int_equal(request.body_size, 7);
	assert_string_equal(request.body, "{\"a\":1}");
}

static void
a_body_may_hold_any_bytes(void **test)
{
	struct sender sender = {"a\0b\xFF\n", 5, 0, 0};
	struct http_request request = request_with_body(&sender, 5);

	(void)test;
	assert_int_equal(http_read_body(&request, 100), OK);
	assert_int_equal(request.body_size, 5);
	assert_memory_equal(request.body, "a\0b\xFF\n", 6);
}

static void
no_more_is_read_than_announced(void **test)
{
	struct sender sender = {"0123456789", 10, 0, 0};
	struct http_request request = request_with_body(&sender, 4);

	(void)test;
	assert_int_equal(http_read_body(&request, 100), OK);
	assert_int_equal(sender.asked, 4);
	assert_int_equal(request.body_size, 4);
	assert_string_equal(request.body, "0123");
}

static void
an_empty_body_is_one(void **test)
{
	struct sender sender = {"", 0, 0, 0};
	struct http_request request = request_with_body(&sender, 0);

	(void)test;
	assert_int_equal(http_read_body(&request, 100), OK);
	assert_int_equal(request.body_size, 0);
	assert_string_equal(request.body, "");
}

static void
a_body_that_is_cut_off_is_incomplete(void **test)
{
	static const size_t sizes[] = {0, 1, 6};
	size_t i;

	(void)test;
	for (i = 0; i < COUNT(sizes); i++) {
		struct sender sender = {"{\"a\":1}", sizes[i], 0, 0};
		struct http_request request = request_with_body(&sender, 7);

		assert_int_equal(
		    http_read_body(&request, 100), ERR_BODY_INCOMPLETE);
		assert_int_equal(request.body_size, 0);
		assert_string_equal(request.body, "");
	}
}

static void
a_body_may_have_max_bytes_and_no_more(void **test)
{
	enum { MAX = 256 << 10 };
	struct sender sender = {arena_alloc(arena, MAX + 1), MAX + 1, 0, 0};
	struct http_request request = request_with_body(&sender, MAX);

	(void)test;
	assert_int_equal(http_read_body(&request, MAX), OK);
	assert_int_equal(request.body_size, MAX);
	request = request_with_body(&sender, MAX + 1);
	assert_int_equal(http_read_body(&request, MAX), ERR_BODY_TOO_LARGE);
}

static void
a_body_that_is_too_large_is_not_read(void **test)
{
	static const int64_t lengths[] = {101, 1LL << 32, INT64_MAX};
	size_t i;

	(void)test;
	for (i = 0; i < COUNT(lengths); i++) {
		struct sender sender = {"x", 1, 0, 0};
		struct http_request request =
		    request_with_body(&sender, lengths[i]);

		assert_int_equal(
		    http_read_body(&request, 100), ERR_BODY_TOO_LARGE);
		assert_int_equal(sender.calls, 0);
	}
}

static void
a_length_that_is_no_number_is_a_bad_header(void **test)
{
	struct sender sender = {"x", 1, 0, 0};
	struct http_request request = request_with_body(&sender, -1);

	(void)test;
	assert_int_equal(http_read_body(&request, 100), ERR_INVALID_HEADER);
	assert_int_equal(sender.calls, 0);
}

static void
media_types_of_json_are_taken_and_others_not(void **test)
{
	static const struct {
		const char *type;
		bool json;
	} rows[] = {
	    {"application/json", true},
	    {"application/json;charset=utf-8", true},
	    {"application/json; charset=UTF-8", true},
	    {"application/json ; charset=\"utf-8\"; x=y", true},
	    {"application/json\t;x=y", true},
	    {"Application/JSON", true},
	    {"application/problem+json", true},
	    {"application/vnd.palmares.v1+json; charset=utf-8", true},
	    {"application/ld+JSON", true},
	    {"text/x+json", true},
	    {"", false},
	    {"application", false},
	    {"application/", false},
	    {"application/jso", false},
	    {"application/jsonx", false},
	    {"application/json5", false},
	    {"application/json-seq", false},
	    {"application/x-json", false},
	    {"xapplication/json", false},
	    {"text/json", false},
	    {"text/plain", false},
	    {"text/plain; x=application/json", false},
	    {"text/plain;+json", false},
	    {"text/plain+json+xml", false},
	    {"json", false},
	    {"+json", false},
	    {"application+json", false},
	    {"application/json, text/plain", false},
	    {"text/plain, application/json", false},
	    {"application/x-www-form-urlencoded", false},
	    {"multipart/form-data; boundary=+json", false},
	};
	struct http_request request = {.arena = arena};
	size_t i;

	(void)test;
	for (i = 0; i < COUNT(rows); i++) {
		request.content_type = rows[i].type;
		if (http_check_json(&request) !=
		    (rows[i].json ? OK : ERR_UNSUPPORTED_MEDIA_TYPE))
			fail_msg("\"%s\"", rows[i].type);
	}
}

/* The parameters limit, cursor and eventType of a query. */
enum { LIMIT, CURSOR, EVENT_TYPE, KNOWN };

static enum error
parse(const char *text, struct http_query *known, const char **why_out)
{
	struct http_request request = {.arena = arena, .query = text};

	known[LIMIT] = (struct http_query) {"limit", NULL};
	known[CURSOR] = (struct http_query) {"cursor", NULL};
	known[EVENT_TYPE] = (struct http_query) {"eventType", NULL};
	return http_parse_query(&request, known, KNOWN, why_out);
}

static void
known_parameters_are_found_decoded(void **test)
{
	static const struct {
		const char *query, *values[KNOWN];
	} rows[] = {
	    {"", {NULL, NULL, NULL}},
	    {"limit=10", {"10", NULL, NULL}},
	    {"limit=10&cursor=abc", {"10", "abc", NULL}},
	    {"cursor=abc&limit=10&eventType=review", {"10", "abc", "review"}},
	    {"limit=", {"", NULL, NULL}},
	    {"limit", {"", NULL, NULL}},
	    {"limit&cursor", {"", "", NULL}},
	    {"&limit=10&&cursor=a&", {"10", "a", NULL}},
	    {"&&&", {NULL, NULL, NULL}},
	    {"cursor=a=b==", {NULL, "a=b==", NULL}},
	    {"eventType=a+b%20c", {NULL, NULL, "a b c"}},
	    {"eventType=a%2Bb", {NULL, NULL, "a+b"}},
	    {"eventType=a%26b%3Dc", {NULL, NULL, "a&b=c"}},
	    {"eventType=a%2526", {NULL, NULL, "a%26"}},
	    {"eventType=a;limit=1", {NULL, NULL, "a;limit=1"}},
	    {"eventType=a?b/c", {NULL, NULL, "a?b/c"}},
	    {"eventType=%C3%A9", {NULL, NULL, "\xC3\xA9"}},
	    {"eventType=\xC3\xA9", {NULL, NULL, "\xC3\xA9"}},
	    {"event%54ype=review", {NULL, NULL, "review"}},
	};
	struct http_query known[KNOWN];
	const char *why = NULL;
	size_t i, j;

	(void)test;
	for (i = 0; i < COUNT(rows); i++) {
		if (parse(rows[i].query, known, &why) != OK)
			fail_msg("%s: %s", rows[i].query, why);
		for (j = 0; j < KNOWN; j++)
			if (rows[i].values[j] == NULL)
				assert_null(known[j].value);
			else
				assert_string_equal(
				    known[j].value, rows[i].values[j]);
	}
	assert_null(why);
}

static void
faults_of_a_query_are_told(void **test)
{
	static const char escape[] =
	    "the query string has a bad percent escape or is no UTF-8";
	static const struct {
		const char *query, *why;
	} rows[] = {
	    {"limits=1", "the query parameter 'limits' is not known here"},
	    {"Limit=1", "the query parameter 'Limit' is not known here"},
	    {"lim=1", "the query parameter 'lim' is not known here"},
	    {"eventtype=x",
	        "the query parameter 'eventtype' is not known here"},
	    {"=1", "the query parameter '' is not known here"},
	    {"=", "the query parameter '' is not known here"},
	    {"limit =1", "the query parameter 'limit ' is not known here"},
	    {"limit=1&x", "the query parameter 'x' is not known here"},
	    {"limit=1&%78=2", "the query parameter 'x' is not known here"},
	    {"limit=1&limit=2", "the query parameter 'limit' is given twice"},
	    {"limit=1&limit=1", "the query parameter 'limit' is given twice"},
	    {"limit&cursor=x&limit=2",
	        "the query parameter 'limit' is given twice"},
	    {"limit=1&lim%69t=2", "the query parameter 'limit' is given twice"},
	    {"limit=%", escape},
	    {"limit=%4", escape},
	    {"limit=%zz", escape},
	    {"limit=1&cursor=%", escape},
	    {"%=1", escape},
	    {"limit=%3&cursor=1", escape},
	    {"limit=%00", escape},
	    {"limit=1%00", escape},
	    {"limit%00=1", escape},
	    {"eventType=%C3", escape},
	    {"eventType=%C3&cursor=%A9", escape},
	    {"eventType=%ED%A0%80", escape},
	    {"eventType=%C0%80", escape},
	    {"eventType=\xE9", escape},
	    /* the first one counts */
	    {"x=1&limit=%", "the query parameter 'x' is not known here"},
	    {"limit=%&x=1", escape},
	};
	struct http_query known[KNOWN];
	const char *why;
	size_t i;

	(void)test;
	for (i = 0; i < COUNT(rows); i++) {
		why = NULL;
		if (parse(rows[i].query, known, &why) != ERR_INVALID_QUERY)
			fail_msg("taken: %s", rows[i].query);
		assert_non_null(why);
		assert_string_equal(why, rows[i].why);
	}
}

static void
a_route_without_parameters_knows_none(void **test)
{
	struct http_request request = {.arena = arena, .query = "limit=1"};
	const char *why = NULL;

	(void)test;
	assert_int_equal(
	    http_parse_query(&request, NULL, 0, &why), ERR_INVALID_QUERY);
	assert_string_equal(
	    why, "the query parameter 'limit' is not known here");
	request.query = "";
	assert_int_equal(http_parse_query(&request, NULL, 0, &why), OK);
}

static void
the_query_itself_stays_as_sent(void **test)
{
	char query[] = "eventType=a+b%20c";
	struct http_query known[KNOWN];
	const char *why;

	(void)test;
	assert_int_equal(parse(query, known, &why), OK);
	assert_string_equal(query, "eventType=a+b%20c");
}

static void
parameters_of_nginx_are_found_by_their_whole_name(void **test)
{
	char accept[] = "HTTP_ACCEPT=text/html";
	char language[] = "HTTP_ACCEPT_LANGUAGE=de";
	char empty[] = "HTTP_EMPTY=";
	char equals[] = "HTTP_IF_MATCH=\"a=b\"";
	char bare[] = "HTTP_BARE";
	char *params[] = {language, accept, empty, bare, equals, NULL};
	char *none[] = {NULL};
	struct http_request request = {.arena = arena, .params = params};

	(void)test;
	assert_string_equal(http_param(&request, "HTTP_ACCEPT"), "text/html");
	assert_string_equal(http_param(&request, "HTTP_ACCEPT_LANGUAGE"), "de");
	assert_string_equal(http_param(&request, "HTTP_EMPTY"), "");
	assert_string_equal(http_param(&request, "HTTP_IF_MATCH"), "\"a=b\"");
	assert_null(http_param(&request, "HTTP_BARE"));
	assert_null(http_param(&request, "HTTP_ACCEP"));
	assert_null(http_param(&request, "http_accept"));
	assert_null(http_param(&request, "ACCEPT"));
	assert_null(http_param(&request, ""));
	request.params = none;
	assert_null(http_param(&request, "HTTP_ACCEPT"));
}

static const char *
repeated(char **params)
{
	const struct http_request request = {.arena = arena, .params = params};

	return http_repeated_header(&request);
}

static void
a_header_that_may_come_once_is_told_by_its_name(void **test)
{
	static const struct {
		const char *param, *header;
	} rows[] = {
	    {"HTTP_AUTHORIZATION=", "Authorization"},
	    {"HTTP_X_API_KEY=", "X-API-Key"},
	    {"HTTP_IDEMPOTENCY_KEY=", "Idempotency-Key"},
	    {"HTTP_APPKEY=", "appKey"},
	    {"HTTP_IF_MATCH=", "If-Match"},
	    {"HTTP_IF_NONE_MATCH=", "If-None-Match"},
	    {"HTTP_CONTENT_ENCODING=", "Content-Encoding"},
	};
	char host[] = "HTTP_HOST=a";
	size_t i;

	(void)test;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *a = arena_printf(arena, "%sa", rows[i].param);
		char *empty = arena_strdup(arena, rows[i].param);
		char *equal[] = {a, host, a, NULL};
		char *other[] = {host, a, empty, NULL};
		char *thrice[] = {empty, a, a, NULL};
		char *once[] = {host, a, host, NULL};

		assert_string_equal(repeated(equal), rows[i].header);
		assert_string_equal(repeated(other), rows[i].header);
		assert_string_equal(repeated(thrice), rows[i].header);
		assert_null(repeated(once));
	}
}

/* One of each, and names that only begin or end alike. */
static void
headers_that_differ_are_not_taken_for_one(void **test)
{
	char match[] = "HTTP_IF_MATCH=\"a\"";
	char longer[] = "HTTP_IF_MATCHES=HTTP_IF_MATCH=";
	char shorter[] = "HTTP_IF_MATC=HTTP_IF_MATCH=";
	char none[] = "HTTP_IF_NONE_MATCH=\"a\"";
	char bare[] = "HTTP_IF_MATCH";
	char lower[] = "http_if_match=\"a\"";
	char *params[] = {
	    match, longer, shorter, none, bare, lower, longer, NULL};
	char *nothing[] = {NULL};

	(void)test;
	assert_null(repeated(params));
	assert_null(repeated(nothing));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_body_as_long_as_announced_is_read),
	    cmocka_unit_test(a_body_may_hold_any_bytes),
	    cmocka_unit_test(no_more_is_read_than_announced),
	    cmocka_unit_test(an_empty_body_is_one),
	    cmocka_unit_test(a_body_that_is_cut_off_is_incomplete),
	    cmocka_unit_test(a_body_may_have_max_bytes_and_no_more),
	    cmocka_unit_test(a_body_that_is_too_large_is_not_read),
	    cmocka_unit_test(a_length_that_is_no_number_is_a_bad_header),
	    cmocka_unit_test(media_types_of_json_are_taken_and_others_not),
	    cmocka_unit_test(known_parameters_are_found_decoded),
	    cmocka_unit_test(faults_of_a_query_are_told),
	    cmocka_unit_test(a_route_without_parameters_knows_none),
	    cmocka_unit_test(the_query_itself_stays_as_sent),
	    cmocka_unit_test(parameters_of_nginx_are_found_by_their_whole_name),
	    cmocka_unit_test(a_header_that_may_come_once_is_told_by_its_name),
	    cmocka_unit_test(headers_that_differ_are_not_taken_for_one),
	};

	return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
