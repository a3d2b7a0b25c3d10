/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/metric/histogram.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>

/* Lower edges in nanoseconds: constants rather than pow(), so that every machine and every libm has
 * the same layout. */
static const nsec rtt_edges[] = {
	0,	    100000,	125893,	    158489,	199526,	    251189,	316228,
	398107,	    501187,	630957,	    794328,	1000000,    1258930,	1584890,
	1995260,    2511890,	3162280,    3981070,	5011870,    6309570,	7943280,
	10000000,   12589300,	15848900,   19952600,	25118900,   31622800,	39810700,
	50118700,   63095700,	79432800,   100000000,	125893000,  158489000,	199526000,
	251189000,  316228000,	398107000,  501187000,	630957000,  794328000,	1000000000,
	1258930000, 1584890000, 1995260000, 2511890000, 3162280000, 3981070000,
};
static const nsec pdv_edges[] = {
	0,	  25000,    39622,    62797,	99526,	   157739,    250000,	 396220,
	627970,	  995260,   1577390,  2500000,	3962200,   6279700,   9952600,	 15773900,
	25000000, 39622000, 62797000, 99526000, 157739000, 250000000, 396220000, 627970000,
};

/* A quantile is exact when it is off by at most one part in TOLERANCE. */
enum { BUCKETS_MAX = RTT_BUCKETS, TOLERANCE = 50 };

static const struct layout {
	size_t buckets;
	const nsec *edges;
	double first_log2; /* of the lower edge of bucket 1 */
	double buckets_per_doubling;
} layouts[] = {
	[DELAY_RTT] = {RTT_BUCKETS, rtt_edges, 16.609640474, 3.010299957},
	[DELAY_PDV] = {PDV_BUCKETS, pdv_edges, 14.609640474, 1.505149978},
};

_Static_assert(sizeof(rtt_edges) == RTT_BUCKETS * sizeof(nsec), "an edge for each bucket");
_Static_assert(sizeof(pdv_edges) == PDV_BUCKETS * sizeof(nsec), "an edge for each bucket");

size_t histogram_buckets(enum delay_kind kind)
{
	return layouts[kind].buckets;
}

nsec histogram_lower(enum delay_kind kind, size_t bucket)
{
	return layouts[kind].edges[bucket];
}

nsec histogram_upper(enum delay_kind kind, size_t bucket)
{
	if (bucket + 1 >= layouts[kind].buckets)
		return NSEC_INFINITE;
	return histogram_lower(kind, bucket + 1);
}

/* Within a bucket of where the delay, at least 1, belongs: log2 by a parabola through its ends that
 * is at most 0.01 off between powers of two. */
static size_t bucket_near(const struct layout *layout, nsec delay)
{
	int power = 63 - __builtin_clzll((unsigned long long)delay);
	double rest = (double)delay / (double)(UINT64_C(1) << power);
	double log2_of = power + ((6 - rest) * rest - 5) / 3;
	double bucket = 1 + (log2_of - layout->first_log2) * layout->buckets_per_doubling;

	if (bucket < 0)
		return 0;
	return bucket >= (double)layout->buckets ? layout->buckets - 1 : (size_t)bucket;
}

size_t histogram_bucket_of(enum delay_kind kind, nsec delay)
{
	const struct layout *layout = &layouts[kind];
	size_t bucket = delay < 1 ? 0 : bucket_near(layout, delay);

	while (bucket + 1 < layout->buckets && delay >= layout->edges[bucket + 1])
		bucket++;
	while (bucket > 0 && delay < layout->edges[bucket])
		bucket--;
	return bucket;
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

/* A row's packets whose delay variation is at most x, each bucket's spread evenly. */
static double variation_below(const struct delays *row, nsec x)
{
	size_t last = histogram_bucket_of(DELAY_PDV, x);
	nsec high = histogram_upper(DELAY_PDV, last);
	double sum = 0;

	if (x < 0)
		return 0;
	for (size_t b = 0; b < last; b++)
		sum += row->pdv[b];
	if (row->pdv_max != NSEC_UNDEFINED && row->pdv_max < high)
		high = row->pdv_max;
	if (x >= high)
		return sum + row->pdv[last];
	return sum +
	       row->pdv[last] * ((double)(x - pdv_edges[last]) / (double)(high - pdv_edges[last]));
}

/* With fewer answers a slot, the slots' minima lie too far above the row's. */
enum { SHAPING_ANSWERS = 10 };

/* Delay variation tells more than the tilt where it divides the span into three parts or more. */
static bool is_shaped(const struct delays *row, const struct span *span)
{
	if (delays_answered(row) < (uint64_t)SHAPING_ANSWERS * row->slots)
		return false;
	nsec low = span->low - row->rtt_min;
	nsec high = span->high - row->rtt_min;
	size_t first = histogram_bucket_of(DELAY_PDV, low) + 1; /* the first edge above low */

	return first + 1 < PDV_BUCKETS && pdv_edges[first + 1] < high &&
	       variation_below(row, high) - variation_below(row, low - 1) >= 1;
}

static struct span span_of(const struct delays *row, enum delay_kind kind, size_t bucket,
			   double tilt)
{
	nsec least = kind == DELAY_RTT ? row->rtt_min : 0;
	nsec most = kind == DELAY_RTT ? row->rtt_max : row->pdv_max;
	nsec lower = histogram_lower(kind, bucket);
	nsec upper = histogram_upper(kind, bucket);
	struct span span = {.low = lower, .high = upper};

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
static double share_below(const struct delays *row, enum delay_kind kind, struct span span, nsec x)
{
	if (x >= span.high)
		return 1;
	if (x < span.low)
		return 0;
	if (kind == DELAY_RTT && row->rtt_min != NSEC_UNDEFINED && is_shaped(row, &span)) {
		double before = variation_below(row, span.low - row->rtt_min - 1);
		double until = variation_below(row, span.high - row->rtt_min);
		return (variation_below(row, x - row->rtt_min) - before) / (until - before);
	}
	double u = (double)(x - span.low) / (double)(span.high - span.low);
	return u - span.tilt * u * (1 - u);
}

/* Where packets are put of which it is not known how they are spread. */
enum doubt { DOUBT_SPREAD, DOUBT_LOW, DOUBT_HIGH };

/* One bucket of some rows. */
struct cut {
	const struct delays *rows;
	size_t count;
	enum delay_kind kind;
	size_t bucket;
	double tilt;
	enum doubt doubt;
};

/* Whether the row's smallest round trip moved inside the span by what would matter. */
static bool is_mixed(const struct cut *cut, const struct delays *row, const struct span *span)
{
	if (cut->kind != DELAY_RTT || row->rtt_min == NSEC_UNDEFINED ||
	    row->pdv_max == NSEC_UNDEFINED)
		return false;
	nsec moved = row->rtt_max - row->rtt_min - row->pdv_max;
	return moved > row->rtt_min / TOLERANCE && row->rtt_min >= span->low - 1 &&
	       row->rtt_min + moved < span->high;
}

/* A row's packets of the bucket at or below x. */
static double row_below(const struct cut *cut, const struct delays *row, nsec x)
{
	uint32_t packets = counts_of(row, cut->kind)[cut->bucket];

	if (packets == 0)
		return 0;
	struct span span = span_of(row, cut->kind, cut->bucket, cut->tilt);
	if (cut->doubt != DOUBT_SPREAD && is_mixed(cut, row, &span))
		return x >= (cut->doubt == DOUBT_LOW ? span.low : span.high) ? packets : 0;
	return packets * share_below(row, cut->kind, span, x);
}

static double packets_below(const struct cut *cut, nsec x)
{
	double sum = 0;

	for (size_t i = 0; i < cut->count; i++)
		sum += row_below(cut, &cut->rows[i], x);
	return sum;
}

/* The interval in which the bucket's packets of all rows lie. */
static struct span bounds_of(const struct cut *cut)
{
	struct span bounds = {.low = NSEC_INFINITE, .high = 0};

	for (size_t i = 0; i < cut->count; i++) {
		if (counts_of(&cut->rows[i], cut->kind)[cut->bucket] == 0)
			continue;
		struct span span = span_of(&cut->rows[i], cut->kind, cut->bucket, 0);
		bounds.low = span.low < bounds.low ? span.low : bounds.low;
		bounds.high = span.high > bounds.high ? span.high : bounds.high;
	}
	return bounds;
}

/* The smallest x within bounds at which the bucket's packets reach rank. */
static nsec seek(const struct cut *cut, struct span bounds, double rank)
{
	nsec low = bounds.low - 1;
	nsec high = bounds.high;

	while (high - low > 1) {
		nsec middle = low + (high - low) / 2;
		if (packets_below(cut, middle) >= rank)
			high = middle;
		else
			low = middle;
	}
	return high;
}

static bool has_mixed_rows(const struct cut *cut)
{
	for (size_t i = 0; i < cut->count; i++) {
		struct span span = span_of(&cut->rows[i], cut->kind, cut->bucket, 0);
		if (counts_of(&cut->rows[i], cut->kind)[cut->bucket] > 0 &&
		    is_mixed(cut, &cut->rows[i], &span))
			return true;
	}
	return false;
}

static struct quantile place(struct cut cut, double rank)
{
	struct span bounds = bounds_of(&cut);
	nsec value = seek(&cut, bounds, rank);
	struct quantile quantile = {value, bounds.low, bounds.high, true};

	if (!has_mixed_rows(&cut))
		return quantile;
	cut.doubt = DOUBT_LOW;
	quantile.exact = value - seek(&cut, bounds, rank) <= value / TOLERANCE;
	cut.doubt = DOUBT_HIGH;
	quantile.exact &= seek(&cut, bounds, rank) - value <= value / TOLERANCE;
	return quantile;
}

/* 0.95 · 20 is 19.000000000000000x in binary: what is only rounding is taken off. */
static uint64_t rank_of(double p, uint64_t packets)
{
	return (uint64_t)ceil(p * (double)packets * (1 - 1e-12));
}

struct quantile delays_quantile(const struct delays *rows, size_t count, enum delay_kind kind,
				double p)
{
	struct quantile undefined = {NSEC_UNDEFINED, NSEC_UNDEFINED, NSEC_UNDEFINED, true};
	struct quantile infinite = {NSEC_INFINITE, NSEC_INFINITE, NSEC_INFINITE, true};
	struct merged merged = merge_counts(rows, count, kind);
	uint64_t packets = merged.answered + merged.lost;
	uint64_t before = 0;

	assert(p > 0 && p <= 1);
	if (packets == 0)
		return undefined;
	uint64_t rank = rank_of(p, packets);
	for (size_t b = 0; b < layouts[kind].buckets; b++) {
		if (before + merged.counts[b] >= rank) {
			struct cut cut = {.rows = rows,
					  .count = count,
					  .kind = kind,
					  .bucket = b,
					  .tilt = tilt_of(&merged, kind, b)};
			return place(cut, (double)(rank - before) - 0.5);
		}
		before += merged.counts[b];
	}
	return infinite;
}

/* The row's packets up to x, each slot's above its own smallest. */
static double slots_below(const struct delays *row, const struct row_slots *slots, nsec x)
{
	double sum = 0;

	for (size_t i = 0; i < slots->count; i++) {
		nsec above = x - slots->items[i].rtt_min;
		if (above >= 0)
			sum += slots->items[i].answered * variation_below(row, above);
	}
	return sum;
}

/* row_below with what the slots tell. */
static double row_below_by_slots(const struct cut *cut, size_t i, const struct row_slots *slots,
				 nsec x)
{
	const struct delays *row = &cut->rows[i];
	uint32_t packets = row->rtt[cut->bucket];

	if (packets == 0)
		return 0;
	struct span span = span_of(row, cut->kind, cut->bucket, cut->tilt);
	if (x >= span.high)
		return packets;
	if (x < span.low)
		return 0;
	double before = slots_below(row, slots, span.low - 1);
	double within = slots_below(row, slots, span.high) - before;
	if (slots->count == 0 || within <= 0)
		return row_below(cut, row, x);
	return packets * (slots_below(row, slots, x) - before) / within;
}

bool delays_check(const struct delays *rows, const struct row_slots *slots, size_t count,
		  struct quantile q, double p)
{
	nsec slack = q.value / TOLERANCE;

	if (q.value == NSEC_UNDEFINED || q.value == NSEC_INFINITE ||
	    (q.value - q.low <= slack && q.high - q.value <= slack))
		return true;
	struct merged merged = merge_counts(rows, count, DELAY_RTT);
	size_t bucket = histogram_bucket_of(DELAY_RTT, q.value);
	/* A value on the upper edge belongs to the bucket below. */
	if (bucket > 0 && q.high <= histogram_lower(DELAY_RTT, bucket))
		bucket--;
	struct cut cut = {.rows = rows,
			  .count = count,
			  .kind = DELAY_RTT,
			  .bucket = bucket,
			  .tilt = tilt_of(&merged, DELAY_RTT, bucket)};
	double rank = (double)rank_of(p, merged.answered + merged.lost) - 0.5;
	double below = 0;
	double above = 0;

	for (size_t b = 0; b < bucket; b++)
		rank -= (double)merged.counts[b];
	for (size_t i = 0; i < count; i++) {
		below += row_below_by_slots(&cut, i, &slots[i], q.value - slack - 1);
		above += row_below_by_slots(&cut, i, &slots[i], q.value + slack);
	}
	return below < rank && rank <= above;
}

double delays_above(const struct delays *rows, size_t count, enum delay_kind kind, nsec bound)
{
	struct merged merged = merge_counts(rows, count, kind);
	size_t bucket = histogram_bucket_of(kind, bound);
	struct cut cut = {.rows = rows,
			  .count = count,
			  .kind = kind,
			  .bucket = bucket,
			  .tilt = tilt_of(&merged, kind, bucket)};
	double above = (double)merged.counts[bucket] - packets_below(&cut, bound);

	for (size_t b = bucket + 1; b < layouts[kind].buckets; b++)
		above += (double)merged.counts[b];
	return above;
}
