/* field_test: a table with members that are more than scalars, and bodies */
#ifndef FIELD_TEST_H
#define FIELD_TEST_H

#include "base/field.h"
#include "json_test.h"

struct deep {
	int64_t until;
	bool flag;
	const char *name;
};

struct inner {
	int64_t number;
	int64_t colour;
	const char *word;
	const void *deep;
};

struct outer {
	int64_t since;
	int64_t colour;
	const void *inner;
	struct list list, single, words;
	const void *form;
};

enum { OUTER_FIELDS = 7 };
extern const struct field outer_fields[OUTER_FIELDS];

/* How often the check of an inner one was asked in the last body. */
extern int checks_asked;

/*
 * Decodes over what is there already, as json_of; faults has the faults, and
 * keeps so many at most.
 */
void decode_over(
    struct arena *in, const char *text, int faults_max, struct outer *outer);

/* The same over the defaults. */
struct outer decode_outer(struct arena *in, const char *text);

/* As a JSON object; brief: without what has its default. */
const char *encode_outer(const struct outer *outer, bool brief);

/* The faults, one behind the other, as "pointer code". */
const char *faults_told(void);

#endif
