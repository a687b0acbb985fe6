/* bytes_test: packed bytes as texts, and damaged in every way */
#ifndef BYTES_TEST_H
#define BYTES_TEST_H

#include "base/pack.h"
#include "random_case.h"
#include "unit_test.h"

/* Fixtures of a group: random_set_up, and the arena that readers read into. */
int bytes_set_up(void **test);
int bytes_tear_down(void **test);

/* Empty whenever something is read. */
extern struct arena *scratch;

/* "1a 00 ff" */
const char *bytes_text(struct bytes bytes);
struct bytes bytes_of(const char *text);

/* Random numbers, of every size that they may have. */
int64_t draw_int(void);
int64_t draw_id(void); /* from 1 on */

/*
 * A reader: unpacks, asserts what must hold of it, and says whether the bytes
 * were sound. Here it gets them in a place of just their size, so that the
 * sanitizer sees it reading too far.
 */
bool reads(bool (*reader)(struct bytes bytes), struct bytes bytes);

/*
 * Fails unless packed, which means the same as the bytes, is shorter than they
 * are, or is the same.
 */
void expect_shortest(struct bytes packed, struct bytes bytes);

/* Fails unless all of the bytes are sound, and are damaged if cut anywhere. */
void expect_whole(bool (*reader)(struct bytes bytes), struct bytes bytes);

/*
 * Reads the bytes with each of them changed to each other one, with each left
 * out, and with each one doubled. Answers how many of these were sound.
 */
size_t damage(bool (*reader)(struct bytes bytes), struct bytes bytes);

#endif
