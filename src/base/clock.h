/* clock: the time of day, RFC 3339, and deadlines */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Times of day are microseconds since 1970-01-01T00:00:00Z, in UTC. */
enum { TIME_TEXT_SIZE = 28 };

int64_t clock_now(void);

/* Microseconds that only ever grow, for deadlines and durations. */
int64_t clock_monotonic(void);

void clock_sleep(int64_t microseconds);

/*
 * A condition whose time limits are of clock_monotonic, and a wait for it,
 * under the mutex. False: moment has passed, and nobody has signalled.
 */
void clock_init_condition(pthread_cond_t *condition);
bool
clock_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t moment);

/* Writes "2026-11-22T09:00:00.000000Z". Years 0000 to 9999. */
void time_format(int64_t time, char text[TIME_TEXT_SIZE]);

/*
 * RFC 3339 with any offset; fractions past microseconds are cut off; a leap
 * second (:60) counts as the second after. False if it is not of that form or
 * its day does not exist or the UTC year leaves 0001 to 9999.
 */
bool time_parse(const char *text, int64_t *time_out);

#endif
