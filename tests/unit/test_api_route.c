/* test_api_route: the route table keeps to the contract and to itself */
#include <stdbool.h>
#include <string.h>

#include "api/api.h"
#include "api/classic.h"
#include "api/resource.h"
#include "api/user.h"
#include "base/str.h"
#include "unit_test.h"

#define FOR_EACH(row) \
	for ((row) = routes; (row) < routes + route_count; (row)++)

const size_t arena_max = 1 << 20;

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool
is(const struct route *route, const char *method)
{
	return strcmp(route->method, method) == 0;
}

static bool
is_v1(const struct route *route)
{
	return begins(route->path, "/api/v1/");
}

static bool
is_classic(const struct route *route)
{
	return begins(route->path, "/api/") && !is_v1(route);
}

#define REFUSE(route, condition)                                              \
	do                                                                    \
		if (condition)                                                \
			fail_msg("%s %s: %s", (route)->method, (route)->path, \
			    #condition);                                      \
	while (0)

/* The path with a text of its own for each parameter. */
static const char *
filled(const char *path)
{
	struct str text = str_new(arena, 1000);
	int number = 0;
	size_t len;

	for (; *path != '\0'; path += len) {
		len = strcspn(path, "{");
		str_add(&text, path, len);
		if (path[len] == '{') {
			str_addf(&text, "x%d", number++);
			len += strcspn(path + len, "}") + 1;
		}
	}
	return text.data;
}

static void
every_path_can_be_parsed(void **test)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
	                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	const struct route *route;

	(void)test;
	FOR_EACH(route)
	{
		const char *at = route->path;
		size_t params = 0, segments = 0, len;

		for (; *at == '/'; segments++) {
			at++;
			if (*at == '{') {
				params++;
				len = strspn(++at, letters);
				REFUSE(route, at[len] != '}');
				at += len + 1;
			} else {
				len = strspn(at, letters);
				if (begins(at, "v1/"))
					len = 2;
				if (strcmp(at, "openapi.yaml") == 0)
					len = strlen(at);
				at += len;
			}
			REFUSE(route, len == 0);
			REFUSE(route, *at != '/' && *at != '\0');
		}
		REFUSE(route, *at != '\0');
		REFUSE(route, segments == 0 || segments > 8);
		REFUSE(route, params > ROUTE_PARAMS_MAX);
	}
}

static void
every_row_is_reached(void **test)
{
	static const char *const params[] = {"x0", "x1"};
	const struct route *route;
	struct route_match match;
	size_t i;

	(void)test;
	FOR_EACH(route)
	{
		REFUSE(route,
		    router_find(routes, route_count, arena, route->method,
		        filled(route->path), &match) != OK);
		REFUSE(route, match.route != route);
		for (i = 0; i < ROUTE_PARAMS_MAX && match.params[i]; i++)
			assert_string_equal(match.params[i], params[i]);
	}
}

static void
no_two_rows_have_the_same_method_and_shape(void **test)
{
	const struct route *route, *other;

	(void)test;
	FOR_EACH(route)
	for (other = routes; other < route; other++)
		REFUSE(route,
		    is(other, route->method) &&
		        strcmp(filled(route->path), filled(other->path)) == 0);
}

static void
methods_are_those_of_the_contract(void **test)
{
	const struct route *route;

	(void)test;
	FOR_EACH(route)
	REFUSE(route,
	    !is(route, "GET") && !is(route, "POST") && !is(route, "PUT") &&
	        !is(route, "DELETE"));
}

static void
every_row_has_a_handler_and_a_query(void **test)
{
	const struct route *route;

	(void)test;
	FOR_EACH(route)
	{
		REFUSE(route, route->handler == NULL);
		REFUSE(route, route->query == NULL);
	}
}

static bool
is_for_any_key(const struct route *route)
{
	return route->access == ACCESS_PUBLISHABLE ||
	    route->access == ACCESS_USER;
}

static void
publishable_keys_get_what_the_contract_marks_p(void **test)
{
	static const char *const marked[] = {
	    "/api/v1/application",
	    "/api/v1/pointScales",
	    "/api/v1/pointScales/{name}",
	    "/api/v1/pointScales/{name}/users/{username}",
	    "/api/v1/badges",
	    "/api/v1/badges/{name}",
	    "/api/v1/users/{username}",
	};
	const struct route *route;
	size_t found = 0, i;

	(void)test;
	FOR_EACH(route)
	{
		for (i = 0; i < COUNT(marked); i++)
			if (is(route, "GET") &&
			    strcmp(route->path, marked[i]) == 0)
				break;
		REFUSE(route, is_for_any_key(route) != (i < COUNT(marked)));
		found += i < COUNT(marked);
	}
	assert_int_equal(found, COUNT(marked));
}

static void
all_else_of_v1_needs_a_secret_key(void **test)
{
	const struct route *route;

	(void)test;
	FOR_EACH(route)
	{
		if (!is_v1(route) || is_for_any_key(route) ||
		    strcmp(route->path, "/api/v1/openapi.yaml") == 0)
			continue;
		REFUSE(route,
		    route->access != ACCESS_SECRET &&
		        route->access != ACCESS_EVENT);
		/* What checks a key once more: the committer, and the reader. */
		REFUSE(route,
		    route->access == ACCESS_EVENT &&
		        (!is(route, "POST") ||
		            !begins(route->path, "/api/v1/events")));
	}
	FOR_EACH(route)
	{
		REFUSE(route,
		    (route->access == ACCESS_USER) !=
		        (route->handler == user_get_one ||
		            route->handler == user_get_points));
	}
}

static void
the_path_alone_tells_the_interfaces_apart(void **test)
{
	const struct route *route;

	(void)test;
	FOR_EACH(route)
	REFUSE(route, (route->access == ACCESS_CLASSIC) != is_classic(route));
}

static void
only_operations_and_the_description_are_open(void **test)
{
	static const struct {
		const char *path;
		enum access access;
	} open[] = {
	    {"/healthz", ACCESS_PROBE},
	    {"/readyz", ACCESS_PROBE},
	    {"/metrics", ACCESS_LOOPBACK},
	    {"/api/v1/openapi.yaml", ACCESS_OPEN},
	};
	const struct route *route;
	size_t found = 0, i;

	(void)test;
	FOR_EACH(route)
	{
		if (route->access != ACCESS_OPEN &&
		    route->access != ACCESS_PROBE &&
		    route->access != ACCESS_LOOPBACK)
			continue;
		REFUSE(route, !is(route, "GET"));
		for (i = 0; i < COUNT(open); i++)
			if (strcmp(route->path, open[i].path) == 0 &&
			    (enum access)route->access == open[i].access)
				break;
		REFUSE(route, i == COUNT(open));
		found++;
	}
	assert_int_equal(found, COUNT(open));
}

static void
bodies_have_the_limits_of_the_contract(void **test)
{
	const struct route *route;
	size_t wanted;

	(void)test;
	FOR_EACH(route)
	{
		wanted = 0;
		if (is(route, "POST") || is(route, "PUT"))
			wanted = 256 * 1024;
		if (strcmp(route->path, "/api/v1/events/batch") == 0)
			wanted = 4 * 1024 * 1024;
		/* "Rule in the body, the name decides" */
		if (is(route, "DELETE") && is_classic(route))
			wanted = 256 * 1024;
		REFUSE(route, route->body_max != wanted);
	}
}

static void
collections_of_v1_and_no_others_have_pages(void **test)
{
	static const struct {
		const char *path, *query;
	} paged[] = {
	    {"/api/v1/pointScales", "limit cursor"},
	    {"/api/v1/badges", "limit cursor"},
	    {"/api/v1/rules", "limit cursor"},
	    {"/api/v1/users", "limit cursor"},
	    {"/api/v1/users/{username}/ledger", "limit cursor"},
	    {"/api/v1/events", "username eventType from to limit cursor"},
	};
	const struct route *route;
	const char *wanted;
	size_t i;

	(void)test;
	FOR_EACH(route)
	{
		wanted = "";
		for (i = 0; i < COUNT(paged); i++)
			if (is(route, "GET") &&
			    strcmp(route->path, paged[i].path) == 0)
				wanted = paged[i].query;
		assert_string_equal(route->query, wanted);
	}
}

static void
resource_rows_name_the_resource_of_their_path(void **test)
{
	static enum error (*const handlers[])(struct call *) = {
	    resource_list,
	    resource_post,
	    resource_get,
	    resource_put,
	    resource_delete,
	    classic_list,
	    classic_post,
	    classic_get,
	    classic_put,
	    classic_delete,
	};
	static const size_t skip = sizeof("/api/v1") - 1;
	const struct route *route;
	size_t i;

	(void)test;
	FOR_EACH(route)
	{
		const struct resource *resource = route->subject;

		for (i = 0; i < COUNT(handlers); i++)
			if (route->handler == handlers[i])
				break;
		REFUSE(route, (resource == NULL) != (i == COUNT(handlers)));
		if (resource == NULL)
			continue;
		REFUSE(route, !begins(resource->collection, "/api/v1/"));
		if (is_v1(route))
			REFUSE(
			    route, !begins(route->path, resource->collection));
		else
			REFUSE(route,
			    !begins(route->path + strlen("/api"),
			        resource->collection + skip));
		REFUSE(route, (i < 5) != is_v1(route));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_path_can_be_parsed),
	    cmocka_unit_test(every_row_is_reached),
	    cmocka_unit_test(no_two_rows_have_the_same_method_and_shape),
	    cmocka_unit_test(methods_are_those_of_the_contract),
	    cmocka_unit_test(every_row_has_a_handler_and_a_query),
	    cmocka_unit_test(publishable_keys_get_what_the_contract_marks_p),
	    cmocka_unit_test(all_else_of_v1_needs_a_secret_key),
	    cmocka_unit_test(the_path_alone_tells_the_interfaces_apart),
	    cmocka_unit_test(only_operations_and_the_description_are_open),
	    cmocka_unit_test(bodies_have_the_limits_of_the_contract),
	    cmocka_unit_test(collections_of_v1_and_no_others_have_pages),
	    cmocka_unit_test(resource_rows_name_the_resource_of_their_path),
	};

	return cmocka_run_group_tests(tests, arena_set_up, arena_tear_down);
}
