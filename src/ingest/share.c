/*
 * ingest_share: which jobs an event transaction has room for
 *
 * What a transaction works on is in memory at once, and its locks are held
 * until all of it is done. Both are bounded here, by sizes that are known
 * before anything is read or applied.
 */
#include <string.h>

#include "base/arena.h"
#include "ingest/batch.h"
#include "ingest/known.h"

/* Bytes of an event in an answer, without what the body told and awards. */
enum { EVENT_SIZE = 400 };

/* What a job needs, or a transaction has, in bytes. */
struct share {
	size_t standings; /* of its users, as they are stored */
	size_t awards;    /* of events that are known already, likewise */
	size_t answers;
};

/*
 * Of awards, more than a job that was applied can need when it comes again: one
 * is 38 bytes at most, while ids are below 2^42 (a hundred years of 1,000 a
 * second), and 150 in an answer. Of standings, what a thousand users have who
 * have most that there may be; up to 45 times as much memory is made of it.
 */
static const struct share most = {
    .standings = 4 << 20, .awards = 8 << 20, .answers = INGEST_ANSWER_MAX};

/* A job that takes more than this part of it is applied alone. */
enum { ALONE_PART = 8 };

static bool
is_more(const struct share *share, size_t part)
{
	return share->standings > most.standings / part ||
	    share->awards > most.awards / part ||
	    share->answers > most.answers / part;
}

static struct share
sum(const struct share *one, const struct share *other)
{
	return (struct share) {.standings = one->standings + other->standings,
	    .awards = one->awards + other->awards,
	    .answers = one->answers + other->answers};
}

/*
 * What is to be read for an item: its user, once for each job, and its awards.
 */
static struct share
need_to_read(struct batch *batch, const struct known_events *known,
    const struct batch_item *item)
{
	struct batch_user *user = &batch->users[item->user];
	const struct stored_event *stored = known_place(known, item)->stored;
	struct share need = {
	    .awards = stored == NULL ? 0 : stored->awards_size};

	if (!user->wanted && user->counted_for != item->job)
		need.standings = user->standing_size;
	user->counted_for = item->job;
	return need;
}

static size_t
names_size(const struct given_award *award)
{
	return strlen(award->rule) +
	    (award->point_scale == NULL ? 0 : strlen(award->point_scale)) +
	    (award->badge == NULL ? 0 : strlen(award->badge));
}

/* What an item's answer may come to, without what the body told. */
static struct share
need_to_answer(struct batch *batch, const struct known_events *known,
    const struct batch_item *item)
{
	const struct event *event = known_place(known, item)->event;
	struct share need = {.answers = EVENT_SIZE};
	size_t i;

	(void)batch;
	if (event == NULL)
		need.answers += item->found.weight;
	else
		for (i = 0; i < event->award_count; i++)
			need.answers +=
			    event_award_size(names_size(&event->awards[i]));
	return need;
}

typedef struct share (*need_of)(struct batch *batch,
    const struct known_events *known, const struct batch_item *item);

/* Whether the job is applied, now, later or not at all. */
static void
judge(struct batch *batch, struct ingest_job *job, const struct share *need,
    struct share *taken)
{
	const struct share together = sum(taken, need);

	if (is_more(need, 1))
		job->error = ERR_BODY_TOO_LARGE;
	else if (is_more(need, ALONE_PART) && batch->job_count > 1)
		job->postponed = job->alone = true;
	else if (is_more(&together, 1))
		job->postponed = true;
	else
		*taken = together;
}

/* Jobs that are judged already need nothing. */
static void
share_out(
    struct batch *batch, const struct known_events *known, need_of need_of_item)
{
	struct share taken = {0}, need, more;
	size_t i = 0, end;

	for (; i < batch->item_count; i = end) {
		struct ingest_job *job = batch->items[i].job;

		need = (struct share) {.answers = 2 * job->size};
		for (end = i;
		     end < batch->item_count && batch->items[end].job == job;
		     end++) {
			more = need_of_item(batch, known, &batch->items[end]);
			need = sum(&need, &more);
		}
		if (job_is_applied(job))
			judge(batch, job, &need, &taken);
		for (; i < end && job_is_applied(job); i++)
			batch->users[batch->items[i].user].wanted = true;
	}
}

static void
want_all(struct batch *batch, const struct known_events *known)
{
	struct stored_event *stored;
	size_t i;

	for (i = 0; i < batch->user_count; i++)
		batch->users[i].wanted = false;
	for (i = 0; i < batch->item_count; i++) {
		if (!job_is_applied(batch->items[i].job))
			continue;
		batch->users[batch->items[i].user].wanted = true;
		stored = known_place(known, &batch->items[i])->stored;
		if (stored != NULL)
			stored->wanted = true;
	}
}

/*
 * While settling nothing is judged anew: what may have been committed is looked
 * for, and what was not to be applied is not.
 */
enum error
batch_share(struct batch *batch, struct known_events *known)
{
	enum error error;

	if (!batch->settling)
		share_out(batch, known, need_to_read);
	want_all(batch, known);
	error = known_read_awards(batch, known);
	if (error != OK)
		return error;
	if (!batch->settling)
		share_out(batch, known, need_to_answer);
	want_all(batch, known);
	return batch_open_users(batch);
}
