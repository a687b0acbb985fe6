/* fuzz_request: what a request takes from FastCGI parameters, and its body */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "fuzz.h"
#include "http/request.h"

enum { BODY_MAX = 100, TARGET_MAX = 64 << 20 };

/* A name finds its own first parameter, and nothing finds a part of a name. */
static void
check_param(
    struct arena *arena, const struct http_request *request, char *param)
{
	const char *equals = strchr(param, '='), *found;
	char *const *first = request->params;
	char *name;
	size_t len;

	if (equals == NULL)
		return;
	len = (size_t)(equals - param) + 1;
	while (strncmp(*first, param, len) != 0)
		first++;
	name = arena_copy(arena, param, len - 1);
	found = http_param(request, name);
	assert(found == *first + len);
}

static void
check_target(struct arena *arena, const struct http_request *request)
{
	const char *target = http_param(request, "REQUEST_URI");
	struct str again = str_new(arena, TARGET_MAX);

	if (target == NULL)
		target = "";
	assert(strchr(request->path, '?') == NULL);
	str_adds(&again, request->path);
	if (strchr(target, '?') != NULL)
		str_addc(&again, '?');
	else
		assert(*request->query == '\0');
	str_adds(&again, request->query);
	assert(strcmp(again.data, target) == 0);
}

/* It goes into a header and a log line. */
static void
check_id(const struct http_request *request)
{
	const char *sent = http_param(request, "REQUEST_ID"), *at;

	assert(strlen(request->id) >= 1 && strlen(request->id) <= 64);
	for (at = request->id; *at != '\0'; at++)
		assert((*at >= '0' && *at <= '9') ||
		    ((*at | 0x20) >= 'a' && (*at | 0x20) <= 'z') ||
		    strchr("-_.", *at) != NULL);
	if (strcmp(request->id, sent == NULL ? "" : sent) != 0)
		assert(strlen(request->id) == 32);
}

static void
check_length(const struct http_request *request)
{
	const char *text = http_param(request, "CONTENT_LENGTH");
	size_t digits = text == NULL ? 0 : strspn(text, "0123456789");

	assert(request->content_length >= -1);
	if (text == NULL || *text == '\0')
		assert(request->content_length == 0);
	else if (digits < 19 && text[digits] == '\0')
		assert(request->content_length == strtoll(text, NULL, 10));
	else if (text[digits] != '\0' && digits > 0)
		assert(request->content_length == -1);
}

static void
check_body(struct http_request *request, const struct parts *parts)
{
	const int64_t length = request->content_length;
	enum error error = http_read_body(request, BODY_MAX);

	if (length < 0)
		assert(error == ERR_INVALID_HEADER);
	else if (length > BODY_MAX)
		assert(error == ERR_BODY_TOO_LARGE);
	else if ((size_t)length > parts->left)
		assert(error == ERR_BODY_INCOMPLETE);
	else
		assert(error == OK);
	assert(error != OK || request->body_size == (size_t)length);
	assert(error == OK || request->body_size == 0);
	assert(request->body[request->body_size] == '\0');
	if (request->body_size > 0)
		assert(memcmp(request->body, parts->at, (size_t)length) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(FUZZ_ARENA_MAX);
	struct parts parts = {arena, (const char *)data, size};
	char **params = parts_params(&parts), **param;
	struct http_request request = http_request_new(arena, params);

	request.read = parts_read;
	request.source = &parts;
	for (param = params; *param != NULL; param++)
		check_param(arena, &request, *param);
	check_target(arena, &request);
	check_id(&request);
	check_length(&request);
	check_body(&request, &parts);
	arena_free(arena);
	return 0;
}
