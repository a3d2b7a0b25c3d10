/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/metric/histogram.h"

#include <assert.h>
#include <math.h>

/* Edges of one decade, in thousandths of a per cent of its start: constants rather than pow(), so
 * that every machine and every libm has the same layout. */
static const nsec tenths[10] = {100000, 125893, 158489, 199526, 251189,
				316228, 398107, 501187, 630957, 794328};

enum { BUCKETS_MAX = RTT_BUCKETS };

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

/* Counts of all rows together, and how many packets they stand for. */
struct merged {
	uint64_t counts[BUCKETS_MAX];
	uint64_t answered;
	uint64_t lost;
};

static struct merged merge_counts(const struct delays *rows, size_t count, enum delay_kind kind)
{
	struct merged merged = {0};

	for (size_t i = 0; i < count; i++) {
		merged.lost += rows[i].lost;
		for (size_t b = 0; b < layouts[kind].buckets; b++) {
			merged.counts[b] += counts_of(&rows[i], kind)[b];
			merged.answered += counts_of(&rows[i], kind)[b];
		}
	}
	return merged;
}

/* Packets per nanosecond in a bucket that has an upper bound. */
static double density(const struct merged *merged, enum delay_kind kind, size_t bucket)
{
	double width = (double)(histogram_upper(kind, bucket) - histogram_lower(kind, bucket));
	return (double)merged->counts[bucket] / width;
}

/* How much denser the bucket is at its upper than at its lower edge, as a share of its mean density
 * and so in [−1, 1]: half the bucket's width times the slope between its neighbours' densities. */
static double tilt_of(const struct merged *merged, enum delay_kind kind, size_t bucket)
{
	if (bucket == 0 || bucket + 2 >= layouts[kind].buckets || merged->counts[bucket] == 0)
		return 0;
	double rise = density(merged, kind, bucket + 1) - density(merged, kind, bucket - 1);
	double between =
		(double)(histogram_upper(kind, bucket + 1) + histogram_upper(kind, bucket) -
			 histogram_lower(kind, bucket) - histogram_lower(kind, bucket - 1)) /
		2;
	double half = (double)(histogram_upper(kind, bucket) - histogram_lower(kind, bucket)) / 2;
	double tilt = rise / between * half / density(merged, kind, bucket);
	return tilt > 1 ? 1 : tilt < -1 ? -1 : tilt;
}

/* Where a row's packets of one bucket lie, and how they lean. */
struct span {
	nsec low;
	nsec high;
	double tilt;
};

static struct span span_of(const struct delays *row, enum delay_kind kind, size_t bucket,
			   double tilt)
{
	nsec least = kind == DELAY_RTT ? row->rtt_min : 0;
	nsec most = kind == DELAY_RTT ? row->rtt_max : row->pdv_max;
	nsec lower = histogram_lower(kind, bucket);
	nsec upper = histogram_upper(kind, bucket);
	struct span span = {lower, upper, 0};

	if (least != NSEC_UNDEFINED && least > span.low)
		span.low = least;
	if (most != NSEC_UNDEFINED && most < span.high)
		span.high = most;
	if (span.high < span.low) /* only in damaged rows */
		span.high = span.low;
	if (upper != NSEC_INFINITE)
		span.tilt = tilt * (double)(span.high - span.low) / (double)(upper - lower);
	return span;
}

/* The share of the span's packets at or below x. */
static double share_below(struct span span, nsec x)
{
	if (x >= span.high)
		return 1;
	if (x < span.low)
		return 0;
	double u = (double)(x - span.low) / (double)(span.high - span.low);
	return u - span.tilt * u * (1 - u);
}

/* One bucket of some rows. */
struct cut {
	const struct delays *rows;
	size_t count;
	enum delay_kind kind;
	size_t bucket;
	double tilt;
};

static double packets_below(const struct cut *cut, nsec x)
{
	double sum = 0;

	for (size_t i = 0; i < cut->count; i++) {
		uint32_t packets = counts_of(&cut->rows[i], cut->kind)[cut->bucket];
		if (packets == 0)
			continue;
		struct span span = span_of(&cut->rows[i], cut->kind, cut->bucket, cut->tilt);
		sum += packets * share_below(span, x);
	}
	return sum;
}

/* The interval in which the bucket's packets of all rows lie. */
static struct span bounds_of(const struct cut *cut)
{
	struct span bounds = {NSEC_INFINITE, 0, 0};

	for (size_t i = 0; i < cut->count; i++) {
		if (counts_of(&cut->rows[i], cut->kind)[cut->bucket] == 0)
			continue;
		struct span span = span_of(&cut->rows[i], cut->kind, cut->bucket, 0);
		bounds.low = span.low < bounds.low ? span.low : bounds.low;
		bounds.high = span.high > bounds.high ? span.high : bounds.high;
	}
	return bounds;
}

/* The smallest x at which the bucket's packets reach rank. */
static struct quantile place(const struct cut *cut, double rank)
{
	struct span bounds = bounds_of(cut);
	nsec low = bounds.low - 1;
	nsec high = bounds.high;

	while (high - low > 1) {
		nsec middle = low + (high - low) / 2;
		if (packets_below(cut, middle) >= rank)
			high = middle;
		else
			low = middle;
	}
	return (struct quantile){high, bounds.low, bounds.high};
}

struct quantile delays_quantile(const struct delays *rows, size_t count, enum delay_kind kind,
				double p)
{
	struct quantile undefined = {NSEC_UNDEFINED, NSEC_UNDEFINED, NSEC_UNDEFINED};
	struct quantile infinite = {NSEC_INFINITE, NSEC_INFINITE, NSEC_INFINITE};
	struct merged merged = merge_counts(rows, count, kind);
	uint64_t packets = merged.answered + merged.lost;
	uint64_t before = 0;

	assert(p > 0 && p <= 1);
	if (packets == 0)
		return undefined;
	/* 0.95 · 20 is 19.000000000000000x in binary: what is only rounding is taken off. */
	uint64_t rank = (uint64_t)ceil(p * (double)packets * (1 - 1e-12));
	for (size_t b = 0; b < layouts[kind].buckets; b++) {
		if (before + merged.counts[b] >= rank) {
			struct cut cut = {rows, count, kind, b, tilt_of(&merged, kind, b)};
			return place(&cut, (double)(rank - before) - 0.5);
		}
		before += merged.counts[b];
	}
	return infinite;
}

double delays_above(const struct delays *rows, size_t count, enum delay_kind kind, nsec bound)
{
	struct merged merged = merge_counts(rows, count, kind);
	size_t bucket = histogram_bucket_of(kind, bound);
	struct cut cut = {rows, count, kind, bucket, tilt_of(&merged, kind, bucket)};
	double above = (double)merged.counts[bucket] - packets_below(&cut, bound);

	for (size_t b = bucket + 1; b < layouts[kind].buckets; b++)
		above += (double)merged.counts[b];
	return above;
}
