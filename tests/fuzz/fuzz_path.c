/* fuzz_path: paths through the real route table, and their query strings */
#include <assert.h>
#include <string.h>

#include "api/api.h"
#include "base/arena.h"
#include "base/str.h"
#include "base/text.h"
#include "fuzz.h"

enum { TARGET_MAX = 64 << 20, QUERY_MAX = 8 };

static enum error
find(struct arena *arena, const char *method, const char *path,
    struct route_match *match_out)
{
	return router_find(routes, route_count, arena, method, path, match_out);
}

/* The route's path with the parameters in their places, encoded. */
static const char *
canonical_path(struct arena *arena, const struct route_match *match)
{
	struct str path = str_new(arena, TARGET_MAX);
	const char *at = match->route->path;
	size_t i = 0, len;

	while (*at != '\0') {
		len = strcspn(at, "{");
		str_add(&path, at, len);
		at += len;
		if (*at == '{') {
			str_add_percent(&path, match->params[i++]);
			at += strcspn(at, "}") + 1;
		}
	}
	assert(i == ROUTE_PARAMS_MAX || match->params[i] == NULL);
	return path.data;
}

static void
check_found(
    struct arena *arena, const char *method, const struct route_match *match)
{
	const char *path = canonical_path(arena, match);
	const char *longer = arena_printf(arena, "%s/x/x/x/x/x/x/x", path);
	struct route_match again;
	size_t i;

	for (i = 0; i < ROUTE_PARAMS_MAX && match->params[i] != NULL; i++) {
		assert(*match->params[i] != '\0');
		assert(is_clean(match->params[i], strlen(match->params[i])));
	}
	assert(find(arena, method, path, &again) == OK);
	assert(again.route == match->route);
	assert(strcmp(again.allow, match->allow) == 0);
	for (i = 0; i < ROUTE_PARAMS_MAX; i++)
		assert(same_text(again.params[i], match->params[i]));
	assert(strstr(match->allow, method) != NULL);
	assert(find(arena, method, longer, &again) == ERR_ROUTE_NOT_FOUND);
}

/* The other methods of the path are those that Allow names. */
static void
check_methods(struct arena *arena, const char *path, const char *allow)
{
	static const char *const methods[] = {
	    "GET", "HEAD", "POST", "PUT", "DELETE"};
	struct route_match match;
	enum error error;
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		error = find(arena, methods[i], path, &match);
		assert(strcmp(match.allow, allow) == 0);
		assert(error ==
		    (strstr(allow, methods[i]) != NULL
		            ? OK
		            : ERR_METHOD_NOT_ALLOWED));
	}
}

static void
check_path(struct arena *arena, const char *method, const char *path,
    struct route_match *match)
{
	enum error error = find(arena, method, path, match);

	switch (error) {
	case OK:
		assert(strstr(path, "%00") == NULL);
		check_found(arena, method, match);
		check_methods(arena, path, match->allow);
		break;
	case ERR_METHOD_NOT_ALLOWED:
		assert(match->route == NULL);
		check_methods(arena, path, match->allow);
		break;
	default:
		assert(
		    error == ERR_ROUTE_NOT_FOUND || error == ERR_INVALID_PATH);
		assert(match->route == NULL && match->allow == NULL);
	}
}

static void
check_value(const char *value)
{
	if (value != NULL)
		assert(is_clean(value, strlen(value)));
}

/* The parameters, written again from the last to the first. */
static const char *
canonical_query(
    struct arena *arena, const struct http_query *query, size_t count)
{
	struct str text = str_new(arena, TARGET_MAX);

	while (count-- > 0) {
		if (query[count].value == NULL)
			continue;
		str_addf(&text, "&%s=", query[count].name);
		str_add_percent(&text, query[count].value);
	}
	return text.data;
}

static void
check_query(struct arena *arena, struct http_request *request)
{
	struct http_query query[] = {{"username", NULL}, {"eventType", NULL},
	    {"from", NULL}, {"to", NULL}, {"limit", NULL}, {"cursor", NULL}};
	const size_t count = sizeof(query) / sizeof(query[0]);
	struct http_query again[QUERY_MAX];
	const char *why = NULL;
	size_t i;

	memcpy(again, query, sizeof(query));
	if (http_parse_query(request, query, count, &why) != OK) {
		assert(why != NULL && is_clean(why, strlen(why)));
		return;
	}
	assert(why == NULL && strstr(request->query, "%00") == NULL);
	request->query = canonical_query(arena, query, count);
	assert(http_parse_query(request, again, count, &why) == OK);
	for (i = 0; i < count; i++) {
		check_value(query[i].value);
		assert(same_text(query[i].value, again[i].value));
	}
}

/* Decoding gives nothing that encoding does not bring back. */
static void
check_percent(struct arena *arena, const char *text)
{
	struct str encoded = str_new(arena, TARGET_MAX);
	char *decoded;
	long len;

	str_add_percent(&encoded, text);
	assert(encoded.len <= 3 * strlen(text));
	decoded = arena_copy(arena, encoded.data, encoded.len);
	len = percent_decode(decoded, encoded.len);
	assert(len == (long)strlen(text));
	assert(memcmp(decoded, text, (size_t)len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(FUZZ_ARENA_MAX);
	struct parts parts = {arena, (const char *)data, size};
	char *method = parts_next(&parts), *target = parts_next(&parts);
	struct http_request request = http_request_new(arena,
	    (char *const[]) {
	        arena_printf(arena, "REQUEST_URI=%s", target), NULL});
	struct route_match match;

	check_path(arena, method, request.path, &match);
	check_query(arena, &request);
	check_percent(arena, target);
	arena_free(arena);
	return 0;
}
