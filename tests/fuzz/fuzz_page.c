/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/net/page.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_MOST = 4096, TEXT_MOST = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Lines until an empty one. Gives how many octets they took. */
static size_t take_headers(struct page *page, const char *octets, size_t len)
{
	size_t at = 0;

	while (at < len) {
		const char *end = memchr(octets + at, '\n', len - at);
		size_t line = end == NULL ? len - at : (size_t)(end - octets) + 1 - at;
		bool taken = page_take_header(page, octets + at, line);
		assert(taken == (page->stopped == NULL));
		at += line;
		if (!taken || line <= 2)
			break;
	}
	return at;
}

/* In pieces of the lengths that the octets themselves give. */
static size_t take_body(struct page *page, const char *octets, size_t len)
{
	size_t at = 0;

	while (at < len) {
		size_t piece = 1 + (uint8_t)octets[at] % 64;
		piece = piece < len - at ? piece : len - at;
		if (!page_take_body(page, octets + at, piece))
			break;
		at += piece;
	}
	return at;
}

/* The text to look for, headers and body: of whatever was taken of the body, the search must know
 * whether the text is in it, however it was cut. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[TEXT_MOST + 1] = "";
	size_t len = size == 0 ? 0 : data[0] % TEXT_MOST;

	if (len == 0 || size < 1 + len || memchr(data + 1, '\0', len) != NULL)
		return 0;
	memcpy(text, data + 1, len);
	char *rest = malloc(size - 1 - len + 1);
	if (rest == NULL)
		return 0;
	memcpy(rest, data + 1 + len, size - 1 - len);
	struct page page = page_expecting(text, BODY_MOST);
	size_t head = take_headers(&page, rest, size - 1 - len);
	if (page.stopped == NULL) {
		size_t taken = take_body(&page, rest + head, size - 1 - len - head);
		assert(page.size == taken && taken <= BODY_MOST);
		assert(page.search.found == (memmem(rest + head, taken, text, len) != NULL));
		(void)page_for_robots(&page, 403, NULL);
	}
	page_finish(&page);
	free(rest);
	return 0;
}
