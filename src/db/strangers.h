/* strangers: what stands in the database and no migration has made */
#ifndef DB_STRANGERS_H
#define DB_STRANGERS_H

#include <stdint.h>

#include "base/error.h"

struct arena;
struct db;

/* Names with their kinds, as "trigger t, event e", or NULL. */
struct strangers {
	const char *active;  /* they change rows by themselves */
	const char *passive; /* views, routines, sequences, further tables */
};

/* As far as our account may see them. Needs no schema. */
enum error strangers_find(struct db *db, struct arena *arena,
    struct strangers *strangers_out) MUST_CHECK;

/* How many there are besides tables and views. */
enum error strangers_count(
    struct db *db, struct arena *arena, int64_t *count_out) MUST_CHECK;

/* Drops all but tables, and triggers, which go with theirs. */
enum error strangers_drop(struct db *db, struct arena *arena) MUST_CHECK;

#endif
