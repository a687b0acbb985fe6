/* json: strict parsing with json-c, and a writer */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

struct arena;
struct str;

/* What is wrong with a body, with the RFC 6901 pointer to it. */
struct fault {
	const char *pointer;
	const char *code; /* "required", "out_of_range", … */
	const char *detail;
	struct fault *next;
};

/*
 * Faults in the order found. At most max are kept: FAULTS_MAX, or fewer. Where
 * item_max is not 0, they are those of a batch: so many of each item.
 */
enum { FAULTS_MAX = 100, ITEM_FAULTS_MAX = 10, ITEMS_FAULTS_MAX = 16384 };
struct faults {
	struct arena *arena;
	struct fault *first;
	struct fault **tail, **item; /* item: where the item's begin */
	int count, item_count;
	int max, item_max;
};

/* With room for FAULTS_MAX. */
void faults_init(struct faults *faults, struct arena *arena);

/* For a batch: ITEM_FAULTS_MAX of each item, ITEMS_FAULTS_MAX of all. */
void faults_init_items(struct faults *faults, struct arena *arena);

/* What follows is of another item. */
void faults_next_item(struct faults *faults);

/* One more would not be kept. */
bool faults_are_full(const struct faults *faults);

/* Whether the item has a fault at the pointer or in what stands there. */
bool faults_are_in(const struct faults *faults, const char *pointer);

/* detail is a format. A second fault at the pointer in an item is dropped. */
void faults_add(struct faults *faults, const char *pointer, const char *code,
    const char *detail, ...) __attribute__((format(printf, 4, 5)));

/*
 * Values are counted so that a body of 4 MiB cannot become a hundred times that
 * in objects. No body of 256 KiB has so many, nor has any item of a batch
 * within its limits (64 properties), nor a thousand of them.
 */
enum {
	JSON_NAME_MAX = 4096,
	JSON_DEPTH_MAX = 32,
	JSON_VALUES_MAX = 200000,
	JSON_ITEM_VALUES_MAX = 190
};

/*
 * Parses exactly one JSON text (RFC 8259). Returns NULL if it is no such text
 * (NaN, single quotes, comments, overlong UTF-8, NUL bytes, trailing bytes …),
 * with *why_out saying what and at which byte, counted from 0.
 *
 * What is JSON and yet more than json-c or the contract can carry is added to
 * faults, and the object has something harmless or nothing in its place:
 * numbers that no int64, uint64 or finite double can hold, half of a surrogate
 * pair, duplicate members, names with a control character or over
 * JSON_NAME_MAX, depth over JSON_DEPTH_MAX, more than JSON_VALUES_MAX values.
 * For a batch (faults of items) the third level has the items: /events/7. Each
 * has faults of its own, and JSON_ITEM_VALUES_MAX values.
 *
 * The object lives as long as the arena. JSON null answers the JSON value null
 * with *why_out NULL: ask *why_out, not the object.
 */
struct json_object *json_parse(struct arena *arena, const char *text,
    size_t len, struct faults *faults, const char **why_out);

/*
 * Parses a text beyond ASCII, which the json-c that happens to be installed may
 * be unable to. NULL, or what came of it.
 */
const char *json_trial(struct arena *arena);

/* Puts the object when the arena is reset or freed. NULL is nothing to put. */
void json_keep(struct arena *arena, struct json_object *object);

/* Whether both say the same: in any order of members, and 5.0 is 5. */
bool json_same(struct json_object *one, struct json_object *other);

/* A pointer one level down: base "/a", name "b/c" -> "/a/b~1c". */
const char *
json_pointer(struct arena *arena, const char *base, const char *name);
const char *
json_pointer_at(struct arena *arena, const char *base, size_t index);

/*
 * Writes JSON text into a str. Commas are put by the writer. key is NULL inside
 * an array and at the top. Errors are sticky in the str.
 */
struct json_writer {
	struct str *out;
	bool comma;
};

void jw_object(struct json_writer *jw, const char *key);
void jw_object_end(struct json_writer *jw);
void jw_array(struct json_writer *jw, const char *key);
void jw_array_end(struct json_writer *jw);
void jw_string(struct json_writer *jw, const char *key, const char *value);
void jw_int(struct json_writer *jw, const char *key, int64_t value);
void jw_double(struct json_writer *jw, const char *key, double value);
void jw_bool(struct json_writer *jw, const char *key, bool value);
void jw_null(struct json_writer *jw, const char *key);
void jw_time(struct json_writer *jw, const char *key, int64_t time);
/* A string, or null if value is NULL. */
void
jw_string_or_null(struct json_writer *jw, const char *key, const char *value);
/* text is JSON already. */
void jw_raw(struct json_writer *jw, const char *key, const char *text);

#endif
