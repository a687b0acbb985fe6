/* config: an INI file, read by libinih, into a struct by a table */
#include "base/config.h"

#include <assert.h>
#include <errno.h>
#include <ini.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * libinih tells neither the line of a setting nor of a fault of ours, and its
 * line buffer's size is its own secret. So it reads through read_line, which
 * counts the lines and keeps the current one.
 */
struct loader {
	struct arena *arena;
	const struct setting *table;
	size_t count;
	void *settings;
	const char *path;
	const char *section; /* the only one that may be in it; or NULL */
	FILE *file;
	char *line; /* the current one, without its line break; getline's */
	size_t line_size;
	int number;
	struct place *seen; /* per setting */
	const char *fault;  /* the first one's message */
	int fault_line;
};

/* Where a setting was set; line 0: nowhere. */
struct place {
	const char *path;
	int line;
};

/* A setting's meaning from its text: NULL, or what it must be. */
typedef const char *set_fn(struct arena *arena, const struct setting *setting,
    const char *text, void *member_out);

static const char *
set_text(struct arena *arena, const struct setting *setting, const char *text,
    void *member_out)
{
	(void)setting;
	*(const char **)member_out = arena_strdup(arena, text);
	return NULL;
}

/* Digits alone, and a sign: strtoll is more generous. */
static bool
parse_number(const char *text, int base, int64_t *number_out)
{
	const char *digits = base == 8 ? "01234567" : "0123456789";
	const char *first = text + (base == 10 && *text == '-');
	char *end;
	long long number;

	if (*first == '\0' || first[strspn(first, digits)] != '\0')
		return false;
	errno = 0;
	number = strtoll(text, &end, base);
	if (errno != 0)
		return false;
	*number_out = number;
	return true;
}

static const char *
set_number(struct arena *arena, const struct setting *setting, const char *text,
    void *member_out)
{
	bool octal = setting->type == SETTING_OCTAL;
	int64_t number;

	if (parse_number(text, octal ? 8 : 10, &number) &&
	    number >= setting->min && number <= setting->max) {
		*(int64_t *)member_out = number;
		return NULL;
	}
	if (octal)
		return arena_printf(arena,
		    "must be an octal number from %04" PRIo64 " to %04" PRIo64,
		    (uint64_t)setting->min, (uint64_t)setting->max);
	return arena_printf(arena,
	    "must be a number from %" PRId64 " to %" PRId64, setting->min,
	    setting->max);
}

static const char *
set_bool(struct arena *arena, const struct setting *setting, const char *text,
    void *member_out)
{
	static const char *const words[] = {
	    "no", "yes", "off", "on", "false", "true", "0", "1"};
	size_t i;

	(void)arena;
	(void)setting;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i]) == 0) {
			*(bool *)member_out = i % 2 == 1;
			return NULL;
		}
	}
	return "must be yes or no";
}

static const char *
list_choices(struct arena *arena, const char *const *choices)
{
	const char *list = choices[0];
	size_t i;

	for (i = 1; choices[i] != NULL; i++)
		list = arena_printf(arena, "%s%s%s", list,
		    choices[i + 1] == NULL ? " or " : ", ", choices[i]);
	return arena_printf(arena, "must be %s", list);
}

static const char *
set_choice(struct arena *arena, const struct setting *setting, const char *text,
    void *member_out)
{
	int64_t i;

	for (i = 0; setting->choices[i] != NULL; i++) {
		if (strcmp(text, setting->choices[i]) == 0) {
			*(int64_t *)member_out = i;
			return NULL;
		}
	}
	return list_choices(arena, setting->choices);
}

static const char *
set_member(
    struct loader *loader, const struct setting *setting, const char *text)
{
	static set_fn *const setters[] = {
	    [SETTING_TEXT] = set_text,
	    [SETTING_INT] = set_number,
	    [SETTING_OCTAL] = set_number,
	    [SETTING_BOOL] = set_bool,
	    [SETTING_CHOICE] = set_choice,
	    [SETTING_FILE] = set_text,
	};

	return setters[setting->type](loader->arena, setting, text,
	    (char *)loader->settings + setting->offset);
}

static void
set_defaults(struct loader *loader)
{
	size_t i;

	for (i = 0; i < loader->count; i++) {
		const char *why = set_member(
		    loader, &loader->table[i], loader->table[i].fallback);

		assert(why == NULL);
		(void)why;
	}
}

/* Only the first fault is told; answers 0, which is libinih's for it. */
static int
fail(struct loader *loader, const char *message)
{
	if (loader->fault == NULL) {
		loader->fault = message;
		loader->fault_line = loader->number;
	}
	return 0;
}

/*
 * The value as it stands in the line. libinih would cut it at " ;", without a
 * word, where our comments only begin a line: passwords have such things.
 */
static char *
raw_value(const struct loader *loader)
{
	char *value = strpbrk(loader->line, "=:") + 1;

	return value + strspn(value, " \t");
}

static const struct setting *
find_setting(const struct loader *loader, const char *section, const char *name)
{
	size_t i;

	for (i = 0; i < loader->count; i++)
		if (strcmp(loader->table[i].section, section) == 0 &&
		    strcmp(loader->table[i].name, name) == 0)
			return &loader->table[i];
	return NULL;
}

/* As far as this file goes. */
static bool
section_exists(const struct loader *loader, const char *section)
{
	size_t i;

	if (loader->section != NULL)
		return strcmp(section, loader->section) == 0;
	for (i = 0; i < loader->count; i++)
		if (strcmp(loader->table[i].section, section) == 0)
			return true;
	return false;
}

static const char *
unknown_section(const struct loader *loader, const char *section)
{
	size_t i;

	if (loader->section != NULL)
		return arena_printf(loader->arena,
		    "[%s] is not for this file, only [%s] is", section,
		    loader->section);
	for (i = 0; i < loader->count; i++)
		if (text_is_near(section, loader->table[i].section))
			return arena_printf(loader->arena,
			    "there is no section [%s]; did you mean [%s]?",
			    section, loader->table[i].section);
	return arena_printf(loader->arena, "there is no section [%s]", section);
}

static const char *
unknown_setting(
    const struct loader *loader, const char *section, const char *name)
{
	size_t i;

	if (*section == '\0')
		return arena_printf(loader->arena,
		    "\"%s\" stands before the first [section]", name);
	if (!section_exists(loader, section))
		return unknown_section(loader, section);
	for (i = 0; i < loader->count; i++)
		if (strcmp(loader->table[i].section, section) == 0 &&
		    text_is_near(name, loader->table[i].name))
			return arena_printf(loader->arena,
			    "there is no setting \"%s\" in [%s]; did you mean "
			    "\"%s\"?",
			    name, section, loader->table[i].name);
	return arena_printf(
	    loader->arena, "there is no setting \"%s\" in [%s]", name, section);
}

static const char *
set_twice(const struct loader *loader, const char *name, struct place place)
{
	return place.path == loader->path
	    ? arena_printf(loader->arena,
	          "%s is set already in line %d; leave one of the two out",
	          name, place.line)
	    : arena_printf(loader->arena,
	          "%s is set already in %s, line %d; leave one of the two out",
	          name, place.path, place.line);
}

/* Whether this file may have it. */
static bool
is_known(const struct loader *loader, const struct setting *setting)
{
	return setting != NULL &&
	    (loader->section == NULL ||
	        strcmp(setting->section, loader->section) == 0);
}

/* libinih's handler: 1 to go on. */
static int
handle_setting(
    void *loader_void, const char *section, const char *name, const char *value)
{
	struct loader *loader = loader_void;
	const struct setting *setting = find_setting(loader, section, name);
	const char *why;
	struct place *seen;

	(void)value;
	if (!is_known(loader, setting))
		return fail(loader, unknown_setting(loader, section, name));
	if (loader->section != NULL && setting->type == SETTING_FILE)
		return fail(loader,
		    arena_printf(
		        loader->arena, "%s is not for this file", name));
	seen = &loader->seen[setting - loader->table];
	if (seen->line != 0)
		return fail(loader, set_twice(loader, name, *seen));
	*seen = (struct place) {loader->path, loader->number};
	if (setting->place != 0)
		*(const char **)((char *)loader->settings + setting->place) =
		    loader->path;
	why = set_member(loader, setting, raw_value(loader));
	if (why != NULL)
		return fail(
		    loader, arena_printf(loader->arena, "%s %s", name, why));
	return 1;
}

static void
strip_end(char *line, size_t len)
{
	while (len > 0 && strchr(" \t\r\n", line[len - 1]) != NULL)
		len--;
	line[len] = '\0';
}

/*
 * libinih's reader, in fgets's place. White space before a setting goes: to
 * libinih it would mean that the value above goes on. The line break is there
 * each time: libinih from 58 on takes a full buffer without one for a line that
 * was cut, and drops the lines after it. A line that does not fit loses its
 * end, which is the value's, and that is read from our copy.
 */
static char *
read_line(char *to, int size, void *loader_void)
{
	struct loader *loader = loader_void;
	ssize_t len;

	if (loader->fault != NULL)
		return NULL;
	len = getline(&loader->line, &loader->line_size, loader->file);
	if (len == -1)
		return NULL;
	loader->number++;
	if (strlen(loader->line) != (size_t)len) {
		fail(loader, "the line has a NUL byte in it");
		return NULL;
	}
	strip_end(loader->line, (size_t)len);
	snprintf(to, (size_t)size, "%.*s\n", size - 2,
	    loader->line + strspn(loader->line, " \t"));
	return to;
}

static const char *
parse_file(struct loader *loader)
{
	int line = ini_parse_stream(read_line, loader, handle_setting, loader);

	/* A fault that is not ours comes from libinih's syntax. */
	if (line > 0 && (loader->fault == NULL || line < loader->fault_line)) {
		loader->fault = "must be [section] or name = value, or a "
		                "comment that begins with ; or #";
		loader->fault_line = line;
	}
	if (loader->fault != NULL)
		return arena_printf(loader->arena, "%s:%d: %s", loader->path,
		    loader->fault_line, loader->fault);
	if (ferror(loader->file))
		return arena_printf(loader->arena, "cannot read %s: %s",
		    loader->path, strerror(errno));
	return NULL;
}

/* section: the only one that the file may have, and the file may be missing. */
static const char *
read_file(struct loader *loader, const char *path, const char *section)
{
	const char *fault;

	loader->path = path;
	loader->section = section;
	loader->number = 0;
	loader->file = fopen(path, "re");
	if (loader->file == NULL && section != NULL && errno == ENOENT)
		return NULL;
	if (loader->file == NULL)
		return arena_printf(
		    loader->arena, "cannot open %s: %s", path, strerror(errno));
	fault = parse_file(loader);
	fclose(loader->file);
	return fault;
}

/* The files that the first one names. */
static const char *
read_more_files(struct loader *loader)
{
	const char *fault = NULL, *path;
	size_t i;

	for (i = 0; i < loader->count && fault == NULL; i++) {
		if (loader->table[i].type != SETTING_FILE)
			continue;
		path = *(const char **)((char *)loader->settings +
		    loader->table[i].offset);
		if (*path != '\0')
			fault =
			    read_file(loader, path, loader->table[i].section);
	}
	return fault;
}

const char *
config_load(struct arena *arena, const struct setting *table, size_t count,
    const char *path, void *settings_out)
{
	struct loader loader = {.arena = arena,
	    .table = table,
	    .count = count,
	    .settings = settings_out};
	const char *fault;

	loader.seen = arena_array(arena, count, sizeof(*loader.seen));
	set_defaults(&loader);
	if (path == NULL)
		return NULL;
	fault = read_file(&loader, path, NULL);
	if (fault == NULL)
		fault = read_more_files(&loader);
	free(loader.line);
	return fault;
}
