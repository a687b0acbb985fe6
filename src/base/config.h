/* config: reads an INI file into a struct by a table of settings */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include <stddef.h>
#include <stdint.h>

struct arena;

enum setting_type {
	SETTING_TEXT,   /* const char *, kept in the arena */
	SETTING_INT,    /* int64_t, from min to max */
	SETTING_OCTAL,  /* int64_t, written in octal */
	SETTING_BOOL,   /* bool: yes/no, on/off, true/false, 1/0 */
	SETTING_CHOICE, /* int64_t: the index in choices */
	/* const char *: a file with more settings of its section, or "" */
	SETTING_FILE,
};

struct setting {
	const char *section;
	const char *name;
	enum setting_type type;
	size_t offset;              /* of the member in the struct */
	const char *fallback;       /* the default, as it would be written */
	int64_t min, max;           /* SETTING_INT, SETTING_OCTAL */
	const char *const *choices; /* SETTING_CHOICE, ends with NULL */
	size_t place; /* of a const char *: the file that has it; 0: none */
};

/*
 * Sets every member from its default, then from the file; path NULL is the
 * defaults alone. Then reads the files that a SETTING_FILE names; one that is
 * missing is as good as empty. Comments start with ';' or '#' at the start of a
 * line. An unknown or repeated setting, a value out of range and a line that is
 * no setting are faults. NULL if all is well, else a message that names the
 * file, line, setting, and what to do.
 */
const char *
config_load(struct arena *arena, const struct setting *table, size_t count,
    const char *path, void *settings_out) __attribute__((warn_unused_result));

#endif
