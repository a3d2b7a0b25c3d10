/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/metric/spread.h"

#include <math.h>

/* A move of the smallest round trip by less than one part in MATTERS is none. */
enum { MATTERS = 50 };

static const uint32_t *counts_of(const struct delays *d, enum delay_kind kind)
{
	return kind == DELAY_RTT ? d->rtt : d->pdv;
}

struct merged merged_counts(const struct delays *rows, size_t count, enum delay_kind kind)
{
	struct merged merged = {0};

	for (size_t i = 0; i < count; i++) {
		merged.lost += rows[i].lost;
		for (size_t b = 0; b < histogram_buckets(kind); b++) {
			merged.counts[b] += counts_of(&rows[i], kind)[b];
			merged.answered += counts_of(&rows[i], kind)[b];
		}
	}
	return merged;
}

/* --- curves --- */

/* Packets per nanosecond in a bucket that has an upper bound. */
static double density(const struct merged *merged, enum delay_kind kind, size_t bucket)
{
	double width = (double)(histogram_upper(kind, bucket) - histogram_lower(kind, bucket));
	return (double)merged->counts[bucket] / width;
}

/* Between 1/most and most. */
static double cut(double factor, double most)
{
	return factor > most ? most : factor < 1 / most ? 1 / most : factor;
}

/* The density at the edge below the bucket. */
static double edge_density(const struct merged *merged, enum delay_kind kind, size_t bucket)
{
	double below = density(merged, kind, bucket - 1);
	double above = density(merged, kind, bucket);
	double middle = sqrt(below * above);

	if (bucket < 2 || bucket + 2 >= histogram_buckets(kind))
		return middle;
	double first = density(merged, kind, bucket - 2);
	double last = density(merged, kind, bucket + 1);
	if (first <= 0 || last <= 0)
		return middle;
	return middle * cut(sqrt(sqrt(sqrt(below / first * (above / last)))), 1.5);
}

static struct curve curve_of(const struct merged *merged, enum delay_kind kind, size_t bucket)
{
	if (bucket == 0 || bucket + 2 >= histogram_buckets(kind) || merged->counts[bucket] == 0)
		return (struct curve){1, 1};
	double here = density(merged, kind, bucket);
	return (struct curve){
		.lower = cut(edge_density(merged, kind, bucket) / here, 3),
		.upper = cut(edge_density(merged, kind, bucket + 1) / here, 3),
	};
}

/* C: the share of a whole bucket's packets in its lowest part u. */
static double curve_share(struct curve curve, double u)
{
	double v = u * (1 - u);

	return (u * u + curve.lower * v) / (1 + (curve.lower + curve.upper - 2) * v);
}

/* The u with a share of s, 0 ≤ s ≤ 1. */
static double curve_part(struct curve curve, double s)
{
	double bend = s * (curve.lower + curve.upper - 2);
	double b = curve.lower - bend;
	double root = sqrt(b * b + 4 * (1 - b) * s);

	return s <= 0 ? 0 : fmin(2 * s / (b + root), 1);
}

/* A piece of a bucket, from low to high. */
struct piece {
	struct curve curve;
	double lower; /* the bucket's edges */
	double width; /* INFINITY for the last bucket: packets lie evenly */
	double low;
	double high;
};

static struct piece piece_of(struct curve curve, enum delay_kind kind, size_t bucket,
			     struct span span)
{
	nsec lower = histogram_lower(kind, bucket);
	nsec upper = histogram_upper(kind, bucket);

	return (struct piece){
		.curve = curve,
		.lower = (double)lower,
		.width = upper == NSEC_INFINITE ? (double)INFINITY : (double)(upper - lower),
		.low = (double)span.low,
		.high = (double)span.high,
	};
}

static double up_to(const struct piece *piece, double x)
{
	return curve_share(piece->curve, (x - piece->lower) / piece->width);
}

/* The share of the piece's packets at or below x, low ≤ x < high. */
static double piece_share(const struct piece *piece, double x)
{
	if (isinf(piece->width))
		return (x - piece->low) / (piece->high - piece->low);
	double before = up_to(piece, piece->low);
	return (up_to(piece, x) - before) / (up_to(piece, piece->high) - before);
}

/* Where the piece's packets reach a share, 0 to 1. */
static double piece_at(const struct piece *piece, double share)
{
	if (isinf(piece->width))
		return piece->low + share * (piece->high - piece->low);
	double before = up_to(piece, piece->low);
	double wanted = before + share * (up_to(piece, piece->high) - before);
	return piece->lower + piece->width * curve_part(piece->curve, wanted);
}

/* --- rows --- */

struct spread spread_of(const struct delays *rows, size_t count, enum delay_kind kind,
			size_t bucket)
{
	struct spread spread = {.kind = kind, .bucket = bucket};
	struct merged merged = merged_counts(rows, count, kind);

	spread.curve = curve_of(&merged, kind, bucket);
	if (kind == DELAY_PDV)
		return spread;
	struct merged variation = merged_counts(rows, count, DELAY_PDV);
	for (size_t b = 0; b < PDV_BUCKETS; b++)
		spread.variation[b] = curve_of(&variation, DELAY_PDV, b);
	return spread;
}

uint32_t spread_packets(const struct spread *spread, const struct delays *row)
{
	return counts_of(row, spread->kind)[spread->bucket];
}

static struct span span_within(enum delay_kind kind, size_t bucket, nsec least, nsec most)
{
	struct span span = {histogram_lower(kind, bucket), histogram_upper(kind, bucket)};

	if (least != NSEC_UNDEFINED && least > span.low)
		span.low = least;
	if (most != NSEC_UNDEFINED && most < span.high)
		span.high = most;
	if (span.high < span.low) /* only in damaged rows */
		span.high = span.low;
	return span;
}

struct span spread_span(const struct spread *spread, const struct delays *row)
{
	return spread->kind == DELAY_RTT
		       ? span_within(DELAY_RTT, spread->bucket, row->rtt_min, row->rtt_max)
		       : span_within(DELAY_PDV, spread->bucket, 0, row->pdv_max);
}

/* --- delay variation --- */

static struct piece variation_piece(const struct spread *spread, const struct delays *row,
				    size_t bucket)
{
	struct span span = span_within(DELAY_PDV, bucket, 0, row->pdv_max);

	return piece_of(spread->variation[bucket], DELAY_PDV, bucket, span);
}

/* Packets of the bucket that are spread: the largest stands at its upper end. */
static double spread_out(const struct delays *row, size_t bucket)
{
	bool largest = row->pdv_max != NSEC_UNDEFINED &&
		       histogram_bucket_of(DELAY_PDV, row->pdv_max) == bucket;
	return row->pdv[bucket] > 0 && largest ? row->pdv[bucket] - 1 : row->pdv[bucket];
}

double spread_variation(const struct spread *spread, const struct delays *row, double y)
{
	if (y < 0)
		return 0;
	size_t last = histogram_bucket_of(DELAY_PDV, (nsec)y);
	struct piece piece = variation_piece(spread, row, last);
	double sum = 0;

	for (size_t b = 0; b < last; b++)
		sum += row->pdv[b];
	if (y >= piece.high)
		return sum + row->pdv[last];
	return sum + spread_out(row, last) * piece_share(&piece, y);
}

/* The smallest delay variation that so many of the row's packets do not exceed: Q. */
static double variation_of(const struct spread *spread, const struct delays *row, double packets)
{
	double before = 0;
	size_t b = 0;

	if (packets <= 0)
		return 0;
	while (b + 1 < PDV_BUCKETS && before + row->pdv[b] < packets)
		before += row->pdv[b++];
	struct piece piece = variation_piece(spread, row, b);
	double among = spread_out(row, b);
	if (packets - before >= among)
		return piece.high;
	return piece_at(&piece, (packets - before) / among);
}

/* --- round trips --- */

nsec spread_moved(const struct delays *row)
{
	return row->rtt_max - row->rtt_min - row->pdv_max;
}

static bool has_bounds(const struct delays *row)
{
	return row->rtt_min != NSEC_UNDEFINED && row->rtt_max != NSEC_UNDEFINED &&
	       row->pdv_max != NSEC_UNDEFINED;
}

bool spread_is_mixed(const struct spread *spread, const struct delays *row)
{
	if (spread->kind != DELAY_RTT || !has_bounds(row))
		return false;
	struct span span = spread_span(spread, row);
	nsec moved = spread_moved(row);
	return moved > row->rtt_min / MATTERS && row->rtt_min >= span.low - 1 &&
	       row->rtt_min + moved < span.high;
}

/* o at a bound of the span where so many of the row's packets lie below it. */
static double begin_at(const struct spread *spread, const struct delays *row, nsec bound,
		       double packets)
{
	double most = (double)spread_moved(row);
	double begin = (double)(bound - row->rtt_min) - variation_of(spread, row, packets);

	return begin < 0 ? 0 : begin > most ? most : begin;
}

/* How far above the row's minimum slots begin, at both ends of a span. */
struct begins {
	double low;
	double high;
};

static struct begins count_begins(const struct spread *spread, const struct delays *row,
				  struct span span)
{
	double below = 0;
	double moved = (double)spread_moved(row);

	for (size_t b = 0; b < spread->bucket; b++)
		below += row->rtt[b];
	struct begins begins = {.high = moved};
	if (span.high < row->rtt_max)
		begins.high = begin_at(spread, row, span.high, below + row->rtt[spread->bucket]);
	begins.low = span.low > row->rtt_min ? begin_at(spread, row, span.low, below) : begins.high;
	return begins;
}

static struct begins begins_of(const struct spread *spread, const struct delays *row,
			       struct span span, enum slots_begin begin)
{
	double moved = begin == BEGIN_HIGH ? (double)spread_moved(row) : 0;

	return begin == BEGIN_AS_COUNTED ? count_begins(spread, row, span)
					 : (struct begins){moved, moved};
}

/* Whether two edges of delay variation or more lie between. */
static bool is_shaped(double low, double high)
{
	size_t first = low < 0 ? 0 : histogram_bucket_of(DELAY_PDV, (nsec)low);

	return first + 2 < PDV_BUCKETS && (double)histogram_lower(DELAY_PDV, first + 2) < high;
}

/* S by the row's delay variation; NAN where that tells too little. */
static double shaped_share(const struct spread *spread, const struct delays *row,
			   enum slots_begin begin, nsec x)
{
	if (spread->kind != DELAY_RTT || !has_bounds(row) || spread_moved(row) < 0)
		return NAN;
	struct span span = spread_span(spread, row);
	struct begins begins = begins_of(spread, row, span, begin);
	double low = (double)(span.low - row->rtt_min) - begins.low;
	double high = (double)(span.high - row->rtt_min) - begins.high;
	if (!is_shaped(low, high))
		return NAN;
	double before = spread_variation(spread, row, low);
	double among = spread_variation(spread, row, high) - before;
	if (among < 1)
		return NAN;
	double u = (double)(x - span.low) / (double)(span.high - span.low);
	return (spread_variation(spread, row, low + u * (high - low)) - before) / among;
}

/* Of a span's packets, those between its ends at or below x. */
static double share_below(const struct spread *spread, const struct delays *row,
			  enum slots_begin begin, nsec x)
{
	double shaped = shaped_share(spread, row, begin, x);

	if (!isnan(shaped))
		return shaped;
	if (begin != BEGIN_AS_COUNTED)
		return begin == BEGIN_LOW ? 1 : 0;
	struct span span = spread_span(spread, row);
	struct piece piece = piece_of(spread->curve, spread->kind, spread->bucket, span);
	return piece_share(&piece, (double)x);
}

static bool holds(const struct spread *spread, nsec delay)
{
	return delay != NSEC_UNDEFINED &&
	       histogram_bucket_of(spread->kind, delay) == spread->bucket;
}

double spread_below(const struct spread *spread, const struct delays *row, enum slots_begin begin,
		    nsec x)
{
	uint32_t packets = spread_packets(spread, row);
	struct span span = spread_span(spread, row);
	nsec most = spread->kind == DELAY_RTT ? row->rtt_max : row->pdv_max;

	if (packets == 0 || x < span.low)
		return 0;
	if (x >= span.high)
		return packets;
	uint32_t largest = holds(spread, most);
	uint32_t least =
		packets > largest && spread->kind == DELAY_RTT && holds(spread, row->rtt_min);
	return least + (packets - largest - least) * share_below(spread, row, begin, x);
}
