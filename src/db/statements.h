/* statements: every statement set of the program, in one list */
#ifndef DB_STATEMENTS_H
#define DB_STATEMENTS_H

#include <stddef.h>

/*
 * Each file with SQL has a set, an array of texts, which it defines as
 * tx_statements or its like. All are prepared when a connection is made, so
 * that a bad statement stops the start and not a request. X(SET_TX, tx)
 */
#define STATEMENT_SETS(X)                         \
	X(SET_TX, tx)                             \
	X(SET_APPLICATION, application)           \
	X(SET_APPLICATION_TIME, application_time) \
	X(SET_KEY, key)                           \
	X(SET_POINT_SCALE, point_scale)           \
	X(SET_BADGE, badge)                       \
	X(SET_RULE, rule)                         \
	X(SET_RULE_CACHE, rule_cache)             \
	X(SET_NAMES, names)                       \
	X(SET_USER, user)                         \
	X(SET_USER_LIST, user_list)               \
	X(SET_EVENT, event)                       \
	X(SET_INGEST, ingest)                     \
	X(SET_INGEST_WRITE, ingest_write)         \
	X(SET_VERIFY, verify)

struct statement_set {
	const char *const *texts;
	size_t count;
};

#define STATEMENT_SET_ID(id, name) id,
enum statement_set_id { STATEMENT_SETS(STATEMENT_SET_ID) SET_COUNT };
#undef STATEMENT_SET_ID

#define STATEMENT_SET_DECLARED(id, name) \
	extern const struct statement_set name##_statements;
STATEMENT_SETS(STATEMENT_SET_DECLARED)
#undef STATEMENT_SET_DECLARED

#endif
