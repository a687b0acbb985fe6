/* ops: the API's description, and what operators ask */
#ifndef API_OPS_H
#define API_OPS_H

#include "api/api.h"

enum error openapi_get(struct call *call) MUST_CHECK;
enum error healthz_get(struct call *call) MUST_CHECK;
enum error readyz_get(struct call *call) MUST_CHECK;
enum error metrics_get(struct call *call) MUST_CHECK;

#endif
