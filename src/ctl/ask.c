/* ask: asks palmaresd how it is, as nginx would: FastCGI over a unix socket */
#include "ctl/ask.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/str.h"

/* Source of these numbers: the FastCGI specification, version 1.0. */
enum {
	FCGI_VERSION_1 = 1,
	FCGI_BEGIN_REQUEST = 1,
	FCGI_END_REQUEST = 3,
	FCGI_PARAMS = 4,
	FCGI_STDIN = 5,
	FCGI_STDOUT = 6,
	FCGI_RESPONDER = 1,
	HEADER_SIZE = 8,
	CONTENT_MAX = 65535,
};

enum { REQUEST_MAX = 4096, ANSWER_MAX = 1 << 20, TIMEOUT_SECONDS = 5 };

/* A record of request 1: its content is short. */
static void
add_record(struct str *out, int type, const char *content, size_t len)
{
	const char header[HEADER_SIZE] = {FCGI_VERSION_1, (char)type, 0, 1,
	    (char)(len >> 8), (char)len, 0, 0};

	str_add(out, header, sizeof(header));
	str_add(out, content, len);
}

/*
 * Names and values are shorter than 128 bytes: a byte each for their lengths.
 */
static void
add_param(struct str *params, const char *name, const char *value)
{
	str_addc(params, (char)strlen(name));
	str_addc(params, (char)strlen(value));
	str_adds(params, name);
	str_adds(params, value);
}

static struct str
request_for(struct arena *arena, const char *target)
{
	static const char begin[HEADER_SIZE] = {0, FCGI_RESPONDER};
	struct str request = str_new(arena, REQUEST_MAX);
	struct str params = str_new(arena, REQUEST_MAX);

	add_param(&params, "REQUEST_METHOD", "GET");
	add_param(&params, "REQUEST_URI", target);
	add_param(&params, "QUERY_STRING", "");
	add_param(&params, "CONTENT_LENGTH", "");
	add_param(&params, "SERVER_PROTOCOL", "HTTP/1.1");
	add_param(&params, "REMOTE_ADDR", "127.0.0.1");
	add_param(&params, "REQUEST_ID", "palmaresctl");
	add_record(&request, FCGI_BEGIN_REQUEST, begin, sizeof(begin));
	add_record(&request, FCGI_PARAMS, params.data, params.len);
	add_record(&request, FCGI_PARAMS, "", 0);
	add_record(&request, FCGI_STDIN, "", 0);
	return request;
}

static enum ask_result
connect_to(const char *path, int *fd_out)
{
	const struct timeval timeout = {.tv_sec = TIMEOUT_SECONDS};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return ASK_FAILED;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return ASK_FAILED;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) ==
	    0) {
		*fd_out = fd;
		return ASK_ANSWERED;
	}
	close(fd);
	if (errno == ENOENT)
		return ASK_ABSENT;
	return errno == ECONNREFUSED ? ASK_REFUSED : ASK_FAILED;
}

static bool
read_all(int fd, char *data, size_t len)
{
	ssize_t count;

	for (; len > 0; data += count, len -= (size_t)count) {
		count = recv(fd, data, len, 0);
		if (count <= 0)
			return false;
	}
	return true;
}

/* Gathers what the daemon writes until it says that this is all. */
static bool
read_answer(int fd, struct str *answer)
{
	unsigned char header[HEADER_SIZE];
	char content[CONTENT_MAX + 255];
	size_t len;

	while (read_all(fd, (char *)header, sizeof(header))) {
		len = (size_t)header[4] << 8 | header[5];
		if (!read_all(fd, content, len + header[6]))
			return false;
		if (header[1] == FCGI_STDOUT)
			str_add(answer, content, len);
		else if (header[1] == FCGI_END_REQUEST)
			return true;
	}
	return false;
}

static bool
exchange(int fd, const struct str *request, struct str *answer)
{
	ssize_t sent = send(fd, request->data, request->len, MSG_NOSIGNAL);

	return sent == (ssize_t)request->len && read_answer(fd, answer) &&
	    !answer->overflow;
}

/* A CGI answer: header lines, an empty line, the body. */
static void
take_apart(const struct str *answer, int *status_out, const char **body_out)
{
	const char *status = strstr(answer->data, "Status: ");
	const char *body = strstr(answer->data, "\r\n\r\n");

	*status_out = status == NULL ? 200 : (int)strtol(status + 8, NULL, 10);
	*body_out = body == NULL ? "" : body + 4;
}

enum ask_result
ask(struct arena *arena, const char *socket_path, const char *target,
    int *status_out, const char **body_out)
{
	struct str request = request_for(arena, target);
	struct str answer = str_new(arena, ANSWER_MAX);
	enum ask_result result;
	int fd;

	result = connect_to(socket_path, &fd);
	if (result != ASK_ANSWERED)
		return result;
	if (exchange(fd, &request, &answer))
		take_apart(&answer, status_out, body_out);
	else
		result = ASK_SILENT;
	close(fd);
	return result;
}
