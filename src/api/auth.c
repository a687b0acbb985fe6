/* auth: who calls */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/api.h"
#include "api/auth.h"
#include "base/memory.h"
#include "store/key.h"

enum { CACHE_SIZE = 1024 };

/* What the cache keeps of a key: nothing that would let anybody in. */
struct cached_key {
	struct key_hash hash;
	enum key_kind kind;
	int64_t application; /* 0: an empty place */
	int64_t app_key;
};

/*
 * Keys seen by the routes of events and users, so that these need not ask for
 * them. An entry may be of a revoked key: the committer checks every key again
 * under the application's lock, and whoever reads a user by the stamp that
 * comes with the row. A place is taken by the last that hashes to it.
 */
struct key_cache {
	pthread_mutex_t mutex;
	struct cached_key places[CACHE_SIZE];
};

struct key_cache *
key_cache_new(void)
{
	struct key_cache *cache = memory_new(1, sizeof(*cache));

	pthread_mutex_init(&cache->mutex, NULL);
	return cache;
}

void
key_cache_free(struct key_cache *cache)
{
	pthread_mutex_destroy(&cache->mutex);
	free(cache);
}

static struct cached_key *
place_of(struct key_cache *cache, const struct key_hash *hash)
{
	const unsigned char *bytes = hash->bytes;

	return &cache->places[(bytes[0] | bytes[1] << 8) % CACHE_SIZE];
}

/* Under the mutex. */
static bool
is_of(const struct cached_key *place, const struct key_hash *hash)
{
	return place->application != 0 &&
	    memcmp(&place->hash, hash, sizeof(*hash)) == 0;
}

static bool
cache_find(struct key_cache *cache, const struct key_hash *hash,
    struct cached_key *found_out)
{
	const struct cached_key *place = place_of(cache, hash);
	bool found;

	pthread_mutex_lock(&cache->mutex);
	found = is_of(place, hash);
	if (found)
		*found_out = *place;
	pthread_mutex_unlock(&cache->mutex);
	return found;
}

static void
cache_put(struct key_cache *cache, const struct cached_key *key)
{
	pthread_mutex_lock(&cache->mutex);
	*place_of(cache, &key->hash) = *key;
	pthread_mutex_unlock(&cache->mutex);
}

void
key_cache_drop(struct key_cache *cache, const struct key_hash *key)
{
	struct cached_key *place = place_of(cache, key);

	pthread_mutex_lock(&cache->mutex);
	if (is_of(place, key))
		place->application = 0;
	pthread_mutex_unlock(&cache->mutex);
}

/* The key that the request brings, or NULL. */
static const char *
sent_key(const struct call *call)
{
	static const char scheme[] = "Bearer ";
	const char *header = http_param(call->request, "HTTP_AUTHORIZATION");

	if (header != NULL &&
	    strncasecmp(header, scheme, sizeof(scheme) - 1) == 0) {
		header += sizeof(scheme) - 1;
		return header + strspn(header, " ");
	}
	header = http_param(call->request, "HTTP_X_API_KEY");
	return header == NULL || *header == '\0' ? NULL : header;
}

/* Asks the database for a key, and keeps it. */
static enum error
look_up(struct call *call, const char *text, struct cached_key *key_out)
{
	struct key key;
	enum error error = call_db(call);

	if (error == OK)
		error = key_find(call->db, call->arena, text, &key);
	if (error != OK)
		return error;
	key_out->kind = key.kind;
	key_out->application = key.application_id;
	key_out->app_key = key.app_key;
	cache_put(call->service->keys, key_out);
	return OK;
}

/* From the cache where that is allowed, else from the database. */
static enum error
find_key(struct call *call, enum access access, const char *text,
    struct cached_key *key)
{
	enum error error;

	if ((access == ACCESS_EVENT || access == ACCESS_USER) &&
	    cache_find(call->service->keys, &key->hash, key)) {
		call->key_unchecked = true;
		return OK;
	}
	error = look_up(call, text, key);
	if (call_may_reconnect(call, error))
		error = look_up(call, text, key);
	return error;
}

static enum error
check_key(struct call *call, enum access access)
{
	struct cached_key key = {.application = 0};
	const char *text = sent_key(call);
	enum error error;

	if (text == NULL)
		return ERR_KEY_MISSING;
	if (!key_hash(text, &key.hash))
		return ERR_KEY_UNKNOWN;
	error = find_key(call, access, text, &key);
	if (error != OK)
		return error;
	if (key.kind != KEY_SECRET && access != ACCESS_PUBLISHABLE &&
	    access != ACCESS_USER)
		return ERR_KEY_FORBIDDEN;
	call->key = key_copy(call->arena, &key.hash);
	call->application = key.application;
	call->app_key = key.app_key;
	return OK;
}

enum error
auth_check_again(struct call *call, enum error error)
{
	struct cached_key key = {.application = 0};
	const char *text = sent_key(call);
	enum error found;

	if (text == NULL || !key_hash(text, &key.hash))
		return ERR_KEY_UNKNOWN;
	found = look_up(call, text, &key);
	if (found != ERR_KEY_UNKNOWN)
		return error;
	key_cache_drop(call->service->keys, call->key);
	return ERR_KEY_UNKNOWN;
}

static enum error
check_loopback(struct call *call)
{
	const char *address = call->request->remote_address;

	if (strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0 ||
	    strcmp(address, "unix:") == 0)
		return OK;
	return call_fail(call, ERR_FORBIDDEN,
	    "this is for the machine itself: ask from 127.0.0.1");
}

enum error
auth_check(struct call *call, enum access access)
{
	switch (access) {
	case ACCESS_OPEN:
	case ACCESS_PROBE:
	case ACCESS_CLASSIC:
		return OK;
	case ACCESS_LOOPBACK:
		return check_loopback(call);
	case ACCESS_PUBLISHABLE:
	case ACCESS_SECRET:
	case ACCESS_USER:
	case ACCESS_EVENT:
		return check_key(call, access);
	case ACCESS_COUNT:
		break;
	}
	return ERR_INTERNAL;
}
