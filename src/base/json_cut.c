/* json_cut: places that are left out of a JSON text */
#include "base/json_cut.h"

#include <string.h>

#include "base/arena.h"

void
json_cuts_add(struct json_cuts *cuts, struct json_cut cut)
{
	struct json_cut *more;

	if (cuts->count == cuts->size) {
		cuts->size += cuts->size + 16;
		more = arena_array(cuts->arena, cuts->size, sizeof(*more));
		if (cuts->count > 0)
			memcpy(more, cuts->cuts, cuts->count * sizeof(*more));
		cuts->cuts = more;
	}
	cuts->cuts[cuts->count++] = cut;
}

static char *
copy(char *to, const char *from, size_t len)
{
	memcpy(to, from, len);
	return to + len;
}

size_t
json_cuts_apply(
    const struct json_cuts *cuts, const char *text, size_t len, char *to)
{
	const char *at = text;
	char *end = to;
	size_t i;

	for (i = 0; i < cuts->count; i++) {
		const struct json_cut *cut = &cuts->cuts[i];

		end = copy(end, at, (size_t)(cut->from - at));
		end = copy(end, cut->value, strlen(cut->value));
		at = cut->to;
	}
	end = copy(end, at, (size_t)(text + len - at));
	return (size_t)(end - to);
}
