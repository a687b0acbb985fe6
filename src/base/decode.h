/* decode: a JSON object into a struct by a table of fields */
#ifndef BASE_DECODE_H
#define BASE_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "base/json.h"

struct decode;

enum field_type {
	FIELD_NAME, /* const char *: 1-100 characters, see text_fault */
	FIELD_KEY,  /* const char *: 1-190 bytes, see text_fault */
	FIELD_ID,   /* the same, but it names a resource, as a FIELD_NAME */
	FIELD_TEXT, /* const char *: up to max characters, no U+0000 */
	FIELD_INT,  /* int64_t: a whole number from min to max; 1e1 is 10 */
	FIELD_BOOL, /* bool */
	FIELD_TIME, /* int64_t: RFC 3339 */
	FIELD_ANY,  /* whatever decode() makes of it */
};

enum field_flag {
	FIELD_REQUIRED = 1, /* must be there and not null */
	FIELD_STRICT = 2,   /* to a lenient decoder an unknown member */
};

/*
 * One member of an object. What is missing or null leaves the struct as it was:
 * the caller sets defaults first.
 */
struct field {
	const char *name;
	enum field_type type;
	unsigned flags;
	size_t offset;
	int64_t min, max;
	/* FIELD_ANY: value is never NULL. Adds faults at pointer. */
	void (*decode)(struct decode *decode, struct json_object *value,
	    const char *pointer, void *member_out);
};

/* What the decoding of one body needs. */
struct decode {
	struct arena *arena;
	struct faults *faults;
	bool lenient;        /* unknown members are ignored */
	const void *context; /* for FIELD_ANY functions */
};

/*
 * Decodes object's members into *struct_out by the table and reports every
 * fault: unknown members, missing ones, wrong types, values off limits. pointer
 * is where the object stands ("" for the body). Strings are kept in the arena.
 */
void decode_object(struct decode *decode, struct json_object *object,
    const char *pointer, const struct field *fields, size_t count,
    void *struct_out);

/* Decodes one value as decode_object does a member. */
void decode_value(struct decode *decode, struct json_object *value,
    const char *pointer, const struct field *field, void *member_out);

/*
 * The rule for names (FIELD_NAME, FIELD_KEY, FIELD_ID): length, no control
 * character, no leading or trailing white space; what names a resource can
 * stand in the path of a URL. NULL if text obeys, else the fault's code and
 * *detail_out. Also for names in paths and headers.
 */
const char *text_fault(enum field_type type, const char *text, size_t len,
    const char **detail_out);

#endif
