/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/metric/histogram.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Edges of one decade, in thousandths of a per cent of its start: constants rather than pow(), so
 * that every machine and every libm has the same layout. */
static const nsec tenths[10] = {100000, 125893, 158489, 199526, 251189,
				316228, 398107, 501187, 630957, 794328};

static const struct layout {
	size_t buckets;
	nsec first;
	size_t stride; /* tenths of a decade per bucket */
} layouts[] = {
	[DELAY_RTT] = {RTT_BUCKETS, 100 * NSEC_PER_USEC, 1},
	[DELAY_PDV] = {PDV_BUCKETS, 25 * NSEC_PER_USEC, 2},
};

size_t histogram_buckets(enum delay_kind kind)
{
	return layouts[kind].buckets;
}

nsec histogram_lower(enum delay_kind kind, size_t bucket)
{
	const struct layout *layout = &layouts[kind];

	if (bucket == 0)
		return 0;
	size_t steps = (bucket - 1) * layout->stride;
	nsec edge = layout->first * tenths[steps % 10] / tenths[0];
	for (size_t decade = 0; decade < steps / 10; decade++)
		edge *= 10;
	return edge;
}

nsec histogram_upper(enum delay_kind kind, size_t bucket)
{
	if (bucket + 1 >= layouts[kind].buckets)
		return NSEC_INFINITE;
	return histogram_lower(kind, bucket + 1);
}

size_t histogram_bucket_of(enum delay_kind kind, nsec delay)
{
	size_t low = 0;
	size_t high = layouts[kind].buckets;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (delay < histogram_lower(kind, middle))
			high = middle;
		else
			low = middle;
	}
	return low;
}

struct delays delays_empty(void)
{
	return (struct delays){
		.rtt_min = NSEC_UNDEFINED,
		.rtt_max = NSEC_UNDEFINED,
		.pdv_max = NSEC_UNDEFINED,
	};
}

static nsec smaller(nsec a, nsec b)
{
	if (a == NSEC_UNDEFINED || b == NSEC_UNDEFINED)
		return a == NSEC_UNDEFINED ? b : a;
	return a < b ? a : b;
}

static nsec larger(nsec a, nsec b)
{
	return a > b ? a : b; /* NSEC_UNDEFINED is the smallest integer */
}

void delays_merge(struct delays *into, const struct delays *from)
{
	into->slots += from->slots;
	into->lost += from->lost;
	into->rtt_min = smaller(into->rtt_min, from->rtt_min);
	into->rtt_max = larger(into->rtt_max, from->rtt_max);
	into->pdv_max = larger(into->pdv_max, from->pdv_max);
	for (size_t i = 0; i < RTT_BUCKETS; i++)
		into->rtt[i] += from->rtt[i];
	for (size_t i = 0; i < PDV_BUCKETS; i++)
		into->pdv[i] += from->pdv[i];
}

static const uint32_t *counts_of(const struct delays *d, enum delay_kind kind)
{
	return kind == DELAY_RTT ? d->rtt : d->pdv;
}

uint64_t delays_answered(const struct delays *d)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < RTT_BUCKETS; i++)
		sum += d->rtt[i];
	return sum;
}

/* Where a row's packets of one bucket lie. */
struct span {
	nsec low;
	nsec high;
};

static struct span span_of(const struct delays *row, enum delay_kind kind, size_t bucket)
{
	nsec least = kind == DELAY_RTT ? row->rtt_min : 0;
	nsec most = kind == DELAY_RTT ? row->rtt_max : row->pdv_max;
	struct span span = {histogram_lower(kind, bucket), histogram_upper(kind, bucket)};

	if (least != NSEC_UNDEFINED && least > span.low)
		span.low = least;
	if (most != NSEC_UNDEFINED && most < span.high)
		span.high = most;
	if (span.high < span.low) /* only in damaged rows */
		span.high = span.low;
	return span;
}

/* Packets of the row's bucket at or below x. */
static double at_or_below(struct span span, uint32_t packets, nsec x)
{
	if (x >= span.high)
		return packets;
	if (x < span.low)
		return 0;
	return packets * ((double)(x - span.low) / (double)(span.high - span.low));
}

static double sum_at_or_below(const struct delays *rows, size_t count, enum delay_kind kind,
			      size_t bucket, nsec x)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++) {
		uint32_t packets = counts_of(&rows[i], kind)[bucket];
		if (packets > 0)
			sum += at_or_below(span_of(&rows[i], kind, bucket), packets, x);
	}
	return sum;
}

/* The interval in which the bucket's packets of all rows lie. */
static struct span bounds_of(const struct delays *rows, size_t count, enum delay_kind kind,
			     size_t bucket)
{
	struct span bounds = {NSEC_INFINITE, 0};

	for (size_t i = 0; i < count; i++) {
		if (counts_of(&rows[i], kind)[bucket] == 0)
			continue;
		struct span span = span_of(&rows[i], kind, bucket);
		bounds.low = span.low < bounds.low ? span.low : bounds.low;
		bounds.high = span.high > bounds.high ? span.high : bounds.high;
	}
	return bounds;
}

/* The smallest x at which the bucket's packets reach rank. */
static nsec place(const struct delays *rows, size_t count, enum delay_kind kind, size_t bucket,
		  double rank)
{
	struct span bounds = bounds_of(rows, count, kind, bucket);
	nsec low = bounds.low - 1;
	nsec high = bounds.high;

	while (high - low > 1) {
		nsec middle = low + (high - low) / 2;
		if (sum_at_or_below(rows, count, kind, bucket, middle) >= rank)
			high = middle;
		else
			low = middle;
	}
	return high;
}

struct quantile delays_quantile(const struct delays *rows, size_t count, enum delay_kind kind,
				double p)
{
	struct quantile undefined = {NSEC_UNDEFINED, NSEC_UNDEFINED, NSEC_UNDEFINED};
	struct quantile infinite = {NSEC_INFINITE, NSEC_INFINITE, NSEC_INFINITE};
	uint64_t merged[LAYOUT_BUCKETS_MAX] = {0};
	uint64_t packets = 0;

	assert(p > 0 && p <= 1);
	for (size_t i = 0; i < count; i++) {
		packets += rows[i].lost;
		for (size_t b = 0; b < layouts[kind].buckets; b++) {
			merged[b] += counts_of(&rows[i], kind)[b];
			packets += counts_of(&rows[i], kind)[b];
		}
	}
	if (packets == 0)
		return undefined;
	/* 0.95 · 20 is 19.000000000000000x in binary: what is only rounding is taken off. */
	uint64_t rank = (uint64_t)ceil(p * (double)packets * (1 - 1e-12));
	uint64_t before = 0;
	for (size_t b = 0; b < layouts[kind].buckets; b++) {
		if (before + merged[b] >= rank) {
			struct span bounds = bounds_of(rows, count, kind, b);
			double inside = (double)(rank - before) - 0.5;
			nsec value = place(rows, count, kind, b, inside);
			return (struct quantile){value, bounds.low, bounds.high};
		}
		before += merged[b];
	}
	return infinite;
}

double delays_above(const struct delays *rows, size_t count, enum delay_kind kind, nsec bound)
{
	double above = 0;

	for (size_t i = 0; i < count; i++) {
		for (size_t b = 0; b < layouts[kind].buckets; b++) {
			uint32_t packets = counts_of(&rows[i], kind)[b];
			if (packets > 0)
				above += packets -
					 at_or_below(span_of(&rows[i], kind, b), packets, bound);
		}
	}
	return above;
}
