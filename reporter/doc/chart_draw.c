/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/doc/chart_plot.h"

#include "collector/base/calendar.h"
#include "reporter/text/must.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* One row a kind of chart: nobody else asks which kind it is. */
static const struct {
	void (*draw)(struct plot *plot);
	double (*height)(const struct chart *chart, enum language language);
	enum text_id description;
	size_t points_limit; /* 0: points are not merged by groups */
} kinds[] = {
	[CHART_LINES] = {draw_lines, lines_height, TEXT_CHART_DESCRIBE_LINES, PLOT_LINE_POINTS},
	[CHART_COLUMNS] = {draw_columns, lines_height, TEXT_CHART_DESCRIBE_COLUMNS, PLOT_COLUMNS},
	[CHART_STRIP] = {draw_strip, strip_height, TEXT_CHART_DESCRIBE_STRIP, 0},
	[CHART_HISTOGRAM] = {draw_histogram, histogram_height, TEXT_CHART_DESCRIBE_HISTOGRAM, 0},
};

double chart_height(const struct chart *chart, enum language language)
{
	return kinds[chart->kind].height(chart, language);
}

void chart_draw(const struct chart *chart, struct canvas *canvas)
{
	struct plot plot = {.chart = chart, .canvas = canvas};

	kinds[chart->kind].draw(&plot);
}

static char *join_names(const struct chart *chart, enum language language)
{
	char *names = must_copy("");

	for (size_t i = 0; i < chart->series_count; i++) {
		const char *comma = text_get(language, TEXT_DOC_LIST_COMMA);
		char *longer =
			must_format("%s%s%s", names, i == 0 ? "" : comma, chart->series[i].name);
		free(names);
		names = longer;
	}
	return names;
}

char *chart_describe(const struct chart *chart, enum language language)
{
	char from[CALENDAR_TEXT];
	char until[CALENDAR_TEXT];

	calendar_format(chart->period.from, from);
	calendar_format(chart->period.until, until);
	char *names = join_names(chart, language);
	char *text =
		TEXT(language, kinds[chart->kind].description, from, until, chart->unit, names);
	free(names);
	return text;
}

char *chart_remark(const struct chart *chart, enum language language)
{
	size_t limit = kinds[chart->kind].points_limit;
	size_t group = limit == 0 ? 1 : plot_group(chart, limit);

	if (chart->kind == CHART_STRIP && strip_is_merged(chart))
		return must_copy(text_get(language, TEXT_CHART_MERGED_SLOTS));
	if (group == 1)
		return NULL;
	char number[24];
	snprintf(number, sizeof(number), "%zu", group);
	return TEXT(language, TEXT_CHART_MERGED_POINTS, number);
}
