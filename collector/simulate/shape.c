/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/simulate/shape.h"

#include <math.h>

double queue_log_normal(const struct queue *queue, double x)
{
	return x <= 0 ? 0 : 0.5 * erfc(-log(x / queue->size) / (queue->spread * M_SQRT2));
}

double queue_exponential(const struct queue *queue, double x)
{
	return x <= 0 ? 0 : -expm1(-x / queue->size);
}

double queue_uniform(const struct queue *queue, double x)
{
	return x <= 0 ? 0 : fmin(x / queue->size, 1);
}

static double model_at(const struct queue *queue, double x)
{
	if (queue->size <= 0) /* no queue at all */
		return x >= 0 ? 1 : 0;
	return queue->model(queue, x);
}

static double share_below(const struct queue *queue, double x)
{
	double share = model_at(queue, x);

	if (queue->second_share > 0)
		share += queue->second_share * (model_at(queue, x - queue->second) - share);
	if (queue->tail_share > 0) {
		double tail = queue->tail > 0 ? -expm1(-fmax(x, 0) / queue->tail) : 1;
		share += queue->tail_share * (tail - share);
	}
	return share;
}

/* The smallest x, not below low, with a share of at least p at or below it. */
static double quantile(const struct queue *queue, double p, double low)
{
	enum { HALVINGS = 48 };
	double high = low > 1e-3 ? 2 * low : 1e-3;

	if (share_below(queue, low) >= p)
		return low;
	while (share_below(queue, high) < p && high < 1e6)
		high *= 2;
	for (int i = 0; i < HALVINGS; i++) {
		double middle = 0.5 * (low + high);
		if (share_below(queue, middle) < p)
			low = middle;
		else
			high = middle;
	}
	return high;
}

static void fill(float *table, const struct queue *queue, double from, double until)
{
	double x = 0;

	for (int i = 0; i <= SHAPE_CELLS; i++) {
		/* The last quantile of all would be without end. */
		double p = fmin(from + (until - from) * i / SHAPE_CELLS, 1 - 0x1p-23);
		x = quantile(queue, p, x);
		table[i] = (float)(x * (double)NSEC_PER_MSEC);
	}
}

void shape_lay_out(struct shape *shape, const struct queue *queue)
{
	fill(shape->body, queue, 0, 1);
	fill(shape->extreme, queue, 1 - 1.0 / SHAPE_CELLS, 1);
}

double shape_load(const struct shape *shape, nsec since_midnight)
{
	if (shape->load <= 1)
		return 1;
	double turn = (double)(since_midnight - shape->peak) / (double)NSEC_PER_DAY;
	double swell = 0.5 * (1 + cos(2 * M_PI * turn));
	return 1 + (shape->load - 1) * swell * swell;
}
