/* ingest_known: which events of a batch are stored already */
#ifndef INGEST_KNOWN_H
#define INGEST_KNOWN_H

#include "db/db.h"
#include "db/query.h"
#include "ingest/batch.h"

/* Events by (application, id): those stored, and those of this batch so far. */
struct known {
	int64_t application;
	const struct event *event;   /* NULL: not known */
	struct stored_event *stored; /* NULL: of this batch, or not known */
	bool ours; /* perhaps an earlier attempt of this very batch wrote it */
};
struct known_events {
	struct known *table;
	size_t size; /* a power of two, more than twice what goes in */
	struct query query;
	const struct event_key *keys;
	size_t wanted;
	struct stored_event *stored;
	size_t stored_count;
};

/*
 * Looks up all items of the batch: sends the question, which the server answers
 * when it has done what was sent before, and takes the answer. Sent is taken,
 * whatever fails in between.
 */
void known_send(struct batch *batch, struct known_events *known);
enum error
known_take(struct batch *batch, struct known_events *known) MUST_CHECK;

/* Reads what the wanted events gave; of the others that is not known. */
enum error
known_read_awards(struct batch *batch, struct known_events *known) MUST_CHECK;

/* Where the item's event is, or is to be put. */
struct known *
known_place(const struct known_events *known, const struct batch_item *item);

#endif
