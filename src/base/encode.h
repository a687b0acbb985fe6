/* encode: a struct to the members of a JSON object by a table of fields */
#ifndef BASE_ENCODE_H
#define BASE_ENCODE_H

#include "base/field.h"
#include "base/json.h"

/* How the members are written. */
struct encode {
	struct json_writer *jw;
	unsigned without; /* members with one of these flags are left out */
	/* What has its default, and is not required, is left out. */
	bool brief;
	int64_t context; /* for reference */
	/* Writes the member key; the reference has an id. */
	void (*reference)(const struct encode *encode, int kind,
	    const char *key, const struct reference *reference);
	/* Writes the member key; the form is not NULL. */
	void (*form)(const struct encode *encode, int kind, const char *key,
	    const void *form);
};

/* The object is open. The table has no FIELD_ANY. Objects inside are brief. */
void encode_fields(const struct encode *encode, const struct field *fields,
    size_t count, const void *object);

#endif
