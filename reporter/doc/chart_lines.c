/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values over time, as lines with their names at the end, or as columns. */
#include "reporter/doc/chart_plot.h"

#include "reporter/doc/doc.h"
#include "reporter/text/must.h"

#include <math.h>
#include <stdlib.h>

enum {
	LINES_HEIGHT = 136,
	COLUMNS_HEIGHT = 88,
	TOP = 30,
	BELOW = 30,
	TAG_STEP = 16,
	TAG_SAMPLE = 22,
	TAG_MOST = 150
};

struct span {
	double low;
	double high;
	bool finite;
	bool infinite;
};

static double plot_height(const struct chart *chart)
{
	return chart->kind == CHART_COLUMNS ? COLUMNS_HEIGHT : LINES_HEIGHT;
}

static struct span span_of(const struct chart *chart)
{
	struct span span = {.low = (double)INFINITY, .high = (double)-INFINITY};

	for (size_t i = 0; i < chart->series_count; i++) {
		for (size_t k = 0; k < chart->series[i].count; k++) {
			double value = chart->series[i].points[k].value;
			if (isinf(value))
				span.infinite = true;
			if (!isfinite(value))
				continue;
			span.finite = true;
			span.low = fmin(span.low, value);
			span.high = fmax(span.high, value);
		}
	}
	return span;
}

/* A bound far above everything measured would press the lines flat: it is named only. */
static bool bound_is_drawn(const struct chart *chart, const struct span *span)
{
	return isfinite(chart->bound) && (!span->finite || chart->bound <= 4 * span->high);
}

static struct axis axis_up(const struct chart *chart)
{
	struct span span = span_of(chart);

	if (bound_is_drawn(chart, &span)) {
		span.low = fmin(span.low, chart->bound);
		span.high = fmax(span.high, chart->bound);
		span.finite = true;
	}
	if (!span.finite)
		return axis_from_zero(1, 4);
	if (chart->kind == CHART_COLUMNS && span.low >= 0)
		return axis_from_zero(span.high, 4);
	return axis_of_values(span.low, span.high, 4);
}

/* The room at the right for the names of series and bound. */
static double tag_room(const struct chart *chart)
{
	double widest = 0;

	if (chart->kind == CHART_LINES) {
		for (size_t i = 0; i < chart->series_count; i++)
			widest = fmax(widest,
				      canvas_text_width(chart->series[i].name, PLOT_LETTERS));
	}
	if (!isnan(chart->bound))
		widest = fmax(widest, canvas_text_width(chart->bound_name, PLOT_LETTERS));
	return widest == 0 ? 24 : fmin(widest + 2, TAG_MOST) + TAG_SAMPLE;
}

static void lay_out(struct plot *plot)
{
	plot->up = axis_up(plot->chart);
	double left = plot_left(plot);
	plot->area = (struct box){left, TOP, CHART_WIDTH - left - tag_room(plot->chart),
				  plot_height(plot->chart)};
	plot->across = axis_of_time(plot->chart->period, (size_t)(plot->area.width / 58));
}

static double middle(const struct plot *plot, const struct chart_point *point)
{
	return plot_x(plot, (double)point->at + (double)(point->until - point->at) / 2);
}

/* A run of one point is drawn as long as it lasted, or it would not be seen. */
static void draw_run(const struct plot *plot, enum ink ink, struct spot *run, size_t count)
{
	if (count == 1) {
		struct spot from = {run[0].x - 1.5, run[0].y};
		canvas_line(plot->canvas, ink, from, (struct spot){run[0].x + 1.5, run[0].y});
	} else if (count > 1) {
		plot->canvas->ops->polyline(plot->canvas, ink, run, count);
	}
}

static void draw_series(const struct plot *plot, enum ink ink, const struct chart_point *points,
			size_t count)
{
	struct spot *run = must_calloc(count, sizeof(*run));
	size_t length = 0;

	for (size_t i = 0; i < count; i++) {
		bool gap = i > 0 && points[i].at > points[i - 1].until;
		if (isnan(points[i].value) || gap) {
			draw_run(plot, ink, run, length);
			length = 0;
		}
		if (!isnan(points[i].value))
			run[length++] = (struct spot){middle(plot, &points[i]),
						      plot_y(plot, points[i].value)};
	}
	draw_run(plot, ink, run, length);
	free(run);
}

/* One mark for a run of infinite points, above the middle of the run; marks do not touch. */
static void mark_infinite(const struct plot *plot, const struct chart_point *points, size_t count)
{
	double free_from = 0;

	for (size_t i = 0; i < count; i++) {
		if (!isinf(points[i].value) || (i > 0 && isinf(points[i - 1].value)))
			continue;
		size_t last = i;
		while (last + 1 < count && isinf(points[last + 1].value))
			last++;
		double x = (middle(plot, &points[i]) + middle(plot, &points[last])) / 2;
		if (x < free_from)
			continue;
		plot_beyond(plot, (struct spot){x, plot->area.y - 9});
		free_from = x + 10;
	}
}

struct tag {
	enum ink ink;
	const char *name;
	double from; /* where the line ends */
	double y;    /* where the name stands */
};

static int compare_tags(const void *one, const void *other)
{
	const struct tag *a = one;
	const struct tag *b = other;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	return a->ink < b->ink ? -1 : a->ink > b->ink;
}

/* Moves tags apart, down first and then up again at the bottom. */
static void spread_tags(struct tag *tags, size_t count, double bottom)
{
	qsort(tags, count, sizeof(*tags), compare_tags);
	for (size_t i = 0; i < count; i++) {
		tags[i].y = tags[i].from;
		if (i > 0)
			tags[i].y = fmax(tags[i].y, tags[i - 1].y + TAG_STEP);
	}
	for (size_t i = count; i-- > 0;) {
		tags[i].y = fmin(tags[i].y, bottom);
		bottom = tags[i].y - TAG_STEP;
	}
}

static void draw_tags(const struct plot *plot, struct tag *tags, size_t count)
{
	double x = plot->area.x + plot->area.width;

	spread_tags(tags, count, plot->area.y + plot->area.height);
	for (size_t i = 0; i < count; i++) {
		const struct spot elbow[] = {
			{x + 2, tags[i].from}, {x + 6, tags[i].y}, {x + TAG_SAMPLE - 4, tags[i].y}};
		plot->canvas->ops->polyline(plot->canvas, tags[i].ink, elbow, 3);
		plot_letters(
			plot, INK_LABEL,
			(struct lettering){
				{x + TAG_SAMPLE, tags[i].y + 4}, ANCHOR_START, 0, tags[i].name},
			CHART_WIDTH - x - TAG_SAMPLE);
	}
}

/* Where the series ends, at the last value that it has; NAN if it has none. */
static double end_of(const struct plot *plot, const struct chart_point *points, size_t count)
{
	for (size_t i = count; i-- > 0;) {
		if (!isnan(points[i].value))
			return plot_y(plot, points[i].value);
	}
	return (double)NAN;
}

static size_t tag_bound(const struct plot *plot, struct tag *tags, size_t count)
{
	const struct chart *chart = plot->chart;
	struct span span = span_of(chart);

	if (isnan(chart->bound))
		return count;
	double y = plot_y(plot, chart->bound);
	if (bound_is_drawn(chart, &span))
		canvas_line(plot->canvas, INK_BOUND, (struct spot){plot->area.x, y},
			    (struct spot){plot->area.x + plot->area.width, y});
	tags[count] = (struct tag){INK_BOUND, chart->bound_name, y, y};
	return count + 1;
}

static void name_infinite(const struct plot *plot, const struct span *span)
{
	if (!span->infinite)
		return;
	double width = canvas_text_width(VALUE_INFINITE, PLOT_LETTERS);
	double x = plot->area.x + plot->area.width;
	plot_beyond(plot, (struct spot){x - width - 10, plot->area.y - 24});
	plot_letters(plot, INK_BEYOND,
		     (struct lettering){
			     {x, plot->area.y - 16}, ANCHOR_END, PLOT_LETTERS, VALUE_INFINITE},
		     0);
}

double lines_height(const struct chart *chart, enum language language)
{
	(void)language;
	double height = TOP + plot_height(chart) + BELOW;

	if (chart->kind != CHART_COLUMNS || chart->series_count < 2)
		return height;
	struct legend_entry *entries = must_calloc(chart->series_count, sizeof(*entries));
	for (size_t i = 0; i < chart->series_count; i++)
		entries[i] = (struct legend_entry){ink_of_series(i), chart->series[i].name};
	height += legend_height(entries, chart->series_count);
	free(entries);
	return height;
}

void draw_lines(struct plot *plot)
{
	const struct chart *chart = plot->chart;
	struct tag *tags = must_calloc(chart->series_count + 1, sizeof(*tags));
	size_t group = plot_group(chart, PLOT_LINE_POINTS);
	struct span span = span_of(chart);
	size_t count = 0;

	lay_out(plot);
	if (span.finite || span.infinite)
		plot_grid(plot);
	else
		plot_no_data(plot);
	for (size_t i = 0; i < chart->series_count; i++) {
		size_t length;
		struct chart_point *points = plot_merge(&chart->series[i], group, &length);
		draw_series(plot, ink_of_series(i), points, length);
		mark_infinite(plot, points, length);
		double end = end_of(plot, points, length);
		if (!isnan(end))
			tags[count++] =
				(struct tag){ink_of_series(i), chart->series[i].name, end, end};
		free(points);
	}
	draw_tags(plot, tags, tag_bound(plot, tags, count));
	name_infinite(plot, &span);
	plot_base(plot);
	free(tags);
}

/* The column of series index, side by side with the others; a zero is seen as a thin line. */
static struct box column_box(const struct plot *plot, const struct chart_point *point, size_t index)
{
	double left = plot_x(plot, (double)point->at);
	double width =
		(plot_x(plot, (double)point->until) - left) / (double)plot->chart->series_count;
	double gap = width > 4 ? width * 0.12 : 0;
	double base = plot_y(plot, 0);
	double y = plot_y(plot, point->value);
	double top = fmin(y, base);
	double height = fmax(fabs(base - y), 1);

	return (struct box){left + width * (double)index + gap, fmin(top, base - 1),
			    fmax(width - 2 * gap, 0.4), height};
}

static void draw_column_series(const struct plot *plot, size_t index, size_t group)
{
	size_t count;
	struct chart_point *points = plot_merge(&plot->chart->series[index], group, &count);
	struct box *boxes = must_calloc(count, sizeof(*boxes));
	size_t length = 0;

	for (size_t i = 0; i < count; i++) {
		if (!isnan(points[i].value))
			boxes[length++] = column_box(plot, &points[i], index);
	}
	plot->canvas->ops->boxes(plot->canvas, ink_of_series(index), boxes, length);
	mark_infinite(plot, points, count);
	free(boxes);
	free(points);
}

void draw_columns(struct plot *plot)
{
	const struct chart *chart = plot->chart;
	struct legend_entry *entries = must_calloc(chart->series_count + 1, sizeof(*entries));
	size_t group = plot_group(chart, PLOT_COLUMNS);
	struct span span = span_of(chart);
	struct tag bound;

	lay_out(plot);
	if (span.finite || span.infinite)
		plot_grid(plot);
	else
		plot_no_data(plot);
	for (size_t i = 0; i < chart->series_count; i++) {
		draw_column_series(plot, i, group);
		entries[i] = (struct legend_entry){ink_of_series(i), chart->series[i].name};
	}
	draw_tags(plot, &bound, tag_bound(plot, &bound, 0));
	name_infinite(plot, &span);
	plot_base(plot);
	if (chart->series_count > 1)
		legend_draw(plot, entries, chart->series_count, TOP + plot_height(chart) + BELOW);
	free(entries);
}
