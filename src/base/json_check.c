/* json_check: the grammar of RFC 8259 and our limits, in one pass */
#include "base/json_check.h"

#include <math.h>
#include <stdbool.h>
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
 * at moves forward only. The names of the objects that are open stand in names
 * one behind the other: each object looks at its own when it ends.
 */
struct check {
	struct arena *arena;
	struct faults *faults;
	const char *text, *at, *end;
	const char *why; /* sticky: the first fault's */
	int depth, values;
	struct name *names;
	size_t name_count, name_size;
};

/* Objects up to this size are compared pair by pair, larger ones sorted. */
enum { FEW_NAMES = 16 };

static bool check_value(struct check *check, const struct place *place);

static bool
refuse_at(struct check *check, const char *at, const char *why)
{
	if (check->why == NULL)
		check->why = arena_printf(check->arena, "%s at byte %zu", why,
		    (size_t)(at - check->text));
	return false;
}

static bool
refuse(struct check *check, const char *why)
{
	return refuse_at(check, check->at,
	    check->at == check->end ? "the text ends too early" : why);
}

/* The next byte, or NUL at the end: no byte of a JSON text is NUL. */
static char
peek(const struct check *check)
{
	if (check->at == check->end)
		return '\0';
	return *check->at;
}

static bool
take(struct check *check, char c)
{
	if (peek(check) != c)
		return false;
	check->at++;
	return true;
}

static void
skip_space(struct check *check)
{
	char c;

	while ((c = peek(check)) == ' ' || c == '\n' || c == '\t' || c == '\r')
		check->at++;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t
skip_digits(struct check *check)
{
	const char *start = check->at;

	while (is_digit(peek(check)))
		check->at++;
	return (size_t)(check->at - start);
}

static const char *
pointer_to(struct check *check, const struct place *place)
{
	const char *base;

	if (place->parent == NULL)
		return "";
	base = pointer_to(check, place->parent);
	if (place->name == NULL)
		return json_pointer_at(check->arena, base, place->index);
	return json_pointer(check->arena, base,
	    arena_copy(check->arena, place->name->data, place->name->len));
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
number_fits(struct check *check, const char *number, bool integer)
{
	size_t len = (size_t)(check->at - number);

	if (integer)
		return integer_fits(number, len);
	return isfinite(strtod(arena_copy(check->arena, number, len), NULL));
}

static bool
need_digits(struct check *check)
{
	return skip_digits(check) > 0 || refuse(check, "a digit is missing");
}

static bool
check_number(struct check *check, const struct place *place)
{
	const char *start = check->at, *integer_end;

	take(check, '-');
	if (!take(check, '0') && !need_digits(check))
		return false;
	integer_end = check->at;
	if (take(check, '.') && !need_digits(check))
		return false;
	if (take(check, 'e') || take(check, 'E')) {
		if (!take(check, '+'))
			take(check, '-');
		if (!need_digits(check))
			return false;
	}
	/* A pointer costs as much as the names in it: none for nothing. */
	if (!number_fits(check, start, check->at == integer_end) &&
	    !faults_are_full(check->faults))
		faults_add(check->faults, pointer_to(check, place),
		    "out_of_range", "must be a number that 64 bits can hold");
	return true;
}

/* At the quote. *escaped_out says whether the string has escapes. */
static bool
check_string(struct check *check, struct name *string_out, bool *escaped_out)
{
	const char *start = check->at + 1;
	struct json_string string = {.at = start, .end = check->end};

	if (!json_string_scan(&string))
		return refuse_at(check, string.at, string.why);
	check->at = string.at + 1;
	string_out->at = string_out->data = start;
	string_out->len = (size_t)(string.at - start);
	*escaped_out = string.escaped;
	return true;
}

static void
resolve(struct check *check, struct name *name)
{
	char *data = arena_alloc(check->arena, name->len);

	name->len = json_string_resolve(name->data, name->len, data);
	name->data = data;
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

static bool
check_name(struct check *check, struct name *name_out)
{
	struct name name;
	bool escaped;

	if (peek(check) != '"')
		return refuse(check, "a member's name is missing");
	if (!check_string(check, &name, &escaped))
		return false;
	if (escaped)
		resolve(check, &name);
	if (name.len > JSON_NAME_MAX)
		return refuse_at(check, name.at, "a member's name is too long");
	if (text_has_control(name.data, name.len))
		return refuse_at(
		    check, name.at, "a control character in a member's name");
	remember(check, &name);
	*name_out = name;
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

static bool
refuse_twice(
    struct check *check, const struct name *one, const struct name *other)
{
	return refuse_at(check, one->at > other->at ? one->at : other->at,
	    "the same member for the second time");
}

/* Sorted, equal names are neighbours: no input makes this quadratic. */
static bool
many_are_unique(struct check *check, struct name *names, size_t count)
{
	size_t i;

	qsort(names, count, sizeof(*names), compare_names);
	for (i = 1; i < count; i++)
		if (compare_names(&names[i - 1], &names[i]) == 0)
			return refuse_twice(check, &names[i - 1], &names[i]);
	return true;
}

static bool
names_are_unique(struct check *check, struct name *names, size_t count)
{
	size_t i, j;

	if (count > FEW_NAMES)
		return many_are_unique(check, names, count);
	for (i = 1; i < count; i++)
		for (j = 0; j < i; j++)
			if (compare_names(&names[i], &names[j]) == 0)
				return refuse_twice(
				    check, &names[i], &names[j]);
	return true;
}

static bool
check_member(struct check *check, const struct place *parent)
{
	struct name name;
	struct place place = {.parent = parent, .name = &name};

	skip_space(check);
	if (!check_name(check, &name))
		return false;
	skip_space(check);
	if (!take(check, ':'))
		return refuse(check, "a colon is missing");
	return check_value(check, &place);
}

/* Behind the brace. */
static bool
check_object(struct check *check, const struct place *place)
{
	size_t first = check->name_count;

	skip_space(check);
	if (take(check, '}'))
		return true;
	do
		if (!check_member(check, place))
			return false;
	while (take(check, ','));
	if (!take(check, '}'))
		return refuse(check, "a comma or a closing brace is missing");
	if (!names_are_unique(
	        check, check->names + first, check->name_count - first))
		return false;
	check->name_count = first;
	return true;
}

/* Behind the bracket. */
static bool
check_array(struct check *check, const struct place *parent)
{
	struct place place = {.parent = parent};

	skip_space(check);
	if (take(check, ']'))
		return true;
	do {
		if (!check_value(check, &place))
			return false;
		place.index++;
	} while (take(check, ','));
	if (!take(check, ']'))
		return refuse(check, "a comma or a closing bracket is missing");
	return true;
}

static bool
check_container(struct check *check, const struct place *place)
{
	bool fine;

	if (check->depth == JSON_DEPTH_MAX)
		return refuse(check, "nested too deeply");
	check->depth++;
	if (*check->at++ == '{')
		fine = check_object(check, place);
	else
		fine = check_array(check, place);
	check->depth--;
	return fine;
}

static bool
check_word(struct check *check, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(check->end - check->at) < len ||
	    memcmp(check->at, word, len) != 0)
		return refuse(check, "a value is missing");
	check->at += len;
	return true;
}

static bool
check_one(struct check *check, const struct place *place)
{
	struct name string;
	bool escaped;

	switch (peek(check)) {
	case '{':
	case '[':
		return check_container(check, place);
	case '"':
		return check_string(check, &string, &escaped);
	case 't':
		return check_word(check, "true");
	case 'f':
		return check_word(check, "false");
	case 'n':
		return check_word(check, "null");
	default:
		if (peek(check) == '-' || is_digit(peek(check)))
			return check_number(check, place);
		return refuse(check, "a value is missing");
	}
}

static bool
check_value(struct check *check, const struct place *place)
{
	skip_space(check);
	if (++check->values > JSON_VALUES_MAX)
		return refuse(check, "too many values");
	if (!check_one(check, place))
		return false;
	skip_space(check);
	return true;
}

static const char *
check_start(const char *text, size_t len)
{
	static const char mark[] = "\xEF\xBB\xBF";

	if (len == 0)
		return "it is empty";
	if (len >= 3 && memcmp(text, mark, 3) == 0)
		return "it begins with a byte order mark, which JSON has not";
	return NULL;
}

const char *
json_check(
    struct arena *arena, const char *text, size_t len, struct faults *faults)
{
	struct check check = {.arena = arena,
	    .faults = faults,
	    .text = text,
	    .at = text,
	    .end = text + len,
	    .why = check_start(text, len)};
	const struct place top = {.parent = NULL};

	if (check.why == NULL && check_value(&check, &top) &&
	    check.at != check.end)
		refuse(&check, "something behind the end of the value");
	return check.why;
}
