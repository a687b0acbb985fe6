/* user: users, their points and their ledgers in answers */
#ifndef API_USER_H
#define API_USER_H

#include "api/api.h"
#include "store/user.h"

/* The course project's user document; the v1 one has more members behind it. */
void user_write(struct json_writer *jw, const struct user *user,
    int64_t app_key, bool classic);

/* Of whom the path names. The call has no key, and a connection. */
enum error user_respond_classic(struct call *call) MUST_CHECK;
enum error
user_points_classic(struct call *call, int64_t *points_out) MUST_CHECK;

enum error user_get_one(struct call *call) MUST_CHECK;
enum error user_get_list(struct call *call) MUST_CHECK;
enum error user_get_points(struct call *call) MUST_CHECK;
enum error user_get_ledger(struct call *call) MUST_CHECK;

#endif
