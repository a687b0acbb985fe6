/* test_http_response: ETags, and the text of a response */
#include <stdbool.h>
#include <string.h>

#include "http/response.h"
#include "unit_test.h"

const size_t arena_max = 256 << 20;
static struct http_response response;

static int
set_up(void **test)
{
	arena_set_up(test);
	http_response_init(&response, arena);
	return 0;
}

static const char *
text(bool head)
{
	struct str whole = http_response_text(&response, "id-1", head);

	assert_false(whole.overflow);
	assert_int_equal(strlen(whole.data), whole.len);
	return whole.data;
}

static const char *
etag_of(const char *body)
{
	struct str str = str_new(arena, 1000000);

	str_adds(&str, body);
	return http_etag(arena, &str);
}

static void
an_etag_is_a_quoted_hash_of_the_body(void **test)
{
	const char *etag = etag_of("{\"name\":\"a\"}");
	size_t len = strlen(etag);

	(void)test;
	assert_int_equal(len, 34);
	assert_true(etag[0] == '"' && etag[len - 1] == '"');
	assert_int_equal(strspn(etag + 1, "0123456789abcdef"), len - 2);
	assert_string_equal(etag_of("{\"name\":\"a\"}"), etag);
	assert_string_not_equal(etag_of("{\"name\":\"b\"}"), etag);
	assert_string_not_equal(etag_of(""), etag);
}

static void
headers_that_name_the_etag_match_and_others_do_not(void **test)
{
	static const struct {
		const char *header;
		bool matches;
	} rows[] = {
	    {"\"abc\"", true},
	    {"W/\"abc\"", true}, /* the weak prefix is ignored */
	    {"*", true},
	    {" * ", true},
	    {" \"abc\" ", true},
	    {"\t\"abc\"", true},
	    {"\"x\", \"abc\"", true},
	    {"\"x\",\"abc\"", true},
	    {"\"x\" , \"abc\" , \"y\"", true},
	    {"W/\"x\", W/\"abc\", W/\"y\"", true},
	    {"\"abc\", \"x\"", true},
	    {"\"\", \"abc\"", true},
	    {", ,, \"abc\"", true},
	    {"\"x,y\", \"abc\"", true}, /* a comma inside a tag */
	    {"\"x, \", \"abc\"", true},
	    {"W/\"x,y\",W/\"abc\"", true},
	    {"x, \"abc\"", true}, /* what is no tag is passed over */
	    {"", false},
	    {" ", false},
	    {",", false},
	    {"\"\"", false},
	    {"\"ab\"", false},
	    {"\"abcd\"", false},
	    {"\"ABC\"", false},
	    {"\" abc\"", false},
	    {"\"abc \"", false},
	    {"abc", false},
	    {"\"abc", false},
	    {"abc\"", false},
	    {"W/", false},
	    {"W/abc", false},
	    {"W/W/\"abc\"", false},
	    {"w/\"abc\"", false},
	    {"\"W/abc\"", false},
	    {"\"x\", \"y\"", false},
	    {"\"*\"", false}, /* a tag like any other */
	    {"\"x,*\"", false},
	    {"\"x, *\", \"y\"", false},
	    {"\"x,\"abc\"\"", false},
	    {"\"x, W/\"", false},
	    {"\"", false},
	    {"\"x\", \"", false},
	};
	size_t i;

	(void)test;
	for (i = 0; i < COUNT(rows); i++)
		if (http_etag_matches(rows[i].header, "\"abc\"") !=
		    rows[i].matches)
			fail_msg("%s", rows[i].header);
}

static void
a_real_etag_matches_itself_alone(void **test)
{
	const char *etag = etag_of("one"), *other = etag_of("two");

	(void)test;
	assert_true(http_etag_matches(etag, etag));
	assert_false(http_etag_matches(other, etag));
	assert_true(http_etag_matches(
	    arena_printf(arena, "%s, W/%s", other, etag), etag));
}

static void
a_body_comes_with_its_type_and_length(void **test)
{
	(void)test;
	response.status = 201;
	response.content_type = "application/json";
	str_adds(&response.body, "{\"a\":\"\xC3\xA9\"}");
	assert_string_equal(text(false),
	    "Status: 201 Created\r\n"
	    "X-Request-Id: id-1\r\n"
	    "Content-Type: application/json\r\n"
	    "Content-Length: 10\r\n"
	    "\r\n"
	    "{\"a\":\"\xC3\xA9\"}");
}

static void
headers_and_etag_come_in_the_order_they_were_put(void **test)
{
	(void)test;
	response.content_type = "application/json";
	response.etag = "\"abc\"";
	http_response_header(&response, "Location", "/api/v1/rules/a%20b");
	http_response_header(&response, "Retry-After", "1");
	str_adds(&response.body, "1");
	assert_string_equal(text(false),
	    "Status: 200 OK\r\n"
	    "X-Request-Id: id-1\r\n"
	    "ETag: \"abc\"\r\n"
	    "Location: /api/v1/rules/a%20b\r\n"
	    "Retry-After: 1\r\n"
	    "Content-Type: application/json\r\n"
	    "Content-Length: 1\r\n"
	    "\r\n"
	    "1");
}

static void
head_has_the_headers_of_get_and_no_body(void **test)
{
	const char *get, *head;

	(void)test;
	response.content_type = "application/json";
	response.etag = "\"abc\"";
	str_adds(&response.body, "{\"a\":1}");
	get = text(false);
	head = text(true);
	assert_int_equal(strlen(head), strlen(get) - 7);
	assert_memory_equal(head, get, strlen(head));
	assert_non_null(strstr(head, "Content-Length: 7\r\n"));
}

static void
an_answer_without_content_says_so(void **test)
{
	(void)test;
	response.status = 204;
	assert_string_equal(text(false),
	    "Status: 204 No Content\r\nX-Request-Id: id-1\r\n\r\n");
	assert_string_equal(
	    text(true), "Status: 204 No Content\r\nX-Request-Id: id-1\r\n\r\n");
}

static void
an_answer_that_has_but_a_status_has_length_0(void **test)
{
	(void)test;
	response.status = 202;
	assert_string_equal(text(false),
	    "Status: 202 Accepted\r\nX-Request-Id: id-1\r\n"
	    "Content-Length: 0\r\n\r\n");
}

static void
not_modified_has_the_etag_and_no_body(void **test)
{
	(void)test;
	response.status = 304;
	response.content_type = "application/json";
	response.etag = "\"abc\"";
	str_adds(&response.body, "{\"a\":1}");
	assert_string_equal(text(false),
	    "Status: 304 Not Modified\r\nX-Request-Id: id-1\r\n"
	    "ETag: \"abc\"\r\n\r\n");
	assert_string_equal(text(true), text(false));
}

static void
an_empty_body_of_a_type_has_length_0(void **test)
{
	(void)test;
	response.content_type = "text/plain";
	assert_string_equal(text(false),
	    "Status: 200 OK\r\nX-Request-Id: id-1\r\n"
	    "Content-Type: text/plain\r\nContent-Length: 0\r\n\r\n");
}

static void
a_body_may_hold_any_bytes(void **test)
{
	struct str whole;

	(void)test;
	response.content_type = "text/plain";
	str_add(&response.body, "a\0b\r\n\r\n", 7);
	whole = http_response_text(&response, "id-1", false);
	assert_memory_equal(whole.data + whole.len - 7, "a\0b\r\n\r\n", 7);
	assert_non_null(strstr(whole.data, "Content-Length: 7\r\n"));
}

static void
the_largest_body_fits(void **test)
{
	struct str whole;
	char *filler = arena_alloc(arena, RESPONSE_MAX);

	(void)test;
	memset(filler, 'x', RESPONSE_MAX);
	response.content_type = "text/plain";
	str_add(&response.body, filler, RESPONSE_MAX);
	assert_false(response.body.overflow);
	whole = http_response_text(&response, "id-1", false);
	assert_false(whole.overflow);
	assert_memory_equal(
	    whole.data + whole.len - RESPONSE_MAX, filler, RESPONSE_MAX);
	str_addc(&response.body, 'x');
	assert_true(response.body.overflow);
}

static void
every_status_of_the_contract_has_its_reason(void **test)
{
	static const struct {
		int status;
		const char *line;
	} rows[] = {
	    {200, "Status: 200 OK\r\n"},
	    {201, "Status: 201 Created\r\n"},
	    {202, "Status: 202 Accepted\r\n"},
	    {204, "Status: 204 No Content\r\n"},
	    {304, "Status: 304 Not Modified\r\n"},
	    {400, "Status: 400 Bad Request\r\n"},
	    {401, "Status: 401 Unauthorized\r\n"},
	    {403, "Status: 403 Forbidden\r\n"},
	    {404, "Status: 404 Not Found\r\n"},
	    {405, "Status: 405 Method Not Allowed\r\n"},
	    {409, "Status: 409 Conflict\r\n"},
	    {412, "Status: 412 Precondition Failed\r\n"},
	    {413, "Status: 413 Content Too Large\r\n"},
	    {415, "Status: 415 Unsupported Media Type\r\n"},
	    {422, "Status: 422 Unprocessable Content\r\n"},
	    {503, "Status: 503 Service Unavailable\r\n"},
	};
	size_t i;

	(void)test;
	for (i = 0; i < COUNT(rows); i++) {
		response.status = rows[i].status;
		assert_memory_equal(
		    text(false), rows[i].line, strlen(rows[i].line));
	}
}

static void
a_reset_forgets_all(void **test)
{
	(void)test;
	response.status = 503;
	response.content_type = "application/json";
	response.etag = "\"abc\"";
	http_response_header(&response, "Retry-After", "1");
	str_adds(&response.body, "half a");
	http_response_reset(&response);
	assert_string_equal(text(false),
	    "Status: 200 OK\r\nX-Request-Id: id-1\r\n"
	    "Content-Length: 0\r\n\r\n");
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, arena_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(an_etag_is_a_quoted_hash_of_the_body),
	    TEST(headers_that_name_the_etag_match_and_others_do_not),
	    TEST(a_real_etag_matches_itself_alone),
	    TEST(a_body_comes_with_its_type_and_length),
	    TEST(headers_and_etag_come_in_the_order_they_were_put),
	    TEST(head_has_the_headers_of_get_and_no_body),
	    TEST(an_answer_without_content_says_so),
	    TEST(an_answer_that_has_but_a_status_has_length_0),
	    TEST(not_modified_has_the_etag_and_no_body),
	    TEST(an_empty_body_of_a_type_has_length_0),
	    TEST(a_body_may_hold_any_bytes),
	    TEST(the_largest_body_fits),
	    TEST(every_status_of_the_contract_has_its_reason),
	    TEST(a_reset_forgets_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
