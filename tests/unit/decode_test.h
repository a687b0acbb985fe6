/* decode_test: a table of every type of field, and bodies decoded by it */
#ifndef DECODE_TEST_H
#define DECODE_TEST_H

#include "base/decode.h"
#include "json_test.h"

struct body {
	const char *name, *id, *description;
	int64_t points, times, at;
	bool enabled;
	const char *any;
};

enum { BODY_FIELDS = 8 };
extern const struct field fields[BODY_FIELDS];
extern struct decode decode;

/* Test fixture: json_set_up, and a decoder without a context. */
int decode_set_up(void **state);

#define DECODE_TEST(test) \
	cmocka_unit_test_setup_teardown(test, decode_set_up, arena_tear_down)

/* The body and, in faults, what is wrong with it. */
struct body decode_text(const char *text);

/* The faults as "pointer code detail", one a line. */
const char *told(void);

#endif
