/* auth: who calls, by the key that came */
#ifndef API_AUTH_H
#define API_AUTH_H

#include "api/api.h"
#include "store/key.h"

/*
 * For a key out of the cache that no transaction has checked: ERR_KEY_UNKNOWN
 * if it is dead, else the error that the call has come to.
 */
enum error auth_check_again(struct call *call, enum error error) MUST_CHECK;

/* Finds out who calls. ERR_KEY_MISSING, ERR_KEY_UNKNOWN, ERR_KEY_FORBIDDEN. */
enum error auth_check(struct call *call, enum access access) MUST_CHECK;
struct key_cache *key_cache_new(void);
void key_cache_free(struct key_cache *cache);
/* The committer has found it dead. */
void key_cache_drop(struct key_cache *cache, const struct key_hash *key);

#endif
