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
	FIELD_CHOICE,    /* int64_t: which of the choices, from 0 */
	FIELD_OBJECT,    /* const void *: a struct of the shape; NULL: none */
	FIELD_LIST,      /* struct list: min to max of the shape; or none */
	FIELD_FORM,      /* const void *: of a form of its own; NULL: none */
	FIELD_ANY,       /* whatever decode() makes of it */
};

enum field_flag {
	FIELD_REQUIRED = 1, /* must be there and not null */
	FIELD_STRICT = 2,   /* to a lenient decoder an unknown member */
	FIELD_NULLABLE = 4, /* FIELD_INT: the fallback is null in a document */
	FIELD_SINGLE = 8,   /* FIELD_LIST: one may stand there without a list */
};

/* Another thing, by its name or its id. */
struct reference {
	int64_t id;       /* 0: none, or not known yet */
	const char *name; /* NULL: none, or not known yet */
	/* The owner's: struct named, or what was sent to make one. */
	const void *thing;
};

/* What is wrong with an object, although each member by itself is right. */
struct member_fault {
	const char *member; /* NULL: nothing is */
	const char *code;
	const char *detail;
};

/* An object inside another one. */
struct shape {
	const struct field *fields;
	size_t count;
	size_t size;                                      /* of its struct */
	struct member_fault (*check)(const void *object); /* NULL: no more */
	/* Its one member, without a name, stands there without an object. */
	bool bare;
};

#define SHAPE(table) \
	.fields = (table), .count = sizeof(table) / sizeof((table)[0])

/* Structs of a shape, one after the other. */
struct list {
	const void *items;
	size_t count;
};

/* What only its owner can look into; the JSON is the decoder's, by kind. */
struct form {
	bool (*same)(const void *one, const void *other);
	/* A copy in the arena, of all that it points to. */
	const void *(*keep)(struct arena *arena, const void *form);
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
	/* FIELD_INT, FIELD_BOOL, FIELD_TIME, FIELD_CHOICE: the default */
	int64_t fallback;
	/* FIELD_REFERENCE, FIELD_FORM: the table's owner knows them */
	int kind;
	const char *const *choices; /* FIELD_CHOICE: NULL after the last */
	const struct shape *shape;  /* FIELD_OBJECT, FIELD_LIST */
	const struct form *form;    /* FIELD_FORM */
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

/* Copies its strings, and what else it points to, into the arena. */
void fields_keep(const struct field *fields, size_t count, struct arena *arena,
    void *object);

#endif
