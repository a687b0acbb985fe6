/* router: finds the row of a route table that serves a request */
#include "http/router.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/text.h"

enum { ALLOW_MAX = 64, SEGMENTS_MAX = 8 };

/* A path's segments, decoded. */
struct segments {
	const char *text[SEGMENTS_MAX];
	size_t count;
};

static enum error
split_path(struct arena *arena, const char *path, struct segments *segments)
{
	size_t len;
	char *text;

	segments->count = 0;
	for (; *path == '/'; path += len) {
		path++;
		len = strcspn(path, "/");
		if (segments->count == SEGMENTS_MAX)
			return ERR_ROUTE_NOT_FOUND;
		text = arena_copy(arena, path, len);
		if (!percent_decode_text(text, len))
			return ERR_INVALID_PATH;
		segments->text[segments->count++] = text;
	}
	return *path == '\0' ? OK : ERR_ROUTE_NOT_FOUND;
}

static bool
same_word(const char *pattern, size_t len, const char *text)
{
	return strlen(text) == len && memcmp(pattern, text, len) == 0;
}

static bool
route_fits(const struct route *route, const struct segments *segments,
    const char **params)
{
	const char *pattern = route->path;
	size_t i, len, found = 0;

	/* Another row may have left some when it turned out not to fit. */
	memset(params, 0, ROUTE_PARAMS_MAX * sizeof(*params));
	for (i = 0; i < segments->count && *pattern == '/'; i++) {
		pattern++;
		len = strcspn(pattern, "/");
		if (*pattern == '{' && *segments->text[i] != '\0') {
			assert(found < ROUTE_PARAMS_MAX);
			params[found++] = segments->text[i];
		} else if (!same_word(pattern, len, segments->text[i]))
			return false;
		pattern += len;
	}
	return i == segments->count && *pattern == '\0';
}

static size_t
param_count(const struct route *route)
{
	const char *at = route->path;
	size_t count = 0;

	while ((at = strchr(at, '{')) != NULL) {
		count++;
		at++;
	}
	return count;
}

/*
 * Whether another row's path fits better: a word stands for itself before a
 * parameter does, whatever the method, so that each path is one resource.
 */
static bool
is_shadowed(const struct route *route, const struct route *table, size_t count,
    const struct segments *segments)
{
	const char *params[ROUTE_PARAMS_MAX];
	size_t i;

	if (param_count(route) == 0)
		return false;
	for (i = 0; i < count; i++)
		if (param_count(&table[i]) < param_count(route) &&
		    route_fits(&table[i], segments, params))
			return true;
	return false;
}

/* Adds a method to an Allow header's value, once; GET brings HEAD. */
static void
add_allowed(struct str *allow, const char *method)
{
	if (strstr(allow->data, method) != NULL)
		return;
	str_adds(allow, method);
	str_adds(allow, ", ");
	if (strcmp(method, "GET") == 0)
		str_adds(allow, "HEAD, ");
}

enum error
router_find(const struct route *table, size_t count, struct arena *arena,
    const char *method, const char *path, struct route_match *match_out)
{
	const char *params[ROUTE_PARAMS_MAX] = {NULL};
	struct str allow = str_new(arena, ALLOW_MAX);
	struct segments segments;
	enum error error = split_path(arena, path, &segments);
	size_t i;

	*match_out = (struct route_match) {0};
	if (error != OK)
		return error;
	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	for (i = 0; i < count; i++) {
		if (!route_fits(&table[i], &segments, params) ||
		    is_shadowed(&table[i], table, count, &segments))
			continue;
		add_allowed(&allow, table[i].method);
		if (match_out->any == NULL)
			match_out->any = &table[i];
		if (match_out->route != NULL ||
		    strcmp(table[i].method, method) != 0)
			continue;
		match_out->route = &table[i];
		memcpy(match_out->params, params, sizeof(params));
	}
	if (allow.len == 0)
		return ERR_ROUTE_NOT_FOUND;
	str_adds(&allow, "OPTIONS");
	match_out->allow = allow.data;
	return match_out->route == NULL ? ERR_METHOD_NOT_ALLOWED : OK;
}
