/* json_write: the writer of JSON text */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"

/* 0: as it is; 'u': \u00XX; else the letter behind the backslash. */
static const char escapes[256] = {
    [0x00 ... 0x07] = 'u',
    [0x0B] = 'u',
    [0x0E ... 0x1F] = 'u',
    ['\b'] = 'b',
    ['\t'] = 't',
    ['\n'] = 'n',
    ['\f'] = 'f',
    ['\r'] = 'r',
    ['"'] = '"',
    ['\\'] = '\\',
};

static void
write_escape(struct str *out, char c, char letter)
{
	if (letter == 'u') {
		str_addf(out, "\\u%04x", (unsigned char)c);
	} else {
		str_addc(out, '\\');
		str_addc(out, letter);
	}
}

/* Runs of plain bytes are copied whole. */
static void
write_string(struct str *out, const char *value)
{
	const char *run = value;

	str_addc(out, '"');
	for (; *value != '\0'; value++) {
		char letter = escapes[(unsigned char)*value];

		if (letter == 0)
			continue;
		str_add(out, run, (size_t)(value - run));
		write_escape(out, *value, letter);
		run = value + 1;
	}
	str_add(out, run, (size_t)(value - run));
	str_addc(out, '"');
}

/* What stands before a value. */
static void
begin(struct json_writer *jw, const char *key)
{
	if (jw->comma)
		str_addc(jw->out, ',');
	jw->comma = true;
	if (key != NULL) {
		write_string(jw->out, key);
		str_addc(jw->out, ':');
	}
}

static void
open_with(struct json_writer *jw, const char *key, char bracket)
{
	begin(jw, key);
	str_addc(jw->out, bracket);
	jw->comma = false;
}

static void
close_with(struct json_writer *jw, char bracket)
{
	str_addc(jw->out, bracket);
	jw->comma = true;
}

void
jw_object(struct json_writer *jw, const char *key)
{
	open_with(jw, key, '{');
}

void
jw_object_end(struct json_writer *jw)
{
	close_with(jw, '}');
}

void
jw_array(struct json_writer *jw, const char *key)
{
	open_with(jw, key, '[');
}

void
jw_array_end(struct json_writer *jw)
{
	close_with(jw, ']');
}

void
jw_string(struct json_writer *jw, const char *key, const char *value)
{
	begin(jw, key);
	write_string(jw->out, value);
}

void
jw_int(struct json_writer *jw, const char *key, int64_t value)
{
	begin(jw, key);
	str_addi(jw->out, value);
}

/* The shortest digits that read back as the same number. */
void
jw_double(struct json_writer *jw, const char *key, double value)
{
	char text[32];
	int digits;

	assert(isfinite(value));
	for (digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	begin(jw, key);
	str_adds(jw->out, text);
	/* It stays a number with a fraction for whoever reads it. */
	if (strpbrk(text, ".e") == NULL)
		str_adds(jw->out, ".0");
}

void
jw_bool(struct json_writer *jw, const char *key, bool value)
{
	begin(jw, key);
	str_adds(jw->out, value ? "true" : "false");
}

void
jw_null(struct json_writer *jw, const char *key)
{
	begin(jw, key);
	str_adds(jw->out, "null");
}

void
jw_time(struct json_writer *jw, const char *key, int64_t time)
{
	char text[TIME_TEXT_SIZE];

	time_format(time, text);
	jw_string(jw, key, text);
}

void
jw_string_or_null(struct json_writer *jw, const char *key, const char *value)
{
	if (value == NULL)
		jw_null(jw, key);
	else
		jw_string(jw, key, value);
}

void
jw_raw(struct json_writer *jw, const char *key, const char *text)
{
	begin(jw, key);
	str_adds(jw->out, text);
}
