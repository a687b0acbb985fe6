/*
 * replay: runs a fuzz target over the files of its corpus, without libFuzzer
 *
 * The program's name ends with the corpus's: replay_json reads corpus/json.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

int
main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir"); /* set by make check */
	const char *name = argc > 0 ? strrchr(argv[0], '_') : NULL;
	char directory[2048];
	int count;

	snprintf(directory, sizeof(directory), "%s/tests/fuzz/corpus/%s",
	    srcdir == NULL ? "." : srcdir, name == NULL ? "" : name + 1);
	count = replay_all(directory);
	printf("%d inputs of %s\n", count, directory);
	return count == 0;
}
