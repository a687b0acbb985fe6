/* queue: lanes of jobs, one for each application, that take turns */
#include "work/queue.h"

#include <stdlib.h>

#include "base/memory.h"

/*
 * A round's bodies stay well below the server's max_allowed_packet of 16 MiB.
 */
enum { ROUND_SIZE_MAX = 4 << 20, FULL_PART = 8 };

/* The jobs of one application that wait; there is none without a job. */
struct lane {
	int64_t application;
	struct queued_job *first;
	struct queued_job **last;
	size_t events;
	uint64_t full_in; /* the round that had no room for its next job */
	struct lane *next;
	struct lane *chained; /* in the bucket */
};

void
queue_init(struct queue *queue, struct committer_limits limits)
{
	*queue = (struct queue) {.limits = limits};
	queue->last = &queue->first;
}

/* Where an application's lane is in its bucket, or would be put. */
static struct lane **
find(struct queue *queue, int64_t application)
{
	struct lane **place =
	    &queue->buckets[(uint64_t)application % QUEUE_BUCKETS];

	while (*place != NULL && (*place)->application != application)
		place = &(*place)->chained;
	return place;
}

bool
queue_has_room(struct queue *queue, const struct ingest_job *job)
{
	const struct lane *lane = *find(queue, job->application);
	const size_t own = (lane == NULL ? 0 : lane->events) + job->count;

	return queue->events + job->count <= queue->limits.queue_events ||
	    own <= queue->limits.queue_events / FULL_PART;
}

/* The application's lane, made behind all others if there is none. */
static struct lane *
lane_of(struct queue *queue, int64_t application)
{
	struct lane **place = find(queue, application), *lane = *place;

	if (lane != NULL)
		return lane;
	lane = memory_new(1, sizeof(*lane));
	lane->application = application;
	lane->last = &lane->first;
	*place = lane;
	*queue->last = lane;
	queue->last = &lane->next;
	return lane;
}

static void
count_in(struct queue *queue, struct lane *lane, const struct queued_job *job)
{
	lane->events += job->job.count;
	queue->events += job->job.count;
}

void
queue_put(struct queue *queue, struct queued_job *job)
{
	struct lane *lane = lane_of(queue, job->job.application);

	job->next = NULL;
	*lane->last = job;
	lane->last = &job->next;
	count_in(queue, lane, job);
}

void
queue_put_first(struct queue *queue, struct queued_job *job)
{
	struct lane *lane = lane_of(queue, job->job.application);

	job->next = lane->first;
	if (lane->first == NULL)
		lane->last = &job->next;
	lane->first = job;
	count_in(queue, lane, job);
}

/* Where the lane is among the turns. */
static struct lane **
turn_of(struct queue *queue, const struct lane *lane)
{
	struct lane **place = &queue->first;

	while (*place != lane)
		place = &(*place)->next;
	return place;
}

static void
take_turn(struct queue *queue, struct lane **place)
{
	struct lane *lane = *place;

	*place = lane->next;
	if (lane->next == NULL)
		queue->last = place;
	lane->next = NULL;
}

static void
put_last(struct queue *queue, struct lane **place)
{
	struct lane *lane = *place;

	take_turn(queue, place);
	*queue->last = lane;
	queue->last = &lane->next;
}

/* Takes the job in this place of its lane; false if it was the last there. */
static bool
take_job(struct queue *queue, struct lane **turn, struct queued_job **place)
{
	struct lane *lane = *turn;
	struct queued_job *job = *place;

	*place = job->next;
	if (job->next == NULL)
		lane->last = place;
	job->next = NULL;
	lane->events -= job->job.count;
	queue->events -= job->job.count;
	if (lane->first != NULL)
		return true;
	take_turn(queue, turn);
	*find(queue, lane->application) = lane->chained;
	free(lane);
	return false;
}

void
queue_withdraw(struct queue *queue, struct queued_job *job)
{
	struct lane *lane = *find(queue, job->job.application);
	struct queued_job **place = &lane->first;

	while (*place != job)
		place = &(*place)->next;
	take_job(queue, turn_of(queue, lane), place);
}

static bool
fits(const struct queue *queue, const struct round *round,
    const struct ingest_job *job)
{
	return round->count == 0 ||
	    (round->count < ROUND_JOBS_MAX &&
	        round->events + job->count <= queue->limits.batch_events &&
	        round->size + job->size <= ROUND_SIZE_MAX);
}

static bool
add_job(struct queue *queue, struct lane **turn, struct round *round)
{
	struct queued_job *job = (*turn)->first;

	round->jobs[round->count++] = &job->job;
	round->events += job->job.count;
	round->size += job->job.size;
	return take_job(queue, turn, &(*turn)->first);
}

/* One job of each lane, as long as they fit; false if there was none. */
static bool
gather_turn(struct queue *queue, struct round *round)
{
	struct lane **turn = &queue->first;
	const size_t before = round->count;

	while (*turn != NULL) {
		struct lane *lane = *turn;

		if (lane->full_in == queue->rounds || lane->first->job.alone ||
		    !fits(queue, round, &lane->first->job)) {
			lane->full_in = queue->rounds;
			turn = &lane->next;
		} else if (add_job(queue, turn, round))
			turn = &lane->next;
	}
	return round->count > before;
}

/* The first lane whose next job is to be applied alone, if there is one. */
static bool
gather_alone(struct queue *queue, struct round *round)
{
	struct lane **turn = &queue->first;

	while (*turn != NULL && !(*turn)->first->job.alone)
		turn = &(*turn)->next;
	if (*turn == NULL)
		return false;
	if (add_job(queue, turn, round))
		put_last(queue, turn);
	return true;
}

/* The application that came first comes last next time. */
static void
gather_together(struct queue *queue, struct round *round)
{
	const int64_t first =
	    queue->first == NULL ? 0 : queue->first->application;

	while (gather_turn(queue, round))
		;
	if (round->count > 0 && queue->first != NULL &&
	    queue->first->application == first)
		put_last(queue, &queue->first);
}

void
queue_gather(struct queue *queue, struct round *round_out)
{
	round_out->count = round_out->events = round_out->size = 0;
	queue->rounds++;
	if (!queue->one_was_alone && gather_alone(queue, round_out)) {
		queue->one_was_alone = true;
		return;
	}
	gather_together(queue, round_out);
	queue->one_was_alone =
	    round_out->count == 0 && gather_alone(queue, round_out);
}
