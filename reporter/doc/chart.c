/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reporter/doc/chart.h"

#include "reporter/text/must.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

struct chart *chart_create(enum chart_kind kind, const char *title, const char *unit,
			   struct period period)
{
	struct chart *chart = must_calloc(1, sizeof(*chart));

	chart->kind = kind;
	chart->title = must_copy(title);
	chart->unit = must_copy(unit);
	chart->period = period;
	chart->bound = (double)NAN;
	return chart;
}

void chart_destroy(struct chart *chart)
{
	if (chart == NULL)
		return;
	for (size_t i = 0; i < chart->series_count; i++) {
		free(chart->series[i].name);
		free(chart->series[i].points);
	}
	free(chart->series);
	free(chart->title);
	free(chart->unit);
	free(chart->bound_name);
	free(chart);
}

size_t chart_add_series(struct chart *chart, const char *name)
{
	struct chart_series *series = must_calloc(chart->series_count + 1, sizeof(*series));

	for (size_t i = 0; i < chart->series_count; i++)
		series[i] = chart->series[i];
	free(chart->series);
	chart->series = series;
	series[chart->series_count].name = must_copy(name);
	return chart->series_count++;
}

void chart_add_point(struct chart *chart, size_t series, struct chart_point point)
{
	assert(series < chart->series_count);
	struct chart_series *one = &chart->series[series];
	one->points = must_grow(one->points, one->count, &one->capacity, sizeof(point));
	one->points[one->count++] = point;
}

void chart_set_bound(struct chart *chart, double bound, const char *name)
{
	free(chart->bound_name);
	chart->bound = bound;
	chart->bound_name = must_copy(name);
}
