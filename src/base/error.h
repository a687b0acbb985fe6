/* error: every error there is, with its HTTP status and its word */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

/*
 * X(symbol, HTTP status, code, title). The codes are part of the HTTP contract:
 * clients compare them, so they never change. The last group never reaches a
 * client as such: the store turns them into a retry or another error.
 */
#define ERROR_TABLE(X)                                                        \
	X(OK, 200, "ok", "OK")                                                \
	X(ERR_INVALID_JSON, 400, "invalid_json", "The body is no JSON")       \
	X(ERR_BODY_INCOMPLETE, 400, "body_incomplete",                        \
	    "The body is shorter than announced")                             \
	X(ERR_INVALID_QUERY, 400, "invalid_query", "Bad query parameter")     \
	X(ERR_INVALID_CURSOR, 400, "invalid_cursor", "Bad cursor")            \
	X(ERR_INVALID_HEADER, 400, "invalid_header", "Bad header")            \
	X(ERR_INVALID_PATH, 400, "invalid_path", "Bad path")                  \
	X(ERR_KEY_MISSING, 401, "key_missing", "A key is needed")             \
	X(ERR_KEY_UNKNOWN, 401, "key_unknown", "Unknown key")                 \
	X(ERR_KEY_FORBIDDEN, 403, "key_forbidden",                            \
	    "This kind of key may not do that")                               \
	X(ERR_FORBIDDEN, 403, "forbidden", "Forbidden")                       \
	X(ERR_ROUTE_NOT_FOUND, 404, "route_not_found", "No such resource")    \
	X(ERR_POINT_SCALE_NOT_FOUND, 404, "point_scale_not_found",            \
	    "No such point scale")                                            \
	X(ERR_BADGE_NOT_FOUND, 404, "badge_not_found", "No such badge")       \
	X(ERR_RULE_NOT_FOUND, 404, "rule_not_found", "No such rule")          \
	X(ERR_EVENT_NOT_FOUND, 404, "event_not_found", "No such event")       \
	X(ERR_USER_NOT_FOUND, 404, "user_not_found", "No such user")          \
	X(ERR_APPLICATION_NOT_FOUND, 404, "application_not_found",            \
	    "No such application")                                            \
	X(ERR_KEY_NOT_FOUND, 404, "key_not_found", "No such key")             \
	X(ERR_METHOD_NOT_ALLOWED, 405, "method_not_allowed",                  \
	    "Method not allowed")                                             \
	X(ERR_POINT_SCALE_EXISTS, 409, "point_scale_exists",                  \
	    "The point scale exists already")                                 \
	X(ERR_BADGE_EXISTS, 409, "badge_exists", "The badge exists already")  \
	X(ERR_RULE_EXISTS, 409, "rule_exists", "The rule exists already")     \
	X(ERR_APPLICATION_EXISTS, 409, "application_exists",                  \
	    "The application exists already")                                 \
	X(ERR_POINT_SCALE_IN_USE, 409, "point_scale_in_use",                  \
	    "The point scale is in use")                                      \
	X(ERR_BADGE_IN_USE, 409, "badge_in_use", "The badge is in use")       \
	X(ERR_TOO_MANY_POINT_SCALES, 409, "too_many_point_scales",            \
	    "The application has all the point scales that it may have")      \
	X(ERR_TOO_MANY_BADGES, 409, "too_many_badges",                        \
	    "The application has all the badges that it may have")            \
	X(ERR_TOO_MANY_RULES, 409, "too_many_rules",                          \
	    "The application has all the rules that it may have")             \
	X(ERR_TOO_MANY_KEYS, 409, "too_many_keys",                            \
	    "The application has all the keys that it may have")              \
	X(ERR_BALANCE_OVERFLOW, 409, "balance_overflow",                      \
	    "The balance would leave the range of points")                    \
	X(ERR_PRECONDITION_FAILED, 412, "precondition_failed",                \
	    "Precondition failed")                                            \
	X(ERR_BODY_TOO_LARGE, 413, "body_too_large", "The body is too large") \
	X(ERR_UNSUPPORTED_MEDIA_TYPE, 415, "unsupported_media_type",          \
	    "Unsupported media type")                                         \
	X(ERR_UNSUPPORTED_ENCODING, 415, "unsupported_encoding",              \
	    "Unsupported content encoding")                                   \
	X(ERR_INVALID_BODY, 422, "invalid_body", "The body is invalid")       \
	X(ERR_EVENT_ID_REUSED, 422, "event_id_reused",                        \
	    "The event id was used for another event")                        \
	X(ERR_TIMESTAMP_IN_FUTURE, 422, "timestamp_in_future",                \
	    "The timestamp is in the future")                                 \
	X(ERR_INTERNAL, 500, "internal", "Internal error")                    \
	X(ERR_DATABASE_UNAVAILABLE, 503, "database_unavailable",              \
	    "The database cannot be reached")                                 \
	X(ERR_OUTCOME_UNKNOWN, 503, "outcome_unknown",                        \
	    "Whether it was applied is unknown")                              \
	X(ERR_SCHEMA_MISMATCH, 503, "schema_mismatch",                        \
	    "The database has another schema version")                        \
	X(ERR_OVERLOADED, 503, "overloaded", "Too much is waiting")           \
	X(ERR_TOO_SLOW, 503, "query_too_slow", "That takes too long")         \
	X(ERR_NONE_MATCHES, 400, "no_rule_matches", "No rule matches")        \
	X(ERR_DUPLICATE, 409, "duplicate", "Duplicate row")                   \
	X(ERR_DEADLOCK, 503, "deadlock", "Deadlock")                          \
	X(ERR_LOCK_TIMEOUT, 503, "lock_timeout", "Lock wait timeout")         \
	X(ERR_NOT_CONNECTED, 503, "not_connected", "Not connected")           \
	X(ERR_CONNECTION_LOST, 503, "connection_lost", "Connection lost")     \
	X(ERR_COMMIT_UNKNOWN, 503, "commit_unknown",                          \
	    "Connection lost at COMMIT")

enum error {
#define ERROR_SYMBOL(symbol, status, code, title) symbol,
	ERROR_TABLE(ERROR_SYMBOL)
#undef ERROR_SYMBOL
	    ERROR_COUNT
};

int error_status(enum error error);
const char *error_code(enum error error);
const char *error_title(enum error error);

#define MUST_CHECK __attribute__((warn_unused_result))

#endif
