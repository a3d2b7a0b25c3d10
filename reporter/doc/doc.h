/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A document is what a report says, free of any format: blocks in order, every figure printed
 * once, so that all formats show the same characters. */
#ifndef NETGRADE_REPORTER_DOC_DOC_H
#define NETGRADE_REPORTER_DOC_DOC_H

#include "reporter/doc/chart.h"
#include "reporter/text/text.h"

#include <stdbool.h>
#include <stddef.h>

/* How a figure stands to the rule that judges it; writers show it by colour and by sign. */
enum tone { TONE_PLAIN, TONE_BEST, TONE_GOOD, TONE_FAIR, TONE_BAD, TONE_MUTED };

/* A text or a figure. A figure has its number in full beside the characters printed. */
struct value {
	char *text;	/* as printed, unit included where it is part of the figure; never NULL */
	double number;	/* NAN where the value is a text or was not measured */
	bool is_number; /* the value stands for a figure, measured or not */
	bool rough;	/* a figure that is not exact */
	enum tone tone;
	char *link; /* "#anchor" inside the document, or NULL */
	char *unit; /* of a figure, "" for none; NULL for a text */
};

/* What an infinite figure prints: such a delay lies beyond the longest wait for a reply. */
#define VALUE_INFINITE "> T_max"

struct value value_text(const char *text);
/* Decimals as round_half_up gives them, thousands in groups from five digits on, the unit after a
 * narrow no-break space ("%" without); infinite prints VALUE_INFINITE; NAN prints "–". */
struct value value_number(double number, int decimals, const char *unit);
/* Prints "≈" before the figure. */
struct value value_roughened(struct value value);
struct value value_toned(struct value value, enum tone tone);
/* anchor with or without "#". */
struct value value_linked(struct value value, const char *anchor);
void value_finish(struct value *value);

/* Half up at this many decimals, as scores are printed and graded: 75.0866 → 75.1, 89.95 → 90.0.
 * The decimal rounded is that of 15 significant digits, so that neither the binary form of 89.95
 * nor the order of a sum decides; halves go away from zero. From 1e15 on the value itself. */
double round_half_up(double value, int decimals);

/* A column of whole sentences makes its table one that narrow pages show as a list. */
enum align { ALIGN_START, ALIGN_END, ALIGN_PROSE };

struct column {
	const char *key;   /* language-free name, for JSON */
	const char *title; /* as printed */
	enum align align;
};

enum block_kind {
	BLOCK_HEADING, /* text, level 1–3, anchor */
	BLOCK_TEXT,    /* a paragraph */
	BLOCK_NOTE,    /* a remark in small print */
	BLOCK_CALLOUT, /* what a reader must not miss, with a tone */
	BLOCK_FIGURES, /* labelled figures side by side, the first one large */
	BLOCK_TABLE,
	BLOCK_CHART,
	BLOCK_BREAK, /* a new page */
	BLOCK_COVER, /* title, subtitle, and figures as lines of label and value */
};

struct labelled {
	char *key; /* language-free name, for JSON */
	char *label;
	struct value value;
};

struct block {
	enum block_kind kind;
	char *key;    /* language-free name of a table, chart or figures block; of the anchor */
	char *text;   /* heading, paragraph, caption */
	char *second; /* the cover's subtitle */
	int level;
	enum tone tone;
	struct labelled *figures;
	size_t figure_count;
	struct column *columns; /* key and title are copies */
	size_t column_count;
	struct value *cells; /* row by row */
	size_t row_count;
	size_t cell_capacity;
	struct chart *chart;
};

struct doc {
	enum language language;
	char *title;
	struct block *blocks;
	size_t count;
	size_t capacity;
};

/* Allocation failure ends the program: a report is a batch job with nothing to save.
 * Texts are copied; values and charts are taken over. */
struct doc *doc_create(enum language language, const char *title);
void doc_destroy(struct doc *doc); /* NULL is fine */

void doc_cover(struct doc *doc, const char *title, const char *subtitle);
void doc_heading(struct doc *doc, int level, const char *text, const char *anchor);
void doc_text(struct doc *doc, const char *text);
void doc_note(struct doc *doc, const char *text);
void doc_callout(struct doc *doc, enum tone tone, const char *text);
void doc_break(struct doc *doc);
void doc_figures(struct doc *doc, const char *key);
/* Adds to the last block, a cover or figures. */
void doc_figure(struct doc *doc, const char *key, const char *label, struct value value);
void doc_table(struct doc *doc, const char *key, const char *caption, const struct column *columns,
	       size_t count);
/* Adds a row of as many cells as the last block, a table, has columns. */
void doc_row(struct doc *doc, struct value *cells);
void doc_chart(struct doc *doc, const char *key, struct chart *chart);

#endif
