/* badge: the badge resource */
#include <stddef.h>
#include <strings.h>

#include "api/resource.h"

enum { IMAGE_URL_MAX = 2000 };

static const struct field fields[] = {
    {.name = "imageUrl",
        .type = FIELD_TEXT,
        .flags = FIELD_STRICT,
        .offset = offsetof(struct badge, image_url),
        .max = IMAGE_URL_MAX},
};

/* Pages show the image: a script must not come in by that door. */
static void
check(struct decode *decode, struct json_object *value, const char *pointer,
    const void *object)
{
	const struct badge *badge = object;
	const char *url = badge->image_url;

	(void)value;
	if (url != NULL && strncasecmp(url, "https://", 8) != 0 &&
	    strncasecmp(url, "http://", 7) != 0 && *url != '/')
		faults_add(decode->faults,
		    json_pointer(decode->arena, pointer, "imageUrl"),
		    "invalid_format",
		    "must be a URL that begins with https://, http:// or /");
}

static const struct field *
members(size_t *count_out)
{
	*count_out = sizeof(fields) / sizeof(fields[0]);
	return fields;
}

const struct resource badge_resource = {
    .catalog = &badge_catalog,
    .collection = "/api/v1/badges",
    .tag = "badges",
    .members = members,
    .check = check,
};
