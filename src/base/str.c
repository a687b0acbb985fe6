/* str: a growing string; doubles its place in the arena */
#include "base/str.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"

enum { STR_FIRST_SIZE = 256 };

struct str
str_new(struct arena *arena, size_t max)
{
	struct str str = {.arena = arena, .max = max};

	str.size = max < STR_FIRST_SIZE ? max + 1 : STR_FIRST_SIZE;
	str.data = arena_alloc(arena, str.size);
	return str;
}

static void
str_grow(struct str *str, size_t wanted)
{
	size_t size = str->size;

	while (size < wanted)
		size *= 2;
	if (size > str->max + 1)
		size = str->max + 1;
	str->data =
	    arena_grow(str->arena, str->data, str->size, str->len + 1, size);
	str->size = size;
}

/* Makes place for len more bytes and the NUL; false past the max. */
static bool
str_reserve(struct str *str, size_t len)
{
	if (str->overflow || len > str->max - str->len) {
		str->overflow = true;
		return false;
	}
	if (str->len + len + 1 > str->size)
		str_grow(str, str->len + len + 1);
	return true;
}

void
str_add(struct str *str, const char *data, size_t len)
{
	if (len == 0 || !str_reserve(str, len))
		return;
	memcpy(str->data + str->len, data, len);
	str->len += len;
	str->data[str->len] = '\0';
}

void
str_adds(struct str *str, const char *text)
{
	str_add(str, text, strlen(text));
}

void
str_addc(struct str *str, char c)
{
	str_add(str, &c, 1);
}

void
str_addi(struct str *str, int64_t number)
{
	char digits[20], *at = digits + sizeof(digits);
	uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;

	do
		*--at = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (number < 0)
		*--at = '-';
	str_add(str, at, (size_t)(digits + sizeof(digits) - at));
}

void
str_addf(struct str *str, const char *format, ...)
{
	va_list args, again;
	int len;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	assert(len >= 0);
	if (str_reserve(str, (size_t)len)) {
		vsnprintf(str->data + str->len, (size_t)len + 1, format, again);
		str->len += (size_t)len;
	}
	va_end(again);
	va_end(args);
}

static const char hex[] = "0123456789ABCDEF";

void
str_add_hex(struct str *str, const char *text)
{
	for (; *text != '\0'; text++) {
		str_addc(str, hex[(unsigned char)*text >> 4]);
		str_addc(str, hex[(unsigned char)*text & 15]);
	}
}

static bool
is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (c != '\0' && strchr("-._~", c) != NULL);
}

static void
add_escape(struct str *str, char c)
{
	const unsigned char byte = (unsigned char)c;
	const char escape[3] = {'%', hex[byte >> 4], hex[byte & 15]};

	str_add(str, escape, sizeof(escape));
}

void
str_add_percent(struct str *str, const char *text)
{
	for (; *text != '\0'; text++)
		if (is_unreserved(*text))
			str_addc(str, *text);
		else
			add_escape(str, *text);
}

void
str_add_path(struct str *str, const char *path, const char *also)
{
	for (; *path != '\0'; path++)
		if (*path > ' ' && *path < 0x7F &&
		    strchr("\"<>\\^`{|}", *path) == NULL &&
		    strchr(also, *path) == NULL)
			str_addc(str, *path);
		else
			add_escape(str, *path);
}
