/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A canvas is what charts are drawn on: a few operations that each output format implements.
 * Lengths are CSS pixels (1/96 inch), y grows downwards. */
#ifndef NETGRADE_REPORTER_DOC_CANVAS_H
#define NETGRADE_REPORTER_DOC_CANVAS_H

#include "collector/metric/availability.h"
#include "reporter/doc/chart.h"
#include "reporter/text/text.h"

#include <stddef.h>
#include <stdint.h>

/* What a stroke or an area means; canvas_paint says how that looks. */
enum ink {
	INK_AXIS,
	INK_GRID,
	INK_LABEL, /* text that is read */
	INK_SCALE, /* text beside an axis */
	INK_BOUND,
	INK_BEYOND,		      /* marks of infinite values */
	INK_SERIES,		      /* the first of CANVAS_SERIES, repeated from there on */
	INK_VERDICT = INK_SERIES + 6, /* the first of VERDICT_COUNT */
	INK_COUNT = INK_VERDICT + VERDICT_COUNT,
};

enum { CANVAS_SERIES = INK_VERDICT - INK_SERIES };

/* Laid over an area so that it is told apart without colour. */
enum hatch { HATCH_NONE, HATCH_RISING, HATCH_LEVEL, HATCH_DOTS };

struct paint {
	const char *name;   /* "grid": a class in SVG */
	const char *colour; /* "#rrggbb", of strokes, texts and areas */
	double width;	    /* of strokes */
	const char *dash;   /* "6 3", or NULL for a solid stroke */
	enum hatch hatch;   /* of areas */
	const char *hatch_colour;
};

const struct paint *canvas_paint(enum ink ink);
enum ink ink_of_series(size_t index);
enum ink ink_of_verdict(enum verdict verdict);

struct spot {
	double x;
	double y;
};

struct box {
	double x;
	double y;
	double width;
	double height;
};

enum anchor { ANCHOR_START, ANCHOR_MIDDLE, ANCHOR_END };

struct lettering {
	struct spot at; /* on the baseline */
	enum anchor anchor;
	double size; /* of the letters */
	const char *text;
};

struct canvas;

struct canvas_ops {
	void (*polyline)(struct canvas *canvas, enum ink ink, const struct spot *spots,
			 size_t count);
	void (*polygon)(struct canvas *canvas, enum ink ink, const struct spot *spots,
			size_t count);
	/* None for a count of 0. */
	void (*boxes)(struct canvas *canvas, enum ink ink, const struct box *boxes, size_t count);
	void (*letters)(struct canvas *canvas, enum ink ink, const struct lettering *lettering);
};

/* The first member of what a format keeps. */
struct canvas {
	const struct canvas_ops *ops;
	enum language language;
};

void canvas_line(struct canvas *canvas, enum ink ink, struct spot from, struct spot to);

/* An estimate that is rather too wide than too narrow, the same for every format, so that charts
 * are laid out alike; Han letters are one em. */
double canvas_text_width(const char *text, double size);

/* text, cut with "…" so that it is at most this wide; allocated. */
char *canvas_fit_text(const char *text, double size, double width);

/* Breaks text into at most two lines of this width, the second cut with "…"; allocated, the second
 * is NULL where one line holds it. */
void canvas_wrap_text(const char *text, double size, double width, char *lines[2]);

/* The room that a chart takes: always CHART_WIDTH wide. */
enum { CHART_WIDTH = 680 };
double chart_height(const struct chart *chart, enum language language);

/* Draws all but the title and the remark, which are the document's text. */
void chart_draw(const struct chart *chart, struct canvas *canvas);

/* What the chart shows, for those who do not see it; allocated. */
char *chart_describe(const struct chart *chart, enum language language);

/* What drawing left out, such as merged points; allocated, NULL for nothing. */
char *chart_remark(const struct chart *chart, enum language language);

#endif
