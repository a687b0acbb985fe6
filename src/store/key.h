/* key: what lets a client in, known by its hash alone */
#ifndef STORE_KEY_H
#define STORE_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct arena;
struct db;

enum key_kind { KEY_SECRET, KEY_PUBLISHABLE };

enum { KEY_TEXT_SIZE = 64 };

struct key {
	int64_t id;
	int64_t application_id;
	int64_t app_key; /* of the application, in a key that was read */
	enum key_kind kind;
	const char *label;
	int64_t created_at;
	int64_t revoked_at; /* 0: live */
};

/* How many live keys an application may have: see CATALOG_MAX. */
enum { LIVE_KEYS_MAX = 1000 };

/*
 * Makes a key: key_text gets the only copy there will ever be; the database
 * gets its SHA-256. In a transaction of the caller, which has locked the
 * application. ERR_TOO_MANY_KEYS.
 */
enum error key_insert(
    struct db *db, struct key *key, char key_text[KEY_TEXT_SIZE]) MUST_CHECK;

/* The live key with this text. ERR_KEY_UNKNOWN. */
enum error key_find(struct db *db, struct arena *arena, const char *text,
    struct key *key_out) MUST_CHECK;
enum error key_list(struct db *db, struct arena *arena, int64_t application_id,
    struct key **keys_out, size_t *count_out) MUST_CHECK;

/* From the next request on nobody can use it. ERR_KEY_NOT_FOUND. */
enum error
key_revoke(struct db *db, int64_t application_id, int64_t key_id) MUST_CHECK;

/* What a key is known by: its SHA-256. Its id may be given again, see above. */
struct key_hash {
	unsigned char bytes[32];
};

/* False if text cannot be a key. */
bool key_hash(const char *text, struct key_hash *hash_out);

/* The keys of an application that are live. */
struct live_keys {
	struct key_hash *hashes;
	size_t count;
};
enum error keys_live(struct db *db, struct arena *arena, int64_t application_id,
    struct live_keys *keys_out) MUST_CHECK;
/* For what outlives the key's own memory. */
const struct key_hash *
key_copy(struct arena *arena, const struct key_hash *key);

bool keys_have(const struct live_keys *keys, const struct key_hash *key);

#endif
