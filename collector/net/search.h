/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A search looks for a text in octets that come piece by piece. */
#ifndef NETGRADE_NET_SEARCH_H
#define NETGRADE_NET_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

enum { SEARCH_TEXT = 256 };

struct search {
	const char *text; /* 1 to SEARCH_TEXT octets */
	bool found;
	size_t kept; /* octets of the end of what came, which the text may begin in */
	char tail[2 * SEARCH_TEXT];
};

struct search search_for(const char *text);

void search_in(struct search *search, const char *octets, size_t len);

#endif
