/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shares of packets per delay bucket over a logarithmic axis; the first series as areas, others as
 * outlines. */
#include "reporter/doc/chart_plot.h"

#include "reporter/doc/doc.h"
#include "reporter/text/must.h"

#include <math.h>
#include <stdlib.h>

enum { PLOT_HEIGHT = 100, TOP = 30, BELOW = 34, BEYOND_ROOM = 84, BEYOND_AT = 58 };

struct reach {
	double low;
	double high;
	double most; /* the largest share */
	bool beyond; /* some came back after T_max or never */
};

static void stretch(struct reach *reach, const struct chart_point *point)
{
	if (isnan(point->value) || point->value <= 0)
		return;
	reach->most = fmax(reach->most, point->value);
	if (point->until == NSEC_INFINITE) {
		reach->beyond = true;
		return;
	}
	/* The lowest bucket may start at zero, which a logarithmic axis has not. */
	double low = point->at > 0 ? (double)point->at : (double)point->until / 2;
	reach->low = fmin(reach->low, low);
	reach->high = fmax(reach->high, (double)point->until);
}

static struct reach reach_of(const struct chart *chart)
{
	struct reach reach = {.low = (double)INFINITY, .high = 0};

	for (size_t i = 0; i < chart->series_count; i++) {
		for (size_t k = 0; k < chart->series[i].count; k++)
			stretch(&reach, &chart->series[i].points[k]);
	}
	if (isfinite(chart->bound) && chart->bound > 0 && reach.high > 0 &&
	    chart->bound < 4 * reach.high && chart->bound > reach.low / 4) {
		reach.low = fmin(reach.low, chart->bound);
		reach.high = fmax(reach.high, chart->bound);
	}
	if (reach.high <= 0)
		return (struct reach){
			.low = 1e6, .high = 1e8, .most = reach.most, .beyond = reach.beyond};
	/* A narrow distribution still gets a decade or so around it. */
	double wanted = 8;
	double ratio = reach.high / reach.low;
	double around = ratio < wanted ? sqrt(wanted / ratio) : 1.15;
	reach.low /= around;
	reach.high *= around;
	return reach;
}

/* The axis works on logarithms; its ticks were made from delays. */
static struct axis log_axis(const struct reach *reach)
{
	struct axis axis = axis_of_delays(reach->low, reach->high, 9);

	axis.low = log10(axis.low);
	axis.high = log10(axis.high);
	for (size_t i = 0; i < axis.count; i++)
		axis.ticks[i].value = log10(axis.ticks[i].value);
	return axis;
}

static double log_x(const struct plot *plot, nsec delay)
{
	return delay <= 0 ? plot->area.x : plot_x(plot, log10((double)delay));
}

static struct box bucket_box(const struct plot *plot, const struct chart_point *point)
{
	double bottom = plot->area.y + plot->area.height;
	double y = plot_y(plot, point->value);

	if (point->until == NSEC_INFINITE)
		return (struct box){plot->area.x + plot->area.width + BEYOND_AT - 10, y, 20,
				    bottom - y};
	double left = log_x(plot, point->at);
	double width = log_x(plot, point->until) - left;
	return (struct box){left, y, fmax(width - (width > 3 ? 1 : 0), 0.5), bottom - y};
}

static void draw_areas(const struct plot *plot, const struct chart_series *series)
{
	struct box *boxes = must_calloc(series->count, sizeof(*boxes));
	size_t count = 0;

	for (size_t i = 0; i < series->count; i++) {
		if (series->points[i].value > 0)
			boxes[count++] = bucket_box(plot, &series->points[i]);
	}
	plot->canvas->ops->boxes(plot->canvas, INK_SERIES, boxes, count);
	free(boxes);
}

static void draw_outline(const struct plot *plot, enum ink ink, const struct chart_series *series)
{
	struct spot *spots = must_calloc(2 * series->count + 2, sizeof(*spots));
	size_t count = 0;

	for (size_t i = 0; i < series->count; i++) {
		const struct chart_point *point = &series->points[i];
		if (isnan(point->value) || point->until == NSEC_INFINITE)
			continue;
		double y = plot_y(plot, point->value);
		spots[count++] = (struct spot){log_x(plot, point->at), y};
		spots[count++] = (struct spot){log_x(plot, point->until), y};
	}
	if (count > 0)
		plot->canvas->ops->polyline(plot->canvas, ink, spots, count);
	free(spots);
}

static void name_beyond(const struct plot *plot, const struct reach *reach)
{
	double bottom = plot->area.y + plot->area.height;
	double right = plot->area.x + plot->area.width;

	if (!reach->beyond)
		return;
	canvas_line(plot->canvas, INK_AXIS, (struct spot){right + BEYOND_AT - 20, bottom},
		    (struct spot){right + BEYOND_AT + 20, bottom});
	plot_letters(plot, INK_BEYOND,
		     (struct lettering){
			     {right + BEYOND_AT, bottom + 18}, ANCHOR_MIDDLE, 0, VALUE_INFINITE},
		     0);
}

static void draw_bound(const struct plot *plot)
{
	double bound = plot->chart->bound;
	double bottom = plot->area.y + plot->area.height;

	if (!isfinite(bound) || bound <= 0 || log10(bound) < plot->across.low ||
	    log10(bound) > plot->across.high)
		return;
	double x = plot_x(plot, log10(bound));
	double width = canvas_text_width(plot->chart->bound_name, PLOT_LETTERS);
	bool fits = x + width / 2 < CHART_WIDTH && x - width / 2 > plot->area.x;
	canvas_line(plot->canvas, INK_BOUND, (struct spot){x, plot->area.y - 6},
		    (struct spot){x, bottom});
	plot_letters(plot, INK_BOUND,
		     (struct lettering){{x, plot->area.y - 12},
					fits		       ? ANCHOR_MIDDLE
					: x > CHART_WIDTH / 2. ? ANCHOR_END
							       : ANCHOR_START,
					0,
					plot->chart->bound_name},
		     CHART_WIDTH / 2.);
}

static struct legend_entry *legend_of(const struct chart *chart, size_t *count)
{
	struct legend_entry *entries = must_calloc(chart->series_count, sizeof(*entries));

	*count = chart->series_count > 1 ? chart->series_count : 0;
	for (size_t i = 0; i < chart->series_count; i++)
		entries[i] = (struct legend_entry){ink_of_series(i), chart->series[i].name};
	return entries;
}

double histogram_height(const struct chart *chart, enum language language)
{
	(void)language;
	size_t count;
	struct legend_entry *entries = legend_of(chart, &count);
	double height = TOP + PLOT_HEIGHT + BELOW + legend_height(entries, count);

	free(entries);
	return height;
}

void draw_histogram(struct plot *plot)
{
	const struct chart *chart = plot->chart;
	struct reach reach = reach_of(chart);
	double right = reach.beyond ? BEYOND_ROOM : 30;
	size_t count;

	plot->up = axis_from_zero(reach.most > 0 ? reach.most : 1, 4);
	plot->across = log_axis(&reach);
	double left = plot_left(plot);
	plot->area = (struct box){left, TOP, CHART_WIDTH - left - right, PLOT_HEIGHT};
	if (reach.most > 0)
		plot_grid(plot);
	else
		plot_no_data(plot);
	for (size_t i = 0; i < chart->series_count; i++) {
		if (i == 0)
			draw_areas(plot, &chart->series[i]);
		else
			draw_outline(plot, ink_of_series(i), &chart->series[i]);
	}
	draw_bound(plot);
	plot_base(plot);
	name_beyond(plot, &reach);
	struct legend_entry *entries = legend_of(chart, &count);
	legend_draw(plot, entries, count, TOP + PLOT_HEIGHT + BELOW);
	free(entries);
}
