/* bare_loop: what one transaction per event can do at best, without HTTP */

/*
 * usage: bare_loop SOCKET USERS [CONNECTIONS SECONDS]
 *
 * With two arguments it makes a database bare_loop with so many users. With
 * four, each connection repeats on that, with prepared statements: lock the
 * user, insert the event, insert the ledger row, update the balance, commit.
 * In the end it prints "events microseconds p50 p95 p99", the last three of one
 * transaction in microseconds.
 */
#include <mysql.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CONNECTIONS_MAX = 256, SAMPLES_MAX = 4000000 };
enum { LOCK, EVENT, LEDGER, BALANCE, STATEMENTS };

static const char *const setup[] = {
    "DROP DATABASE IF EXISTS bare_loop",
    "CREATE DATABASE bare_loop",
    "USE bare_loop",
    "CREATE TABLE user (id BIGINT PRIMARY KEY) ENGINE=InnoDB",
    "CREATE TABLE event (id BIGINT AUTO_INCREMENT PRIMARY KEY,"
    " user BIGINT NOT NULL, type VARBINARY(190) NOT NULL,"
    " received_at BIGINT NOT NULL, KEY (user)) ENGINE=InnoDB",
    "CREATE TABLE ledger (id BIGINT AUTO_INCREMENT PRIMARY KEY,"
    " user BIGINT NOT NULL, event BIGINT NOT NULL, points BIGINT NOT NULL,"
    " KEY (user)) ENGINE=InnoDB",
    "CREATE TABLE balance (user BIGINT PRIMARY KEY,"
    " points BIGINT NOT NULL) ENGINE=InnoDB",
};

static const char *const texts[STATEMENTS] = {
    [LOCK] = "SELECT id FROM user WHERE id = ? FOR UPDATE",
    [EVENT] = "INSERT INTO event (user, type, received_at)"
              " VALUES (?, 'review', UNIX_TIMESTAMP(NOW(6)) * 1000000)",
    [LEDGER] = "INSERT INTO ledger (user, event, points)"
               " VALUES (?, LAST_INSERT_ID(), 10)",
    [BALANCE] = "UPDATE balance SET points = points + 10 WHERE user = ?",
};

static const char *socket_path;
static long users;
static _Atomic int stop;
static _Atomic long samples;       /* transactions that came to an end */
static int durations[SAMPLES_MAX]; /* microseconds */

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "bare_loop: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

static MYSQL *
open_connection(const char *database)
{
	MYSQL *mysql = mysql_init(NULL);

	if (mysql_real_connect(
	        mysql, NULL, "root", "", database, 0, socket_path, 0) == NULL)
		die(socket_path, mysql_error(mysql));
	return mysql;
}

static void
run(MYSQL *mysql, const char *sql)
{
	if (mysql_query(mysql, sql) != 0)
		die(sql, mysql_error(mysql));
}

static void
make_database(void)
{
	MYSQL *mysql = open_connection(NULL);
	char sql[256];
	size_t i;

	for (i = 0; i < sizeof(setup) / sizeof(setup[0]); i++)
		run(mysql, setup[i]);
	snprintf(sql, sizeof(sql),
	    "INSERT INTO user SELECT seq FROM seq_1_to_%ld", users);
	run(mysql, sql);
	run(mysql, "INSERT INTO balance SELECT id, 0 FROM user");
	mysql_close(mysql);
}

static void
execute(MYSQL_STMT *stmt)
{
	if (mysql_stmt_execute(stmt) != 0)
		die("statement", mysql_stmt_error(stmt));
	mysql_stmt_store_result(stmt);
	mysql_stmt_free_result(stmt);
}

static void *
client(void *context)
{
	MYSQL *mysql = open_connection("bare_loop");
	MYSQL_STMT *stmts[STATEMENTS];
	long long user;
	MYSQL_BIND bind = {.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = &user};
	unsigned seed = *(const unsigned *)context;
	double started;
	long sample;
	size_t i;

	run(mysql, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
	for (i = 0; i < STATEMENTS; i++) {
		stmts[i] = mysql_stmt_init(mysql);
		if (mysql_stmt_prepare(stmts[i], texts[i], strlen(texts[i])) ||
		    mysql_stmt_bind_param(stmts[i], &bind))
			die(texts[i], mysql_stmt_error(stmts[i]));
	}
	while (!stop) {
		started = now();
		user = 1 + rand_r(&seed) % users;
		run(mysql, "START TRANSACTION");
		for (i = 0; i < STATEMENTS; i++)
			execute(stmts[i]);
		run(mysql, "COMMIT");
		sample = samples++;
		if (sample < SAMPLES_MAX)
			durations[sample] = (int)((now() - started) * 1e6);
	}
	for (i = 0; i < STATEMENTS; i++)
		mysql_stmt_close(stmts[i]);
	mysql_close(mysql);
	return NULL;
}

/* Runs the clients; returns how long that took, in seconds. */
static double
loop(long count, double seconds)
{
	static unsigned seeds[CONNECTIONS_MAX];
	pthread_t threads[CONNECTIONS_MAX];
	double started = now();
	long i;

	for (i = 0; i < count; i++) {
		seeds[i] = (unsigned)i + 1;
		pthread_create(&threads[i], NULL, client, &seeds[i]);
	}
	while (now() - started < seconds)
		nanosleep(&(struct timespec) {0, 10000000}, NULL);
	stop = 1;
	for (i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	return now() - started;
}

static int
compare(const void *left, const void *right)
{
	return *(const int *)left - *(const int *)right;
}

static void
tell(double seconds)
{
	long n = samples < SAMPLES_MAX ? samples : SAMPLES_MAX;

	if (n == 0)
		die("result", "no transaction came to an end");
	qsort(durations, (size_t)n, sizeof(*durations), compare);
	printf("%ld %.0f %d %d %d\n", samples, seconds * 1e6, durations[n / 2],
	    durations[n * 95 / 100], durations[n * 99 / 100]);
}

int
main(int argc, char **argv)
{
	double seconds = argc == 5 ? strtod(argv[4], NULL) : 1;
	long count = argc == 5 ? strtol(argv[3], NULL, 10) : 1;

	if ((argc != 3 && argc != 5) || seconds <= 0 || count < 1 ||
	    count > CONNECTIONS_MAX ||
	    (users = strtol(argv[2], NULL, 10)) < 1) {
		fputs("usage: bare_loop SOCKET USERS [CONNECTIONS SECONDS]\n",
		    stderr);
		return 2;
	}
	socket_path = argv[1];
	mysql_library_init(0, NULL, NULL);
	if (argc == 3)
		make_database();
	else
		tell(loop(count, seconds));
	return EXIT_SUCCESS;
}
