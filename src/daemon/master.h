/* master: keeps the workers alive */
#ifndef DAEMON_MASTER_H
#define DAEMON_MASTER_H

/*
 * Owns the listening socket and the workers until SIGTERM or SIGINT. path is of
 * the configuration file, or NULL; SIGHUP reads it again and replaces the
 * workers one by one. Returns the process's exit status.
 */
int master_run(const char *path);

#endif
