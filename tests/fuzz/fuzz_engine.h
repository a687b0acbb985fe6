/* fuzz_engine: the engine beside a slow model of it, for fuzz_event */
#ifndef TESTS_FUZZ_FUZZ_ENGINE_H
#define TESTS_FUZZ_FUZZ_ENGINE_H

struct arena;
struct ingest_event;
struct rule_definition;

/*
 * Runs events by rules, and asserts the contract: sums, a badge once and in its
 * place, the N-th match, and an event that would leave the range of points
 * changes nothing. Past its limits rules and events are left out.
 */
struct fuzz_engine;
struct fuzz_engine *fuzz_engine_new(struct arena *arena);

/* All rules come before the first event. */
void fuzz_engine_rule(
    struct fuzz_engine *engine, const struct rule_definition *definition);
void
fuzz_engine_event(struct fuzz_engine *engine, const struct ingest_event *event);

#endif
