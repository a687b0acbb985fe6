/* ctl: what the commands of palmaresctl share */
#include "ctl/ctl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "db/migrate.h"

enum { DOCUMENT_MAX = 64 << 20, TX_SECONDS = 60 };

static void __attribute__((format(printf, 1, 0)))
complain(const char *format, va_list args)
{
	fputs("palmaresctl: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

int
ctl_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(format, args);
	va_end(args);
	return CTL_FAILED;
}

int
ctl_misuse(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(format, args);
	va_end(args);
	return CTL_USAGE;
}

/* The database has another schema than this program: what to do about it. */
static int
schema_fault(struct ctl *ctl)
{
	int64_t version;
	const char *why = NULL;

	if (db_connect_bare(ctl->db) == OK &&
	    migrate_status(ctl->db, ctl->arena, &version, &why) == OK &&
	    why != NULL)
		return ctl_fail("%s", why);
	return ctl_fail("the database's tables are not what this program"
	                " needs: run 'palmaresctl doctor'");
}

int
ctl_store_fault(struct ctl *ctl, enum error error, const char *doing)
{
	const char *message = db_message(ctl->db);

	switch (error) {
	case ERR_SCHEMA_MISMATCH:
		return schema_fault(ctl);
	case ERR_OUTCOME_UNKNOWN:
		return ctl_fail("the connection was lost while the change was"
		                " being stored: look ('app list', 'key list')"
		                " whether it was, and repeat it if not");
	case ERR_NOT_CONNECTED:
	case ERR_DATABASE_UNAVAILABLE:
		return ctl_fail("cannot %s: the database says: %s (error %u)."
		                " Run 'palmaresctl doctor' to find out more",
		    doing, message, db_errno(ctl->db));
	default:
		return ctl_fail("cannot %s: %s%s%s", doing, error_title(error),
		    *message == '\0' ? "" : ": ", message);
	}
}

int
ctl_open(struct ctl *ctl)
{
	const char *fault =
	    settings_load(ctl->arena, ctl->config, &ctl->settings);

	if (fault != NULL)
		return ctl_fail("%s\nThe configuration is described in"
		                " palmares.conf(5); -c names another file",
		    fault);
	ctl->db = db_new(&ctl->settings.database, DB_ADMIN, &ctl->counters);
	return CTL_FINE;
}

int
ctl_connect(struct ctl *ctl)
{
	int rc = ctl_open(ctl);
	enum error error;

	if (rc != CTL_FINE)
		return rc;
	error = db_connect(ctl->db);
	if (error != OK)
		return ctl_store_fault(ctl, error, "connect to the database");
	return CTL_FINE;
}

static bool
parse_number(const char *text, int64_t *number_out)
{
	int64_t number;

	if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
		return false;
	errno = 0;
	number = strtoll(text, NULL, 10);
	if (errno != 0 || number < 1)
		return false;
	*number_out = number;
	return true;
}

int
ctl_number(const char *what, const char *text, int64_t *number_out)
{
	if (parse_number(text, number_out))
		return CTL_FINE;
	return ctl_misuse("%s must be a number from 1 to %lld, not \"%s\"",
	    what, (long long)INT64_MAX, text);
}

int
ctl_text(const char *what, const char *text, long max)
{
	size_t len = strlen(text);
	long characters = utf8_length(text, len);

	if (characters < 0)
		return ctl_misuse("%s must be UTF-8", what);
	if (characters > max)
		return ctl_misuse(
		    "%s must be at most %ld characters long", what, max);
	if (text_has_control(text, len))
		return ctl_misuse(
		    "%s must not contain control characters", what);
	return CTL_FINE;
}

/* By the appKey, written as "5" or as "appKey=5". */
static enum error
find_by_app_key(
    struct ctl *ctl, const char *text, struct application *application_out)
{
	static const char prefix[] = "appKey=";
	int64_t app_key;

	if (strncmp(text, prefix, sizeof(prefix) - 1) == 0)
		text += sizeof(prefix) - 1;
	if (!parse_number(text, &app_key))
		return ERR_APPLICATION_NOT_FOUND;
	return application_by_app_key(
	    ctl->db, ctl->arena, app_key, application_out);
}

static int
is_ambiguous(const char *text, const struct application *named,
    const struct application *keyed)
{
	return ctl_fail("\"%s\" is the name of one application and the appKey"
	                " of another: say appKey=%lld for the one with that"
	                " name, appKey=%lld for \"%s\"",
	    text, (long long)named->app_key, (long long)keyed->app_key,
	    keyed->name);
}

int
ctl_application(
    struct ctl *ctl, const char *text, struct application *application_out)
{
	struct application named, keyed;
	enum error by_name =
	    application_by_name(ctl->db, ctl->arena, text, &named);
	enum error by_key = find_by_app_key(ctl, text, &keyed);

	if (by_name == OK && by_key == OK && named.id != keyed.id)
		return is_ambiguous(text, &named, &keyed);
	if (by_name == ERR_APPLICATION_NOT_FOUND && by_key == by_name)
		return ctl_fail("there is no application with the name or"
		                " appKey \"%s\": 'palmaresctl app list' lists"
		                " them",
		    text);
	if (by_name != OK && by_key != OK)
		return ctl_store_fault(ctl,
		    by_name == ERR_APPLICATION_NOT_FOUND ? by_key : by_name,
		    "read the application");
	*application_out = by_name == OK ? named : keyed;
	return CTL_FINE;
}

int
ctl_connect_application(struct ctl *ctl, struct application *application_out)
{
	int rc = ctl_connect(ctl);

	if (rc == CTL_FINE)
		rc = ctl_application(ctl, ctl->arguments[0], application_out);
	return rc;
}

struct tx_options
ctl_tx_options(void)
{
	return (struct tx_options) {
	    .deadline = clock_monotonic() + TX_SECONDS * 1000000LL,
	};
}

struct json_writer
ctl_json(struct ctl *ctl)
{
	ctl->document = str_new(ctl->arena, DOCUMENT_MAX);
	return (struct json_writer) {.out = &ctl->document};
}

void
ctl_write(struct ctl *ctl)
{
	puts(ctl->document.data);
}

/* Columns on a terminal, as far as one may know without its fonts. */
static size_t
text_width(const char *text)
{
	long width = utf8_length(text, strlen(text));

	return width < 0 ? strlen(text) : (size_t)width;
}

void
ctl_table(const char *const *cells, size_t columns, size_t rows)
{
	enum { COLUMNS_MAX = 16, GAP = 2 };
	size_t widths[COLUMNS_MAX] = {0}, width, i;

	for (i = 0; i < columns * rows; i++) {
		width = text_width(cells[i]);
		if (width > widths[i % columns])
			widths[i % columns] = width;
	}
	for (i = 0; i < columns * rows; i++) {
		fputs(cells[i], stdout);
		if (i % columns == columns - 1)
			putchar('\n');
		else
			printf("%*s",
			    (int)(widths[i % columns] - text_width(cells[i]) +
			        GAP),
			    "");
	}
}

const char *
ctl_size(struct ctl *ctl, int64_t bytes)
{
	static const char *const units[] = {"kB", "MB", "GB", "TB", "PB"};
	double size = (double)bytes / 1000;
	size_t unit = 0;

	if (bytes < 1000)
		return arena_printf(ctl->arena, "%lld bytes", (long long)bytes);
	for (; size >= 1000 && unit < sizeof(units) / sizeof(*units) - 1;
	     unit++)
		size /= 1000;
	return arena_printf(ctl->arena, "%.1f %s", size, units[unit]);
}

const char *
ctl_time(struct ctl *ctl, int64_t time)
{
	char text[TIME_TEXT_SIZE];

	time_format(time, text);
	return arena_printf(ctl->arena, "%.19sZ", text);
}
