/* proxy: stands between a client and mariadbd; cuts, replaces, delays */
#ifndef STORE_PROXY_H
#define STORE_PROXY_H

/* What becomes of the next COMMIT; those after it pass. */
enum proxy_mode {
	PROXY_PASS,
	PROXY_DROP_REPLY,   /* it is done, and the client never hears of it */
	PROXY_DROP_REQUEST, /* it never arrives */
};

/*
 * Starts the proxy on a socket in the tests' directory and makes server_settings
 * lead to it; there is one. It ends with the process.
 */
void proxy_start(void);

/* meanwhile, unless NULL, is called when the connection has been cut. */
void proxy_set(enum proxy_mode mode, void (*meanwhile)(void));

/*
 * The server gets this text in place of one statement, and the client its answer
 * to that: a COMMIT, or the array-bound statement behind so many others. Once.
 */
enum proxy_kind { PROXY_COMMIT, PROXY_ARRAY };
void proxy_replace(enum proxy_kind kind, int behind, const char *text);

/* Every reply of the server comes so much later, from now on; 0: at once. */
void proxy_delay(int milliseconds);

#endif
