/* field: what a table says of a member of an object */
#ifndef BASE_FIELD_H
#define BASE_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct decode;
struct json_object;

enum field_type {
	FIELD_NAME, /* const char *: 1-100 characters, see text_fault */
	FIELD_KEY,  /* const char *: 1-190 bytes, see text_fault */
	FIELD_ID,   /* the same, but it names a resource, as a FIELD_NAME */
	FIELD_TEXT, /* const char *: up to max characters, no U+0000 */
	FIELD_INT,  /* int64_t: a whole number from min to max; 1e1 is 10 */
	FIELD_BOOL, /* bool */
	FIELD_TIME, /* int64_t: RFC 3339 */
	FIELD_REFERENCE, /* struct reference: to a thing of the kind */
	FIELD_ANY,       /* whatever decode() makes of it */
};

enum field_flag {
	FIELD_REQUIRED = 1, /* must be there and not null */
	FIELD_STRICT = 2,   /* to a lenient decoder an unknown member */
	FIELD_NULLABLE = 4, /* FIELD_INT: the fallback is null in a document */
};

/* Another thing, by its name or its id. */
struct reference {
	int64_t id;       /* 0: none, or not known yet */
	const char *name; /* NULL: none, or not known yet */
	/* The owner's: struct named, or what was sent to make one. */
	const void *thing;
};

/*
 * One member of an object. What is missing or null leaves the struct as it was:
 * fields_set_defaults comes first, or a caller's own defaults.
 */
struct field {
	const char *name;
	enum field_type type;
	unsigned flags;
	size_t offset;
	int64_t min, max;
	int64_t fallback; /* FIELD_INT, FIELD_BOOL: the default */
	int kind;         /* FIELD_REFERENCE: the table's owner knows them */
	/* FIELD_ANY: value is never NULL. Adds faults at pointer. */
	void (*decode)(struct decode *decode, struct json_object *value,
	    const char *pointer, void *member_out);
};

void
fields_set_defaults(const struct field *fields, size_t count, void *struct_out);

/* Of any types but FIELD_ANY: references are alike that have one name. */
bool fields_same(const struct field *fields, size_t count, const void *one,
    const void *other);

/* Copies those members that have the flag. */
void fields_copy(const struct field *fields, size_t count, unsigned flag,
    const void *from, void *to);

/* Copies its strings into the arena. */
void fields_keep(const struct field *fields, size_t count, struct arena *arena,
    void *object);

#endif
