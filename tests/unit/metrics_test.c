/* metrics_test: a table of routes, and the Prometheus text parsed back */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "api/metrics.h"
#include "base/str.h"
#include "metrics_test.h"

/* In the real table's place. */
const struct route routes[] = {
    {.method = "GET", .path = "/one"},
    {.method = "POST", .path = "/two/{name}"},
    {.method = "PUT", .path = "/three"},
};
const size_t route_count = COUNT(routes);
_Static_assert(COUNT(routes) == NO_ROUTE, "the place behind the last route");

const size_t arena_max = 16 << 20;

enum { SAMPLES_MAX = 1000 };

struct metrics *metrics;
struct sample samples[SAMPLES_MAX];
size_t sample_count;

int
metrics_set_up(void **test)
{
	arena_set_up(test);
	metrics = metrics_new();
	return metrics == NULL;
}

int
metrics_tear_down(void **test)
{
	arena_tear_down(test);
	return munmap(metrics, sizeof(*metrics));
}

void
count_answered(const struct answered *rows, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		metrics_request(&metrics->worker[rows[i].worker], rows[i].route,
		    rows[i].status, rows[i].microseconds);
}

/* The word up to one of the bytes in end, which is skipped. */
static const char *
take(const char **at, const char *end)
{
	size_t len = strcspn(*at, end);
	const char *word = arena_copy(arena, *at, len);

	assert_true((*at)[len] != '\0');
	*at += len + 1;
	return word;
}

static void
expect_name(const char *name)
{
	assert_true(*name >= 'a' && *name <= 'z');
	assert_int_equal(
	    strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
	assert_memory_equal(name, "palmares_", strlen("palmares_"));
}

/* "# HELP name text" and "# TYPE name type"; each family comes once. */
static void
parse_head(const char **at, struct sample *family)
{
	const char *name;
	size_t i;

	assert_memory_equal(*at, "# HELP ", strlen("# HELP "));
	*at += strlen("# HELP ");
	name = take(at, " ");
	expect_name(name);
	assert_true(strlen(take(at, "\n")) > 5);
	assert_memory_equal(*at, "# TYPE ", strlen("# TYPE "));
	*at += strlen("# TYPE ");
	family->family = take(at, " ");
	assert_string_equal(family->family, name);
	family->type = take(at, "\n");
	assert_true(strcmp(family->type, "counter") == 0 ||
	    strcmp(family->type, "gauge") == 0 ||
	    strcmp(family->type, "histogram") == 0);
	for (i = 0; i < sample_count; i++)
		assert_string_not_equal(samples[i].family, name);
}

/* name="value",name="value"} */
static void
skip_labels(const char **at)
{
	size_t len;

	do {
		len = strspn(*at, "abcdefghijklmnopqrstuvwxyz");
		assert_true(len > 0);
		*at += len;
		assert_memory_equal(*at, "=\"", 2);
		*at += 2;
		*at += strcspn(*at, "\"\\\n");
		assert_int_equal(**at, '"');
		++*at;
	} while (*(*at)++ == ',');
	assert_int_equal((*at)[-1], '}');
}

static void
parse_sample(const char **at, const struct sample *family)
{
	struct sample *sample = &samples[sample_count];
	const char *begin = *at, *name, *number, *rest;
	char *end;

	*sample = *family;
	*at += strcspn(*at, " {");
	name = arena_copy(arena, begin, (size_t)(*at - begin));
	expect_name(name);
	sample->name = name;
	if (**at == '{') {
		++*at;
		skip_labels(at);
	}
	sample->series = arena_copy(arena, begin, (size_t)(*at - begin));
	assert_int_equal(*(*at)++, ' ');
	number = take(at, "\n");
	sample->value = strtod(number, &end);
	assert_true(end != number && *end == '\0');
	/* A histogram has three kinds of series, all else has one. */
	assert_memory_equal(name, family->family, strlen(family->family));
	rest = name + strlen(family->family);
	if (strcmp(family->type, "histogram") == 0)
		assert_true(strcmp(rest, "_bucket") == 0 ||
		    strcmp(rest, "_sum") == 0 || strcmp(rest, "_count") == 0);
	else
		assert_string_equal(rest, "");
	sample_count++;
	assert_true(sample_count < SAMPLES_MAX);
}

void
scrape(void)
{
	struct str text = str_new(arena, 1 << 20);
	struct sample family = {.family = "", .type = ""};
	const char *at;

	metrics_write(metrics, &text);
	assert_false(text.overflow);
	assert_int_equal(strlen(text.data), text.len);
	sample_count = 0;
	for (at = text.data; *at != '\0';) {
		if (*at == '#')
			parse_head(&at, &family);
		assert_string_not_equal(family.family, "");
		if (*at != '#' && *at != '\0')
			parse_sample(&at, &family);
	}
	assert_true(sample_count > 10);
}

double
value(const char *series)
{
	double found = -1;
	size_t i;

	for (i = 0; i < sample_count; i++)
		if (strcmp(samples[i].series, series) == 0) {
			assert_true(found < 0);
			found = samples[i].value;
		}
	return found;
}

void
expect(const char *series, double wanted)
{
	double found = value(series), off = found - wanted;

	if (off > 1e-9 || off < -1e-9)
		fail_msg("%s is %f instead of %f", series, found, wanted);
}

void
expect_all(const struct wanted *rows, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		expect(rows[i].series, rows[i].value);
}
