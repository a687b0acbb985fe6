/* text: what a name may be; UTF-8; percent-encoding */
#include "base/text.h"

#include <string.h>
#include <strings.h>

/*
 * What may stand first in a character of more than one byte (RFC 3629,
 * section 4), and the range of its second byte, which alone keeps out overlong
 * forms, surrogates and what lies past U+10FFFF.
 */
static const struct utf8_form {
	unsigned char first_min, first_max, second_min, second_max, bytes;
} utf8_forms[] = {
    {0xC2, 0xDF, 0x80, 0xBF, 2},
    {0xE0, 0xE0, 0xA0, 0xBF, 3},
    {0xE1, 0xEC, 0x80, 0xBF, 3},
    {0xED, 0xED, 0x80, 0x9F, 3},
    {0xEE, 0xEF, 0x80, 0xBF, 3},
    {0xF0, 0xF0, 0x90, 0xBF, 4},
    {0xF1, 0xF3, 0x80, 0xBF, 4},
    {0xF4, 0xF4, 0x80, 0x8F, 4},
};

static const struct utf8_form *
utf8_form_of(unsigned char first)
{
	const struct utf8_form *form = utf8_forms;
	const struct utf8_form *last =
	    form + sizeof(utf8_forms) / sizeof(utf8_forms[0]) - 1;

	while (form < last && first > form->first_max)
		form++;
	if (first < form->first_min || first > form->first_max)
		return NULL;
	return form;
}

size_t
utf8_next(const char *data, size_t len, uint32_t *character_out)
{
	const unsigned char *at = (const unsigned char *)data;
	const struct utf8_form *form;
	uint32_t character;
	size_t i;

	if (len > 0 && at[0] < 0x80) {
		*character_out = at[0];
		return 1;
	}
	form = len > 0 ? utf8_form_of(at[0]) : NULL;
	if (form == NULL || len < form->bytes || at[1] < form->second_min ||
	    at[1] > form->second_max)
		return 0;
	character = at[0] & (0x7Fu >> form->bytes);
	for (i = 1; i < form->bytes; i++) {
		if ((at[i] & 0xC0) != 0x80)
			return 0;
		character = character << 6 | (at[i] & 0x3F);
	}
	*character_out = character;
	return form->bytes;
}

size_t
utf8_put(uint32_t character, char *to)
{
	static const unsigned char marks[] = {0, 0, 0xC0, 0xE0, 0xF0};
	size_t bytes = 1, i;

	bytes += character >= 0x80;
	bytes += character >= 0x800;
	bytes += character >= 0x10000;
	for (i = bytes - 1; i > 0; i--, character >>= 6)
		to[i] = (char)(0x80 | (character & 0x3F));
	to[0] = (char)(marks[bytes] | character);
	return bytes;
}

long
utf8_length(const char *data, size_t len)
{
	uint32_t character;
	size_t at, bytes;
	long count = 0;

	for (at = 0; at < len; at += bytes, count++) {
		bytes = utf8_next(data + at, len - at, &character);
		if (bytes == 0)
			return -1;
	}
	return count;
}

bool
text_same(const char *one, const char *other)
{
	return one == NULL || other == NULL ? one == other
	                                    : strcmp(one, other) == 0;
}

bool
text_has_control(const char *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)data[i];

		/* U+0080 to U+009F are C2 80 to C2 9F. */
		if (c < 0x20 || c == 0x7F ||
		    (c == 0xC2 && i + 1 < len &&
		        (unsigned char)data[i + 1] < 0xA0))
			return true;
	}
	return false;
}

/* Unicode 15, PropList.txt, White_Space. */
static bool
is_space(uint32_t c)
{
	static const uint32_t others[] = {
	    0x20, 0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000};
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (c == others[i])
			return true;
	return (c >= 0x09 && c <= 0x0D) || (c >= 0x2000 && c <= 0x200A);
}

static bool
begins_with_space(const char *data, size_t len)
{
	uint32_t character;

	return utf8_next(data, len, &character) > 0 && is_space(character);
}

bool
text_has_outer_space(const char *data, size_t len)
{
	size_t last = len;

	if (len == 0)
		return false;
	do
		last--;
	while (last > 0 && ((unsigned char)data[last] & 0xC0) == 0x80);
	return begins_with_space(data, len) ||
	    begins_with_space(data + last, len - last);
}

bool
text_has_dot_segment(const char *data, size_t len)
{
	const char *end = data + len, *slash;
	size_t dots;

	for (;; data = slash + 1) {
		slash = memchr(data, '/', (size_t)(end - data));
		if (slash == NULL)
			slash = end;
		dots = (size_t)(slash - data);
		if ((dots == 1 || dots == 2) && memcmp(data, "..", dots) == 0)
			return true;
		if (slash == end)
			return false;
	}
}

int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
		return (c & 7) + 9; /* letters count from 1 in their low bits */
	return -1;
}

long
percent_decode(char *data, size_t len)
{
	size_t from, to = 0;

	for (from = 0; from < len; from++, to++) {
		int high, low;

		data[to] = data[from];
		if (data[from] != '%')
			continue;
		if (len - from < 3)
			return -1;
		high = hex_digit(data[from + 1]);
		low = hex_digit(data[from + 2]);
		if (high < 0 || low < 0)
			return -1;
		data[to] = (char)(high << 4 | low);
		from += 2;
	}
	return (long)to;
}

bool
percent_decode_text(char *text, size_t len)
{
	const long size = percent_decode(text, len);

	if (size < 0 || utf8_length(text, (size_t)size) < 0 ||
	    memchr(text, '\0', (size_t)size) != NULL)
		return false;
	text[size] = '\0';
	return true;
}

static size_t
least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

enum { NEAR_LONGEST = 40 };

/* Levenshtein's distance, a row of its matrix at a time, case ignored. */
static size_t
distance(const char *one, const char *other, size_t other_len)
{
	size_t row[NEAR_LONGEST + 1], i, j, corner, above;

	for (j = 0; j <= other_len; j++)
		row[j] = j;
	for (i = 1; one[i - 1] != '\0'; i++) {
		corner = row[0];
		row[0] = i;
		for (j = 1; j <= other_len; j++) {
			bool same =
			    strncasecmp(&one[i - 1], &other[j - 1], 1) == 0;

			above = row[j];
			row[j] =
			    least(above + 1, row[j - 1] + 1, corner + !same);
			corner = above;
		}
	}
	return row[other_len];
}

bool
text_is_near(const char *one, const char *other)
{
	size_t one_len = strlen(one), other_len = strlen(other);
	size_t allowed = other_len / 2 < 2 ? other_len / 2 : 2;

	if (one_len > NEAR_LONGEST || other_len > NEAR_LONGEST)
		return false;
	return distance(one, other, other_len) <= allowed;
}
