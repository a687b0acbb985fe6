/* key: what lets a client in, known by its hash alone */
#include <sodium.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "db/db.h"
#include "db/query.h"
#include "store/application.h"
#include "store/key.h"

enum { INSERT, COUNT, FIND, LIST, LIVE, REVOKE, STATEMENTS };

#define COLUMNS                                     \
	"SELECT id, application_id,"                \
	" (SELECT a.app_key FROM application a"     \
	" WHERE a.id = api_key.application_id),"    \
	" kind = 'publishable', label, created_at," \
	" COALESCE(revoked_at, 0) FROM api_key "

static const char *const texts[STATEMENTS] = {
    [INSERT] = "INSERT INTO api_key (application_id, kind, hash, label,"
               " created_at) VALUES (?, ?, ?, ?, ?)",
    [COUNT] = "SELECT COUNT(*) FROM (SELECT 1 FROM api_key"
              " WHERE application_id = ? AND revoked_at IS NULL LIMIT ?) n",
    [FIND] = COLUMNS "WHERE hash = ? AND revoked_at IS NULL",
    [LIST] = COLUMNS "WHERE application_id = ? ORDER BY id",
    [LIVE] = "SELECT hash FROM api_key"
             " WHERE application_id = ? AND revoked_at IS NULL",
    [REVOKE] = "UPDATE api_key SET revoked_at = ?"
               " WHERE application_id = ? AND id = ?"
               " AND revoked_at IS NULL",
};
const struct statement_set key_statements = {texts, STATEMENTS};

enum { KEY_RANDOM_BYTES = 24, KEY_PREFIX_LENGTH = 6 };

static const struct {
	const char *name;
	const char *prefix;
} kinds[] = {
    [KEY_SECRET] = {"secret", "pm_sk_"},
    [KEY_PUBLISHABLE] = {"publishable", "pm_pk_"},
};

bool
key_hash(const char *text, struct key_hash *hash_out)
{
	size_t len = strlen(text), i;

	if (len >= KEY_TEXT_SIZE)
		return false;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strncmp(text, kinds[i].prefix, KEY_PREFIX_LENGTH) == 0) {
			crypto_hash_sha256(
			    hash_out->bytes, (const unsigned char *)text, len);
			return true;
		}
	return false;
}

const struct key_hash *
key_copy(struct arena *arena, const struct key_hash *key)
{
	struct key_hash *copy = arena_alloc(arena, sizeof(*copy));

	*copy = *key;
	return copy;
}

static void
make_text(enum key_kind kind, char text[KEY_TEXT_SIZE])
{
	unsigned char bytes[KEY_RANDOM_BYTES];

	randombytes_buf(bytes, sizeof(bytes));
	memcpy(text, kinds[kind].prefix, KEY_PREFIX_LENGTH);
	sodium_bin2hex(text + KEY_PREFIX_LENGTH,
	    KEY_TEXT_SIZE - KEY_PREFIX_LENGTH, bytes, sizeof(bytes));
	sodium_memzero(bytes, sizeof(bytes));
}

static enum error
check_count(struct db *db, int64_t application_id)
{
	struct query query;
	int64_t count = 0;
	enum error error;

	query_begin(&query, db, SET_KEY, COUNT);
	query_int(&query, application_id);
	query_int(&query, LIVE_KEYS_MAX);
	query_run(&query);
	if (query_next(&query))
		count = query_take_int(&query);
	error = query_end(&query);
	return error == OK && count >= LIVE_KEYS_MAX ? ERR_TOO_MANY_KEYS
	                                             : error;
}

enum error
key_insert(struct db *db, struct key *key, char key_text[KEY_TEXT_SIZE])
{
	struct key_hash hash;
	struct query query;
	enum error error = check_count(db, key->application_id);

	if (error != OK)
		return error;
	make_text(key->kind, key_text);
	key_hash(key_text, &hash);
	key->created_at = clock_now();
	query_begin(&query, db, SET_KEY, INSERT);
	query_int(&query, key->application_id);
	query_text(&query, kinds[key->kind].name);
	query_bytes(&query, &hash, sizeof(hash));
	query_text(&query, key->label);
	query_int(&query, key->created_at);
	query_run(&query);
	key->id = query_insert_id(&query);
	return query_end(&query);
}

static void
take_key(struct query *query, struct arena *arena, struct key *key)
{
	key->id = query_take_int(query);
	key->application_id = query_take_int(query);
	key->app_key = query_take_int(query);
	key->kind = query_take_bool(query) ? KEY_PUBLISHABLE : KEY_SECRET;
	key->label = query_take_text(query, arena);
	key->created_at = query_take_int(query);
	key->revoked_at = query_take_int(query);
}

enum error
key_find(
    struct db *db, struct arena *arena, const char *text, struct key *key_out)
{
	struct key_hash hash;
	struct key key = {0};
	struct query query;
	enum error error;

	if (!key_hash(text, &hash))
		return ERR_KEY_UNKNOWN;
	query_begin(&query, db, SET_KEY, FIND);
	query_bytes(&query, &hash, sizeof(hash));
	query_run(&query);
	if (query_next(&query))
		take_key(&query, arena, &key);
	error = query_end(&query);
	if (error == OK && key.id == 0)
		error = ERR_KEY_UNKNOWN;
	if (error == OK)
		*key_out = key;
	return error;
}

enum error
key_list(struct db *db, struct arena *arena, int64_t application_id,
    struct key **keys_out, size_t *count_out)
{
	struct query query;
	struct key *list;
	size_t count = 0;
	enum error error;

	query_begin(&query, db, SET_KEY, LIST);
	query_int(&query, application_id);
	query_run(&query);
	list = arena_array(arena, query_rows(&query) + 1, sizeof(*list));
	while (query_next(&query))
		take_key(&query, arena, &list[count++]);
	error = query_end(&query);
	if (error != OK)
		return error;
	*keys_out = list;
	*count_out = count;
	return OK;
}

static void
take_hash(struct query *query, struct arena *arena, struct key_hash *hash_out)
{
	const struct bytes bytes = query_take_bytes(query, arena);

	if (bytes.len == sizeof(*hash_out))
		memcpy(hash_out, bytes.data, sizeof(*hash_out));
}

enum error
keys_live(struct db *db, struct arena *arena, int64_t application_id,
    struct live_keys *keys_out)
{
	struct live_keys keys = {.count = 0};
	struct query query;
	enum error error;

	query_begin(&query, db, SET_KEY, LIVE);
	query_int(&query, application_id);
	query_run(&query);
	keys.hashes =
	    arena_array(arena, query_rows(&query) + 1, sizeof(*keys.hashes));
	while (query_next(&query))
		take_hash(&query, arena, &keys.hashes[keys.count++]);
	error = query_end(&query);
	if (error == OK)
		*keys_out = keys;
	return error;
}

bool
keys_have(const struct live_keys *keys, const struct key_hash *key)
{
	size_t i;

	for (i = 0; i < keys->count; i++)
		if (memcmp(&keys->hashes[i], key, sizeof(*key)) == 0)
			return true;
	return false;
}

enum error
key_revoke(struct db *db, int64_t application_id, int64_t key_id)
{
	struct query query;
	uint64_t revoked;
	enum error error;

	query_begin(&query, db, SET_KEY, REVOKE);
	query_int(&query, clock_now());
	query_int(&query, application_id);
	query_int(&query, key_id);
	query_run(&query);
	revoked = query_affected(&query);
	error = query_end(&query);
	return error == OK && revoked == 0 ? ERR_KEY_NOT_FOUND : error;
}
