/* proxy: stands between a client and mariadbd; cuts, replaces, delays */
#include "proxy.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "store_test.h"

/* Source of these: the client/server protocol of MariaDB. */
enum {
	COM_QUERY = 0x03,
	COM_STMT_PREPARE = 0x16,
	COM_STMT_EXECUTE = 0x17,
	COM_STMT_BULK_EXECUTE = 0xfa,
	PACKET_HEADER = 4,
	PACKET_MAX = 1 << 24,
	TEXT_MAX = 250,
	NOT_PREPARED = -1,
	BEING_PREPARED = -2,
};

struct link {
	int client;
	int server;
	/* The id of the statement COMMIT, or one of the above. */
	int commit;
};

static const char *server_socket;
static int listener;
static _Atomic int mode;
static _Atomic int delay; /* milliseconds */
static void (*_Atomic meanwhile_function)(void);

/* What comes in the place of a statement, for proxy_replace. */
static const char *_Atomic replacement;
static _Atomic int replaced_kind;
static _Atomic int replaced_behind;

static struct sockaddr_un
address_of(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	assert_true(strlen(path) < sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path) + 1);
	return address;
}

static bool
read_all(int fd, unsigned char *data, size_t len)
{
	ssize_t count;

	for (; len > 0; data += count, len -= (size_t)count) {
		count = recv(fd, data, len, 0);
		if (count <= 0)
			return false;
	}
	return true;
}

static bool
write_all(int fd, const unsigned char *data, size_t len)
{
	return send(fd, data, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static size_t
packet_length(const unsigned char *header)
{
	return (size_t)header[0] | (size_t)header[1] << 8 |
	    (size_t)header[2] << 16;
}

/* Where a statement's id stands in the request that runs it, and in the reply. */
static int
statement_id(const unsigned char *payload)
{
	return payload[1] | payload[2] << 8 | payload[3] << 16;
}

/* Whether a packet of the client is the COMMIT; notes it being prepared. */
static bool
is_commit(struct link *link, const unsigned char *payload, size_t len)
{
	if (len == 7 && payload[0] == COM_STMT_PREPARE &&
	    memcmp(payload + 1, "COMMIT", 6) == 0)
		link->commit = BEING_PREPARED;
	return len >= 5 && payload[0] == COM_STMT_EXECUTE &&
	    statement_id(payload) == link->commit;
}

/* The COMMIT stops here. False, as the link is at its end. */
static bool
cut(struct link *link, const unsigned char *packet, size_t len)
{
	void (*meanwhile)(void) = meanwhile_function;
	unsigned char reply[64];

	if (atomic_exchange(&mode, PROXY_PASS) == PROXY_DROP_REPLY &&
	    write_all(link->server, packet, len))
		(void)recv(link->server, reply, sizeof(reply), 0);
	close(link->server);
	if (meanwhile != NULL)
		meanwhile();
	link->server = -1;
	return false;
}

/* Whether it is this packet's turn to be replaced. */
static bool
is_replaced(bool commit, const unsigned char *payload)
{
	bool array = payload[0] == COM_STMT_BULK_EXECUTE;

	return replacement != NULL &&
	    (replaced_kind == PROXY_COMMIT ? commit : array) &&
	    replaced_behind-- == 0;
}

static bool
send_replacement(struct link *link)
{
	const char *text = atomic_exchange(&replacement, NULL);
	unsigned char packet[PACKET_HEADER + 1 + TEXT_MAX + 1] = {0};
	size_t len = strlen(text);

	if (len > TEXT_MAX)
		abort();
	packet[0] = (unsigned char)(len + 1);
	packet[PACKET_HEADER] = COM_QUERY;
	snprintf((char *)packet + PACKET_HEADER + 1, TEXT_MAX + 1, "%s", text);
	return write_all(link->server, packet, PACKET_HEADER + 1 + len);
}

/* False: the link is at its end. */
static bool
forward_request(struct link *link, const unsigned char *packet, size_t len)
{
	const unsigned char *payload = packet + PACKET_HEADER;
	bool commit = is_commit(link, payload, len - PACKET_HEADER);

	if (is_replaced(commit, payload))
		return send_replacement(link);
	if (commit && mode != PROXY_PASS)
		return cut(link, packet, len);
	return write_all(link->server, packet, len);
}

static bool
forward_packet(struct link *link)
{
	unsigned char header[PACKET_HEADER], *packet;
	size_t len;
	bool on;

	if (!read_all(link->client, header, sizeof(header)))
		return false;
	len = packet_length(header) + PACKET_HEADER;
	packet = calloc(1, len);
	if (packet == NULL)
		abort();
	memcpy(packet, header, PACKET_HEADER);
	on = read_all(
	         link->client, packet + PACKET_HEADER, len - PACKET_HEADER) &&
	    forward_request(link, packet, len);
	free(packet);
	return on;
}

static bool
forward_reply(struct link *link)
{
	unsigned char data[65536];
	ssize_t len = recv(link->server, data, sizeof(data), 0);

	if (len <= 0)
		return false;
	if (link->commit == BEING_PREPARED && len > PACKET_HEADER + 4)
		link->commit = statement_id(data + PACKET_HEADER);
	poll(NULL, 0, delay);
	return write_all(link->client, data, (size_t)len);
}

static void *
serve(void *context)
{
	struct link *link = context;
	struct pollfd fds[2] = {
	    {link->client, POLLIN, 0}, {link->server, POLLIN, 0}};
	bool on = true;

	while (on && poll(fds, 2, -1) > 0) {
		if (fds[1].revents != 0)
			on = forward_reply(link);
		else if (fds[0].revents != 0)
			on = forward_packet(link);
	}
	if (link->server != -1)
		close(link->server);
	close(link->client);
	free(link);
	return NULL;
}

static int
connect_server(void)
{
	struct sockaddr_un address = address_of(server_socket);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		abort();
	return fd;
}

static void *
accept_all(void *context)
{
	struct link *link;
	pthread_t thread;
	int client;

	(void)context;
	while ((client = accept(listener, NULL, NULL)) != -1) {
		link = malloc(sizeof(*link));
		if (link == NULL)
			abort();
		*link = (struct link) {client, connect_server(), NOT_PREPARED};
		if (pthread_create(&thread, NULL, serve, link) != 0)
			abort();
		pthread_detach(thread);
	}
	return NULL;
}

void
proxy_start(void)
{
	struct sockaddr_un address = address_of(server_path("proxy.sock"));
	pthread_t thread;

	server_socket = server_settings.socket;
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 64), 0);
	assert_int_equal(pthread_create(&thread, NULL, accept_all, NULL), 0);
	pthread_detach(thread);
	server_settings.socket = server_path("proxy.sock");
}

void
proxy_set(enum proxy_mode new_mode, void (*meanwhile)(void))
{
	meanwhile_function = meanwhile;
	mode = (int)new_mode;
}

void
proxy_replace(enum proxy_kind kind, int behind, const char *text)
{
	replaced_kind = (int)kind;
	replaced_behind = behind;
	replacement = text;
}

void
proxy_delay(int milliseconds)
{
	delay = milliseconds;
}
