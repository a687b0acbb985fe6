/* statements: every statement set of the store, by its id */
#ifndef STORE_STATEMENTS_H
#define STORE_STATEMENTS_H

#include "store/db.h"

extern const struct statement_set tx_statements;
extern const struct statement_set application_statements;
extern const struct statement_set key_statements;
extern const struct statement_set point_scale_statements;
extern const struct statement_set badge_statements;
extern const struct statement_set rule_statements;
extern const struct statement_set rule_cache_statements;
extern const struct statement_set names_statements;
extern const struct statement_set user_statements;
extern const struct statement_set user_list_statements;
extern const struct statement_set event_statements;
extern const struct statement_set ingest_statements;
extern const struct statement_set ingest_write_statements;
extern const struct statement_set verify_statements;

#endif
