/* embed: a file that the program carries inside, made by src/embed.sh */
#ifndef BASE_EMBED_H
#define BASE_EMBED_H

#include <stddef.h>

/* data has a NUL behind it that size does not count. */
struct embedded_file {
	const char *name; /* without its directory */
	const unsigned char *data;
	size_t size;
};

#endif
