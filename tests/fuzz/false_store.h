/* false_store: in the place of the store's connections, for fuzz targets */
#ifndef TESTS_FUZZ_FALSE_STORE_H
#define TESTS_FUZZ_FALSE_STORE_H

#include "base/error.h"

/*
 * The linker's --wrap puts these functions in the place of those that reach the
 * database (see tests/local.mk, and HACKING.md for why). There is one
 * application with two keys and the classic interface. A transaction runs once.
 * A statement that is not replaced finds the connection lost. An event's
 * outcome is by its username's first letter, see false_store.c.
 */
enum { FALSE_APPLICATION = 3, FALSE_APP_KEY = 11, FALSE_VERSION = 7 };
extern const char false_secret[], false_publishable[];

/* What committer_submit or reader_submit was given last, and what comes of it. */
extern void *false_waiter;
extern enum error false_result;

#endif
