/* test_http_router: from a method and a path to a row of a table */
#include <string.h>

#include "http/router.h"
#include "unit_test.h"

static const struct route table[] = {
    {.method = "GET", .path = "/"},
    {.method = "GET", .path = "/healthz"},
    {.method = "GET", .path = "/v1/rules"},
    {.method = "POST", .path = "/v1/rules"},
    {.method = "GET", .path = "/v1/rules/{name}"},
    {.method = "PUT", .path = "/v1/rules/{name}"},
    {.method = "DELETE", .path = "/v1/rules/{name}"},
    {.method = "POST", .path = "/v1/events"},
    {.method = "POST", .path = "/v1/events/batch"},
    {.method = "GET", .path = "/v1/events/{id}"},
    {.method = "GET", .path = "/v1/scales/{name}/users/{username}"},
    {.method = "GET", .path = "/v1/{kind}/first"},
    {.method = "GET", .path = "/v1/a/last"},
    {.method = "PUT", .path = "/v1/a/last"},
    {.method = "GET", .path = "/1/2/3/4/5/6/7/{8}"},
};

const size_t arena_max = 1 << 20;

static enum error
find(const char *method, const char *path, struct route_match *match_out)
{
	return router_find(table, COUNT(table), arena, method, path, match_out);
}

/* Every row finds path, and NULL or the parameters with a slash between. */
static void
expect(const char *method, const char *path, const char *route,
    const char *first, const char *second)
{
	const char *const wanted[ROUTE_PARAMS_MAX] = {first, second};
	struct route_match match;
	size_t i;

	if (find(method, path, &match) != OK)
		fail_msg("%s %s is not found", method, path);
	else if (strcmp(match.route->path, route) != 0)
		fail_msg("%s %s goes to %s", method, path, match.route->path);
	for (i = 0; i < ROUTE_PARAMS_MAX; i++)
		if ((match.params[i] == NULL) != (wanted[i] == NULL) ||
		    (wanted[i] && strcmp(match.params[i], wanted[i]) != 0))
			fail_msg("%s %s: parameter %zu is \"%s\"", method, path,
			    i, match.params[i] ? match.params[i] : "(null)");
}

static void
a_path_without_parameters_is_found(void **test)
{
	(void)test;
	expect("GET", "/healthz", "/healthz", NULL, NULL);
	expect("GET", "/v1/rules", "/v1/rules", NULL, NULL);
	expect("GET", "/", "/", NULL, NULL);
}

static void
the_method_chooses_among_rows_of_a_path(void **test)
{
	static const char *const methods[] = {"GET", "PUT", "DELETE"};
	struct route_match match;
	size_t i;

	(void)test;
	for (i = 0; i < COUNT(methods); i++) {
		assert_int_equal(find(methods[i], "/v1/rules/x", &match), OK);
		assert_string_equal(match.route->method, methods[i]);
		assert_string_equal(match.params[0], "x");
	}
}

static void
parameters_come_decoded_in_the_order_of_the_path(void **test)
{
	static const struct {
		const char *sent, *decoded;
	} rows[] = {
	    {"first-review", "first-review"},
	    {"a%2Fb", "a/b"}, /* a slash in a name does not split it */
	    {"a%2fb", "a/b"},
	    {"%2F", "/"},
	    {"50%25", "50%"},
	    {"%252F", "%2F"}, /* decoded once */
	    {"a%20b", "a b"},
	    {"a+b", "a+b"}, /* a plus is a plus in a path */
	    {"%3F", "?"},
	    {"a%3Fb%3Dc%26d", "a?b=c&d"},
	    {"%7Bname%7D", "{name}"},
	    {"{name}", "{name}"},
	    {"Palmar%C3%A8s", "Palmar\xC3\xA8s"},
	    {"Palmar\xC3\xA8s", "Palmar\xC3\xA8s"},
	    {"%F0%9F%8F%86", "\xF0\x9F\x8F\x86"},
	    {"%0A", "\n"}, /* no name is like this, but that is not for us */
	    {"x;y=1,2", "x;y=1,2"},
	    {".", "."},
	    {"..", ".."},
	    {"%2E%2E", ".."},
	    {"%2e", "."},
	    {"...", "..."},
	};
	size_t i;

	(void)test;
	for (i = 0; i < COUNT(rows); i++) {
		const char *path =
		    arena_printf(arena, "/v1/rules/%s", rows[i].sent);

		expect("GET", path, "/v1/rules/{name}", rows[i].decoded, NULL);
		path =
		    arena_printf(arena, "/v1/scales/%s/users/u1", rows[i].sent);
		expect("GET", path, "/v1/scales/{name}/users/{username}",
		    rows[i].decoded, "u1");
		path =
		    arena_printf(arena, "/v1/scales/s1/users/%s", rows[i].sent);
		expect("GET", path, "/v1/scales/{name}/users/{username}", "s1",
		    rows[i].decoded);
	}
}

static void
dot_segments_lead_nowhere_else(void **test)
{
	struct route_match match;

	(void)test;
	assert_int_equal(
	    find("GET", "/v1/x/../rules", &match), ERR_ROUTE_NOT_FOUND);
	assert_int_equal(
	    find("GET", "/./healthz", &match), ERR_ROUTE_NOT_FOUND);
	assert_int_equal(
	    find("GET", "/healthz/.", &match), ERR_ROUTE_NOT_FOUND);
	assert_int_equal(find("GET", "/..", &match), ERR_ROUTE_NOT_FOUND);
}

static void
a_literal_segment_may_be_encoded_but_not_across_slashes(void **test)
{
	struct route_match match;

	(void)test;
	expect("GET", "/%76%31/rule%73", "/v1/rules", NULL, NULL);
	assert_int_equal(
	    find("GET", "/v1%2Frules", &match), ERR_ROUTE_NOT_FOUND);
	assert_int_equal(
	    find("GET", "%2Fhealthz", &match), ERR_ROUTE_NOT_FOUND);
}

static void
head_goes_where_get_does(void **test)
{
	struct route_match match;

	(void)test;
	expect("HEAD", "/v1/rules/x", "/v1/rules/{name}", "x", NULL);
	assert_int_equal(find("HEAD", "/v1/rules", &match), OK);
	assert_string_equal(match.route->method, "GET");
	assert_int_equal(find("HEAD", "/v1/events/x", &match), OK);
	assert_int_equal(
	    find("HEAD", "/v1/events", &match), ERR_METHOD_NOT_ALLOWED);
}

static void
a_word_counts_before_a_parameter_by_any_method(void **test)
{
	struct route_match match;

	(void)test;
	expect("POST", "/v1/events/batch", "/v1/events/batch", NULL, NULL);
	assert_int_equal(
	    find("GET", "/v1/events/batch", &match), ERR_METHOD_NOT_ALLOWED);
	assert_string_equal(match.allow, "POST, OPTIONS");
	assert_string_equal(match.any->path, "/v1/events/batch");
	assert_null(match.route);
	expect("GET", "/v1/events/other", "/v1/events/{id}", "other", NULL);
	assert_int_equal(
	    find("POST", "/v1/events/other", &match), ERR_METHOD_NOT_ALLOWED);
	assert_string_equal(match.allow, "GET, HEAD, OPTIONS");
}

static void
the_first_row_that_fits_is_taken(void **test)
{
	static const struct route twice[] = {
	    {.method = "GET", .path = "/x/{a}", .body_max = 1},
	    {.method = "GET", .path = "/x/{c}", .body_max = 2},
	    {.method = "GET", .path = "/{b}/y", .body_max = 3},
	};
	struct route_match match;

	(void)test;
	assert_int_equal(
	    router_find(twice, COUNT(twice), arena, "GET", "/x/y", &match), OK);
	assert_ptr_equal(match.route, &twice[0]);
	assert_string_equal(match.params[0], "y");
	assert_string_equal(match.allow, "GET, HEAD, OPTIONS");
	assert_int_equal(router_find(twice + 1, COUNT(twice) - 1, arena, "GET",
	                     "/x/y", &match),
	    OK);
	assert_ptr_equal(match.route, &twice[1]);
	assert_int_equal(
	    router_find(twice, COUNT(twice), arena, "GET", "/z/y", &match), OK);
	assert_ptr_equal(match.route, &twice[2]);
	assert_string_equal(match.params[0], "z");
}

static void
a_row_that_almost_fits_leaves_no_parameter_behind(void **test)
{
	(void)test;
	/* /v1/{kind}/first begins to fit and takes "a". */
	expect("GET", "/v1/a/last", "/v1/a/last", NULL, NULL);
	expect("GET", "/v1/a/first", "/v1/{kind}/first", "a", NULL);
}

static void
a_path_with_other_methods_says_which(void **test)
{
	static const struct {
		const char *method, *path, *allow;
	} rows[] = {
	    {"POST", "/healthz", "GET, HEAD, OPTIONS"},
	    {"PUT", "/v1/rules", "GET, HEAD, POST, OPTIONS"},
	    {"POST", "/v1/rules/x", "GET, HEAD, PUT, DELETE, OPTIONS"},
	    {"PATCH", "/v1/rules/x", "GET, HEAD, PUT, DELETE, OPTIONS"},
	    {"OPTIONS", "/v1/rules/x", "GET, HEAD, PUT, DELETE, OPTIONS"},
	    {"DELETE", "/v1/events", "POST, OPTIONS"},
	    {"HEAD", "/v1/events", "POST, OPTIONS"},
	    {"DELETE", "/v1/events/batch", "POST, OPTIONS"},
	    {"POST", "/v1/a/last", "GET, HEAD, PUT, OPTIONS"},
	    {"get", "/healthz", "GET, HEAD, OPTIONS"},
	    {"GETX", "/healthz", "GET, HEAD, OPTIONS"},
	    {"GE", "/healthz", "GET, HEAD, OPTIONS"},
	    {"", "/healthz", "GET, HEAD, OPTIONS"},
	};
	struct route_match match;
	size_t i;

	(void)test;
	for (i = 0; i < COUNT(rows); i++) {
		if (find(rows[i].method, rows[i].path, &match) !=
		    ERR_METHOD_NOT_ALLOWED)
			fail_msg("%s %s", rows[i].method, rows[i].path);
		assert_string_equal(match.allow, rows[i].allow);
		assert_null(match.route);
	}
}

static void
a_method_that_fits_comes_with_the_list_too(void **test)
{
	struct route_match match;

	(void)test;
	assert_int_equal(find("PUT", "/v1/rules/x", &match), OK);
	assert_string_equal(match.allow, "GET, HEAD, PUT, DELETE, OPTIONS");
}

static void
a_path_that_no_row_has_is_not_found(void **test)
{
	static const char *const paths[] = {
	    "",
	    "healthz",
	    "*",
	    "http://host/healthz",
	    "//healthz",
	    "/healthz/",
	    "/healthz//",
	    "/Healthz",
	    "/health",
	    "/healthzz",
	    "/v1",
	    "/v1/",
	    "/v1/rules/",
	    "/v1//rules",
	    "//v1/rules",
	    "/v1/rules/x/",
	    "/v1/rules//",
	    "/v1/rules/x/y",
	    "/v1/scales//users/u1",
	    "/v1/scales/s1/users/",
	    "/v1/scales/s1/users",
	    "/v1/scales/s1/Users/u1",
	    "//",
	    "/v1//first",
	    "/v1/rules?limit=1",
	    "/1/2/3/4/5/6/7/",
	    "/1/2/3/4/5/6/7",
	};
	struct route_match match;
	size_t i;

	(void)test;
	for (i = 0; i < COUNT(paths); i++) {
		if (find("GET", paths[i], &match) != ERR_ROUTE_NOT_FOUND)
			fail_msg("\"%s\" is found", paths[i]);
		assert_null(match.route);
		assert_null(match.allow);
	}
}

static void
paths_have_at_most_eight_segments(void **test)
{
	struct route_match match;
	char *path;
	size_t i;

	(void)test;
	expect("GET", "/1/2/3/4/5/6/7/8", "/1/2/3/4/5/6/7/{8}", "8", NULL);
	assert_int_equal(
	    find("GET", "/1/2/3/4/5/6/7/8/9", &match), ERR_ROUTE_NOT_FOUND);
	assert_int_equal(
	    find("GET", "/1/2/3/4/5/6/7/8/", &match), ERR_ROUTE_NOT_FOUND);
	path = arena_alloc(arena, 20001);
	for (i = 0; i < 20000; i++)
		path[i] = i % 2 == 0 ? '/' : 'a';
	assert_int_equal(find("GET", path, &match), ERR_ROUTE_NOT_FOUND);
}

static void
what_cannot_be_decoded_is_a_bad_path(void **test)
{
	static const char *const names[] = {
	    "%",
	    "%2",
	    "%2G",
	    "%G2",
	    "%%41",
	    "a%",
	    "a%4",
	    "% 41",
	    "%-1",
	    "%0x",
	    "%00",
	    "a%00",
	    "%00a",
	    "%C3",
	    "%80",
	    "%C0%AF",
	    "%ED%A0%80",
	    "%F4%90%80%80",
	    "%FF",
	    "\xC3",
	    "\xC0\xAF",
	    "a\xFF",
	    "%C3\x28",
	};
	struct route_match match;
	size_t i;

	(void)test;
	for (i = 0; i < COUNT(names); i++) {
		const char *path =
		    arena_printf(arena, "/v1/rules/%s", names[i]);

		if (find("GET", path, &match) != ERR_INVALID_PATH)
			fail_msg("%s", path);
		path = arena_printf(arena, "/v1/scales/s1/users/%s", names[i]);
		if (find("GET", path, &match) != ERR_INVALID_PATH)
			fail_msg("%s", path);
	}
}

static void
an_escape_is_not_completed_by_the_next_segment(void **test)
{
	struct route_match match;

	(void)test;
	assert_int_equal(
	    find("GET", "/v1/scales/%2/users/F", &match), ERR_INVALID_PATH);
	/* Nor is a character. */
	assert_int_equal(
	    find("GET", "/v1/scales/%C3/users/%A8", &match), ERR_INVALID_PATH);
}

static void
an_empty_table_has_nothing(void **test)
{
	struct route_match match;

	(void)test;
	assert_int_equal(router_find(NULL, 0, arena, "GET", "/", &match),
	    ERR_ROUTE_NOT_FOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_path_without_parameters_is_found),
	    cmocka_unit_test(the_method_chooses_among_rows_of_a_path),
	    cmocka_unit_test(parameters_come_decoded_in_the_order_of_the_path),
	    cmocka_unit_test(dot_segments_lead_nowhere_else),
	    cmocka_unit_test(
	        a_literal_segment_may_be_encoded_but_not_across_slashes),
	    cmocka_unit_test(head_goes_where_get_does),
	    cmocka_unit_test(a_word_counts_before_a_parameter_by_any_method),
	    cmocka_unit_test(the_first_row_that_fits_is_taken),
	    cmocka_unit_test(a_row_that_almost_fits_leaves_no_parameter_behind),
	    cmocka_unit_test(a_path_with_other_methods_says_which),
	    cmocka_unit_test(a_method_that_fits_comes_with_the_list_too),
	    cmocka_unit_test(a_path_that_no_row_has_is_not_found),
	    cmocka_unit_test(paths_have_at_most_eight_segments),
	    cmocka_unit_test(what_cannot_be_decoded_is_a_bad_path),
	    cmocka_unit_test(an_escape_is_not_completed_by_the_next_segment),
	    cmocka_unit_test(an_empty_table_has_nothing),
	};

	return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
