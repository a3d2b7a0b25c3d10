/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A shape is a distribution of round trips, laid out so that drawing from it costs a few
 * nanoseconds: a base, and tables of the queue's quantiles between which it is linear. */
#ifndef NETGRADE_SIMULATE_SHAPE_H
#define NETGRADE_SIMULATE_SHAPE_H

#include "collector/base/nsec.h"

#include <stddef.h>
#include <stdint.h>

enum { SHAPE_CELLS = 1024 };

struct shape {
	nsec base;
	double load; /* at the peak of the day, 1 at its opposite */
	nsec peak;   /* since local midnight */
	double burst;
	double burst_share;
	double burst_length;		/* mean, nanoseconds */
	float body[SHAPE_CELLS + 1];	/* quantiles of i/1024, nanoseconds */
	float extreme[SHAPE_CELLS + 1]; /* those of its last cell, likewise cut */
};

/* The queue's distribution: F = (1 − tail_share)·B + tail_share·Exp(tail),
 * B(x) = (1 − second_share)·M(x) + second_share·M(x − second). Milliseconds. */
struct queue {
	double (*model)(const struct queue *queue, double x); /* M */
	double size;					      /* median, mean or largest */
	double spread;
	double second;
	double second_share;
	double tail;
	double tail_share;
};

double queue_log_normal(const struct queue *queue, double x);
double queue_exponential(const struct queue *queue, double x);
double queue_uniform(const struct queue *queue, double x);

/* Fills body and extreme. */
void shape_lay_out(struct shape *shape, const struct queue *queue);

/* What the load makes of the queue at this time since local midnight. */
double shape_load(const struct shape *shape, nsec since_midnight);

/* A queue's length by 32 random bits, nanoseconds. */
static inline float shape_draw(const struct shape *shape, uint32_t chance)
{
	const float *at = &shape->body[chance >> 22];
	float part = (float)(chance & 0x3fffff) * 0x1p-22f;

	if (chance >> 22 == SHAPE_CELLS - 1) {
		at = &shape->extreme[chance >> 12 & (SHAPE_CELLS - 1)];
		part = (float)(chance & 0xfff) * 0x1p-12f;
	}
	return at[0] + (at[1] - at[0]) * part;
}

#endif
