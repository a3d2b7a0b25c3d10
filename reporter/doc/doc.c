/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/doc/doc.h"

#include "reporter/text/must.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct doc *doc_create(enum language language, const char *title)
{
	struct doc *doc = must_calloc(1, sizeof(*doc));

	doc->language = language;
	doc->title = must_copy(title);
	return doc;
}

static void finish_block(struct block *block)
{
	for (size_t i = 0; i < block->figure_count; i++) {
		free(block->figures[i].key);
		free(block->figures[i].label);
		value_finish(&block->figures[i].value);
	}
	for (size_t i = 0; i < block->row_count * block->column_count; i++)
		value_finish(&block->cells[i]);
	for (size_t i = 0; i < block->column_count; i++) {
		free((void *)(uintptr_t)block->columns[i].key);
		free((void *)(uintptr_t)block->columns[i].title);
	}
	free(block->figures);
	free(block->columns);
	free(block->cells);
	free(block->key);
	free(block->text);
	free(block->second);
	chart_destroy(block->chart);
}

void doc_destroy(struct doc *doc)
{
	if (doc == NULL)
		return;
	for (size_t i = 0; i < doc->count; i++)
		finish_block(&doc->blocks[i]);
	free(doc->blocks);
	free(doc->title);
	free(doc);
}

static struct block *add_block(struct doc *doc, enum block_kind kind, const char *key,
			       const char *text)
{
	doc->blocks = must_grow(doc->blocks, doc->count, &doc->capacity, sizeof(*doc->blocks));
	struct block *block = &doc->blocks[doc->count++];
	*block = (struct block){.kind = kind, .key = must_copy(key), .text = must_copy(text)};
	return block;
}

static struct block *last_block(struct doc *doc)
{
	assert(doc->count > 0);
	return &doc->blocks[doc->count - 1];
}

void doc_cover(struct doc *doc, const char *title, const char *subtitle)
{
	add_block(doc, BLOCK_COVER, "cover", title)->second = must_copy(subtitle);
}

void doc_heading(struct doc *doc, int level, const char *text, const char *anchor)
{
	assert(level >= 1 && level <= 3);
	add_block(doc, BLOCK_HEADING, anchor, text)->level = level;
}

void doc_text(struct doc *doc, const char *text)
{
	add_block(doc, BLOCK_TEXT, "", text);
}

void doc_note(struct doc *doc, const char *text)
{
	add_block(doc, BLOCK_NOTE, "", text);
}

void doc_callout(struct doc *doc, enum tone tone, const char *text)
{
	add_block(doc, BLOCK_CALLOUT, "", text)->tone = tone;
}

void doc_break(struct doc *doc)
{
	add_block(doc, BLOCK_BREAK, "", "");
}

void doc_figures(struct doc *doc, const char *key)
{
	add_block(doc, BLOCK_FIGURES, key, "");
}

void doc_figure(struct doc *doc, const char *key, const char *label, struct value value)
{
	struct block *block = last_block(doc);

	assert(block->kind == BLOCK_COVER || block->kind == BLOCK_FIGURES);
	struct labelled *figures = must_calloc(block->figure_count + 1, sizeof(*figures));
	if (block->figure_count > 0)
		memcpy(figures, block->figures, block->figure_count * sizeof(*figures));
	free(block->figures);
	block->figures = figures;
	figures[block->figure_count++] = (struct labelled){
		.key = must_copy(key),
		.label = must_copy(label),
		.value = value,
	};
}

void doc_table(struct doc *doc, const char *key, const char *caption, const struct column *columns,
	       size_t count)
{
	struct block *block = add_block(doc, BLOCK_TABLE, key, caption);

	assert(count > 0);
	block->columns = must_calloc(count, sizeof(*columns));
	block->column_count = count;
	for (size_t i = 0; i < count; i++) {
		block->columns[i] = (struct column){
			.key = must_copy(columns[i].key),
			.title = must_copy(columns[i].title),
			.align = columns[i].align,
		};
	}
}

void doc_row(struct doc *doc, struct value *cells)
{
	struct block *block = last_block(doc);

	assert(block->kind == BLOCK_TABLE);
	for (size_t i = 0; i < block->column_count; i++) {
		block->cells = must_grow(block->cells, block->row_count * block->column_count + i,
					 &block->cell_capacity, sizeof(*cells));
		block->cells[block->row_count * block->column_count + i] = cells[i];
	}
	block->row_count++;
}

void doc_chart(struct doc *doc, const char *key, struct chart *chart)
{
	add_block(doc, BLOCK_CHART, key, chart->title)->chart = chart;
}
