/* zone: the offset of a time zone at any moment, from the system's files */
#include "base/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/zone_rule.h"

enum { NAME_MAX_LENGTH = 64, FILE_MAX = 256 << 10 };

/* An offset that no place has; a file that has one is damaged. */
enum { OFFSET_MAX = 26 * 3600 };

enum { DAY_SECONDS = 86400 };

/* All times of ours, the years 1 to 9999, are nearer to 1970. */
#define TIME_FAR (INT64_C(1) << 38)

struct transition {
	int64_t time;
	int32_t offset; /* from then on */
};

struct zone {
	int32_t first_offset; /* before all transitions */
	size_t count;
	struct transition *transitions; /* rising */
	struct zone_rule rule;          /* after the last transition */
	size_t leap_count;
	int64_t *leaps; /* see zone_leaps */
};

/* The bytes that are left; bad is sticky. */
struct reader {
	const unsigned char *at;
	size_t left;
	bool bad;
};

/* The next bytes, or NULL where there are not as many. */
static const unsigned char *
take(struct reader *reader, size_t size)
{
	const unsigned char *at = reader->at;

	if (reader->bad || size > reader->left) {
		reader->bad = true;
		return NULL;
	}
	reader->at += size;
	reader->left -= size;
	return at;
}

/* A number with the highest byte first, and with a sign. */
static int64_t
number(const unsigned char *bytes, size_t size)
{
	uint64_t value = bytes[0] & 0x80 ? UINT64_MAX : 0;
	size_t i;

	for (i = 0; i < size; i++)
		value = value << 8 | bytes[i];
	return (int64_t)value;
}

/* The counts of a header, in the file's order. */
enum { UT_FLAGS, STD_FLAGS, LEAPS, TIMES, TYPES, LETTERS, COUNTS };

enum { HEADER_SIZE = 44, COUNTS_AT = 20, TYPE_SIZE = 6 };

struct header {
	int version;
	size_t counts[COUNTS];
};

static struct header
take_header(struct reader *reader)
{
	const unsigned char *bytes = take(reader, HEADER_SIZE);
	struct header header = {.version = 0};
	size_t i;

	if (bytes == NULL || memcmp(bytes, "TZif", 4) != 0) {
		reader->bad = true;
		return header;
	}
	header.version = bytes[4] == '\0' ? 1 : bytes[4] - '0';
	for (i = 0; i < COUNTS; i++)
		header.counts[i] =
		    (size_t)number(bytes + COUNTS_AT + 4 * i, 4) & 0xffffffff;
	return header;
}

/* Bytes of a block behind its header, whose times have so many bytes each. */
static size_t
block_size(const struct header *header, size_t time_size)
{
	const size_t *counts = header->counts;

	return counts[TIMES] * (time_size + 1) + counts[TYPES] * TYPE_SIZE +
	    counts[LETTERS] + counts[LEAPS] * (time_size + 4) +
	    counts[STD_FLAGS] + counts[UT_FLAGS];
}

static int32_t
type_offset(struct reader *reader, const unsigned char *types, size_t index)
{
	int64_t offset = number(types + TYPE_SIZE * index, 4);

	if (offset < -OFFSET_MAX || offset > OFFSET_MAX)
		reader->bad = true;
	return (int32_t)offset;
}

/* The transitions of the block whose times have 64 bits. */
static void
take_transitions(struct reader *reader, struct arena *arena,
    const struct header *header, struct zone *zone)
{
	const size_t count = header->counts[TIMES];
	const unsigned char *block = take(reader, block_size(header, 8));
	const unsigned char *indexes, *types;
	struct transition *list;
	size_t i;

	/* A clock that counts leap seconds is not the one of our times. */
	if (block == NULL || header->counts[TYPES] == 0 ||
	    header->counts[LEAPS] != 0) {
		reader->bad = true;
		return;
	}
	indexes = block + 8 * count;
	types = indexes + count;
	zone->first_offset = type_offset(reader, types, 0);
	zone->transitions = list = arena_array(arena, count + 1, sizeof(*list));
	for (i = 0; i < count && !reader->bad; i++) {
		if (indexes[i] >= header->counts[TYPES]) {
			reader->bad = true;
			return;
		}
		list[i].time = number(block + 8 * i, 8);
		list[i].offset = type_offset(reader, types, indexes[i]);
		if (i > 0 && list[i].time <= list[i - 1].time)
			reader->bad = true;
	}
	zone->count = count;
}

/* The footer: what goes for all times after the last transition. */
static void
take_rule(struct reader *reader, struct arena *arena, struct zone *zone)
{
	const unsigned char *text = take(reader, 1), *end;

	if (text == NULL || *text++ != '\n' ||
	    (end = memchr(text, '\n', reader->left)) == NULL) {
		reader->bad = true;
		return;
	}
	if (end == text) {
		zone->rule = zone_rule_fixed(zone->count == 0
		        ? zone->first_offset
		        : zone->transitions[zone->count - 1].offset);
		return;
	}
	if (!zone_rule_parse(
	        arena_copy(arena, (const char *)text, (size_t)(end - text)),
	        &zone->rule))
		reader->bad = true;
}

static void
find_leaps(struct arena *arena, struct zone *zone)
{
	size_t i;

	zone->leaps = arena_array(arena, zone->count + 1, sizeof(*zone->leaps));
	for (i = 0; i < zone->count; i++) {
		const int64_t time = zone->transitions[i].time;
		const int32_t before = i == 0 ? zone->first_offset
		                              : zone->transitions[i - 1].offset;

		if (time > -TIME_FAR && time < TIME_FAR &&
		    zone_span(zone, time).offset - before >= DAY_SECONDS)
			zone->leaps[zone->leap_count++] = time;
	}
}

struct zone *
zone_parse(struct arena *arena, const void *data, size_t size)
{
	struct reader reader = {.at = data, .left = size};
	struct zone *zone = arena_alloc(arena, sizeof(*zone));
	struct header header = take_header(&reader);

	/* Before version 2 there are no 64-bit times, and no rule. */
	if (header.version < 2)
		return NULL;
	take(&reader, block_size(&header, 4));
	header = take_header(&reader);
	if (!reader.bad)
		take_transitions(&reader, arena, &header, zone);
	if (!reader.bad)
		take_rule(&reader, arena, zone);
	if (reader.bad)
		return NULL;
	find_leaps(arena, zone);
	return zone;
}

/* How many transitions are at or before the time. */
static size_t
transitions_until(const struct zone *zone, int64_t time)
{
	size_t low = 0, high = zone->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (zone->transitions[middle].time <= time)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct zone_span
zone_span(const struct zone *zone, int64_t time)
{
	const struct transition *list = zone->transitions;
	const size_t past = transitions_until(zone, time);
	struct zone_span span;

	if (past == zone->count) {
		span = zone_rule_span(&zone->rule, time);
		if (past > 0 && span.since < list[past - 1].time)
			span.since = list[past - 1].time;
		return span;
	}
	return (struct zone_span) {
	    .since = past == 0 ? INT64_MIN : list[past - 1].time,
	    .until = list[past].time,
	    .offset = past == 0 ? zone->first_offset : list[past - 1].offset};
}

const int64_t *
zone_leaps(const struct zone *zone, size_t *count_out)
{
	*count_out = zone->leap_count;
	return zone->leaps;
}

/*
 * Words of letters, digits and a few signs: a name that leads nowhere else, not
 * to the copies of the database, one of which counts leap seconds, and not to
 * the zone of the host, which may become another.
 */
static bool
is_name(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                              "abcdefghijklmnopqrstuvwxyz"
	                              "0123456789_+-/";
	const size_t length = strlen(name);

	return length > 0 && length <= NAME_MAX_LENGTH &&
	    name[strspn(name, letters)] == '\0' && *name != '/' &&
	    name[length - 1] != '/' && strstr(name, "//") == NULL &&
	    strncmp(name, "posix/", 6) != 0 &&
	    strncmp(name, "right/", 6) != 0 && strcmp(name, "localtime") != 0;
}

/* All of the file, which fd is open for; -1 if that is too much or fails. */
static ssize_t
read_all(int fd, unsigned char *data, size_t size)
{
	size_t length = 0;
	ssize_t got;

	while ((got = read(fd, data + length, size - length)) != 0) {
		if (got < 0 && errno != EINTR)
			return -1;
		if (got > 0)
			length += (size_t)got;
		if (length == size)
			return -1;
	}
	return (ssize_t)length;
}

static struct zone *
load_file(struct arena *arena, int fd)
{
	struct arena *scratch = arena_new(2 * FILE_MAX);
	unsigned char *data = arena_alloc(scratch, FILE_MAX);
	ssize_t size = read_all(fd, data, FILE_MAX);
	struct zone *zone = NULL;

	if (size >= 0)
		zone = zone_parse(arena, data, (size_t)size);
	arena_free(scratch);
	return zone;
}

enum zone_result
zone_load(struct arena *arena, const char *name, struct zone **zone_out)
{
	struct zone *zone;
	int fd;

	if (!is_name(name))
		return ZONE_UNKNOWN;
	if (strcmp(name, "UTC") == 0) {
		zone = arena_alloc(arena, sizeof(*zone));
		zone->rule = zone_rule_fixed(0);
		*zone_out = zone;
		return ZONE_OK;
	}
	fd = open(
	    arena_printf(arena, ZONE_FILES "%s", name), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return access(ZONE_FILES, X_OK) == 0 ? ZONE_UNKNOWN
		                                     : ZONE_NO_DATABASE;
	zone = load_file(arena, fd);
	close(fd);
	if (zone == NULL)
		return ZONE_DAMAGED;
	*zone_out = zone;
	return ZONE_OK;
}
