/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/metric/quantile.h"

#include "collector/metric/spread.h"

#include <assert.h>
#include <math.h>

/* A quantile is exact when it is off by at most one part in TOLERANCE. */
enum { TOLERANCE = 50 };

/* One bucket of some rows. */
struct cut {
	const struct delays *rows;
	size_t count;
	struct spread spread;
	enum slots_begin begin; /* in rows where modes may be mixed */
};

static double row_below(const struct cut *cut, const struct delays *row, nsec x)
{
	enum slots_begin begin = BEGIN_AS_COUNTED;

	if (cut->begin != BEGIN_AS_COUNTED && spread_is_mixed(&cut->spread, row))
		begin = cut->begin;
	return spread_below(&cut->spread, row, begin, x);
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
		if (spread_packets(&cut->spread, &cut->rows[i]) == 0)
			continue;
		struct span span = spread_span(&cut->spread, &cut->rows[i]);
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
		if (spread_packets(&cut->spread, &cut->rows[i]) > 0 &&
		    spread_is_mixed(&cut->spread, &cut->rows[i]))
			return true;
	}
	return false;
}

static struct quantile place(struct cut *cut, double rank)
{
	struct span bounds = bounds_of(cut);
	nsec value = seek(cut, bounds, rank);
	struct quantile quantile = {value, bounds.low, bounds.high, true};

	if (!has_mixed_rows(cut))
		return quantile;
	cut->begin = BEGIN_LOW;
	quantile.exact = value - seek(cut, bounds, rank) <= value / TOLERANCE;
	cut->begin = BEGIN_HIGH;
	quantile.exact &= seek(cut, bounds, rank) - value <= value / TOLERANCE;
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
	struct merged merged = merged_counts(rows, count, kind);
	uint64_t packets = merged.answered + merged.lost;
	uint64_t before = 0;

	assert(p > 0 && p <= 1);
	if (packets == 0)
		return undefined;
	uint64_t rank = rank_of(p, packets);
	for (size_t b = 0; b < histogram_buckets(kind); b++) {
		if (before + merged.counts[b] >= rank) {
			struct cut cut = {rows, count, spread_of(rows, count, kind, b),
					  BEGIN_AS_COUNTED};
			return place(&cut, (double)(rank - before) - 0.5);
		}
		before += merged.counts[b];
	}
	return infinite;
}

/* The row's packets up to x, each slot's above its own smallest. */
static double slots_below(const struct spread *spread, const struct delays *row,
			  const struct row_slots *slots, nsec x)
{
	double sum = 0;

	for (size_t i = 0; i < slots->count; i++) {
		nsec above = x - slots->items[i].rtt_min;
		if (above >= 0)
			sum += slots->items[i].answered *
			       spread_variation(spread, row, (double)above);
	}
	return sum;
}

/* row_below with what the slots tell. */
static double row_below_by_slots(const struct cut *cut, size_t i, const struct row_slots *slots,
				 nsec x)
{
	const struct delays *row = &cut->rows[i];
	uint32_t packets = spread_packets(&cut->spread, row);

	if (packets == 0)
		return 0;
	struct span span = spread_span(&cut->spread, row);
	if (x >= span.high)
		return packets;
	if (x < span.low)
		return 0;
	double before = slots_below(&cut->spread, row, slots, span.low - 1);
	double within = slots_below(&cut->spread, row, slots, span.high) - before;
	if (slots->count == 0 || within <= 0)
		return row_below(cut, row, x);
	return packets * (slots_below(&cut->spread, row, slots, x) - before) / within;
}

bool delays_check(const struct delays *rows, const struct row_slots *slots, size_t count,
		  struct quantile q, double p)
{
	nsec slack = q.value / TOLERANCE;

	if (q.value == NSEC_UNDEFINED || q.value == NSEC_INFINITE ||
	    (q.value - q.low <= slack && q.high - q.value <= slack))
		return true;
	struct merged merged = merged_counts(rows, count, DELAY_RTT);
	size_t bucket = histogram_bucket_of(DELAY_RTT, q.value);
	/* A value on the upper edge belongs to the bucket below. */
	if (bucket > 0 && q.high <= histogram_lower(DELAY_RTT, bucket))
		bucket--;
	struct cut cut = {rows, count, spread_of(rows, count, DELAY_RTT, bucket), BEGIN_AS_COUNTED};
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
	struct merged merged = merged_counts(rows, count, kind);
	size_t bucket = histogram_bucket_of(kind, bound);
	struct cut cut = {rows, count, spread_of(rows, count, kind, bucket), BEGIN_AS_COUNTED};
	double above = (double)merged.counts[bucket] - packets_below(&cut, bound);

	for (size_t b = bucket + 1; b < histogram_buckets(kind); b++)
		above += (double)merged.counts[b];
	return above;
}
