/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/doc/chart_plot.h"

#include "reporter/text/must.h"

#include <math.h>
#include <stdlib.h>

double plot_x(const struct plot *plot, double value)
{
	const struct axis *axis = &plot->across;
	double share = (value - axis->low) / (axis->high - axis->low);

	return plot->area.x + plot->area.width * fmin(fmax(share, 0), 1);
}

double plot_y(const struct plot *plot, double value)
{
	const struct axis *axis = &plot->up;
	double share = (value - axis->low) / (axis->high - axis->low);

	return plot->area.y + plot->area.height * (1 - fmin(fmax(share, 0), 1));
}

double plot_left(const struct plot *plot)
{
	double widest = canvas_text_width(plot->chart->unit, PLOT_LETTERS);

	for (size_t i = 0; i < plot->up.count; i++) {
		double width = canvas_text_width(plot->up.ticks[i].label, PLOT_LETTERS);
		widest = fmax(widest, width);
	}
	return fmin(fmax(widest + 10, 32), CHART_WIDTH / 4.);
}

void plot_letters(const struct plot *plot, enum ink ink, struct lettering lettering, double width)
{
	if (lettering.size == 0)
		lettering.size = PLOT_LETTERS;
	char *text = width > 0 ? canvas_fit_text(lettering.text, lettering.size, width)
			       : must_copy(lettering.text);
	lettering.text = text;
	plot->canvas->ops->letters(plot->canvas, ink, &lettering);
	free(text);
}

void plot_grid(const struct plot *plot)
{
	const struct box *area = &plot->area;

	for (size_t i = 0; i < plot->up.count; i++) {
		const struct tick *tick = &plot->up.ticks[i];
		double y = plot_y(plot, tick->value);
		canvas_line(plot->canvas, INK_GRID, (struct spot){area->x, y},
			    (struct spot){area->x + area->width, y});
		plot_letters(plot, INK_SCALE,
			     (struct lettering){{area->x - 8, y + 4}, ANCHOR_END, 0, tick->label},
			     0);
	}
	if (plot->chart->unit[0] != '\0')
		plot_letters(plot, INK_SCALE,
			     (struct lettering){
				     {area->x - 8, area->y - 12}, ANCHOR_END, 0, plot->chart->unit},
			     area->x - 8);
}

void plot_base(const struct plot *plot)
{
	double bottom = plot->area.y + plot->area.height;
	double free_from = 0;

	canvas_line(plot->canvas, INK_AXIS, (struct spot){plot->area.x, bottom},
		    (struct spot){plot->area.x + plot->area.width, bottom});
	for (size_t i = 0; i < plot->across.count; i++) {
		const struct tick *tick = &plot->across.ticks[i];
		double x = plot_x(plot, tick->value);
		double half = canvas_text_width(tick->label, PLOT_LETTERS) / 2;
		canvas_line(plot->canvas, INK_AXIS, (struct spot){x, bottom},
			    (struct spot){x, bottom + 4});
		if (x - half < free_from || x + half > CHART_WIDTH)
			continue;
		free_from = x + half + 6;
		plot_letters(plot, INK_SCALE,
			     (struct lettering){{x, bottom + 18}, ANCHOR_MIDDLE, 0, tick->label},
			     0);
	}
}

void plot_no_data(const struct plot *plot)
{
	const struct box *area = &plot->area;
	const char *text = text_get(plot->canvas->language, TEXT_CHART_NO_DATA);

	plot_letters(plot, INK_SCALE,
		     (struct lettering){{area->x + area->width / 2, area->y + area->height / 2},
					ANCHOR_MIDDLE,
					0,
					text},
		     area->width);
}

void plot_beyond(const struct plot *plot, struct spot tip)
{
	const struct spot corners[] = {tip, {tip.x + 4, tip.y + 7}, {tip.x - 4, tip.y + 7}, tip};

	plot->canvas->ops->polygon(plot->canvas, INK_BEYOND, corners, 4);
}

size_t plot_group(const struct chart *chart, size_t limit)
{
	size_t most = 0;

	for (size_t i = 0; i < chart->series_count; i++) {
		if (chart->series[i].count > most)
			most = chart->series[i].count;
	}
	return most <= limit ? 1 : (most + limit - 1) / limit;
}

struct chart_point *plot_merge(const struct chart_series *series, size_t group, size_t *count)
{
	*count = (series->count + group - 1) / group;
	struct chart_point *merged = must_calloc(*count, sizeof(*merged));

	for (size_t i = 0; i < series->count; i++) {
		const struct chart_point *point = &series->points[i];
		struct chart_point *one = &merged[i / group];
		if (i % group == 0)
			*one = *point;
		one->until = point->until;
		if (isnan(one->value) || point->value > one->value)
			one->value = point->value;
	}
	return merged;
}

static double entry_width(const struct legend_entry *entry)
{
	return 24 + canvas_text_width(entry->name, PLOT_LETTERS) + 20;
}

/* Places entry at *at, in a new row where this one is full. */
static void place_entry(const struct legend_entry *entry, struct spot *at)
{
	if (at->x > 0 && at->x + entry_width(entry) > CHART_WIDTH) {
		at->x = 0;
		at->y += PLOT_LEGEND_ROW;
	}
}

double legend_height(const struct legend_entry *entries, size_t count)
{
	struct spot at = {0, PLOT_LEGEND_ROW};

	for (size_t i = 0; i < count; i++) {
		place_entry(&entries[i], &at);
		at.x += entry_width(&entries[i]);
	}
	return count == 0 ? 0 : at.y;
}

static void draw_sample(const struct plot *plot, enum ink ink, struct spot at)
{
	/* In a histogram the first series is areas, the others are outlines. */
	bool area = plot->chart->kind == CHART_HISTOGRAM && ink == INK_SERIES;

	if (plot->chart->kind == CHART_HISTOGRAM && !area)
		canvas_line(plot->canvas, ink, (struct spot){at.x, at.y + 10},
			    (struct spot){at.x + 18, at.y + 10});
	else
		plot->canvas->ops->boxes(plot->canvas, ink, &(struct box){at.x, at.y + 5, 18, 10},
					 1);
}

void legend_draw(const struct plot *plot, const struct legend_entry *entries, size_t count,
		 double y)
{
	struct spot at = {0, y};

	for (size_t i = 0; i < count; i++) {
		place_entry(&entries[i], &at);
		draw_sample(plot, entries[i].ink, at);
		plot_letters(plot, INK_LABEL,
			     (struct lettering){
				     {at.x + 24, at.y + 14}, ANCHOR_START, 0, entries[i].name},
			     CHART_WIDTH - 30);
		at.x += entry_width(&entries[i]);
	}
}
