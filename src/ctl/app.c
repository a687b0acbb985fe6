/* app: makes, shows and deletes applications */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/decode.h"
#include "base/zone.h"
#include "ctl/ctl.h"

enum { DESCRIPTION_MAX = 1000 };

static void
write_application(struct json_writer *jw, const struct application *application)
{
	char text[DAY_START_SIZE];

	jw_object(jw, NULL);
	jw_int(jw, "appKey", application->app_key);
	jw_string(jw, "name", application->name);
	jw_string(jw, "description", application->description);
	jw_string(jw, "timeZone", application->time_zone);
	jw_string(jw, "dayStart", application_day_start(application, text));
	jw_bool(jw, "classic", application->classic);
	jw_time(jw, "createdAt", application->created_at);
	jw_time(jw, "updatedAt", application->updated_at);
	jw_object_end(jw);
}

static const char *
state_of(const struct application *application)
{
	if (application->closed)
		return "being deleted";
	return application->classic ? "on" : "off";
}

static void
print_application(struct ctl *ctl, const struct application *application)
{
	char day_start[DAY_START_SIZE];
	const char *const cells[] = {"appKey:",
	    arena_printf(ctl->arena, "%lld", (long long)application->app_key),
	    "name:", application->name,
	    "description:", application->description,
	    "time zone:", application->time_zone,
	    "days begin at:", application_day_start(application, day_start),
	    "classic interface:", state_of(application),
	    "created:", ctl_time(ctl, application->created_at),
	    "updated:", ctl_time(ctl, application->updated_at)};
	struct json_writer jw;

	if (ctl->json) {
		jw = ctl_json(ctl);
		write_application(&jw, application);
		ctl_write(ctl);
	} else {
		ctl_table(cells, 2, sizeof(cells) / sizeof(cells[0]) / 2);
	}
}

static int
check_zone(struct ctl *ctl, const char *name)
{
	struct zone *zone;

	switch (zone_load(ctl->arena, name, &zone)) {
	case ZONE_OK:
		return CTL_FINE;
	case ZONE_NO_DATABASE:
		return ctl_fail("there are no time zones in " ZONE_FILES
		                ". Install the package tzdata");
	case ZONE_DAMAGED:
		return ctl_fail(ZONE_FILES "%s cannot be read, or is no time"
		                           " zone",
		    name);
	default:
		return ctl_misuse("there is no time zone \"%s\": take a name"
		                  " such as Europe/Berlin from " ZONE_FILES,
		    name);
	}
}

static const char *
option_or(const struct ctl *ctl, enum ctl_option option, const char *fallback)
{
	return ctl->options[option] == NULL ? fallback : ctl->options[option];
}

/* The application that the command line describes. */
static int
describe(struct ctl *ctl, struct application *application)
{
	const char *detail;
	int rc;

	*application = (struct application) {
	    .name = ctl->arguments[0],
	    .description = option_or(ctl, OPTION_DESCRIPTION, ""),
	    .time_zone = option_or(ctl, OPTION_TIME_ZONE, "UTC"),
	    .classic = ctl->options[OPTION_CLASSIC] != NULL,
	};
	if (text_fault(FIELD_NAME, application->name, strlen(application->name),
	        &detail) != NULL)
		return ctl_misuse("the name %s", detail);
	if (application->name[strspn(application->name, "0123456789")] == '\0')
		return ctl_misuse(
		    "the name \"%s\" reads like an appKey: give it"
		    " a letter, such as \"app-%s\"",
		    application->name, application->name);
	rc = ctl_text(
	    "the description", application->description, DESCRIPTION_MAX);
	if (rc == CTL_FINE)
		rc = check_zone(ctl, application->time_zone);
	if (rc == CTL_FINE && ctl->options[OPTION_APP_KEY] != NULL)
		rc = ctl_number("--app-key", ctl->options[OPTION_APP_KEY],
		    &application->app_key);
	return rc;
}

struct creation {
	const struct application *wanted;
	struct application made;
};

static enum error
insert(struct db *db, const struct tx_attempt *attempt, void *context)
{
	struct creation *creation = context;

	(void)attempt;
	creation->made = *creation->wanted;
	return application_insert(db, &creation->made);
}

int
app_create_command(struct ctl *ctl)
{
	struct application application;
	struct creation creation = {.wanted = &application};
	struct tx_options options = ctl_tx_options();
	enum error error;
	int rc = describe(ctl, &application);

	if (rc == CTL_FINE)
		rc = ctl_connect(ctl);
	if (rc != CTL_FINE)
		return rc;
	error = tx_run(ctl->db, &options, insert, &creation);
	if (error == ERR_APPLICATION_EXISTS)
		return ctl_fail("the name \"%s\" or the appKey is taken:"
		                " 'palmaresctl app list' lists those that are",
		    application.name);
	if (error != OK)
		return ctl_store_fault(ctl, error, "make the application");
	print_application(ctl, &creation.made);
	if (!ctl->json)
		printf("Its first key: palmaresctl key create %lld --secret\n",
		    (long long)creation.made.app_key);
	return CTL_FINE;
}

static void
print_list(struct ctl *ctl, const struct application *list, size_t count)
{
	enum { COLUMNS = 5 };
	const char **cells =
	    arena_array(ctl->arena, (count + 1) * COLUMNS, sizeof(*cells));
	size_t i, n = 0;

	cells[n++] = "APPKEY";
	cells[n++] = "NAME";
	cells[n++] = "TIME ZONE";
	cells[n++] = "CLASSIC";
	cells[n++] = "CREATED";
	for (i = 0; i < count; i++) {
		cells[n++] = arena_printf(
		    ctl->arena, "%lld", (long long)list[i].app_key);
		cells[n++] = list[i].name;
		cells[n++] = list[i].time_zone;
		cells[n++] = state_of(&list[i]);
		cells[n++] = ctl_time(ctl, list[i].created_at);
	}
	ctl_table(cells, COLUMNS, count + 1);
}

int
app_list_command(struct ctl *ctl)
{
	struct application *list;
	struct json_writer jw;
	enum error error;
	size_t count, i;
	int rc = ctl_connect(ctl);

	if (rc != CTL_FINE)
		return rc;
	error = application_list(ctl->db, ctl->arena, &list, &count);
	if (error != OK)
		return ctl_store_fault(ctl, error, "list the applications");
	if (!ctl->json) {
		print_list(ctl, list, count);
		return CTL_FINE;
	}
	jw = ctl_json(ctl);
	jw_array(&jw, NULL);
	for (i = 0; i < count; i++)
		write_application(&jw, &list[i]);
	jw_array_end(&jw);
	ctl_write(ctl);
	return CTL_FINE;
}

int
app_show_command(struct ctl *ctl)
{
	struct application application;
	int rc = ctl_connect_application(ctl, &application);

	if (rc == CTL_FINE)
		print_application(ctl, &application);
	return rc;
}

/* Whoever deletes types the name: not what a hand does by itself. */
static int
confirm(const struct application *application)
{
	char line[512];

	if (!isatty(STDIN_FILENO))
		return ctl_fail("nothing was deleted: there is no terminal to"
		                " ask on, so say --yes if you mean it");
	fprintf(stderr,
	    "Application \"%s\" (appKey %lld) with all its rules, users,"
	    " events, points\nand keys will be gone for ever. Type its name"
	    " to delete it: ",
	    application->name, (long long)application->app_key);
	if (fgets(line, sizeof(line), stdin) == NULL)
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (strcmp(line, application->name) == 0)
		return CTL_FINE;
	return ctl_fail("that is not its name: nothing was deleted");
}

int
app_delete_command(struct ctl *ctl)
{
	const struct tx_options options = ctl_tx_options();
	struct application application;
	struct json_writer jw;
	enum error error;
	int rc = ctl_connect_application(ctl, &application);

	if (rc == CTL_FINE && ctl->options[OPTION_YES] == NULL)
		rc = confirm(&application);
	if (rc != CTL_FINE)
		return rc;
	error = application_delete(ctl->db, &options, application.id);
	if (error != OK) {
		ctl_store_fault(ctl, error, "delete the application");
		return ctl_fail("part of it may be gone: run the command"
		                " again, it goes on from there");
	}
	if (!ctl->json) {
		printf("Application \"%s\" (appKey %lld) is deleted.\n",
		    application.name, (long long)application.app_key);
		return CTL_FINE;
	}
	jw = ctl_json(ctl);
	jw_object(&jw, NULL);
	jw_int(&jw, "appKey", application.app_key);
	jw_string(&jw, "name", application.name);
	jw_bool(&jw, "deleted", true);
	jw_object_end(&jw);
	ctl_write(ctl);
	return CTL_FINE;
}

int
app_clean_command(struct ctl *ctl)
{
	int64_t applications, rows;
	struct json_writer jw;
	enum error error;
	int rc = ctl_connect(ctl);

	if (rc != CTL_FINE)
		return rc;
	error = application_clean(ctl->db, ctl->arena, &applications, &rows);
	if (error != OK)
		return ctl_store_fault(ctl, error,
		    "delete what applications that do not exist have left");
	if (!ctl->json) {
		printf("%lld rows of %lld applications that do not exist are"
		       " deleted.\n",
		    (long long)rows, (long long)applications);
		return CTL_FINE;
	}
	jw = ctl_json(ctl);
	jw_object(&jw, NULL);
	jw_int(&jw, "applications", applications);
	jw_int(&jw, "rows", rows);
	jw_object_end(&jw);
	ctl_write(ctl);
	return CTL_FINE;
}
