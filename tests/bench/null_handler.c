/* null_handler: a FastCGI program that does nothing: the ceiling behind nginx */

/*
 * usage: null_handler SOCKET THREADS
 *
 * Every request is read to its end and answered with the same small document,
 * by as many threads as palmaresd has.
 */
#include <fcgiapp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS_MAX = 1024, BACKLOG = 4096 };

/* As long as palmaresd's about an event with one award. */
static const char answer[] =
    "Status: 200 OK\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: 240\r\n"
    "\r\n"
    "{\"id\":\"00000000-0000-0000-0000-000000000000\","
    "\"username\":\"user00000\",\"eventType\":\"review\","
    "\"receivedAt\":\"2000-01-01T00:00:00.000000Z\",\"replayed\":false,"
    "\"awards\":[{\"rule\":\"rule0\",\"pointScale\":\"scale0\","
    "\"points\":10,\"balance\":1000,\"badge\":null}]}\n";

static void *
serve(void *context)
{
	FCGX_Request request;
	char rest[4096];

	if (FCGX_InitRequest(&request, *(const int *)context, 0) != 0)
		return NULL;
	while (FCGX_Accept_r(&request) == 0) {
		while (FCGX_GetStr(rest, sizeof(rest), request.in) > 0)
			continue;
		FCGX_PutStr(answer, sizeof(answer) - 1, request.out);
		FCGX_Finish_r(&request);
	}
	return NULL;
}

int
main(int argc, char **argv)
{
	static pthread_t threads[THREADS_MAX];
	long count = argc == 3 ? strtol(argv[2], NULL, 10) : 0, i;
	int listener;

	if (count < 1 || count > THREADS_MAX) {
		fputs("usage: null_handler SOCKET THREADS\n", stderr);
		return 2;
	}
	if (FCGX_Init() != 0 ||
	    (listener = FCGX_OpenSocket(argv[1], BACKLOG)) < 0) {
		fprintf(stderr, "null_handler: cannot listen on %s\n", argv[1]);
		return EXIT_FAILURE;
	}
	/* libfcgi has taken it, and would only stop a pending accept. */
	signal(SIGTERM, SIG_DFL);
	for (i = 0; i < count; i++)
		if (pthread_create(&threads[i], NULL, serve, &listener) != 0) {
			fputs("null_handler: too few threads\n", stderr);
			return EXIT_FAILURE;
		}
	for (i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	return EXIT_SUCCESS;
}
