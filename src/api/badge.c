/* badge: the badge resource */
#include <stddef.h>
#include <strings.h>

#include "api/resource.h"
#include "base/text.h"

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

static bool
same(const void *sent, const void *stored)
{
	const struct badge *one = sent, *other = stored;

	return text_same(one->image_url, other->image_url);
}

static void
keep(void *object, const void *existing)
{
	struct badge *badge = object;

	badge->image_url = ((const struct badge *)existing)->image_url;
}

static void
write(struct json_writer *jw, const void *object, int64_t app_key)
{
	const struct badge *badge = object;

	(void)app_key;
	jw_string_or_null(jw, "imageUrl", badge->image_url);
}

const struct resource badge_resource = {
    .catalog = &badge_catalog,
    .collection = "/api/v1/badges",
    .tag = "badges",
    .fields = fields,
    .field_count = sizeof(fields) / sizeof(fields[0]),
    .check = check,
    .same = same,
    .keep = keep,
    .write = write,
};
