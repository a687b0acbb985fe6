/* route: the API on one screen */
#include "api/application.h"
#include "api/classic.h"
#include "api/event.h"
#include "api/ops.h"
#include "api/resource.h"
#include "api/user.h"

enum { BODY = REQUEST_BODY_MAX, BATCH = BATCH_BODY_MAX };
enum {
	OPEN = ACCESS_OPEN,
	PROBE = ACCESS_PROBE,
	LOCAL = ACCESS_LOOPBACK,
	PUBLIC = ACCESS_PUBLISHABLE,
	USER = ACCESS_USER,
	SECRET = ACCESS_SECRET,
	EVENT = ACCESS_EVENT,
	CLASSIC = ACCESS_CLASSIC,
};

#define PAGE  "limit cursor"
#define V1    "/api/v1"
#define SCALE &point_scale_resource
#define BADGE &badge_resource
#define RULE  &rule_resource

/* clang-format off */
const struct route routes[] = {
	{ "GET", V1 "/application", application_get_own, PUBLIC, "", 0, NULL },
	{ "PUT", V1 "/application", application_put_own, SECRET, "", BODY, NULL },

	{ "GET", V1 "/pointScales", resource_list, PUBLIC, PAGE, 0, SCALE },
	{ "POST", V1 "/pointScales", resource_post, SECRET, "", BODY, SCALE },
	{ "GET", V1 "/pointScales/{name}", resource_get, PUBLIC, "", 0, SCALE },
	{ "PUT", V1 "/pointScales/{name}", resource_put, SECRET, "", BODY, SCALE },
	{ "DELETE", V1 "/pointScales/{name}", resource_delete, SECRET, "", 0, SCALE },
	{ "GET", V1 "/pointScales/{name}/users/{username}", user_get_points, USER, "", 0, NULL },

	{ "GET", V1 "/badges", resource_list, PUBLIC, PAGE, 0, BADGE },
	{ "POST", V1 "/badges", resource_post, SECRET, "", BODY, BADGE },
	{ "GET", V1 "/badges/{name}", resource_get, PUBLIC, "", 0, BADGE },
	{ "PUT", V1 "/badges/{name}", resource_put, SECRET, "", BODY, BADGE },
	{ "DELETE", V1 "/badges/{name}", resource_delete, SECRET, "", 0, BADGE },

	{ "GET", V1 "/rules", resource_list, SECRET, PAGE, 0, RULE },
	{ "POST", V1 "/rules", resource_post, SECRET, "", BODY, RULE },
	{ "GET", V1 "/rules/{name}", resource_get, SECRET, "", 0, RULE },
	{ "PUT", V1 "/rules/{name}", resource_put, SECRET, "", BODY, RULE },
	{ "DELETE", V1 "/rules/{name}", resource_delete, SECRET, "", 0, RULE },

	{ "POST", V1 "/events", event_post, EVENT, "", BODY, NULL },
	{ "POST", V1 "/events/batch", event_post_batch, EVENT, "", BATCH, NULL },
	{ "GET", V1 "/events", event_get_list, SECRET, "username eventType from to " PAGE, 0, NULL },
	{ "GET", V1 "/events/{id}", event_get_one, SECRET, "", 0, NULL },

	{ "GET", V1 "/users", user_get_list, SECRET, PAGE, 0, NULL },
	{ "GET", V1 "/users/{username}", user_get_one, USER, "", 0, NULL },
	{ "GET", V1 "/users/{username}/ledger", user_get_ledger, SECRET, PAGE, 0, NULL },

	{ "GET", V1 "/openapi.yaml", openapi_get, OPEN, "", 0, NULL },
	{ "GET", "/healthz", healthz_get, PROBE, "", 0, NULL },
	{ "GET", "/readyz", readyz_get, PROBE, "", 0, NULL },
	{ "GET", "/metrics", metrics_get, LOCAL, "", 0, NULL },

	{ "GET", "/api/badges", classic_list, CLASSIC, "", 0, BADGE },
	{ "POST", "/api/badges", classic_post, CLASSIC, "", BODY, BADGE },
	{ "GET", "/api/badges/{badgeName}", classic_get, CLASSIC, "", 0, BADGE },
	{ "PUT", "/api/badges/{badgeName}", classic_put, CLASSIC, "", BODY, BADGE },
	{ "POST", "/api/pointScales", classic_post, CLASSIC, "", BODY, SCALE },
	{ "GET", "/api/pointScales/{pointScaleName}", classic_get, CLASSIC, "", 0, SCALE },
	{ "PUT", "/api/pointScales/{pointScaleName}", classic_put, CLASSIC, "", BODY, SCALE },
	{ "GET", "/api/rules", classic_list, CLASSIC, "", 0, RULE },
	{ "POST", "/api/rules", classic_post, CLASSIC, "", BODY, RULE },
	{ "DELETE", "/api/rules", classic_delete, CLASSIC, "", BODY, RULE },
	{ "GET", "/api/rules/{ruleName}", classic_get, CLASSIC, "", 0, RULE },
	{ "PUT", "/api/rules/{ruleName}", classic_put, CLASSIC, "", BODY, RULE },
	{ "POST", "/api/events", classic_post_event, CLASSIC, "", BODY, NULL },
	{ "GET", "/api/users", classic_users, CLASSIC, "", 0, NULL },
	{ "GET", "/api/users/{username}", classic_user, CLASSIC, "", 0, NULL },
	{ "GET", "/api/users/{username}/{pointScaleName}", classic_points, CLASSIC, "", 0, NULL },
};
/* clang-format on */
const size_t route_count = sizeof(routes) / sizeof(routes[0]);
_Static_assert(sizeof(routes) / sizeof(routes[0]) < METRICS_ROUTES_MAX,
    "metrics has room for so many routes, and for requests that meet none");
