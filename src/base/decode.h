/* decode: a JSON object into a struct by a table of fields */
#ifndef BASE_DECODE_H
#define BASE_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "base/field.h"
#include "base/json.h"

/* What the decoding of one body needs. */
struct decode {
	struct arena *arena;
	struct faults *faults;
	bool lenient;        /* unknown members are ignored */
	const void *context; /* for FIELD_ANY functions, and for reference */
	/* FIELD_REFERENCE, as the decode of FIELD_ANY. */
	void (*reference)(struct decode *decode, int kind,
	    struct json_object *value, const char *pointer,
	    struct reference *reference_out);
	/* FIELD_FORM: what is *form_out stays NULL if it is faulty. */
	void (*form)(struct decode *decode, int kind, struct json_object *value,
	    const char *pointer, const void **form_out);
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
