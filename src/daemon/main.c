/* main: palmaresd's command line */
#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/api.h"
#include "base/arena.h"
#include "base/log.h"
#include "daemon/master.h"
#include "work/settings.h"

static const char usage[] =
    "usage: palmaresd [-c FILE] [-t] [-V] [--routes]\n"
    "  -c FILE   configuration file (default " SYSCONFDIR
    "/palmares/palmares.conf)\n"
    "  -t        check the configuration and exit\n"
    "  -V        print the version and exit\n"
    "  --routes  print the route table and exit\n"
    "It stays in the foreground and logs to standard error."
    " See palmaresd(8).\n";

static int
print_routes(void)
{
	size_t i;

	for (i = 0; i < route_count; i++)
		printf("%s\t%s\n", routes[i].method, routes[i].path);
	return EXIT_SUCCESS;
}

static int
test_settings(const char *path)
{
	struct arena *arena = arena_new(1 << 20);
	struct settings settings;
	const char *fault = settings_load(arena, path, &settings);

	if (fault != NULL)
		fprintf(stderr, "palmaresd: %s\n", fault);
	else
		printf("%s is fine\n", path);
	arena_free(arena);
	return fault == NULL ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"routes", no_argument, NULL, 'r'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	const char *path = SYSCONFDIR "/palmares/palmares.conf";
	int option, test = 0;

	while ((option = getopt_long(argc, argv, "c:tVh", options, NULL)) != -1)
		switch (option) {
		case 'c':
			path = optarg;
			break;
		case 't':
			test = 1;
			break;
		case 'V':
			printf("palmaresd %s\n", PACKAGE_VERSION);
			return EXIT_SUCCESS;
		case 'r':
			return print_routes();
		case 'h':
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		default:
			fputs(usage, stderr);
			return 2;
		}
	if (optind < argc) {
		fputs(usage, stderr);
		return 2;
	}
	/* In the process, seeded by the system: each event wants some. */
	randombytes_set_implementation(&randombytes_internal_implementation);
	if (sodium_init() < 0)
		return EXIT_FAILURE;
	log_to_journal();
	return test ? test_settings(path) : master_run(path);
}
