/* settings: palmares.conf as a struct */
#include "work/settings.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/log.h"

static const char *const tls_choices[] = {"off", "required", "verify", NULL};

#define TEXT(section, name, member, fallback)                               \
	{                                                                   \
		section, name, SETTING_TEXT,                                \
		    offsetof(struct settings, member), fallback, 0, 0, NULL \
	}
#define INT(section, name, member, fallback, min, max)                         \
	{                                                                      \
		section, name, SETTING_INT, offsetof(struct settings, member), \
		    fallback, min, max, NULL                                   \
	}
#define CHOICE(section, name, member, fallback, choices)                       \
	{                                                                      \
		section, name, SETTING_CHOICE,                                 \
		    offsetof(struct settings, member), fallback, 0, 0, choices \
	}

static const struct setting table[] = {
    TEXT("server", "socket", socket, "/run/palmares/palmares.sock"),
    {"server", "socket_mode", SETTING_OCTAL,
        offsetof(struct settings, socket_mode), "0660", 0, 0777, NULL},
    INT("server", "workers", workers, "1", 1, WORKERS_MAX),
    INT("server", "threads", threads, "64", 1, 1024),
    INT("server", "backlog", backlog, "4096", 1, 65535),
    INT("server", "drain_seconds", drain_seconds, "10", 1, 3600),
    CHOICE("server", "log_level", log_level, "info", log_level_names),
    {"server", "core_dumps", SETTING_BOOL,
        offsetof(struct settings, core_dumps), "no", 0, 0, NULL},
    {"database", "file", SETTING_FILE, offsetof(struct settings, database_file),
        "", 0, 0, NULL},
    TEXT("database", "socket", database.socket, "/run/mysqld/mysqld.sock"),
    TEXT("database", "host", database.host, ""),
    INT("database", "port", database.port, "3306", 1, 65535),
    TEXT("database", "user", database.user, "palmares"),
    {"database", "password", SETTING_TEXT,
        offsetof(struct settings, database.password), "",
        .place = offsetof(struct settings, password_place)},
    TEXT("database", "password_file", password_file, ""),
    TEXT("database", "name", database.name, "palmares"),
    CHOICE("database", "tls", database.tls, "off", tls_choices),
    TEXT("database", "tls_ca", database.tls_ca, ""),
    INT("database", "connections", connections, "4", 1, 256),
    INT("ingest", "batch_events", batch_events, "1000", 1, 10000),
    INT("ingest", "queue_events", queue_events, "20000", 1000, 1000000),
    INT("ingest", "max_clock_skew", max_clock_skew, "300", 0, CLOCK_SKEW_MAX),
    {"classic", "autocreate", SETTING_BOOL,
        offsetof(struct settings, classic_autocreate), "no", 0, 0, NULL},
};

enum { PASSWORD_MAX = 1024 };

/* The first line of the password file, without its line end. */
static const char *
read_password(struct arena *arena, struct settings *settings)
{
	char line[PASSWORD_MAX + sizeof("\n")] = "";
	FILE *file = fopen(settings->password_file, "re");
	bool failed = file == NULL ||
	    (fgets(line, sizeof(line), file) == NULL && ferror(file));
	int error = errno;

	if (file != NULL)
		fclose(file);
	if (failed)
		return arena_printf(arena,
		    "[database] password_file: %s cannot be read: %s",
		    settings->password_file, strerror(error));
	line[strcspn(line, "\r\n")] = '\0';
	if (strlen(line) > PASSWORD_MAX)
		return arena_printf(arena,
		    "[database] password_file: the password in %s is longer"
		    " than %d bytes",
		    settings->password_file, PASSWORD_MAX);
	settings->database.password = arena_strdup(arena, line);
	return NULL;
}

const char *
settings_load(
    struct arena *arena, const char *path, struct settings *settings_out)
{
	struct settings settings = {0};
	const char *fault = config_load(
	    arena, table, sizeof(table) / sizeof(table[0]), path, &settings);

	if (fault != NULL)
		return fault;
	if (*settings.password_file != '\0') {
		if (*settings.database.password != '\0')
			return "[database] has both password and"
			       " password_file: remove one";
		fault = read_password(arena, &settings);
		if (fault != NULL)
			return fault;
	}
	/*
	 * A host is asked for: the socket's default gives way. "localhost" is
	 * none, it means the socket to all of MariaDB's programs.
	 */
	if (*settings.database.host != '\0' &&
	    strcmp(settings.database.host, "localhost") != 0)
		settings.database.socket = "";
	*settings_out = settings;
	return NULL;
}
