/* zone: the offset of a time zone at any moment, from the system's files */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct arena;

/*
 * One zone of the IANA database, as its file in TZif form has it (RFC 9636).
 * Never changed once it is read: any thread may use it. The process's own TZ
 * plays no part. Times and offsets are whole seconds, times since
 * 1970-01-01T00:00:00Z, offsets east of UTC.
 */
struct zone;

#define ZONE_FILES "/usr/share/zoneinfo/"

enum zone_result {
	ZONE_OK,
	ZONE_UNKNOWN,     /* no zone has this name */
	ZONE_DAMAGED,     /* the file is no zone, or cannot be read */
	ZONE_NO_DATABASE, /* the system has no zones at all */
};

/*
 * Reads the zone with a name such as "Europe/Zurich". It lives in the arena.
 * "UTC" needs no file.
 */
enum zone_result zone_load(
    struct arena *arena, const char *name, struct zone **zone_out) MUST_CHECK;

/* Reads the bytes of such a file; NULL if they are damaged. */
struct zone *zone_parse(struct arena *arena, const void *data, size_t size);

/* While one offset is in force: from since to before until. */
struct zone_span {
	int64_t since; /* INT64_MIN: always was */
	int64_t until; /* INT64_MAX: for ever */
	int32_t offset;
};

/* The span that the time is in. */
struct zone_span zone_span(const struct zone *zone, int64_t time);

/*
 * The moments at which the clock was set ahead by a day or more, as happens
 * where a place changes to the other side of the date line: rising, and
 * *count_out of them.
 */
const int64_t *zone_leaps(const struct zone *zone, size_t *count_out);

#endif
