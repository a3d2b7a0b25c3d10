/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of an HTML page that show one block each. Private to this folder. */
#ifndef NETGRADE_REPORTER_OUT_HTML_H
#define NETGRADE_REPORTER_OUT_HTML_H

#include "reporter/doc/doc.h"

#include <stdbool.h>
#include <stdio.h>

/* The style sheet of every page. */
extern const char report_css[];

struct html {
	const struct doc *doc;
	FILE *file;
	size_t index;  /* of the block, for the data-key of its figures and the names in its SVG */
	bool new_page; /* the next block starts a page in print */
};

/* The classes "one two", with "new-page" where a page starts here. */
void html_class(struct html *html, const char *classes);
void html_value(const struct html *html, const struct value *value, const char *key);
void html_block(struct html *html, const struct block *block);

#endif
