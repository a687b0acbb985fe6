/* ask: asks palmaresd how it is, as nginx would */
#ifndef CTL_ASK_H
#define CTL_ASK_H

struct arena;

/* The result of asking. */
enum ask_result {
	ASK_ANSWERED,
	ASK_ABSENT,  /* there is no socket */
	ASK_REFUSED, /* nobody listens on it */
	ASK_SILENT,  /* somebody does, and does not answer */
	ASK_FAILED,  /* none of these: the reason is in errno */
};

/*
 * Sends GET target over the unix socket and waits a few seconds for the answer:
 * *status_out is its HTTP status, *body_out its text.
 */
enum ask_result ask(struct arena *arena, const char *socket_path,
    const char *target, int *status_out, const char **body_out);

#endif
