/* fuzz_config: configuration files, by a table that has every type */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/str.h"
#include "fuzz.h"

enum { FILE_MAX = 64 << 20, PATH_SIZE = 64 };

struct sample {
	const char *socket;
	const char *password;
	int64_t mode;
	int64_t workers;
	int64_t port;
	int64_t level;
	bool classic;
};

static const char *const levels[] = {"error", "warn", "info", NULL};

static const struct setting table[] = {
    {"server", "socket", SETTING_TEXT, offsetof(struct sample, socket), "/s"},
    {"server", "mode", SETTING_OCTAL, offsetof(struct sample, mode), "0660", 0,
        0777},
    {"server", "workers", SETTING_INT, offsetof(struct sample, workers), "1", 1,
        64},
    {"server", "level", SETTING_CHOICE, offsetof(struct sample, level), "info",
        .choices = levels},
    {"database", "password", SETTING_TEXT, offsetof(struct sample, password),
        ""},
    {"database", "port", SETTING_INT, offsetof(struct sample, port), "-1",
        INT64_MIN, INT64_MAX},
    {"classic", "autocreate", SETTING_BOOL, offsetof(struct sample, classic),
        "no"},
};

static const char *
load(struct arena *arena, int file, struct sample *sample_out)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	return config_load(
	    arena, table, sizeof(table) / sizeof(table[0]), path, sample_out);
}

static const char *
load_text(struct arena *arena, const char *text, size_t size,
    struct sample *sample_out)
{
	int file = memfd_create("config", MFD_CLOEXEC);
	const char *fault;

	if (file == -1 || write(file, text, size) != (ssize_t)size) {
		perror("memfd");
		exit(1);
	}
	fault = load(arena, file, sample_out);
	close(file);
	return fault;
}

static void
check_limits(const struct sample *sample)
{
	assert(sample->mode >= 0 && sample->mode <= 0777);
	assert(sample->workers >= 1 && sample->workers <= 64);
	assert(sample->level >= 0 && sample->level <= 2);
	assert(strchr(sample->socket, '\n') == NULL);
}

/* A message names the file and a line that is there. */
static void
check_fault(const char *fault, const char *text, size_t size)
{
	const char *colon = strchr(fault, ':');
	unsigned long line, lines = 1;
	size_t i;

	assert(strncmp(fault, "/proc/self/fd/", 14) == 0 && colon != NULL);
	line = strtoul(colon + 1, NULL, 10);
	for (i = 0; i < size; i++)
		lines += text[i] == '\n';
	assert(line >= 1 && line <= lines);
}

/* Written down again, it is read as the same. */
static void
check_again(struct arena *arena, const struct sample *sample)
{
	struct str text = str_new(arena, FILE_MAX);
	struct sample again = {0};
	const char *fault;

	str_addf(&text, "[server]\nsocket = %s\nmode = %lo\nworkers = %lld\n",
	    sample->socket, (unsigned long)sample->mode,
	    (long long)sample->workers);
	str_addf(&text, "level = %s\n[database]\npassword: %s\nport = %lld\n",
	    levels[sample->level], sample->password, (long long)sample->port);
	str_addf(&text, "[classic]\nautocreate = %s\n",
	    sample->classic ? "yes" : "off");
	fault = load_text(arena, text.data, text.len, &again);
	assert(fault == NULL);
	assert(strcmp(again.socket, sample->socket) == 0);
	assert(strcmp(again.password, sample->password) == 0);
	assert(again.mode == sample->mode && again.port == sample->port);
	assert(again.workers == sample->workers);
	assert(again.level == sample->level);
	assert(again.classic == sample->classic);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(FUZZ_ARENA_MAX);
	struct sample sample = {0};
	const char *fault = load_text(arena, (const char *)data, size, &sample);

	check_limits(&sample); /* the defaults, where it has faults */
	if (fault != NULL)
		check_fault(fault, (const char *)data, size);
	/* A long value may not fit in a line together with its name. */
	else if (size < 150)
		check_again(arena, &sample);
	arena_free(arena);
	return 0;
}
