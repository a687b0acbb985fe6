/* distinct: each value of a property counts once for a user */
#include "base/hash.h"
#include "base/number.h"
#include "base/str.h"
#include "engine/feature.h"

/*
 * A value is kept as HASH_BITS of a hash, seven bytes in the user's row, which
 * every event of the user writes anew: hence VALUES_MAX. Two values are taken
 * for one in one of 2^48 cases.
 */
enum { VALUES_MAX = 10000, HASH_BITS = 48, VALUE_TEXT_MAX = 1 << 20 };

struct distinct_part {
	const char *property; /* NULL: none */
};

static const struct field fields[] = {
    {.name = "distinct",
        .type = FIELD_KEY,
        .flags = FIELD_STRICT,
        .offset = offsetof(struct distinct_part, property)},
};

static bool
is_used(const void *part)
{
	return ((const struct distinct_part *)part)->property != NULL;
}

/* A text that no other value has: "true", "15e-1", "5:false", "2:[…". */
static void
add_scalar(struct str *text, struct arena *arena, const struct property *value)
{
	if (value->type == VALUE_BOOLEAN)
		str_adds(text, value->boolean ? "true" : "false");
	else if (value->type == VALUE_NUMBER)
		str_adds(text, number_canonical(arena, value->text));
	else {
		str_addf(text, "%zu:", value->length);
		str_add(text, value->text, value->length);
	}
	str_addc(text, ';');
}

static int64_t
hash_of(struct arena *arena, const struct property *value)
{
	struct str text = str_new(arena, VALUE_TEXT_MAX);
	size_t i;

	if (value->type == VALUE_LIST) {
		str_addc(&text, '[');
		for (i = 0; i < value->element_count; i++)
			add_scalar(&text, arena, &value->elements[i]);
	} else
		add_scalar(&text, arena, value);
	return (int64_t)(hash_bytes(text.data, text.len) >> (64 - HASH_BITS));
}

static const struct property *
value_of(const struct step *step, const void *part)
{
	return occurrence_property(
	    step->event, ((const struct distinct_part *)part)->property);
}

/* An event without the property has no value that could be new. */
static bool
fresh(struct step *step, const void *part)
{
	const struct property *value = value_of(step, part);
	size_t seen;

	if (value == NULL)
		return false;
	step_slots(step, STATE_SEEN, &seen);
	return seen < VALUES_MAX &&
	    !step_has(step, STATE_SEEN, hash_of(step->scratch, value));
}

static bool
counts(struct step *step, const void *part)
{
	const int64_t hash = hash_of(step->scratch, value_of(step, part));

	*step_touch_at(step, STATE_SEEN, hash) = 1;
	return true;
}

const struct feature feature_distinct = {
    FIELDS(fields),
    .size = sizeof(struct distinct_part),
    .is_used = is_used,
    .on[FRESH] = fresh,
    .on[COUNTS] = counts,
};
