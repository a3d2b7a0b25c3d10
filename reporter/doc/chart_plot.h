/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plot is one chart on its way onto a canvas: axes, the area between them, and the parts that
 * several kinds of chart share. Private to the drawing of charts. */
#ifndef NETGRADE_REPORTER_DOC_CHART_PLOT_H
#define NETGRADE_REPORTER_DOC_CHART_PLOT_H

#include "reporter/doc/canvas.h"
#include "reporter/doc/chart_axis.h"

#include <stdbool.h>

struct plot {
	const struct chart *chart;
	struct canvas *canvas;
	struct box area; /* between the axes */
	struct axis across;
	struct axis up;
};

enum {
	PLOT_LETTERS = 12, /* size */
	PLOT_LINE_POINTS = 1500,
	PLOT_COLUMNS = 370,
	PLOT_LEGEND_ROW = 20,
};

double plot_x(const struct plot *plot, double value);
double plot_y(const struct plot *plot, double value); /* beyond the axis: its end */

/* The room that the vertical axis's labels take at the left. */
double plot_left(const struct plot *plot);

/* Letters of the usual size, cut to width (0: as long as they are). */
void plot_letters(const struct plot *plot, enum ink ink, struct lettering lettering, double width);

/* The grid with its ticks, and the unit above the vertical axis. */
void plot_grid(const struct plot *plot);
/* The horizontal axis with its ticks below the area. */
void plot_base(const struct plot *plot);
void plot_no_data(const struct plot *plot);
/* A small triangle whose tip is at spot, for what lies beyond the axis. */
void plot_beyond(const struct plot *plot, struct spot tip);

/* How many neighbouring points are drawn as one, so that at most limit are. */
size_t plot_group(const struct chart *chart, size_t limit);
/* The points merged so, each the largest of its group; allocated, *count of them. */
struct chart_point *plot_merge(const struct chart_series *series, size_t group, size_t *count);

/* Samples of inks with their names in rows. */
struct legend_entry {
	enum ink ink;
	const char *name;
};
double legend_height(const struct legend_entry *entries, size_t count);
void legend_draw(const struct plot *plot, const struct legend_entry *entries, size_t count,
		 double y);

void draw_lines(struct plot *plot);
void draw_columns(struct plot *plot);
void draw_strip(struct plot *plot);
void draw_histogram(struct plot *plot);
double lines_height(const struct chart *chart, enum language language);
double strip_height(const struct chart *chart, enum language language);
double histogram_height(const struct chart *chart, enum language language);
/* Whether slots share a column of pixels, so that only the worst is seen. */
bool strip_is_merged(const struct chart *chart);

#endif
