/* ingest_test: what the tests of ingest share */
#include <string.h>

#include "ingest_test.h"
#include "proxy.h"
#include "store/key.h"
#include "store/user.h"
#include "store/view.h"

int64_t application;
const struct key_hash nobodys_key = {{47, 11}};

int
make_everything(void **state)
{
	static int number;

	(void)state;
	application =
	    make_application(arena_printf(test_arena, "app %d", ++number));
	make_rule(application,
	    (struct plain_rule) {.name = "point",
	        .event_type = "visit",
	        .points = 1,
	        .scale_name = "points",
	        .badge_name = "Visitor"});
	memset(&server_counters, 0, sizeof(server_counters));
	return 0;
}

int
leave_nothing_wrong(void **state)
{
	(void)state;
	proxy_set(PROXY_PASS, NULL);
	verify_finds_nothing();
	return 0;
}

void
committer_init(struct committer *committer)
{
	committer->db =
	    db_new(&server_settings, DB_COMMITTER, &server_counters);
	ingest_init(&committer->ingest, committer->db);
}

void
committer_free(struct committer *committer)
{
	ingest_free(&committer->ingest);
	db_free(committer->db);
}

enum error
apply_job(struct committer *committer, struct ingest_job *job)
{
	enum error error =
	    ingest_apply(&committer->ingest, &job, 1, in_seconds(20), true);

	keep_outcome(job);
	return error;
}

struct ingest_job
apply(struct ingest_event *events, size_t count)
{
	struct ingest_job job = job_of(application, events, count);
	struct committer committer;

	committer_init(&committer);
	assert_int_equal(apply_job(&committer, &job), OK);
	committer_free(&committer);
	return job;
}

/* The user, if there is one, in the test's arena. */
static bool
find_user(const char *username, struct user *user_out)
{
	struct db *db = connect_as(DB_ADMIN);
	struct views *views = views_new();
	struct user_read read = {.application = application,
	                     .username = username,
	                     .arena = test_arena,
	                     .names_wanted = true},
	                 *reads[] = {&read};
	enum error error = users_read(db, views, reads, 1);

	if (error == OK)
		error = user_told(&read, user_out);

	views_free(views);
	db_free(db);
	if (error != ERR_USER_NOT_FOUND)
		assert_int_equal(error, OK);
	return error == OK;
}

int64_t
points_of(const char *username)
{
	struct user user;
	int64_t points = 0;
	size_t i;

	if (!find_user(username, &user))
		return 0;
	for (i = 0; i < user.balance_count; i++)
		points += user.balances[i].points;
	return points;
}

int64_t
badges_of(const char *username)
{
	struct user user;

	return find_user(username, &user) ? (int64_t)user.badge_count : 0;
}

int64_t
rows_of(const char *table)
{
	return sql_number("SELECT COUNT(*) FROM %s WHERE application_id = %lld",
	    table, (long long)application);
}

void
assert_given(
    const struct ingest_event *event, int64_t balance, const char *badge)
{
	const struct given_award *award = event->event.awards;

	assert_int_equal(event->error, OK);
	assert_int_equal(event->event.award_count, 1);
	assert_string_equal(award->rule, "point");
	assert_string_equal(award->point_scale, "points");
	assert_int_equal(award->points, 1);
	assert_int_equal(award->balance, balance);
	assert_int_equal(award->badge != NULL, badge != NULL);
	if (badge != NULL)
		assert_string_equal(award->badge, badge);
}

int
ingest_server_start(void **state)
{
	server_start_migrated(state);
	proxy_start();
	return 0;
}
