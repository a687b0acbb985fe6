/* main: palmaresctl's command line: the table of commands and options */
#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "ctl/ctl.h"

enum { ARENA_MAX = 256 << 20 };

#define CONFIG      SYSCONFDIR "/palmares/palmares.conf"
#define BIT(option) (1u << (option))

/* tests/check-docs.sh reads this table: a command's words stand in its line. */
static const struct command {
	const char *words[2];
	const char *synopsis;
	const char *summary;
	int arguments;
	unsigned options;
	int (*run)(struct ctl *ctl);
} commands[] = {
    {{"migrate", NULL}, "[--check]",
        "make or update the tables, or tell whether that is needed", 0,
        BIT(OPTION_CHECK), migrate_command},
    {{"app", "create"},
        "NAME [--description TEXT] [--time-zone TZ] [--app-key N]"
        " [--classic]",
        "make an application", 1,
        BIT(OPTION_DESCRIPTION) | BIT(OPTION_TIME_ZONE) | BIT(OPTION_APP_KEY) |
            BIT(OPTION_CLASSIC),
        app_create_command},
    {{"app", "list"}, "", "list the applications", 0, 0, app_list_command},
    {{"app", "show"}, "APP", "show an application", 1, 0, app_show_command},
    {{"app", "delete"}, "APP [--yes]",
        "delete an application and all that is its own", 1, BIT(OPTION_YES),
        app_delete_command},
    {{"app", "clean"}, "", "delete rows of applications that do not exist", 0,
        0, app_clean_command},
    {{"key", "create"}, "APP --secret|--publishable [--label TEXT]",
        "make a key and show it, this once", 1,
        BIT(OPTION_SECRET) | BIT(OPTION_PUBLISHABLE) | BIT(OPTION_LABEL),
        key_create_command},
    {{"key", "list"}, "APP", "list the keys of an application", 1, 0,
        key_list_command},
    {{"key", "revoke"}, "APP KEYID", "make a key useless", 2, 0,
        key_revoke_command},
    {{"backup", NULL}, "FILE [--force]",
        "copy the database as it is now, while it is used", 1,
        BIT(OPTION_FORCE), backup_command},
    {{"restore", NULL}, "FILE", "load a backup into an empty database", 1, 0,
        restore_command},
    {{"verify", NULL}, "[--app APP]",
        "compare all that is stored with what the events give", 0,
        BIT(OPTION_APP), verify_command},
    {{"doctor", NULL}, "", "find what is wrong with this installation", 0, 0,
        doctor_command},
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

/* The answers of getopt for options that are no ctl_option. */
enum { GLOBAL_CONFIG = 'c', GLOBAL_HELP = 'h', GLOBAL_VERSION = 'V' };
enum { FIRST_LONG = 256, GLOBAL_JSON = FIRST_LONG + OPTIONS };

static const struct option options[] = {
    {"app", required_argument, NULL, FIRST_LONG + OPTION_APP},
    {"app-key", required_argument, NULL, FIRST_LONG + OPTION_APP_KEY},
    {"check", no_argument, NULL, FIRST_LONG + OPTION_CHECK},
    {"classic", no_argument, NULL, FIRST_LONG + OPTION_CLASSIC},
    {"description", required_argument, NULL, FIRST_LONG + OPTION_DESCRIPTION},
    {"force", no_argument, NULL, FIRST_LONG + OPTION_FORCE},
    {"label", required_argument, NULL, FIRST_LONG + OPTION_LABEL},
    {"publishable", no_argument, NULL, FIRST_LONG + OPTION_PUBLISHABLE},
    {"secret", no_argument, NULL, FIRST_LONG + OPTION_SECRET},
    {"time-zone", required_argument, NULL, FIRST_LONG + OPTION_TIME_ZONE},
    {"yes", no_argument, NULL, FIRST_LONG + OPTION_YES},
    {"json", no_argument, NULL, GLOBAL_JSON},
    {"help", no_argument, NULL, GLOBAL_HELP},
    {"version", no_argument, NULL, GLOBAL_VERSION},
    {NULL, 0, NULL, 0},
};

/* "app create APP", as it is typed. */
static void
print_command(FILE *file, const struct command *command)
{
	fputs(command->words[0], file);
	if (command->words[1] != NULL)
		fprintf(file, " %s", command->words[1]);
	if (*command->synopsis != '\0')
		fprintf(file, " %s", command->synopsis);
	putc('\n', file);
}

static int
print_usage(FILE *file)
{
	const struct command *command;

	fputs("usage: palmaresctl [-c FILE] [--json] COMMAND\n\n", file);
	for (command = commands; command < commands + COMMANDS; command++) {
		fputs("  ", file);
		print_command(file, command);
		fprintf(file, "      %s\n", command->summary);
	}
	fputs("\n"
	      "APP is the name of an application, or its appKey; FILE is"
	      " compressed if its name\nends in .gz or .zst, and - is standard"
	      " output or input.\n"
	      "  -c FILE  configuration file (default " CONFIG ")\n"
	      "  --json   one JSON document on standard output\n"
	      "  -V       print the version\n"
	      "Exit status: 0 fine, 1 it failed or something differs, 2 wrong"
	      " usage. See palmaresctl(1).\n",
	    file);
	return file == stdout ? CTL_FINE : CTL_USAGE;
}

/* The name of an option that was given and means nothing to the command. */
static const char *
needless_option(const struct ctl *ctl, const struct command *command)
{
	size_t i;

	for (i = 0; i < OPTIONS; i++)
		if (ctl->options[i] != NULL && (command->options & BIT(i)) == 0)
			return options[i].name;
	return NULL;
}

static int
run_command(struct ctl *ctl, const struct command *command)
{
	const char *needless = needless_option(ctl, command);

	if (needless != NULL)
		ctl_misuse("--%s means nothing here", needless);
	if (needless == NULL && ctl->argument_count == command->arguments)
		return command->run(ctl);
	fputs("usage: palmaresctl ", stderr);
	print_command(stderr, command);
	return CTL_USAGE;
}

/* Finds the command that the first words name, and runs it. */
static int
dispatch(struct ctl *ctl)
{
	const struct command *command;
	char **words = ctl->arguments;
	int length;

	for (command = commands; command < commands + COMMANDS; command++) {
		length = command->words[1] == NULL ? 1 : 2;
		if (ctl->argument_count < length ||
		    strcmp(words[0], command->words[0]) != 0 ||
		    (length == 2 && strcmp(words[1], command->words[1]) != 0))
			continue;
		ctl->arguments += length;
		ctl->argument_count -= length;
		return run_command(ctl, command);
	}
	if (ctl->argument_count == 0)
		return print_usage(stderr);
	return ctl_misuse("there is no command \"%s%s%s\": --help lists them",
	    words[0], ctl->argument_count > 1 ? " " : "",
	    ctl->argument_count > 1 ? words[1] : "");
}

static int
read_options(struct ctl *ctl, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "c:hV", options, NULL)) != -1)
		switch (option) {
		case GLOBAL_CONFIG:
			ctl->config = optarg;
			break;
		case GLOBAL_JSON:
			ctl->json = true;
			break;
		case GLOBAL_HELP:
		case GLOBAL_VERSION:
		case '?':
			return option;
		default:
			ctl->options[option - FIRST_LONG] =
			    optarg == NULL ? "" : optarg;
		}
	ctl->arguments = argv + optind;
	ctl->argument_count = argc - optind;
	return 0;
}

static int
run(struct ctl *ctl, int argc, char **argv)
{
	switch (read_options(ctl, argc, argv)) {
	case GLOBAL_HELP:
		return print_usage(stdout);
	case GLOBAL_VERSION:
		printf("palmaresctl %s\n", PACKAGE_VERSION);
		return CTL_FINE;
	case '?':
		return ctl_misuse("--help explains the options");
	default:
		return dispatch(ctl);
	}
}

int
main(int argc, char **argv)
{
	struct ctl ctl = {.config = CONFIG};
	int rc;

	log_set_level(LOG_LEVEL_ERROR);
	if (sodium_init() < 0)
		return ctl_fail("libsodium finds no source of randomness");
	db_start();
	ctl.arena = arena_new(ARENA_MAX);
	rc = run(&ctl, argc, argv);
	if (fflush(stdout) != 0 || ferror(stdout))
		rc = ctl_fail("cannot write to standard output: is the disk"
		              " full?");
	db_free(ctl.db);
	arena_free(ctl.arena);
	return rc;
}
