/* server: what the database server says about itself and our account */
#ifndef DB_SERVER_H
#define DB_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct arena;
struct db;

/* All of them need no schema: db_connect_bare is enough. */

/*
 * *why_out says why the server cannot be used at all: it is MySQL, or too old;
 * untouched if it can.
 */
enum error server_supported(
    struct db *db, struct arena *arena, const char **why_out) MUST_CHECK;

/* A global variable's value; NULL where the server has none of that name. */
enum error server_variable(struct db *db, struct arena *arena, const char *name,
    const char **value_out) MUST_CHECK;

/*
 * Which of the rights that the programs and the migrations need the account
 * lacks in the database: "CREATE, INDEX", or NULL if it has them all. The
 * server does not tell those that it has by a role.
 */
enum error server_missing_rights(
    struct db *db, struct arena *arena, const char **rights_out) MUST_CHECK;

/* The role that the account has by default, or NULL. */
enum error server_role(
    struct db *db, struct arena *arena, const char **role_out) MUST_CHECK;

/* The server's time of day, in microseconds. */
enum error
server_clock(struct db *db, struct arena *arena, int64_t *time_out) MUST_CHECK;

#endif
