/* classic: the interface of the course project, to the letter */
#ifndef API_CLASSIC_H
#define API_CLASSIC_H

#include "api/api.h"

/* The route's subject is the resource, where there is one. */
enum error classic_list(struct call *call) MUST_CHECK;
enum error classic_get(struct call *call) MUST_CHECK;
enum error classic_post(struct call *call) MUST_CHECK;
enum error classic_put(struct call *call) MUST_CHECK;
enum error classic_delete(struct call *call) MUST_CHECK;
enum error classic_post_event(struct call *call) MUST_CHECK;
enum error classic_users(struct call *call) MUST_CHECK;
enum error classic_user(struct call *call) MUST_CHECK;
enum error classic_points(struct call *call) MUST_CHECK;

#endif
