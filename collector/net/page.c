/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/net/page.h"
#include "collector/net/robots.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct page page_expecting(const char *expect, uint32_t body_most)
{
	struct page page = {.body_most = body_most};

	if (expect != NULL)
		page.search = search_for(expect);
	return page;
}

void page_finish(struct page *page)
{
	free(page->beginning);
	page->beginning = NULL;
}

static bool stop(struct page *page, const char *why)
{
	if (page->stopped == NULL)
		page->stopped = why;
	return false;
}

static bool is_word(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && strncasecmp(text, word, len) == 0;
}

/* Decoders inside decoders, and those that were not asked for, may take any amount of memory. */
static bool takes_encoding(struct page *page, const char *line, size_t len)
{
	static const char name[] = "content-encoding:";
	static const char *const taken[] = {"", "gzip", "x-gzip", "deflate", "identity"};
	size_t at = sizeof(name) - 1;

	if (len < at || strncasecmp(line, name, at) != 0)
		return true;
	while (at < len && (line[at] == ' ' || line[at] == '\t'))
		at++;
	while (len > at && strchr(" \t\r\n", line[len - 1]) != NULL)
		len--;
	if (++page->encodings > 1)
		return false;
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		if (is_word(line + at, len - at, taken[i]))
			return true;
	}
	return false;
}

bool page_take_header(struct page *page, const char *octets, size_t len)
{
	page->begun = true;
	if (len > PAGE_HEADERS - page->headers)
		return stop(page, "its headers have more than 64 KiB");
	page->headers += (uint32_t)len;
	if (!takes_encoding(page, octets, len))
		return stop(page, "its encoding was not asked for");
	return true;
}

static bool keep(struct page *page, const char *octets, size_t len)
{
	size_t room = PAGE_BEGINNING - page->kept;
	size_t taken = len < room ? len : room;

	if (page->beginning == NULL)
		page->beginning = malloc(PAGE_BEGINNING);
	if (page->beginning == NULL)
		return stop(page, "this machine has no memory left");
	memcpy(page->beginning + page->kept, octets, taken);
	page->kept += taken;
	return true;
}

bool page_take_body(struct page *page, const char *octets, size_t len)
{
	if (page->size + len > page->body_most)
		return stop(page, "its body, decoded, is larger than its bound");
	page->size += len;
	if (page->search.text != NULL)
		search_in(&page->search, octets, len);
	return keep(page, octets, len);
}

bool page_take_raw(struct page *page, uint64_t taken)
{
	return taken <= page->body_most || stop(page, "its body is larger than its bound");
}

bool page_for_robots(const struct page *page, uint16_t status, const char *const *extra)
{
	return robots_page(status, page->beginning == NULL ? "" : page->beginning, page->kept,
			   extra);
}
