/* user: users, their points and their ledgers */
#include "api/user.h"

#include "api/auth.h"
#include "api/page.h"
#include "api/resource.h"
#include "base/arena.h"
#include "store/ledger.h"
#include "work/reader.h"

void
user_write(struct json_writer *jw, const struct user *user, int64_t app_key,
    bool classic)
{
	size_t i;

	jw_object(jw, NULL);
	jw_string(jw, "username", user->username);
	jw_int(jw, "appkey", app_key);
	jw_array(jw, "pointScalesWithPoints");
	for (i = 0; i < user->balance_count; i++) {
		const struct scale_balance *balance = &user->balances[i];

		jw_object(jw, NULL);
		write_named(jw, "pointScale", &balance->point_scale, app_key);
		jw_int(jw, "points", balance->points);
		jw_object_end(jw);
	}
	jw_array_end(jw);
	jw_array(jw, "badgesArray");
	for (i = 0; i < user->badge_count; i++)
		write_named(jw, NULL, &user->badges[i], app_key);
	jw_array_end(jw);
	if (!classic) {
		jw_int(jw, "events", user->events);
		jw_time(jw, "createdAt", user->created_at);
		jw_time(jw, "lastEventAt", user->last_event_at);
		jw_time(jw, "updatedAt", user->last_event_at);
	}
	jw_object_end(jw);
}

static struct user_read
read_of(const struct call *call, const char *username, bool names_wanted)
{
	return (struct user_read) {.application = call->application,
	    .key = call->key,
	    .username = username,
	    .arena = call->arena,
	    .names_wanted = names_wanted};
}

static enum error
finish_read(struct call *call, enum error result)
{
	if (result != OK)
		return result;
	if (call->read->read.error == ERR_KEY_UNKNOWN)
		key_cache_drop(call->service->keys, call->key);
	return call->answer(call);
}

/* Lets the reader read, and somebody else answer. */
static enum error
wait_for_user(struct call *call, const char *username, bool names_wanted,
    enum error (*answer)(struct call *))
{
	call->read = arena_alloc(call->arena, sizeof(*call->read));
	call->read->read = read_of(call, username, names_wanted);
	call->finish = finish_read;
	call->answer = answer;
	call->waits = true;
	return OK;
}

static enum error
respond_user(struct call *call, const struct user_read *read, bool classic)
{
	struct json_writer jw;
	struct user user;
	enum error error = user_told(read, &user);

	if (error != OK)
		return error;
	jw = call_json(call, 200);
	user_write(&jw, &user, call->app_key, classic);
	return OK;
}

/* Without a key, for the classic interface: the call has a connection. */
static enum error
read_now(struct call *call, bool names_wanted, struct user_read *read_out)
{
	struct user_read *read = read_out;

	*read = read_of(call, call->match.params[0], names_wanted);
	return users_read(call->db, call->service->views, &read, 1);
}

enum error
user_respond_classic(struct call *call)
{
	struct user_read read;
	enum error error = read_now(call, true, &read);

	return error == OK ? respond_user(call, &read, true) : error;
}

enum error
user_points_classic(struct call *call, int64_t *points_out)
{
	struct user_read read;
	enum error error = read_now(call, false, &read);

	return error == OK
	    ? user_points(&read, call->match.params[1], points_out)
	    : error;
}

static enum error
answer_user(struct call *call)
{
	enum error error = respond_user(call, &call->read->read, false);

	if (error == OK)
		call_etag(call);
	return error;
}

enum error
user_get_one(struct call *call)
{
	return wait_for_user(call, call->match.params[0], true, answer_user);
}

/* A page of users while it is written. */
struct user_page {
	struct call *call;
	struct page page;
	struct json_writer jw;
	const char *last;
	int64_t left;
};

static bool
write_user(void *context, const struct user *user)
{
	struct user_page *users = context;
	struct call *call = users->call;

	if (users->left == 0)
		users->page.more = true;
	if (users->left-- == 0 ||
	    (users->last != NULL && page_is_full(call, &users->page)))
		return false;
	user_write(&users->jw, user, call->app_key, false);
	users->last = arena_strdup(call->arena, user->username);
	return true;
}

enum error
user_get_list(struct call *call)
{
	struct user_page users = {.call = call};
	struct user_listing listing = {.application = call->application,
	    .take = write_user,
	    .context = &users};
	size_t count = 0;
	bool cut = false;
	enum error error = page_begin(call, "users", &users.page);

	if (error == OK)
		error = call_db(call);
	if (error != OK)
		return error;
	users.left = users.page.limit;
	listing.after = users.page.after == NULL ? "" : users.page.after;
	listing.limit = users.page.limit + 1;
	users.jw = page_open(call, &users.page, &count);
	error = user_list(call->db, call->service->views, &listing, &cut);
	if (error != OK)
		return error;
	users.page.more |= cut;
	page_end(call, &users.jw, &users.page, users.last);
	return OK;
}

static enum error
answer_points(struct call *call)
{
	const char *scale = call->match.params[0];
	struct json_writer jw;
	int64_t points;
	enum error error = user_points(&call->read->read, scale, &points);

	if (error != OK)
		return error;
	jw = call_json(call, 200);
	jw_object(&jw, NULL);
	jw_string(&jw, "username", call->match.params[1]);
	jw_string(&jw, "pointScale", scale);
	jw_int(&jw, "points", points);
	jw_object_end(&jw);
	call_etag(call);
	return OK;
}

enum error
user_get_points(struct call *call)
{
	return wait_for_user(call, call->match.params[1], false, answer_points);
}

static void
write_entry(struct json_writer *jw, const struct ledger_entry *entry)
{
	jw_object(jw, NULL);
	jw_int(jw, "number", entry->number);
	jw_string(jw, "pointScale", entry->point_scale);
	jw_int(jw, "points", entry->points);
	jw_int(jw, "balance", entry->balance);
	jw_string(jw, "rule", entry->rule);
	jw_string(jw, "event", entry->event);
	jw_time(jw, "createdAt", entry->created_at);
	jw_object_end(jw);
}

static const char *
place_text(struct call *call, const struct ledger_place *place)
{
	return arena_printf(call->arena, "%lld:%lld", (long long)place->row,
	    (long long)place->number);
}

enum error
user_get_ledger(struct call *call)
{
	struct ledger_place place = {.row = 0, .number = INT64_MAX};
	struct json_writer jw;
	struct ledger ledger;
	struct page page;
	size_t i;
	enum error error = page_begin(call, "ledger", &page);

	if (error == OK)
		error = page_after_pair(&page, &place.row, &place.number);
	if (error == OK)
		error = call_db(call);
	if (error == OK)
		error = user_ledger(call->db, call->arena, call->application,
		    call->match.params[0], place, page.limit + 1, &ledger);
	if (error != OK)
		return error;
	jw = page_open(call, &page, &ledger.count);
	for (i = 0; i < ledger.count; i++) {
		write_entry(&jw, &ledger.entries[i]);
		place = (struct ledger_place) {
		    ledger.entries[i].row, ledger.entries[i].number};
	}
	if (ledger.cut_at.row != 0) {
		page.more = true;
		place = ledger.cut_at;
	}
	page_end(call, &jw, &page, place_text(call, &place));
	return OK;
}
