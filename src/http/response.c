/* response: an HTTP response, built whole and written once */
#include "http/response.h"

#include <sodium.h>
#include <string.h>

#include "base/arena.h"

enum { HEADERS_MAX = 64 << 10, ETAG_BYTES = crypto_generichash_BYTES_MIN };

static const struct {
	int status;
	const char *reason;
} reasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
};

static const char *
reason_of(int status)
{
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Unknown";
}

void
http_response_init(struct http_response *response, struct arena *arena)
{
	*response = (struct http_response) {.status = 200,
	    .headers = str_new(arena, HEADERS_MAX),
	    .body = str_new(arena, RESPONSE_MAX)};
}

void
http_response_reset(struct http_response *response)
{
	http_response_init(response, response->body.arena);
}

void
http_response_header(
    struct http_response *response, const char *name, const char *value)
{
	str_adds(&response->headers, name);
	str_adds(&response->headers, ": ");
	str_adds(&response->headers, value);
	str_adds(&response->headers, "\r\n");
}

const char *
http_etag(struct arena *arena, const struct str *body)
{
	unsigned char hash[ETAG_BYTES];
	char hex[2 * ETAG_BYTES + 1];

	crypto_generichash(hash, sizeof(hash),
	    (const unsigned char *)body->data, body->len, NULL, 0);
	sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	return arena_printf(arena, "\"%s\"", hex);
}

bool
http_etag_matches(const char *header, const char *etag)
{
	size_t len = strlen(etag);

	while (*header != '\0') {
		header += strspn(header, " \t,");
		if (*header == '*')
			return true;
		if (strncmp(header, "W/", 2) == 0)
			header += 2;
		if (strncmp(header, etag, len) == 0)
			return true;
		/* A tag may hold a comma: go behind its closing quote. */
		if (*header == '"')
			header += 1 + strcspn(header + 1, "\"");
		header += strcspn(header, ",");
	}
	return false;
}

struct str
http_response_text(
    struct http_response *response, const char *request_id, bool head)
{
	struct str text =
	    str_new(response->body.arena, RESPONSE_MAX + HEADERS_MAX + 1024);

	str_addf(&text, "Status: %d %s\r\nX-Request-Id: %s\r\n",
	    response->status, reason_of(response->status), request_id);
	if (response->etag != NULL)
		str_addf(&text, "ETag: %s\r\n", response->etag);
	str_add(&text, response->headers.data, response->headers.len);
	if (response->content_type != NULL && response->status != 304)
		str_addf(&text, "Content-Type: %s\r\nContent-Length: %zu\r\n",
		    response->content_type, response->body.len);
	else if (response->status != 204 && response->status != 304)
		str_adds(&text, "Content-Length: 0\r\n");
	str_adds(&text, "\r\n");
	if (!head && response->content_type != NULL && response->status != 304)
		str_add(&text, response->body.data, response->body.len);
	return text;
}
