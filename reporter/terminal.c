/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/terminal.h"

#include "reporter/text/must.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum { GAP = 2 }; /* between columns */

/* The code point at *text, which moves behind it; damaged bytes stand for themselves. */
static uint32_t next_character(const char **text)
{
	const unsigned char *at = (const unsigned char *)*text;
	size_t more = at[0] < 0xC0 ? 0 : at[0] < 0xE0 ? 1 : at[0] < 0xF0 ? 2 : 3;
	uint32_t code = more == 0 ? at[0] : at[0] & (0x3Fu >> more);
	size_t used = 1;

	while (used <= more && (at[used] & 0xC0) == 0x80)
		code = code << 6 | (at[used++] & 0x3F);
	*text += used;
	return code;
}

/* Unicode Standard Annex 11: the blocks that are wide throughout, and those without width. */
static size_t character_width(uint32_t code)
{
	static const struct {
		uint32_t first;
		uint32_t last;
		size_t width;
	} ranges[] = {
		{0x0300, 0x036F, 0}, {0x1100, 0x115F, 2},   {0x200B, 0x200F, 0},
		{0x2E80, 0x303E, 2}, {0x3041, 0xA4CF, 2},   {0xAC00, 0xD7A3, 2},
		{0xF900, 0xFAFF, 2}, {0xFE30, 0xFE6F, 2},   {0xFF00, 0xFF60, 2},
		{0xFFE0, 0xFFE6, 2}, {0x1F300, 0x1FAFF, 2}, {0x20000, 0x3FFFD, 2},
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (code >= ranges[i].first && code <= ranges[i].last)
			return ranges[i].width;
	}
	return 1;
}

size_t terminal_width(const char *text)
{
	size_t width = 0;

	while (*text != '\0')
		width += character_width(next_character(&text));
	return width;
}

static void put_blanks(size_t count, FILE *file)
{
	while (count-- > 0)
		fputc(' ', file);
}

static void put_rule(size_t width, FILE *file)
{
	while (width-- > 0)
		fputs("─", file);
}

/* Blanks are owed until something follows them, so that no line ends in any. */
static void put_cell(const char *text, size_t width, enum align align, size_t *owed, FILE *file)
{
	size_t used = terminal_width(text);
	size_t rest = width > used ? width - used : 0;

	if (align == ALIGN_END)
		*owed += rest;
	if (used > 0) {
		put_blanks(*owed, file);
		*owed = 0;
		fputs(text, file);
	}
	if (align != ALIGN_END)
		*owed += rest;
	*owed += GAP;
}

static void end_line(size_t *owed, FILE *file)
{
	*owed = 0;
	fputc('\n', file);
}

static void write_table(const struct block *block, FILE *file)
{
	size_t columns = block->column_count;
	size_t *widths = must_calloc(columns, sizeof(*widths));
	size_t owed = 0;

	for (size_t c = 0; c < columns; c++) {
		widths[c] = terminal_width(block->columns[c].title);
		for (size_t r = 0; r < block->row_count; r++) {
			size_t width = terminal_width(block->cells[r * columns + c].text);
			widths[c] = width > widths[c] ? width : widths[c];
		}
	}
	fprintf(file, "\n%s\n", block->text);
	for (size_t c = 0; c < columns; c++)
		put_cell(block->columns[c].title, widths[c], block->columns[c].align, &owed, file);
	end_line(&owed, file);
	for (size_t c = 0; c < columns; c++) {
		put_rule(widths[c], file);
		fputs(c + 1 == columns ? "\n" : "  ", file);
	}
	for (size_t i = 0; i < block->row_count * columns; i++) {
		size_t c = i % columns;
		put_cell(block->cells[i].text, widths[c], block->columns[c].align, &owed, file);
		if (c + 1 == columns)
			end_line(&owed, file);
	}
	free(widths);
}

static void write_figures(const struct block *block, FILE *file)
{
	size_t widest = 0;

	for (size_t i = 0; i < block->figure_count; i++) {
		size_t width = terminal_width(block->figures[i].label);
		widest = width > widest ? width : widest;
	}
	for (size_t i = 0; i < block->figure_count; i++) {
		size_t owed = 0;
		put_cell(block->figures[i].label, widest, ALIGN_START, &owed, file);
		put_cell(block->figures[i].value.text, 0, ALIGN_START, &owed, file);
		end_line(&owed, file);
	}
}

/* Points, gaps and the range of each series: what a drawing would show, in numbers. */
static void write_chart(const struct chart *chart, FILE *file)
{
	fprintf(file, "[%s%s%s]\n", chart->title, chart->unit[0] == '\0' ? "" : ", ", chart->unit);
	for (size_t s = 0; s < chart->series_count; s++) {
		const struct chart_series *series = &chart->series[s];
		double least = INFINITY;
		double most = -INFINITY;
		size_t drawn = 0;
		for (size_t i = 0; i < series->count; i++) {
			double value = series->points[i].value;
			if (isnan(value))
				continue;
			drawn++;
			least = fmin(least, value);
			most = fmax(most, value);
		}
		fprintf(file, "  %s: %zu/%zu", series->name, drawn, series->count);
		if (drawn > 0 && chart->kind != CHART_STRIP)
			fprintf(file, ", %.3f … %.3f", least, most);
		fputc('\n', file);
	}
}

static void write_block(const struct block *block, FILE *file)
{
	switch (block->kind) {
	case BLOCK_COVER:
		fprintf(file, "%s\n%s\n\n", block->text, block->second);
		write_figures(block, file);
		break;
	case BLOCK_HEADING:
		fprintf(file, "\n%.*s %s\n", block->level, "###", block->text);
		break;
	case BLOCK_FIGURES:
		fputc('\n', file);
		write_figures(block, file);
		break;
	case BLOCK_TABLE:
		write_table(block, file);
		break;
	case BLOCK_CHART:
		write_chart(block->chart, file);
		break;
	case BLOCK_TEXT:
	case BLOCK_NOTE:
	case BLOCK_CALLOUT:
		fprintf(file, "%s\n", block->text);
		break;
	case BLOCK_BREAK:
		break;
	}
}

void terminal_write(const struct doc *doc, FILE *file)
{
	for (size_t i = 0; i < doc->count; i++)
		write_block(&doc->blocks[i], file);
}
