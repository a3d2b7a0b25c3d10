/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A page is an answer over HTTP as it comes in: counted, searched and stopped at its bounds, with
 * no more kept of it than its beginning. */
#ifndef NETGRADE_NET_PAGE_H
#define NETGRADE_NET_PAGE_H

#include "collector/net/search.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PAGE_HEADERS = 65536, PAGE_BEGINNING = 32768 };

/* What is asked for, and all that is taken. */
#define PAGE_ENCODINGS "gzip, deflate"

struct page {
	bool begun;	     /* something came */
	uint64_t size;	     /* octets of the body, decoded */
	const char *stopped; /* by which bound; NULL: by none */
	struct search search;
	uint32_t body_most;
	uint32_t headers;   /* octets */
	uint32_t encodings; /* header lines */
	char *beginning;
	size_t kept;
};

/* expect: NULL, or a text that must outlive it. */
struct page page_expecting(const char *expect, uint32_t body_most);
void page_finish(struct page *page);

/* Further octets; false: it is stopped. */
bool page_take_header(struct page *page, const char *octets, size_t len);
bool page_take_body(struct page *page, const char *octets, size_t len);

/* So many octets of the body came until now, before decoding. */
bool page_take_raw(struct page *page, uint64_t taken);

/* See robots_page. */
bool page_for_robots(const struct page *page, uint16_t status, const char *const *extra);

#endif
