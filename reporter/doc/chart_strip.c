/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Verdicts over time, a lane for each series. */
#include "reporter/doc/chart_plot.h"

#include "reporter/text/must.h"

#include <math.h>
#include <stdlib.h>

enum {
	TOP = 6,
	LANE = 18,
	LANE_TALL = 28,
	LANE_GAP = 8,
	BELOW = 30,
	NAME_MOST = 190,
	CELLS = 1200
};

/* A fault narrower than this would not be seen in print. */
#define LEAST_FAULT 1.4

/* Where slots share a cell of the lane the first of these that is among them is shown: an outage
 * of one slot must not vanish from a month. */
static const enum verdict order[] = {VERDICT_BAD,     VERDICT_DEGRADED, VERDICT_UNKNOWN,
				     VERDICT_PLANNED, VERDICT_GOOD,	VERDICT_UNSCHEDULED};

static int rank_of(enum verdict verdict)
{
	for (int i = 0; i < VERDICT_COUNT; i++) {
		if (order[i] == verdict)
			return i;
	}
	return VERDICT_COUNT;
}

static double name_room(const struct chart *chart)
{
	double widest = 0;

	for (size_t i = 0; i < chart->series_count; i++)
		widest = fmax(widest, canvas_text_width(chart->series[i].name, PLOT_LETTERS));
	return widest == 0 ? 20 : fmax(fmin(widest, NAME_MOST) + 12, 20);
}

static double lane_height(const struct chart *chart)
{
	if (chart->series_count <= 1)
		return LANE_TALL;
	for (size_t i = 0; i < chart->series_count; i++) {
		if (canvas_text_width(chart->series[i].name, PLOT_LETTERS) > NAME_MOST)
			return LANE_TALL;
	}
	return LANE;
}

static double lanes_height(const struct chart *chart)
{
	/* One lane's room is kept to say that there is none. */
	return fmax((double)chart->series_count, 1) * (lane_height(chart) + LANE_GAP);
}

/* The verdicts that occur, in their own order. */
static size_t legend_of(const struct chart *chart, enum language language,
			struct legend_entry entries[VERDICT_COUNT])
{
	static const enum text_id names[VERDICT_COUNT] = {
		[VERDICT_GOOD] = TEXT_CHART_VERDICT_GOOD,
		[VERDICT_DEGRADED] = TEXT_CHART_VERDICT_DEGRADED,
		[VERDICT_BAD] = TEXT_CHART_VERDICT_BAD,
		[VERDICT_PLANNED] = TEXT_CHART_VERDICT_PLANNED,
		[VERDICT_UNKNOWN] = TEXT_CHART_VERDICT_UNKNOWN,
		[VERDICT_UNSCHEDULED] = TEXT_CHART_VERDICT_UNSCHEDULED,
	};
	bool seen[VERDICT_COUNT] = {false};
	size_t count = 0;

	for (size_t i = 0; i < chart->series_count; i++) {
		for (size_t k = 0; k < chart->series[i].count; k++)
			seen[chart->series[i].points[k].verdict] = true;
	}
	for (int i = 0; i < VERDICT_COUNT; i++) {
		if (seen[i])
			entries[count++] = (struct legend_entry){ink_of_verdict((enum verdict)i),
								 text_get(language, names[i])};
	}
	return count;
}

double strip_height(const struct chart *chart, enum language language)
{
	struct legend_entry entries[VERDICT_COUNT];
	size_t count = legend_of(chart, language, entries);

	return TOP + lanes_height(chart) + BELOW + legend_height(entries, count);
}

/* The cell of the lane that an instant lies in; the period's end is CELLS. */
static int cell_of(const struct chart *chart, nsec t)
{
	double share = (double)(t - chart->period.from) /
		       (double)(chart->period.until - chart->period.from);

	return (int)(fmin(fmax(share, 0), 1) * CELLS);
}

bool strip_is_merged(const struct chart *chart)
{
	for (size_t i = 0; i < chart->series_count; i++) {
		const struct chart_series *series = &chart->series[i];
		for (size_t k = 1; k < series->count; k++) {
			/* Two slots in one cell matter only where they differ. */
			if (series->points[k].verdict != series->points[k - 1].verdict &&
			    cell_of(chart, series->points[k].at) ==
				    cell_of(chart, series->points[k - 1].at))
				return true;
		}
	}
	return false;
}

/* The rank of the worst verdict in each cell, VERDICT_COUNT where the series says nothing. */
static void fill_cells(const struct chart *chart, const struct chart_series *series,
		       int cells[CELLS])
{
	for (int i = 0; i < CELLS; i++)
		cells[i] = VERDICT_COUNT;
	for (size_t k = 0; k < series->count; k++) {
		const struct chart_point *point = &series->points[k];
		int rank = rank_of(point->verdict);
		int from = cell_of(chart, point->at);
		int until = cell_of(chart, point->until);
		if (point->until <= chart->period.from || point->at >= chart->period.until)
			continue;
		for (int i = from; i < (until > from ? until : from + 1) && i < CELLS; i++)
			cells[i] = rank < cells[i] ? rank : cells[i];
	}
}

/* What must be seen is widened about its middle, within the lane. */
static struct box widen(struct box box, const struct box *lane)
{
	if (box.width >= LEAST_FAULT)
		return box;
	double x = box.x + box.width / 2 - LEAST_FAULT / 2;

	box.x = fmin(fmax(x, lane->x), lane->x + lane->width - LEAST_FAULT);
	box.width = LEAST_FAULT;
	return box;
}

/* Neighbouring cells of one verdict are one box. */
static void draw_rank(const struct plot *plot, const int cells[CELLS], int rank, struct box lane)
{
	struct box *boxes = must_calloc(CELLS, sizeof(*boxes));
	bool fault = order[rank] == VERDICT_BAD || order[rank] == VERDICT_DEGRADED;
	double width = lane.width / CELLS;
	size_t count = 0;

	for (int i = 0; i < CELLS; i++) {
		if (cells[i] != rank)
			continue;
		int last = i;
		while (last + 1 < CELLS && cells[last + 1] == rank)
			last++;
		struct box box = {lane.x + i * width, lane.y, (last + 1 - i) * width, lane.height};
		boxes[count++] = fault ? widen(box, &lane) : box;
		i = last;
	}
	plot->canvas->ops->boxes(plot->canvas, ink_of_verdict(order[rank]), boxes, count);
	free(boxes);
}

/* The worst is drawn last, over its neighbours. */
static void draw_lane(const struct plot *plot, const struct chart_series *series, struct box lane)
{
	int *cells = must_calloc(CELLS, sizeof(*cells));
	const struct spot outline[] = {{lane.x, lane.y},
				       {lane.x + lane.width, lane.y},
				       {lane.x + lane.width, lane.y + lane.height},
				       {lane.x, lane.y + lane.height},
				       {lane.x, lane.y}};

	fill_cells(plot->chart, series, cells);
	for (int rank = VERDICT_COUNT - 1; rank >= 0; rank--)
		draw_rank(plot, cells, rank, lane);
	plot->canvas->ops->polyline(plot->canvas, INK_GRID, outline, 5);
	free(cells);
}

static void name_lane(const struct plot *plot, const char *name, struct box lane)
{
	char *lines[2];
	double x = lane.x - 10;
	double y = lane.y + lane.height / 2 + 4;

	canvas_wrap_text(name, PLOT_LETTERS, NAME_MOST, lines);
	if (lines[1] != NULL)
		y -= 7;
	plot_letters(plot, INK_LABEL, (struct lettering){{x, y}, ANCHOR_END, 0, lines[0]}, 0);
	if (lines[1] != NULL)
		plot_letters(plot, INK_LABEL,
			     (struct lettering){{x, y + 14}, ANCHOR_END, 0, lines[1]}, 0);
	free(lines[0]);
	free(lines[1]);
}

void draw_strip(struct plot *plot)
{
	const struct chart *chart = plot->chart;
	double left = name_room(chart);
	double height = lane_height(chart);
	struct legend_entry entries[VERDICT_COUNT];
	size_t count = legend_of(chart, plot->canvas->language, entries);

	plot->area = (struct box){left, TOP, CHART_WIDTH - left - 20, lanes_height(chart)};
	plot->across = axis_of_time(chart->period, (size_t)(plot->area.width / 58));
	for (size_t i = 0; i < chart->series_count; i++) {
		struct box lane = {left, TOP + (double)i * (height + LANE_GAP), plot->area.width,
				   height};
		name_lane(plot, chart->series[i].name, lane);
		draw_lane(plot, &chart->series[i], lane);
	}
	if (count == 0)
		plot_no_data(plot);
	plot_base(plot);
	legend_draw(plot, entries, count, TOP + lanes_height(chart) + BELOW);
}
