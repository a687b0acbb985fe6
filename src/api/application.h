/* application: the key's own application over HTTP */
#ifndef API_APPLICATION_H
#define API_APPLICATION_H

#include "api/api.h"

enum error application_get_own(struct call *call) MUST_CHECK;
enum error application_put_own(struct call *call) MUST_CHECK;

#endif
