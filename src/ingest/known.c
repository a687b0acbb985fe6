/* ingest_known: which events of a batch are stored already */
#include "ingest/known.h"

#include <string.h>

#include "base/arena.h"

/* 64 numbers that a library writes, as 1e300 or with 25 characters. */
enum { PROPERTIES_SLACK = 64 * 25 };

/*
 * So many ids are asked for ahead of the answer before. More could fill the
 * socket, while the server waits for that answer, also large, to be read.
 */
enum { AHEAD_MAX = 128 };

/* Bytes of an event's awards that come with it: most have fewer. */
enum { AWARDS_AT_ONCE = 1 << 10 };

static struct known *
find_place(
    const struct known_events *known, int64_t application, const char *id)
{
	uint64_t hash = (uint64_t)application * 0x9e3779b97f4a7c15u;
	struct known *place;
	const char *c;

	for (c = id; *c != '\0'; c++)
		hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
	for (hash ^= hash >> 31;; hash++) {
		place = &known->table[hash & (known->size - 1)];
		if (place->event == NULL ||
		    (place->application == application &&
		        strcmp(place->event->id, id) == 0))
			return place;
	}
}

/* The same content has properties of about the same length: 1.5 equals 1.50. */
static struct event_key
key_of(const struct batch_item *item)
{
	const struct event *event = &item->event->event;

	return (struct event_key) {item->app->application, event->id,
	    event->properties == NULL
	        ? PROPERTIES_SLACK
	        : 2 * strlen(event->properties) + PROPERTIES_SLACK};
}

struct known *
known_place(const struct known_events *known, const struct batch_item *item)
{
	return find_place(known, item->app->application, item->event->event.id);
}

/*
 * A server-made id can only be there where an earlier attempt's COMMIT is in
 * doubt.
 */
void
known_send(struct batch *batch, struct known_events *known)
{
	struct event_key *keys;
	size_t i;

	*known = (struct known_events) {.size = 16};
	while (known->size < 3 * batch->item_count)
		known->size *= 2;
	known->table =
	    arena_array(batch->arena, known->size, sizeof(*known->table));
	keys = arena_array(batch->arena, batch->item_count + 1, sizeof(*keys));
	for (i = 0; i < batch->item_count; i++)
		if (!batch->items[i].event->id_made || batch->settling)
			keys[known->wanted++] = key_of(&batch->items[i]);
	known->keys = keys;
	if (known->wanted > 0 && known->wanted <= AHEAD_MAX)
		event_find_send(batch->db, batch->arena, keys, known->wanted,
		    AWARDS_AT_ONCE, &known->query);
}

enum error
known_take(struct batch *batch, struct known_events *known)
{
	struct stored_event *stored;
	enum error error = OK;
	size_t i;

	if (known->wanted > AHEAD_MAX)
		event_find_send(batch->db, batch->arena, known->keys,
		    known->wanted, AWARDS_AT_ONCE, &known->query);
	if (known->wanted > 0)
		error = event_find_take(&known->query, batch->arena,
		    &known->stored, &known->stored_count);
	for (i = 0; i < known->stored_count && error == OK; i++) {
		stored = &known->stored[i];
		*find_place(known, stored->application, stored->event.id) =
		    (struct known) {stored->application, &stored->event, stored,
		        batch->settling};
	}
	return error;
}

enum error
known_read_awards(struct batch *batch, struct known_events *known)
{
	return event_find_awards(
	    batch->db, batch->arena, known->stored, known->stored_count);
}
