/*
 * main: runs a fuzz target over its corpus, or under libFuzzer
 *
 * Without arguments it reads every file of the corpus, which the program's name
 * ends with: fuzz_json reads corpus/json. With arguments it is libFuzzer, where
 * the build has it (--enable-fuzzers).
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "fuzz.h"

/* libFuzzer's, if it is linked. */
__attribute__((weak)) int LLVMFuzzerRunDriver(
    int *argc, char ***argv, int (*target)(const uint8_t *data, size_t size));

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct stat status;
	uint8_t *data;
	size_t size;

	if (file == NULL || fstat(fileno(file), &status) == -1)
		die(path);
	size = (size_t)status.st_size;
	/* A place of just that size: the sanitizer sees reading too far. */
	data = malloc(size > 0 ? size : 1);
	if (data == NULL || fread(data, 1, size, file) != size)
		die(path);
	fclose(file);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

static int
replay_all(const char *directory)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	char path[4096];
	int count = 0;

	if (dir == NULL)
		die(directory);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		replay_file(path);
		count++;
	}
	closedir(dir);
	return count;
}

static int
replay_corpus(const char *program)
{
	const char *srcdir = getenv("srcdir"); /* set by make check */
	const char *name = strrchr(program, '_');
	char directory[2048];
	int count;

	snprintf(directory, sizeof(directory), "%s/tests/fuzz/corpus/%s",
	    srcdir == NULL ? "." : srcdir, name == NULL ? "" : name + 1);
	count = replay_all(directory);
	printf("%d inputs of %s\n", count, directory);
	return count == 0;
}

int
main(int argc, char **argv)
{
	log_set_level(LOG_LEVEL_ERROR);
	if (argc == 1)
		return replay_corpus(argv[0]);
	if (LLVMFuzzerRunDriver == NULL) {
		fputs("fuzzing needs a build with --enable-fuzzers\n", stderr);
		return 1;
	}
	return LLVMFuzzerRunDriver(&argc, &argv, LLVMFuzzerTestOneInput);
}
