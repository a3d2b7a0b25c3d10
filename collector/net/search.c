/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/net/search.h"

#include <assert.h>
#include <string.h>

struct search search_for(const char *text)
{
	assert(text[0] != '\0' && strlen(text) <= SEARCH_TEXT);
	return (struct search){.text = text};
}

static bool has(const char *octets, size_t len, const char *text)
{
	return memmem(octets, len, text, strlen(text)) != NULL;
}

/* Where the pieces meet: the end of what came and as much of the new one. */
static bool has_across(struct search *search, const char *octets, size_t len)
{
	size_t most = strlen(search->text) - 1;
	size_t taken = len < most ? len : most;

	memcpy(search->tail + search->kept, octets, taken);
	return has(search->tail, search->kept + taken, search->text);
}

static void keep_end(struct search *search, const char *octets, size_t len)
{
	size_t most = strlen(search->text) - 1;

	if (len >= most) {
		memcpy(search->tail, octets + len - most, most);
		search->kept = most;
		return;
	}
	/* The new piece already stands behind the old end. */
	size_t all = search->kept + len;
	size_t dropped = all > most ? all - most : 0;
	memmove(search->tail, search->tail + dropped, all - dropped);
	search->kept = all - dropped;
}

void search_in(struct search *search, const char *octets, size_t len)
{
	if (search->found)
		return;
	search->found = has_across(search, octets, len) || has(octets, len, search->text);
	keep_end(search, octets, len);
}
