/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A spread says where the packets of a bucket lie, by what rows and neighbouring buckets tell.
 * The rules are those of quantile.h. */
#ifndef NETGRADE_METRIC_SPREAD_H
#define NETGRADE_METRIC_SPREAD_H

#include "collector/metric/histogram.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Counts of all rows together, and how many packets they stand for. */
struct merged {
	uint64_t counts[RTT_BUCKETS];
	uint64_t answered;
	uint64_t lost;
};
struct merged merged_counts(const struct delays *rows, size_t count, enum delay_kind kind);

/* α and β: the densities at a bucket's lower and upper edge for its mean density. */
struct curve {
	double lower;
	double upper;
};

/* One bucket, and what all rows say of it. */
struct spread {
	enum delay_kind kind;
	size_t bucket;
	struct curve curve;
	struct curve variation[PDV_BUCKETS];
};
struct spread spread_of(const struct delays *rows, size_t count, enum delay_kind kind,
			size_t bucket);

uint32_t spread_packets(const struct spread *spread, const struct delays *row); /* c */

/* Where a row's packets of the bucket lie. */
struct span {
	nsec low;
	nsec high;
};
struct span spread_span(const struct spread *spread, const struct delays *row);

/* Where a row's slots are taken to begin: s above its minimum, or as its counts tell. */
enum slots_begin { BEGIN_AS_COUNTED, BEGIN_LOW, BEGIN_HIGH };

/* How far the smallest round trip moved within the row, from one slot to another: s. */
nsec spread_moved(const struct delays *row);

/* Whether it moved inside the span by what would matter to a value. */
bool spread_is_mixed(const struct spread *spread, const struct delays *row);

/* The row's packets of the bucket at or below x. */
double spread_below(const struct spread *spread, const struct delays *row, enum slots_begin begin,
		    nsec x);

/* The row's packets of a delay variation of at most y: V. */
double spread_variation(const struct spread *spread, const struct delays *row, double y);

#endif
