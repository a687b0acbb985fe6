/* json_string: the strings of a JSON text */
#include "base/json_string.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

/* What a byte is inside a string. */
enum byte_class { PLAIN, QUOTE, ESCAPE, CONTROL, HIGH };
static const unsigned char byte_classes[256] = {
    [0x00 ... 0x1F] = CONTROL,
    ['"'] = QUOTE,
    ['\\'] = ESCAPE,
    [0x80 ... 0xFF] = HIGH,
};

/* Four hexadecimal digits, or -1. */
static long
hex4(const char *at, const char *end)
{
	long value = 0;
	int i;

	if (end - at < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		int digit = hex_digit(at[i]);

		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

static bool
is_surrogate(long unit, long first)
{
	return (unit & ~0x3FFL) == first;
}

/* Behind "\u", of one escape or a pair of them. Half a pair is its own. */
static const char *
read_unicode(const char *at, const char *end, uint32_t *character_out)
{
	long unit = hex4(at, end), low;

	if (unit < 0)
		return NULL;
	at += 4;
	if (is_surrogate(unit, 0xD800) && end - at >= 6 && at[0] == '\\' &&
	    at[1] == 'u') {
		low = hex4(at + 2, end);
		if (is_surrogate(low, 0xDC00)) {
			at += 6;
			unit = 0x10000 + ((unit & 0x3FF) << 10 | (low & 0x3FF));
		}
	}
	*character_out = (uint32_t)unit;
	return at;
}

/* Reads an escape from behind its backslash; answers its end, or NULL. */
static const char *
read_escape(const char *at, const char *end, uint32_t *character_out)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char meant[] = "\"\\/\b\f\n\r\t";
	const char *letter;

	if (at == end)
		return NULL;
	if (*at == 'u')
		return read_unicode(at + 1, end, character_out);
	letter = memchr(letters, *at, sizeof(letters) - 1);
	if (letter == NULL)
		return NULL;
	*character_out = (uint32_t)meant[letter - letters];
	return at + 1;
}

static bool
refuse(struct json_string *string, const char *why)
{
	string->why = why;
	return false;
}

/* Steps over an escape or a character beyond ASCII. */
static bool
step(struct json_string *string, enum byte_class class)
{
	size_t left = (size_t)(string->end - string->at), bytes;
	const char *behind;
	uint32_t character;

	if (class == CONTROL)
		return refuse(string, "a control character in a string");
	if (class == ESCAPE) {
		behind = read_escape(string->at + 1, string->end, &character);
		if (behind == NULL)
			return refuse(string, "a bad escape");
		string->escaped = true;
		string->lone |= character >= 0xD800 && character < 0xE000;
		string->at = behind;
		return true;
	}
	bytes = utf8_next(string->at, left, &character);
	if (bytes == 0)
		return refuse(string, "bytes that are no UTF-8");
	string->at += bytes;
	return true;
}

bool
json_string_scan(struct json_string *string)
{
	enum byte_class class;

	for (;;) {
		while (string->at < string->end &&
		    byte_classes[(unsigned char)*string->at] == PLAIN)
			string->at++;
		if (string->at == string->end)
			return refuse(string, "the text ends too early");
		class = byte_classes[(unsigned char)*string->at];
		if (class == QUOTE)
			return true;
		if (!step(string, class))
			return false;
	}
}

size_t
json_string_resolve(const char *data, size_t len, char *to)
{
	const char *end = data + len;
	uint32_t character;
	size_t written = 0;

	while (data < end) {
		if (*data != '\\') {
			to[written++] = *data++;
			continue;
		}
		data = read_escape(data + 1, end, &character);
		assert(data != NULL);
		written += utf8_put(character, to + written);
	}
	return written;
}

size_t
json_text_join_pairs(const char *text, size_t len, char *to)
{
	const char *end = text + len;
	const char *behind;
	uint32_t character;
	size_t written = 0;

	while (text < end) {
		if (*text != '\\') {
			to[written++] = *text++;
			continue;
		}
		behind = read_escape(text + 1, end, &character);
		assert(behind != NULL);
		if (character > 0xFFFF) {
			written += utf8_put(character, to + written);
		} else {
			memcpy(to + written, text, (size_t)(behind - text));
			written += (size_t)(behind - text);
		}
		text = behind;
	}
	return written;
}
