/* page: collections, a page at a time */
#ifndef API_PAGE_H
#define API_PAGE_H

#include "api/api.h"

/*
 * Collections. page_begin reads limit and cursor; tag names the collection, so
 * that no cursor of another is taken. The handler reads up to limit + 1 rows.
 * page_open starts the answer and cuts *count to limit; page_end closes it:
 * last is the key of the last row that was written.
 */
enum { PAGE_DEFAULT = 100, PAGE_MAX = 1000 };
struct page {
	int64_t limit;
	const char *after; /* the key in the cursor, NULL at the start */
	const char *tag;
	bool more; /* after page_open: rows are left */
};
enum error page_begin(
    struct call *call, const char *tag, struct page *page_out) MUST_CHECK;
/* The cursor's key as a number; fallback at the start. */
enum error page_after_int(
    const struct page *page, int64_t fallback, int64_t *after_out) MUST_CHECK;
/* As two numbers, which stay as they are at the start. */
enum error page_after_pair(
    const struct page *page, int64_t *first, int64_t *second) MUST_CHECK;
/*
 * Asked behind each item that others follow: whether the page ends here,
 * because there are so many bytes in it. The next goes on behind the item.
 */
bool page_is_full(struct call *call, struct page *page);
struct json_writer
page_open(struct call *call, struct page *page, size_t *count);
void page_end(struct call *call, struct json_writer *jw,
    const struct page *page, const char *last);

#endif
