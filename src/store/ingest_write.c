/* ingest_write: what an event transaction writes */
#include <string.h>

#include "base/arena.h"
#include "store/db.h"
#include "store/ingest_batch.h"
#include "store/statements.h"

enum {
	INSERT_EVENTS,
	INSERT_ENTRIES,
	WRITE_BALANCES,
	WRITE_COUNTS,
	INSERT_BADGES,
	UPDATE_USERS,
	DELETE_USERS,
	STATEMENTS
};

static const char *const texts[STATEMENTS] = {
    [INSERT_EVENTS] =
        "INSERT INTO event (application_id, id, user_id, number, version,"
        " first_entry, entries, badges, timestamp, timestamp_given,"
        " timestamp_sent, event_id, event_type, properties)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [INSERT_ENTRIES] = "INSERT INTO ledger (application_id, user_id, number,"
                       " point_scale_id, points, balance, event, rule_id)"
                       " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    [WRITE_BALANCES] =
        "INSERT INTO balance (application_id, user_id, point_scale_id,"
        " points) VALUES (?, ?, ?, ?)"
        " ON DUPLICATE KEY UPDATE points = VALUES(points)",
    [WRITE_COUNTS] =
        "INSERT INTO rule_count (application_id, user_id, rule_id, count)"
        " VALUES (?, ?, ?, ?)"
        " ON DUPLICATE KEY UPDATE count = VALUES(count)",
    [INSERT_BADGES] =
        "INSERT INTO user_badge (application_id, user_id, badge_id,"
        " event, rule_id) VALUES (?, ?, ?, ?, ?)",
    [UPDATE_USERS] =
        "UPDATE user SET events = ?, entries = ?, last_event_at = ?,"
        " replays = replays + ? WHERE application_id = ? AND username = ?",
    [DELETE_USERS] = "DELETE FROM user WHERE application_id = ?"
                     " AND username = ? AND events = 0",
};
const struct statement_set ingest_write_statements = {texts, STATEMENTS};

/* The columns of a bulk statement, as arrays that it is bound to in order. */
enum { BULK_COLUMNS_MAX = 14, ROWS_MAX = 20000 };
struct rows {
	struct bulk bulk;
	size_t count;
	size_t max;
	size_t columns;
	int64_t *ints[BULK_COLUMNS_MAX];
	const char **texts[BULK_COLUMNS_MAX];
};

/* types: one letter a column, 'i' or 't', in the order of the statement. */
static void
rows_init(struct rows *rows, struct batch *batch, const char *types, size_t max)
{
	size_t i;

	*rows = (struct rows) {.max = max, .columns = strlen(types)};
	for (i = 0; i < rows->columns; i++)
		if (types[i] == 'i')
			rows->ints[i] =
			    arena_array(batch->arena, max + 1, sizeof(int64_t));
		else
			rows->texts[i] =
			    arena_array(batch->arena, max + 1, sizeof(char *));
}

/*
 * One piece of the rows: a statement stays below the server's
 * max_allowed_packet.
 */
static enum error
rows_write_some(struct rows *rows, struct batch *batch, size_t statement,
    size_t first, size_t count)
{
	size_t i;

	bulk_begin(&rows->bulk, batch->db, batch->arena, SET_INGEST_WRITE,
	    statement, count);
	for (i = 0; i < rows->columns; i++)
		if (rows->ints[i] != NULL)
			bulk_int(&rows->bulk, rows->ints[i] + first);
		else
			bulk_text(&rows->bulk, rows->texts[i] + first);
	return bulk_run(&rows->bulk);
}

static enum error
rows_write(struct rows *rows, struct batch *batch, size_t statement)
{
	enum error error = OK;
	size_t first, count;

	for (first = 0; first < rows->count && error == OK; first += count) {
		count = rows->count - first;
		if (count > ROWS_MAX)
			count = ROWS_MAX;
		error = rows_write_some(rows, batch, statement, first, count);
	}
	return error;
}

static enum error
insert_events(struct batch *batch)
{
	struct rows rows;
	size_t i, n;

	rows_init(&rows, batch, "iiiiiiiiiitttt", batch->item_count);
	for (i = 0; i < batch->item_count; i++) {
		const struct batch_item *item = &batch->items[i];
		const struct event *event = &item->event->event;

		if (!item->write)
			continue;
		n = rows.count++;
		rows.ints[0][n] = item->app->application;
		rows.ints[1][n] = event->row;
		rows.ints[2][n] = batch->users[item->user].id;
		rows.ints[3][n] = item->number;
		rows.ints[4][n] = item->app->version;
		rows.ints[5][n] = event->first_entry;
		rows.ints[6][n] = event->entries;
		rows.ints[7][n] = event->badges;
		rows.ints[8][n] = event->timestamp;
		rows.ints[9][n] = event->timestamp_given;
		rows.texts[10][n] = event->timestamp_sent;
		rows.texts[11][n] = event->id;
		rows.texts[12][n] = event->event_type;
		rows.texts[13][n] = event->properties;
	}
	return rows_write(&rows, batch, INSERT_EVENTS);
}

static void
add_entry(struct rows *rows, const struct batch *batch,
    const struct batch_item *item, const struct award *award, int64_t number)
{
	size_t n = rows->count++;

	rows->ints[0][n] = item->app->application;
	rows->ints[1][n] = batch->users[item->user].id;
	rows->ints[2][n] = number;
	rows->ints[3][n] = award->rule->point_scale_id;
	rows->ints[4][n] = award->rule->points;
	rows->ints[5][n] = award->balance;
	rows->ints[6][n] = item->event->event.row;
	rows->ints[7][n] = award->rule->id;
}

static void
add_badge(struct rows *rows, const struct batch *batch,
    const struct batch_item *item, const struct award *award)
{
	size_t n = rows->count++;

	rows->ints[0][n] = item->app->application;
	rows->ints[1][n] = batch->users[item->user].id;
	rows->ints[2][n] = award->rule->badge_id;
	rows->ints[3][n] = item->event->event.row;
	rows->ints[4][n] = award->rule->id;
}

static enum error
insert_awards(struct batch *batch)
{
	struct rows entries, badges;
	size_t total = 0, i, k;
	enum error error;

	for (i = 0; i < batch->item_count; i++)
		total += batch->items[i].award_count;
	rows_init(&entries, batch, "iiiiiiii", total);
	rows_init(&badges, batch, "iiiii", total);
	for (i = 0; i < batch->item_count; i++) {
		const struct batch_item *item = &batch->items[i];
		int64_t number = item->event->event.first_entry;

		if (!item->write)
			continue;
		for (k = 0; k < item->award_count; k++) {
			if (item->awards[k].rule->point_scale_id != 0)
				add_entry(&entries, batch, item,
				    &item->awards[k], number++);
			if (item->awards[k].badge_won)
				add_badge(
				    &badges, batch, item, &item->awards[k]);
		}
	}
	error = rows_write(&entries, batch, INSERT_ENTRIES);
	if (error == OK)
		error = rows_write(&badges, batch, INSERT_BADGES);
	return error;
}

/* Balances or counts that have changed. Badges have rows of their own. */
static enum error
write_state(struct batch *batch, enum state_kind kind, size_t statement)
{
	const struct state_slot *slot;
	const struct batch_user *user;
	struct rows rows;
	size_t n;

	rows_init(&rows, batch, "iiii", batch->state.used);
	for (slot = batch->state.first_changed; slot != NULL;
	     slot = slot->next_changed) {
		if (slot->kind != kind)
			continue;
		n = rows.count++;
		user = &batch->users[slot->user];
		rows.ints[0][n] = user->application;
		rows.ints[1][n] = user->id;
		rows.ints[2][n] = slot->ref;
		rows.ints[3][n] = slot->value;
	}
	return rows_write(&rows, batch, statement);
}

/* A user without events was made by this transaction, for a refused event. */
static enum error
write_users(struct batch *batch)
{
	struct rows kept, empty;
	enum error error;
	size_t i, n;

	rows_init(&kept, batch, "iiiiit", batch->user_count);
	rows_init(&empty, batch, "it", batch->user_count);
	for (i = 0; i < batch->user_count; i++) {
		const struct batch_user *user = &batch->users[i];

		if (user->events == 0) {
			n = empty.count++;
			empty.ints[0][n] = user->application;
			empty.texts[1][n] = user->username;
			continue;
		}
		n = kept.count++;
		kept.ints[0][n] = user->events;
		kept.ints[1][n] = user->entries;
		kept.ints[2][n] = user->last_event_at;
		kept.ints[3][n] = user->replays;
		kept.ints[4][n] = user->application;
		kept.texts[5][n] = user->username;
	}
	error = rows_write(&kept, batch, UPDATE_USERS);
	if (error == OK)
		error = rows_write(&empty, batch, DELETE_USERS);
	return error;
}

enum error
batch_write(struct batch *batch)
{
	enum error error = insert_events(batch);

	if (error == OK)
		error = insert_awards(batch);
	if (error == OK)
		error = write_state(batch, STATE_BALANCE, WRITE_BALANCES);
	if (error == OK)
		error = write_state(batch, STATE_COUNT, WRITE_COUNTS);
	if (error == OK)
		error = write_users(batch);
	return error;
}
