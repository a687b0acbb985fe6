/* fuzz_key: who gets in, with which headers, past a store with two keys */
#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/api.h"
#include "api/auth.h"
#include "base/arena.h"
#include "false_store.h"
#include "fuzz.h"
#include "store/key.h"

/* The key that was sent, found from its end. */
static const char *
expected_key(const struct http_request *request)
{
	const char *bearer = http_param(request, "HTTP_AUTHORIZATION");
	const char *header = http_param(request, "HTTP_X_API_KEY");

	if (bearer != NULL && strcasestr(bearer, "bearer ") == bearer) {
		bearer += strlen("bearer");
		while (*bearer == ' ')
			bearer++;
		return bearer;
	}
	return header == NULL || *header == '\0' ? NULL : header;
}

static enum error
expected_error(const char *key, enum access access)
{
	if (key == NULL)
		return ERR_KEY_MISSING;
	if (strcmp(key, false_secret) == 0)
		return OK;
	if (strcmp(key, false_publishable) != 0)
		return ERR_KEY_UNKNOWN;
	return access == ACCESS_PUBLISHABLE ? OK : ERR_KEY_FORBIDDEN;
}

static void
check_access(
    struct service *service, struct http_request *request, enum access access)
{
	struct call call = {
	    .service = service, .request = request, .arena = request->arena};
	enum error error = auth_check(&call, access);

	call_give_db(&call);
	assert(error == expected_error(expected_key(request), access));
	assert(call.application == (error == OK ? FALSE_APPLICATION : 0));
	assert(call.app_key == (error == OK ? FALSE_APP_KEY : 0));
	assert((call.key != NULL) == (error == OK));
	assert(!call.key_unchecked || access == ACCESS_EVENT);
}

/* Somebody else has called before, with the secret key. */
static void
fill_cache(struct service *service, struct arena *arena)
{
	char *params[] = {
	    arena_printf(arena, "HTTP_X_API_KEY=%s", false_secret), NULL};
	struct http_request request = http_request_new(arena, params);

	check_access(service, &request, ACCESS_EVENT);
}

/* An event's key comes out of the cache the second time, and is the same. */
static void
check_keys(struct http_request *request)
{
	struct worker_metrics *metrics = calloc(1, sizeof(*metrics));
	struct service service = {
	    .keys = key_cache_new(), .own_metrics = metrics};
	struct key_hash secret;

	assert(metrics != NULL && key_hash(false_secret, &secret));
	fill_cache(&service, request->arena);
	check_access(&service, request, ACCESS_EVENT);
	check_access(&service, request, ACCESS_EVENT);
	check_access(&service, request, ACCESS_PUBLISHABLE);
	check_access(&service, request, ACCESS_EVENT);
	key_cache_drop(service.keys, &secret);
	check_access(&service, request, ACCESS_SECRET);
	assert(metrics->busy_connections == 0);
	key_cache_free(service.keys);
	free(metrics);
}

/* A hash belongs to a text that begins as a key does, and to no other. */
static void
check_hash(const char *text)
{
	struct key_hash hash, other;
	const bool is_key = strlen(text) < KEY_TEXT_SIZE &&
	    (strncmp(text, "pm_sk_", 6) == 0 ||
	        strncmp(text, "pm_pk_", 6) == 0);

	assert(key_hash(text, &hash) == is_key);
	assert(key_hash(false_secret, &other));
	if (is_key)
		assert((memcmp(&hash, &other, sizeof(hash)) == 0) ==
		    (strcmp(text, false_secret) == 0));
}

static void
check_loopback(struct http_request *request)
{
	struct call call = {.request = request, .arena = request->arena};
	const char *address = request->remote_address;

	assert(auth_check(&call, ACCESS_OPEN) == OK);
	if (auth_check(&call, ACCESS_LOOPBACK) == OK)
		assert(memcmp(address, "127.", 4) == 0 ||
		    strcmp(address, "::1") == 0 ||
		    strcmp(address, "unix:") == 0);
	else
		assert(strcmp(address, "127.0.0.1") != 0);
}

/* Parameters and case do not matter. */
static void
check_type(struct http_request *request)
{
	const enum error error = http_check_json(request);
	char *type = arena_strdup(request->arena, request->content_type), *at;

	for (at = type; *at != '\0'; at++)
		*at = (char)tolower((unsigned char)*at);
	request->content_type = type;
	assert(http_check_json(request) == error);
	if (error == OK)
		assert(strncmp(type, "application/json", 16) == 0 ||
		    (strchr(type, '/') != NULL &&
		        strstr(type, "+json") != NULL));
	request->content_type =
	    arena_printf(request->arena, "%s ; charset=utf-8", type);
	assert(http_check_json(request) == error);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(FUZZ_ARENA_MAX);
	struct parts parts = {arena, (const char *)data, size};
	char **params = parts_params(&parts);
	struct http_request request = http_request_new(arena, params);

	check_keys(&request);
	check_hash(parts_next(&parts));
	check_loopback(&request);
	check_type(&request);
	arena_free(arena);
	return 0;
}
