/* award: what an event gave, as the event's row keeps it */
#include "store/award.h"

#include "base/arena.h"
#include "base/str.h"

/* Of an award: it has a rule, a point scale or 0, and a badge or 0. */
enum { AWARD_SIZE_MIN = 3, AWARD_SIZE_MAX = 5 * 10 };

static void
pack_id(struct str *str, const struct reference *reference)
{
	pack_uint(str, reference == NULL ? 0 : (uint64_t)reference->id);
}

struct bytes
awards_pack(struct arena *arena, const struct award *awards, size_t count,
    int64_t entries_before)
{
	struct str str = str_new(arena, (count + 1) * AWARD_SIZE_MAX);
	size_t i;

	if (count == 0)
		return (struct bytes) {NULL, 0};
	pack_uint(&str, (uint64_t)entries_before);
	pack_uint(&str, count);
	for (i = 0; i < count; i++) {
		const struct award *award = &awards[i];

		pack_uint(&str, (uint64_t)award->rule->id);
		pack_id(&str, award->point_scale);
		if (award->point_scale != NULL) {
			pack_int(&str, award->points);
			pack_int(&str, award->balance);
		}
		pack_id(&str, award->badge);
	}
	return (struct bytes) {str.data, str.len};
}

bool
awards_unpack(
    struct arena *arena, struct bytes bytes, struct stored_awards *awards_out)
{
	struct unpack unpack = unpack_begin(bytes);
	struct stored_award *award;
	size_t left;

	*awards_out = (struct stored_awards) {.entries_before = 0};
	if (bytes.data == NULL)
		return true;
	awards_out->entries_before = unpack_id(&unpack);
	left = unpack_count(&unpack, AWARD_SIZE_MIN);
	/* The numbers of the entries must not pass the last number. */
	if (awards_out->entries_before > INT64_MAX - (int64_t)left)
		unpack.damaged = true;
	awards_out->list =
	    arena_array(arena, left + 1, sizeof(*awards_out->list));
	for (; left > 0 && !unpack.damaged; left--) {
		award = &awards_out->list[awards_out->count];
		award->rule = unpack_id(&unpack);
		award->point_scale = unpack_id(&unpack);
		if (award->point_scale != 0) {
			award->points = unpack_int(&unpack);
			award->balance = unpack_int(&unpack);
		}
		award->badge = unpack_id(&unpack);
		awards_out->count += !unpack.damaged;
	}
	return unpack_end(&unpack);
}

size_t
awards_count(struct bytes bytes)
{
	struct unpack unpack = unpack_begin(bytes);

	unpack_id(&unpack);
	return unpack_count(&unpack, AWARD_SIZE_MIN);
}

size_t
awards_entries(const struct stored_awards *awards)
{
	size_t entries = 0, i;

	for (i = 0; i < awards->count; i++)
		entries += awards->list[i].point_scale != 0;
	return entries;
}
