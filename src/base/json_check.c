/* json_check: the faults of a text that is JSON, in one pass */
#include "base/json_check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/json_string.h"
#include "base/text.h"

/* A string of the text, as it stands there or with its escapes resolved. */
struct name {
	const char *data;
	size_t len;
	const char *at; /* where it stands */
};

/* The way down to a value. Its parent is NULL at the top. */
struct place {
	const struct place *parent;
	const struct name *name; /* NULL in an array */
	size_t index;
};

/*
 * at moves forward only, and nothing looks for the text's end: it is JSON. The
 * names of the objects that are open stand in names one behind the other: each
 * object looks at its own when it ends.
 */
struct check {
	struct arena *arena;
	struct faults *faults;
	struct json_cuts *cuts;
	const char *at, *end;
	int depth;
	int values, item_values;
	bool full; /* too many of either: the way back leads to the item */
	struct name *names;
	size_t name_count, name_size;
};

/*
 * Objects up to FEW_NAMES are compared pair by pair, larger ones sorted. A
 * longer pointer than POINTER_MAX is cut at a container: ten in each of a
 * thousand items must fit into an answer.
 */
enum { FEW_NAMES = 16, POINTER_MAX = 512, ITEM_DEPTH = 2 };

static void check_value(struct check *check, const struct place *place);

static bool
take(struct check *check, char c)
{
	if (*check->at != c)
		return false;
	check->at++;
	return true;
}

static void
skip_space(struct check *check)
{
	while (check->at < check->end &&
	    (*check->at == ' ' || *check->at == '\n' || *check->at == '\t' ||
	        *check->at == '\r'))
		check->at++;
}

/* At the quote. */
static struct json_string
skip_string(struct check *check)
{
	struct json_string string = {.at = check->at + 1, .end = check->end};

	(void)json_string_scan(&string);
	check->at = string.at + 1;
	return string;
}

/* A number, true, false or null. */
static void
skip_word(struct check *check)
{
	static const char more[] = "+-.0123456789Eaeflnrstu";

	while (check->at < check->end && strchr(more, *check->at) != NULL)
		check->at++;
}

static void
skip_value(struct check *check)
{
	size_t depth = 0;

	do {
		skip_space(check);
		if (*check->at == '"')
			(void)skip_string(check);
		else if (take(check, '{') || take(check, '['))
			depth++;
		else if (take(check, '}') || take(check, ']'))
			depth--;
		else if (!take(check, ',') && !take(check, ':'))
			skip_word(check);
	} while (depth > 0);
}

static const char *
pointer_to(struct check *check, const struct place *place)
{
	const char *base, *pointer;

	if (place->parent == NULL)
		return "";
	base = pointer_to(check, place->parent);
	pointer = place->name == NULL
	    ? json_pointer_at(check->arena, base, place->index)
	    : json_pointer(check->arena, base,
	          arena_copy(
	              check->arena, place->name->data, place->name->len));
	return strlen(pointer) > POINTER_MAX ? base : pointer;
}

/* A pointer costs as much as the names in it: none for nothing. */
static void
fault(struct check *check, const struct place *place, const char *code,
    const char *detail)
{
	if (!faults_are_full(check->faults))
		faults_add(check->faults, pointer_to(check, place), code, "%s",
		    detail);
}

static void
cut(struct check *check, const char *from, const char *to, const char *value)
{
	json_cuts_add(check->cuts, (struct json_cut) {from, to, value});
}

/* Whether digits, without a leading zero, are more than max. */
static bool
digits_exceed(const char *digits, size_t len, const char *max)
{
	size_t max_len = strlen(max);

	if (len != max_len)
		return len > max_len;
	return memcmp(digits, max, len) > 0;
}

static bool
integer_fits(const char *number, size_t len)
{
	if (*number == '-')
		return !digits_exceed(
		    number + 1, len - 1, "9223372036854775808");
	return !digits_exceed(number, len, "18446744073709551615");
}

static bool
number_fits(struct check *check, const char *number, size_t len)
{
	if (memchr(number, '.', len) == NULL &&
	    memchr(number, 'e', len) == NULL &&
	    memchr(number, 'E', len) == NULL)
		return integer_fits(number, len);
	return isfinite(strtod(arena_copy(check->arena, number, len), NULL));
}

static void
check_number(struct check *check, const struct place *place)
{
	const char *start = check->at;

	skip_word(check);
	if (!number_fits(check, start, (size_t)(check->at - start)))
		fault(check, place, "out_of_range",
		    "must be a number that 64 bits can hold");
}

static void
check_string(struct check *check, const struct place *place)
{
	const char *start = check->at;

	if (!skip_string(check).lone)
		return;
	fault(check, place, "invalid_format",
	    "has half of a surrogate pair, which is no character");
	cut(check, start, check->at, "\"\"");
}

static void
remember(struct check *check, const struct name *name)
{
	struct name *more;

	if (check->name_count == check->name_size) {
		check->name_size += check->name_size + 2 * FEW_NAMES;
		more =
		    arena_array(check->arena, check->name_size, sizeof(*more));
		if (check->name_count > 0)
			memcpy(more, check->names,
			    check->name_count * sizeof(*more));
		check->names = more;
	}
	check->names[check->name_count++] = *name;
}

/* A name that no pointer can have, or none that one would read. */
static bool
name_is_nameless(struct check *check, const struct place *parent,
    const struct name *name, bool lone)
{
	if (lone)
		fault(check, parent, "invalid_format",
		    "the name of a member in it has half of a surrogate pair,"
		    " which is no character");
	else if (name->len > JSON_NAME_MAX)
		fault(check, parent, "too_long",
		    "the name of a member in it is longer than 4096 bytes");
	else if (memchr(name->data, '\0', name->len) != NULL)
		fault(check, parent, "control_character",
		    "the name of a member in it has the character U+0000");
	else
		return false;
	return true;
}

/* False: there is none that json-c may see. */
static bool
check_name(struct check *check, const struct place *parent,
    const struct place *place, struct name *name)
{
	const char *start = check->at + 1;
	const struct json_string string = skip_string(check);
	char *resolved;

	*name = (struct name) {start, (size_t)(string.at - start), start};
	if (string.escaped) {
		resolved = arena_alloc(check->arena, name->len);
		name->len =
		    json_string_resolve(name->data, name->len, resolved);
		name->data = resolved;
	}
	if (name_is_nameless(check, parent, name, string.lone))
		return false;
	if (text_has_control(name->data, name->len))
		fault(check, place, "control_character",
		    "the name of a member must not have control characters");
	remember(check, name);
	return true;
}

static int
compare_names(const void *one_void, const void *other_void)
{
	const struct name *one = one_void, *other = other_void;

	if (one->len != other->len)
		return one->len < other->len ? -1 : 1;
	return memcmp(one->data, other->data, one->len);
}

static void
fault_twice(
    struct check *check, const struct place *parent, const struct name *name)
{
	const struct place place = {.parent = parent, .name = name};

	fault(check, &place, "duplicate_member",
	    "stands more than once in its object");
}

/* Sorted, equal names are neighbours: no input makes this quadratic. */
static void
compare_many(struct check *check, const struct place *place, struct name *names,
    size_t count)
{
	size_t i;

	qsort(names, count, sizeof(*names), compare_names);
	for (i = 1; i < count; i++)
		if (compare_names(&names[i - 1], &names[i]) == 0)
			fault_twice(check, place, &names[i]);
}

static void
compare_all(struct check *check, const struct place *place, struct name *names,
    size_t count)
{
	size_t i, j;

	if (count > FEW_NAMES) {
		compare_many(check, place, names, count);
		return;
	}
	for (i = 1; i < count; i++)
		for (j = 0; j < i; j++)
			if (compare_names(&names[i], &names[j]) == 0)
				fault_twice(check, place, &names[i]);
}

/* Answers whether json-c may see the member. */
static bool
check_member(struct check *check, const struct place *parent)
{
	struct name name;
	const struct place place = {.parent = parent, .name = &name};
	const bool seen = check_name(check, parent, &place, &name);

	skip_space(check);
	check->at++; /* the colon */
	if (seen)
		check_value(check, &place);
	else
		skip_value(check);
	skip_space(check);
	return seen;
}

/*
 * The brace has been read, and members follow. A member that is left out takes
 * along the comma before it, or, where it would be the first, the one after it.
 */
static void
check_members(struct check *check, const struct place *place)
{
	const char *start, *before = NULL;
	bool more = true, any = false;

	while (more && !check->full) {
		skip_space(check);
		start = check->at;
		if (check_member(check, place)) {
			any = true;
			before = check->at;
			more = take(check, ',');
		} else if (any) {
			cut(check, before, check->at, "");
			before = check->at;
			more = take(check, ',');
		} else {
			more = take(check, ',');
			cut(check, start, check->at, "");
		}
	}
}

static void
check_object(struct check *check, const struct place *place)
{
	const size_t first = check->name_count;

	check_members(check, place);
	if (check->full)
		return;
	check->at++;
	if (check->name_count > first)
		compare_all(check, place, check->names + first,
		    check->name_count - first);
	check->name_count = first;
}

static void
check_array(struct check *check, const struct place *parent)
{
	struct place place = {.parent = parent};

	do {
		check_value(check, &place);
		place.index++;
	} while (!check->full && take(check, ','));
	if (!check->full)
		check->at++;
}

/* A container, at its bracket. */
static void
check_container(struct check *check, const struct place *place)
{
	const char *start = check->at;
	const bool object = *check->at == '{';

	if (check->depth == JSON_DEPTH_MAX) {
		skip_value(check);
		fault(check, place, "too_deep", "is nested too deeply");
		cut(check, start, check->at, "0");
		return;
	}
	check->at++;
	skip_space(check);
	if (take(check, '}') || take(check, ']'))
		return;
	check->depth++;
	if (object)
		check_object(check, place);
	else
		check_array(check, place);
	check->depth--;
}

static void
check_one(struct check *check, const struct place *place)
{
	if (*check->at == '{' || *check->at == '[')
		check_container(check, place);
	else if (*check->at == '"')
		check_string(check, place);
	else if (strchr("tfn", *check->at) != NULL)
		skip_word(check);
	else
		check_number(check, place);
}

/* An item of a batch: its faults are its own, and so is what is cut. */
static void
check_item(struct check *check, const struct place *place)
{
	const size_t names = check->name_count, cuts = check->cuts->count;
	const char *start = check->at;
	const int depth = check->depth;

	faults_next_item(check->faults);
	check->item_values = 0;
	check_one(check, place);
	if (check->full && check->values <= JSON_VALUES_MAX) {
		check->full = false;
		check->depth = depth;
		check->name_count = names;
		check->cuts->count = cuts;
		check->at = start;
		skip_value(check);
		fault(check, place, "too_many", "has too many values in it");
		cut(check, start, check->at, "0");
	}
	faults_next_item(check->faults);
}

static void
check_value(struct check *check, const struct place *place)
{
	const bool items = check->faults->item_max > 0;

	skip_space(check);
	if (++check->values > JSON_VALUES_MAX ||
	    (items && check->depth > ITEM_DEPTH &&
	        ++check->item_values > JSON_ITEM_VALUES_MAX))
		check->full = true;
	else if (items && check->depth == ITEM_DEPTH)
		check_item(check, place);
	else
		check_one(check, place);
	if (!check->full)
		skip_space(check);
}

void
json_check(struct arena *arena, const char *text, size_t len,
    struct faults *faults, struct json_cuts *cuts_out)
{
	struct check check = {.arena = arena,
	    .faults = faults,
	    .cuts = cuts_out,
	    .at = text,
	    .end = text + len};
	const struct place top = {.parent = NULL};

	*cuts_out = (struct json_cuts) {.arena = arena};
	check_value(&check, &top);
	if (!check.full)
		return;
	cuts_out->count = 0;
	faults_next_item(faults);
	fault(&check, &top, "too_many", "has too many values in it");
	cut(&check, text, text + len, "0");
}
