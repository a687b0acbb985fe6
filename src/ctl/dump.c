/* dump: the text of a backup: what mariadb-dump wrote, a head and a seal */
#include "ctl/dump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { HEAD_LINES = 3 };

#define FORMAT    "-- Palmarès backup, format "
#define SCHEMA    "-- schema "
#define SEAL      "-- Palmarès backup complete: "
#define COMPLETED "-- Dump completed"
#define ROWS_OF   "-- Dumping data for table `"

static bool
starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

void
dump_begin(struct dump *dump)
{
	*dump = (struct dump) {.bytes = 0};
	crypto_hash_sha256_init(&dump->hash);
}

void
dump_seal(const struct dump *dump, char seal_out[DUMP_SEAL_SIZE])
{
	crypto_hash_sha256_state state = dump->hash;
	unsigned char hash[crypto_hash_sha256_BYTES];
	char text[sizeof(hash) * 2 + 1];

	crypto_hash_sha256_final(&state, hash);
	sodium_bin2hex(text, sizeof(text), hash, sizeof(hash));
	snprintf(seal_out, DUMP_SEAL_SIZE,
	    SEAL "%lld rows, %lld bytes, sha256 %s\n", (long long)dump->rows,
	    (long long)dump->bytes, text);
}

static void
count(struct dump *dump, const char *data, size_t len)
{
	crypto_hash_sha256_update(
	    &dump->hash, (const unsigned char *)data, len);
	dump->bytes += (int64_t)len;
}

/*
 * A row is a line of its own that begins with a parenthesis: no other does,
 * and a line end within a value is written as \n.
 */
static void
look_at_line(struct dump *dump)
{
	const char *end;

	dump->completed = starts_with(dump->line, COMPLETED);
	if (dump->line[0] == '(') {
		dump->rows++;
	} else if (starts_with(dump->line, ROWS_OF)) {
		end = strchr(dump->line + strlen(ROWS_OF), '`');
		if (end != NULL)
			snprintf(dump->table, sizeof(dump->table), "%.*s",
			    (int)(end - dump->line - (int)strlen(ROWS_OF)),
			    dump->line + strlen(ROWS_OF));
	}
}

static void
look_at_seal(struct dump *dump)
{
	char seal[DUMP_SEAL_SIZE];

	dump_seal(dump, seal);
	if (strcmp(dump->line, seal) == 0)
		dump->sealed = true;
	else
		dump->damaged = true;
}

/* The line under way is whole, or longer than it is kept. */
static void
take_line(struct dump *dump, bool whole)
{
	dump->line[dump->length] = '\0';
	if (whole && starts_with(dump->line, SEAL)) {
		look_at_seal(dump);
		return;
	}
	look_at_line(dump);
	count(dump, dump->line, dump->length);
}

/* A part of a line. */
static void
add_part(struct dump *dump, const char *data, size_t len)
{
	size_t room = sizeof(dump->line) - 1 - dump->length;
	size_t kept = len < room ? len : room;

	if (dump->sealed)
		dump->damaged = true;
	if (dump->longer) {
		count(dump, data, len);
		return;
	}
	memcpy(dump->line + dump->length, data, kept);
	dump->length += kept;
	if (kept == len)
		return;
	take_line(dump, false);
	dump->longer = true;
	count(dump, data + kept, len - kept);
}

void
dump_feed(struct dump *dump, const char *data, size_t len)
{
	const char *newline;
	size_t part;

	for (; len > 0; data += part, len -= part) {
		newline = memchr(data, '\n', len);
		part = newline == NULL ? len : (size_t)(newline - data) + 1;
		add_part(dump, data, part);
		if (newline == NULL)
			continue;
		if (!dump->longer)
			take_line(dump, true);
		dump->length = 0;
		dump->longer = false;
	}
}

const char *
dump_head_text(const struct dump_head *head, struct arena *arena)
{
	return arena_printf(arena, FORMAT "1\n" SCHEMA "%lld: %s\n-- %s\n\n",
	    (long long)head->version, head->list, head->origin);
}

bool
dump_head_is_there(const char *data, size_t len)
{
	const char *newline, *end = data + len;
	int lines;

	for (lines = 0; lines < HEAD_LINES; lines++) {
		newline = memchr(data, '\n', (size_t)(end - data));
		if (newline == NULL)
			return false;
		data = newline + 1;
	}
	return true;
}

/* The next line, without its end; NULL if there is none that ends. */
static const char *
next_line(struct arena *arena, const char **data, size_t *len)
{
	const char *line, *newline = memchr(*data, '\n', *len);

	if (newline == NULL)
		return NULL;
	line = arena_copy(arena, *data, (size_t)(newline - *data));
	*len -= (size_t)(newline + 1 - *data);
	*data = newline + 1;
	return line;
}

const char *
dump_head_read(const char *data, size_t len, struct arena *arena,
    struct dump_head *head_out)
{
	const char *format = next_line(arena, &data, &len);
	const char *schema = next_line(arena, &data, &len);
	const char *origin = next_line(arena, &data, &len);
	char *list;

	if (format == NULL || !starts_with(format, FORMAT))
		return "it is no backup that 'palmaresctl backup' has made;"
		       " palmaresctl(1) tells how to load a dump of another"
		       " program";
	if (strcmp(format, FORMAT "1") != 0)
		return "it was made by a newer palmaresctl: restore it with"
		       " that one";
	if (schema == NULL || origin == NULL || !starts_with(schema, SCHEMA) ||
	    !starts_with(origin, "-- "))
		return "it was cut off or changed since it was made";
	head_out->version = strtoll(schema + strlen(SCHEMA), &list, 10);
	if (!starts_with(list, ": "))
		return "it was cut off or changed since it was made";
	head_out->list = list + 2;
	head_out->origin = origin + 3;
	return NULL;
}
