/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An axis turns values into places and chooses the ticks that a reader expects. */
#ifndef NETGRADE_REPORTER_DOC_CHART_AXIS_H
#define NETGRADE_REPORTER_DOC_CHART_AXIS_H

#include "collector/base/nsec.h"

#include <stddef.h>

enum { TICK_LABEL = 24, TICKS_MAX = 64 };

struct tick {
	double value; /* of the axis; instants in nanoseconds */
	char label[TICK_LABEL];
};

struct axis {
	double low;
	double high; /* > low */
	struct tick ticks[TICKS_MAX];
	size_t count;
};

/* A linear axis that holds low and high, about `wanted` steps of 1, 2 or 5 times a power of ten.
 * It starts at zero unless the values lie in the upper half of zero to high. */
struct axis axis_of_values(double low, double high, size_t wanted);

/* The same, always from zero. */
struct axis axis_from_zero(double high, size_t wanted);

/* Time in the process's zone, at most `most` ticks, on whole minutes, hours, days or months. */
struct axis axis_of_time(struct period period, size_t most);

/* Delays in nanoseconds on a logarithmic axis, ticks named in milliseconds; 0 < low < high. */
struct axis axis_of_delays(double low, double high, size_t most);

#endif
