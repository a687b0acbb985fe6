/* page: collections a page at a time, ETags and preconditions */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/page.h"
#include "base/arena.h"
#include "base/text.h"

/*
 * A page has as many bytes at most, and an item more: no single one has as many
 * as there is room for besides.
 */
enum { PAGE_SIZE = RESPONSE_MAX / 2 };

enum { CURSOR_MAX = 512, LINK_MAX = 8192 };

static enum error
take_limit(struct call *call, int64_t *limit_out)
{
	const char *text = call_query(call, "limit");
	char *end;
	long limit;

	if (text == NULL)
		return OK;
	limit = strtol(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || limit < 1 ||
	    limit > PAGE_MAX)
		return call_fail(call, ERR_INVALID_QUERY,
		    "limit must be a whole number from 1 to %d", PAGE_MAX);
	*limit_out = limit;
	return OK;
}

/* A cursor is "tag:key" in base64url: opaque, and refused elsewhere. */
static enum error
take_cursor(struct call *call, const char *tag, const char **after_out)
{
	const char *text = call_query(call, "cursor");
	size_t tag_len = strlen(tag), size;
	char plain[CURSOR_MAX];

	if (text == NULL)
		return OK;
	if (sodium_base642bin((unsigned char *)plain, sizeof(plain) - 1, text,
	        strlen(text), NULL, &size, NULL,
	        sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
	    memchr(plain, '\0', size) != NULL || utf8_length(plain, size) < 0)
		return ERR_INVALID_CURSOR;
	plain[size] = '\0';
	if (size <= tag_len || strncmp(plain, tag, tag_len) != 0 ||
	    plain[tag_len] != ':')
		return ERR_INVALID_CURSOR;
	*after_out = arena_strdup(call->arena, plain + tag_len + 1);
	return OK;
}

enum error
page_begin(struct call *call, const char *tag, struct page *page_out)
{
	struct page page = {.limit = PAGE_DEFAULT, .tag = tag};
	enum error error = take_limit(call, &page.limit);

	if (error == OK)
		error = take_cursor(call, tag, &page.after);
	if (error == OK)
		*page_out = page;
	return error;
}

enum error
page_after_int(const struct page *page, int64_t fallback, int64_t *after_out)
{
	char *end;
	long long number = fallback;

	if (page->after != NULL) {
		errno = 0;
		number = strtoll(page->after, &end, 10);
		if (errno != 0 || end == page->after || *end != '\0')
			return ERR_INVALID_CURSOR;
	}
	*after_out = number;
	return OK;
}

enum error
page_after_pair(const struct page *page, int64_t *first, int64_t *second)
{
	long long before, after;
	char *end;

	if (page->after == NULL)
		return OK;
	errno = 0;
	before = strtoll(page->after, &end, 10);
	if (end == page->after || *end != ':')
		return ERR_INVALID_CURSOR;
	after = strtoll(end + 1, &end, 10);
	if (errno != 0 || *end != '\0')
		return ERR_INVALID_CURSOR;
	*first = before;
	*second = after;
	return OK;
}

/* The same request with the next cursor. */
static void
add_link(struct call *call, const char *cursor)
{
	struct str link = str_new(call->arena, LINK_MAX);
	size_t i;

	str_addc(&link, '<');
	/* A comma or a semicolon could end the link for a careless reader. */
	str_add_path(&link, call->request->path, ",;");
	str_addf(&link, "?cursor=%s", cursor);
	for (i = 0; i < call->query_count; i++) {
		if (call->query[i].value == NULL ||
		    strcmp(call->query[i].name, "cursor") == 0)
			continue;
		str_addf(&link, "&%s=", call->query[i].name);
		str_add_percent(&link, call->query[i].value);
	}
	str_adds(&link, ">; rel=\"next\"");
	if (!link.overflow)
		http_response_header(&call->response, "Link", link.data);
}

struct json_writer
page_open(struct call *call, struct page *page, size_t *count)
{
	struct json_writer jw = call_json(call, 200);

	page->more = *count > (size_t)page->limit;
	if (page->more)
		*count = (size_t)page->limit;
	jw_object(&jw, NULL);
	jw_array(&jw, "data");
	return jw;
}

bool
page_is_full(struct call *call, struct page *page)
{
	if (call->response.body.len < PAGE_SIZE)
		return false;
	page->more = true;
	return true;
}

void
page_end(struct call *call, struct json_writer *jw, const struct page *page,
    const char *last)
{
	char cursor[CURSOR_MAX * 2];
	const char *plain;

	jw_array_end(jw);
	if (!page->more)
		jw_null(jw, "nextCursor");
	else {
		plain = arena_printf(call->arena, "%s:%s", page->tag, last);
		sodium_bin2base64(cursor, sizeof(cursor),
		    (const unsigned char *)plain, strlen(plain),
		    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
		jw_string(jw, "nextCursor", cursor);
		add_link(call, cursor);
	}
	jw_object_end(jw);
}

void
call_etag(struct call *call)
{
	const char *header = http_param(call->request, "HTTP_IF_NONE_MATCH");

	call->response.etag = http_etag(call->arena, &call->response.body);
	if (header != NULL && http_etag_matches(header, call->response.etag))
		call->response.status = 304;
}

void
call_created(struct call *call, const char *collection, const char *name)
{
	struct str location = str_new(call->arena, LINK_MAX);

	call->response.etag = http_etag(call->arena, &call->response.body);
	str_addf(&location, "%s/", collection);
	str_add_percent(&location, name);
	http_response_header(&call->response, "Location", location.data);
}

enum error
call_precondition(struct call *call, const char *current_etag)
{
	const char *match = http_param(call->request, "HTTP_IF_MATCH");
	const char *none = http_param(call->request, "HTTP_IF_NONE_MATCH");

	if (match != NULL &&
	    (current_etag == NULL || !http_etag_matches(match, current_etag)))
		return ERR_PRECONDITION_FAILED;
	if (none != NULL && current_etag != NULL &&
	    http_etag_matches(none, current_etag))
		return ERR_PRECONDITION_FAILED;
	return OK;
}
