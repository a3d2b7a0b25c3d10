/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The document as one HTML file for screen and print: no script, nothing from elsewhere. */
#include "reporter/out/html.h"

#include "reporter/out/formats.h"
#include "reporter/out/markup.h"

#include <errno.h>
#include <stdlib.h>

/* The deepest heading of the contents. */
enum { CONTENTS_LEVEL = 2 };

/* A CSS string: all but letters, digits and blanks by number, so that no title ends it. */
static void css_string(FILE *file, const char *text)
{
	char *clean = markup_clean(text);

	putc('"', file);
	for (const unsigned char *at = (const unsigned char *)clean; *at != '\0'; at++) {
		bool plain = (*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'z') ||
			     (*at >= 'A' && *at <= 'Z') || *at == ' ' || *at >= 0x80;
		if (plain)
			putc(*at, file);
		else
			fprintf(file, "\\%06x", *at);
	}
	putc('"', file);
	free(clean);
}

/* Title and page number in the page margins; the first page, the cover, has neither. */
static void page_margins(const struct html *html)
{
	FILE *file = html->file;
	const char *page = text_get(html->doc->language, TEXT_DOC_PAGE);

	fputs("@page{@top-left{content:", file);
	css_string(file, html->doc->title);
	fputs("}@bottom-right{content:", file);
	/* "Page {0} of {1}" with the page counters in the places of its arguments. */
	for (const char *at = page; *at != '\0';) {
		size_t length = 0;
		char part[64];
		while (at[length] != '\0' && at[length] != '{' && length < sizeof(part) - 1)
			length++;
		if (length > 0) {
			snprintf(part, sizeof(part), "%.*s", (int)length, at);
			css_string(file, part);
			putc(' ', file);
			at += length;
		} else {
			fputs(at[1] == '0' ? "counter(page) " : "counter(pages) ", file);
			at += 3;
		}
	}
	/* Empty, not none: a browser puts its own header where there is none. */
	fputs("}}\n@page:first{@top-left{content:\"\"}@bottom-right{content:\"\"}}\n", file);
}

static void head(const struct html *html)
{
	FILE *file = html->file;

	fprintf(file,
		"<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"generator\" content=\"netgrade %s\">\n"
		"<meta name=\"referrer\" content=\"no-referrer\">\n<title>",
		language_name(html->doc->language), NETGRADE_VERSION);
	markup_text(file, html->doc->title);
	fprintf(file, "</title>\n<style>\n%s", report_css);
	page_margins(html);
	fputs("</style>\n</head>\n<body>\n", file);
}

static void contents_entry(FILE *file, const struct block *block)
{
	fprintf(file, "<li class=\"level-%d\"><a href=\"#", block->level);
	markup_text(file, block->key);
	fputs("\">", file);
	markup_text(file, block->text);
	fputs("</a></li>\n", file);
}

static bool has_contents(const struct doc *doc)
{
	for (size_t i = 0; i < doc->count; i++) {
		if (doc->blocks[i].kind == BLOCK_HEADING)
			return true;
	}
	return false;
}

static void contents(const struct html *html)
{
	const char *title = text_get(html->doc->language, TEXT_DOC_CONTENTS);

	fprintf(html->file, "<nav class=\"contents\" aria-label=\"%s\">\n<p>%s</p>\n<ul>\n", title,
		title);
	for (size_t i = 0; i < html->doc->count; i++) {
		const struct block *block = &html->doc->blocks[i];
		if (block->kind == BLOCK_HEADING && block->level <= CONTENTS_LEVEL)
			contents_entry(html->file, block);
	}
	fputs("</ul></nav>\n", html->file);
}

enum err html_write(const struct doc *doc, FILE *file)
{
	struct html html = {.doc = doc, .file = file};
	bool has_cover = doc->count > 0 && doc->blocks[0].kind == BLOCK_COVER;

	head(&html);
	if (has_cover)
		html_block(&html, &doc->blocks[0]);
	fprintf(file, "<div class=\"%s\">\n", has_contents(doc) ? "body" : "body alone");
	if (has_contents(doc))
		contents(&html);
	fputs("<main>\n", file);
	for (html.index = has_cover; html.index < doc->count; html.index++)
		html_block(&html, &doc->blocks[html.index]);
	fputs("</main>\n</div>\n</body>\n</html>\n", file);
	return ferror(file) || fflush(file) != 0 ? err_from_errno(errno) : E_OK;
}
