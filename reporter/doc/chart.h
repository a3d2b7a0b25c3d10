/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A chart is data and axes; how it is drawn is the same in every format (see canvas.h). */
#ifndef NETGRADE_REPORTER_DOC_CHART_H
#define NETGRADE_REPORTER_DOC_CHART_H

#include "collector/base/nsec.h"
#include "collector/metric/availability.h"

#include <stddef.h>

enum chart_kind {
	CHART_LINES,	 /* values over time, gaps where a value is NAN */
	CHART_COLUMNS,	 /* a bar per point over time */
	CHART_STRIP,	 /* one lane per series: verdicts over time */
	CHART_HISTOGRAM, /* share of packets per delay bucket, logarithmic axis */
};

struct chart_point {
	nsec at; /* start of what the point stands for; the bucket's lower edge in histograms */
	/* Its end; the bucket's upper edge, NSEC_INFINITE for what came back after T_max or never.
	 * A point that starts after the end of the one before leaves a gap. */
	nsec until;
	double value;	      /* NAN: a gap; INFINITY: drawn at the top, marked */
	enum verdict verdict; /* of a strip */
};

struct chart_series {
	char *name;
	struct chart_point *points;
	size_t count;
	size_t capacity;
};

struct chart {
	enum chart_kind kind;
	char *title;
	char *unit;	      /* of the vertical axis: "ms", "%" */
	struct period period; /* of the horizontal axis when it is time */
	struct chart_series *series;
	size_t series_count;
	/* A line to compare with, NAN for none; of the vertical axis, in histograms a delay in
	 * nanoseconds. */
	double bound;
	char *bound_name;
};

struct chart *chart_create(enum chart_kind kind, const char *title, const char *unit,
			   struct period period);
void chart_destroy(struct chart *chart);
/* Returns the index of the new series. */
size_t chart_add_series(struct chart *chart, const char *name);
void chart_add_point(struct chart *chart, size_t series, struct chart_point point);
void chart_set_bound(struct chart *chart, double bound, const char *name);

#endif
