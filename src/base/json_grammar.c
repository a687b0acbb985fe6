/* json_grammar: RFC 8259's grammar, without a limit and without recursion */
#include "base/json_grammar.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/json_string.h"

/*
 * at moves forward only. Of each container that is open, objects has a bit: set
 * for an object, the first container's the lowest of the first byte.
 */
struct grammar {
	struct arena *arena;
	const char *text, *at, *end;
	const char *why; /* the first fault's, and sticky */
	unsigned char *objects;
	size_t depth, size; /* in bits */
};

static bool
refuse_at(struct grammar *grammar, const char *at, const char *why)
{
	if (grammar->why == NULL)
		grammar->why = arena_printf(grammar->arena, "%s at byte %zu",
		    why, (size_t)(at - grammar->text));
	return false;
}

static bool
refuse(struct grammar *grammar, const char *why)
{
	return refuse_at(grammar, grammar->at,
	    grammar->at == grammar->end ? "the text ends too early" : why);
}

/* The next byte, or NUL at the end: no byte of a JSON text is NUL. */
static char
peek(const struct grammar *grammar)
{
	if (grammar->at == grammar->end)
		return '\0';
	return *grammar->at;
}

static bool
take(struct grammar *grammar, char c)
{
	if (peek(grammar) != c)
		return false;
	grammar->at++;
	return true;
}

static void
skip_space(struct grammar *grammar)
{
	char c;

	while (
	    (c = peek(grammar)) == ' ' || c == '\n' || c == '\t' || c == '\r')
		grammar->at++;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
need_digits(struct grammar *grammar)
{
	if (!is_digit(peek(grammar)))
		return refuse(grammar, "a digit is missing");
	while (is_digit(peek(grammar)))
		grammar->at++;
	return true;
}

static bool
number(struct grammar *grammar)
{
	take(grammar, '-');
	if (!take(grammar, '0') && !need_digits(grammar))
		return false;
	if (take(grammar, '.') && !need_digits(grammar))
		return false;
	if (!take(grammar, 'e') && !take(grammar, 'E'))
		return true;
	if (!take(grammar, '+'))
		take(grammar, '-');
	return need_digits(grammar);
}

/* At the quote. */
static bool
string(struct grammar *grammar)
{
	struct json_string string = {
	    .at = grammar->at + 1, .end = grammar->end};

	if (!json_string_scan(&string))
		return refuse_at(grammar, string.at, string.why);
	grammar->at = string.at + 1;
	return true;
}

static bool
word(struct grammar *grammar, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(grammar->end - grammar->at) < len ||
	    memcmp(grammar->at, word, len) != 0)
		return refuse(grammar, "a value is missing");
	grammar->at += len;
	return true;
}

static bool
scalar(struct grammar *grammar)
{
	switch (peek(grammar)) {
	case '"':
		return string(grammar);
	case 't':
		return word(grammar, "true");
	case 'f':
		return word(grammar, "false");
	case 'n':
		return word(grammar, "null");
	default:
		if (peek(grammar) == '-' || is_digit(peek(grammar)))
			return number(grammar);
		return refuse(grammar, "a value is missing");
	}
}

static void
push(struct grammar *grammar, bool object)
{
	const size_t byte = grammar->depth / 8;
	const unsigned char bit = (unsigned char)(1U << grammar->depth % 8);
	unsigned char *more;

	if (grammar->depth == grammar->size) {
		grammar->size += grammar->size + 256;
		more = arena_alloc(grammar->arena, grammar->size / 8);
		if (byte > 0)
			memcpy(more, grammar->objects, byte);
		grammar->objects = more;
	}
	if (object)
		grammar->objects[byte] |= bit;
	else
		grammar->objects[byte] &= (unsigned char)~bit;
	grammar->depth++;
}

static bool
in_object(const struct grammar *grammar)
{
	const size_t top = grammar->depth - 1;

	return (grammar->objects[top / 8] >> top % 8 & 1) != 0;
}

/* A member up to its value. */
static bool
member(struct grammar *grammar)
{
	skip_space(grammar);
	if (peek(grammar) != '"')
		return refuse(grammar, "a member's name is missing");
	if (!string(grammar))
		return false;
	skip_space(grammar);
	return take(grammar, ':') || refuse(grammar, "a colon is missing");
}

/* Opens a container. *empty_out: it is closed again. */
static bool
open_container(struct grammar *grammar, bool *empty_out)
{
	const bool object = *grammar->at++ == '{';

	skip_space(grammar);
	*empty_out = take(grammar, object ? '}' : ']');
	if (*empty_out)
		return true;
	push(grammar, object);
	return !object || member(grammar);
}

/* Up to the end of a value that is none of a container's beginning. */
static bool
whole_value(struct grammar *grammar)
{
	bool ended = false;

	while (!ended) {
		skip_space(grammar);
		if (peek(grammar) == '{' || peek(grammar) == '[') {
			if (!open_container(grammar, &ended))
				return false;
		} else {
			if (!scalar(grammar))
				return false;
			ended = true;
		}
	}
	return true;
}

/* After a value: closes what is full, or goes on after a comma. */
static bool
after_value(struct grammar *grammar)
{
	for (skip_space(grammar); grammar->depth > 0; skip_space(grammar)) {
		const bool object = in_object(grammar);

		if (take(grammar, ','))
			return !object || member(grammar);
		if (!take(grammar, object ? '}' : ']'))
			return refuse(grammar,
			    object ? "a comma or a closing brace is missing"
			           : "a comma or a closing bracket is missing");
		grammar->depth--;
	}
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
json_grammar(struct arena *arena, const char *text, size_t len)
{
	struct grammar grammar = {.arena = arena,
	    .text = text,
	    .at = text,
	    .end = text + len,
	    .why = check_start(text, len)};

	if (grammar.why != NULL)
		return grammar.why;
	do
		if (!whole_value(&grammar) || !after_value(&grammar))
			return grammar.why;
	while (grammar.depth > 0);
	if (grammar.at != grammar.end)
		refuse(&grammar, "something behind the end of the value");
	return grammar.why;
}
