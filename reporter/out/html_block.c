/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/out/html.h"

#include "reporter/out/markup.h"
#include "reporter/out/svg.h"
#include "reporter/text/must.h"

#include <stdlib.h>
#include <string.h>

static const char *const tones[] = {
	[TONE_PLAIN] = "",	   [TONE_BEST] = "tone-best", [TONE_GOOD] = "tone-good",
	[TONE_FAIR] = "tone-fair", [TONE_BAD] = "tone-bad",   [TONE_MUTED] = "tone-muted",
};

/* Tables of more columns are set smaller in print; texts of fewer ems, such as an instant, stay on
 * one line in their cell. */
enum { WIDE_COLUMNS = 7, DENSE_COLUMNS = 11, SHORT_EMS = 11, SHORT_TITLE_EMS = 6 };

static void element(FILE *file, const char *name, const char *text)
{
	fprintf(file, "<%s>", name);
	markup_text(file, text);
	fprintf(file, "</%s>\n", name);
}

void html_class(struct html *html, const char *classes)
{
	const char *page = html->new_page ? "new-page" : "";
	const char *between = page[0] != '\0' && classes[0] != '\0' ? " " : "";

	if (page[0] != '\0' || classes[0] != '\0')
		fprintf(html->file, " class=\"%s%s%s\"", classes, between, page);
	html->new_page = false;
}

/* data-key is the figure's path in the JSON document. */
static void open_value(const struct html *html, const struct value *value, const char *key)
{
	const char *tone = tones[value->tone];

	if (value->is_number) {
		fprintf(html->file, "<data class=\"figure%s%s\" data-key=\"blocks[%zu].",
			tone[0] == '\0' ? "" : " ", tone, html->index);
		markup_text(html->file, key);
		fprintf(html->file, "\" value=\"%.17g\">", value->number);
	} else if (tone[0] != '\0') {
		fprintf(html->file, "<span class=\"%s\">", tone);
	}
}

/* "2026-09-08", where the text goes on with it. */
static bool is_day(const char *at)
{
	static const char form[] = "0000-00-00";
	size_t i = 0;

	while (form[i] != '\0' && (form[i] == '-' ? at[i] == '-' : at[i] >= '0' && at[i] <= '9'))
		i++;
	return form[i] == '\0';
}

static void piece(FILE *file, const char *from, size_t length)
{
	char *text = must_format("%.*s", (int)length, from);

	markup_text(file, text);
	free(text);
}

/* A day is not broken at its hyphens. */
static void text_with_days(FILE *file, const char *text)
{
	const size_t day = strlen("2026-09-08");
	const char *from = text;

	for (const char *at = text; *at != '\0'; at++) {
		if (!is_day(at))
			continue;
		piece(file, from, (size_t)(at - from));
		fputs("<span class=\"day\">", file);
		piece(file, at, day);
		fputs("</span>", file);
		from = at + day;
		at = from - 1;
	}
	markup_text(file, from);
}

void html_value(const struct html *html, const struct value *value, const char *key)
{
	FILE *file = html->file;

	if (value->link != NULL) {
		fputs("<a href=\"", file);
		markup_text(file, value->link);
		fputs("\">", file);
	}
	open_value(html, value, key);
	if (value->is_number)
		markup_text(file, value->text);
	else
		text_with_days(file, value->text);
	if (value->is_number)
		fputs("</data>", file);
	else if (value->tone != TONE_PLAIN)
		fputs("</span>", file);
	if (value->link != NULL)
		fputs("</a>", file);
}

static void heading(struct html *html, const struct block *block)
{
	int level = block->level + 1;

	fprintf(html->file, "<h%d id=\"", level);
	markup_text(html->file, block->key);
	putc('"', html->file);
	html_class(html, "");
	putc('>', html->file);
	markup_text(html->file, block->text);
	fprintf(html->file, "</h%d>\n", level);
}

static void paragraph(struct html *html, const struct block *block)
{
	fputs("<p", html->file);
	html_class(html, block->kind == BLOCK_NOTE ? "note" : "");
	putc('>', html->file);
	markup_text(html->file, block->text);
	fputs("</p>\n", html->file);
}

static void callout(struct html *html, const struct block *block)
{
	char *classes = must_format("callout %s", tones[block->tone]);

	fputs("<div role=\"note\"", html->file);
	html_class(html, classes);
	fputs("><p>", html->file);
	markup_text(html->file, block->text);
	fputs("</p></div>\n", html->file);
	free(classes);
}

static void figure_list(const struct html *html, const struct block *block)
{
	for (size_t i = 0; i < block->figure_count; i++) {
		const struct labelled *figure = &block->figures[i];
		char *key = must_format("figures.%s", figure->key);
		fputs("<div><dt>", html->file);
		markup_text(html->file, figure->label);
		fputs("</dt><dd>", html->file);
		html_value(html, &figure->value, key);
		fputs("</dd></div>\n", html->file);
		free(key);
	}
}

static void figures(struct html *html, const struct block *block)
{
	fputs("<dl", html->file);
	html_class(html, "figures");
	fputs(">\n", html->file);
	figure_list(html, block);
	fputs("</dl>\n", html->file);
}

static void cell_class(const struct html *html, enum align align, bool is_short)
{
	static const char *const classes[][2] = {
		[ALIGN_START] = {"", " class=\"short\""},
		[ALIGN_END] = {" class=\"end\"", " class=\"end short\""},
		[ALIGN_PROSE] = {" class=\"prose\"", " class=\"prose\""},
	};

	fputs(classes[align][is_short], html->file);
}

/* A column that says nothing in any row is left out. */
static bool is_blank(const struct block *block, size_t column)
{
	for (size_t row = 0; row < block->row_count; row++) {
		if (block->cells[row * block->column_count + column].text[0] != '\0')
			return false;
	}
	return block->row_count > 0;
}

static void table_head(const struct html *html, const struct block *block)
{
	fputs("<thead><tr>", html->file);
	for (size_t i = 0; i < block->column_count; i++) {
		const char *title = block->columns[i].title;
		if (is_blank(block, i))
			continue;
		fputs("<th scope=\"col\"", html->file);
		cell_class(html, block->columns[i].align,
			   canvas_text_width(title, 1) <= SHORT_TITLE_EMS);
		putc('>', html->file);
		markup_text(html->file, title);
		fputs("</th>", html->file);
	}
	fputs("</tr></thead>\n", html->file);
}

static bool has_prose(const struct block *block)
{
	for (size_t i = 0; i < block->column_count; i++) {
		if (block->columns[i].align == ALIGN_PROSE)
			return true;
	}
	return false;
}

/* Where the head is not shown. */
static void label(const struct html *html, const char *title)
{
	fputs(" data-label=\"", html->file);
	markup_text(html->file, title);
	putc('"', html->file);
}

static void table_row(const struct html *html, const struct block *block, size_t row)
{
	bool listed = has_prose(block);

	fputs("<tr>", html->file);
	for (size_t i = 0; i < block->column_count; i++) {
		const struct value *value = &block->cells[row * block->column_count + i];
		if (is_blank(block, i))
			continue;
		char *key = must_format("rows[%zu].%s", row, block->columns[i].key);
		fputs("<td", html->file);
		if (listed && block->columns[i].align == ALIGN_END && i > 0)
			label(html, block->columns[i].title);
		cell_class(html, block->columns[i].align,
			   canvas_text_width(value->text, 1) <= SHORT_EMS);
		putc('>', html->file);
		html_value(html, value, key);
		fputs("</td>", html->file);
		free(key);
	}
	fputs("</tr>\n", html->file);
}

static void table(struct html *html, const struct block *block)
{
	const char *classes = has_prose(block)			    ? "table told"
			      : block->column_count > DENSE_COLUMNS ? "table wide dense"
			      : block->column_count > WIDE_COLUMNS  ? "table wide"
								    : "table";

	fputs("<figure", html->file);
	html_class(html, classes);
	fputs(">\n", html->file);
	if (block->text[0] != '\0')
		element(html->file, "figcaption", block->text);
	if (block->row_count == 0) {
		fputs("<p class=\"empty\">", html->file);
		markup_text(html->file, text_get(html->doc->language, TEXT_DOC_EMPTY_TABLE));
		fputs("</p></figure>\n", html->file);
		return;
	}
	/* Reached by keyboard, since it may scroll. */
	fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"", html->file);
	markup_text(html->file, block->text[0] != '\0' ? block->text : block->key);
	fputs("\"><table>\n", html->file);
	table_head(html, block);
	fputs("<tbody>\n", html->file);
	for (size_t i = 0; i < block->row_count; i++)
		table_row(html, block, i);
	fputs("</tbody></table></div></figure>\n", html->file);
}

static void chart(struct html *html, const struct block *block)
{
	char *name = must_format("c%zu", html->index);
	char *remark = chart_remark(block->chart, html->doc->language);

	fputs("<figure", html->file);
	html_class(html, "chart");
	fputs(">\n", html->file);
	element(html->file, "figcaption", block->text);
	fputs("<div class=\"scroll\">\n", html->file);
	svg_write(html->file, block->chart, html->doc->language, name);
	fputs("</div>\n", html->file);
	if (remark != NULL) {
		fputs("<p class=\"note\">", html->file);
		markup_text(html->file, remark);
		fputs("</p>\n", html->file);
	}
	fputs("</figure>\n", html->file);
	free(remark);
	free(name);
}

static void page_break(struct html *html, const struct block *block)
{
	(void)block;
	html->new_page = true;
}

static void cover(struct html *html, const struct block *block)
{
	fputs("<header", html->file);
	html_class(html, "cover");
	fputs("><div class=\"title\">\n", html->file);
	element(html->file, "h1", block->text);
	if (block->second[0] != '\0')
		element(html->file, "p", block->second);
	fputs("</div>\n<dl>\n", html->file);
	figure_list(html, block);
	fputs("</dl></header>\n", html->file);
}

void html_block(struct html *html, const struct block *block)
{
	static void (*const writers[])(struct html * html, const struct block *block) = {
		[BLOCK_HEADING] = heading, [BLOCK_TEXT] = paragraph,   [BLOCK_NOTE] = paragraph,
		[BLOCK_CALLOUT] = callout, [BLOCK_FIGURES] = figures,  [BLOCK_TABLE] = table,
		[BLOCK_CHART] = chart,	   [BLOCK_BREAK] = page_break, [BLOCK_COVER] = cover,
	};

	writers[block->kind](html, block);
}
