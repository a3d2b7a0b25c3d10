/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Delay histograms whose counts stay additive over slots, hours, months and sites, and the
 * quantiles read from them. */
#ifndef NETGRADE_METRIC_HISTOGRAM_H
#define NETGRADE_METRIC_HISTOGRAM_H

#include "collector/base/nsec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bucket 0 is [0, first), bucket i is [first·r^(i−1), first·r^i), the last has no upper bound.
 * Edges are rounded to whole nanoseconds and are part of the stored layout.
 *   round trip:      48 buckets, first 100 µs, r = 10^(1/10) = 1.259, last from 3.98 s
 *   delay variation: 24 buckets, first  25 µs, r = 10^(1/5)  = 1.585, last from 0.63 s */
enum { RTT_BUCKETS = 48, PDV_BUCKETS = 24 };

enum delay_kind {
	DELAY_RTT, /* round trip (RFC 2681) */
	DELAY_PDV, /* round trip − the slot's smallest (RFC 5481, section 4.2) */
};

size_t histogram_buckets(enum delay_kind kind);
size_t histogram_bucket_of(enum delay_kind kind, nsec delay); /* delay < 0 counts as 0 */
nsec histogram_lower(enum delay_kind kind, size_t bucket);
nsec histogram_upper(enum delay_kind kind, size_t bucket); /* NSEC_INFINITE for the last */

/* The delays of some slots: one slot, one hour or more. Planned and unknown slots are left out by
 * who fills it. Undefined bounds mean that nothing was answered. */
struct delays {
	uint32_t slots; /* slots counted in */
	uint64_t lost;	/* packets lost in them: +infinity in order statistics */
	nsec rtt_min;
	nsec rtt_max;
	nsec pdv_max; /* the smallest is 0 by definition wherever anything was answered */
	uint32_t rtt[RTT_BUCKETS];
	uint32_t pdv[PDV_BUCKETS];
};

struct delays delays_empty(void);
void delays_merge(struct delays *into, const struct delays *from);
uint64_t delays_answered(const struct delays *d);

/* A quantile and the interval that surely holds it: from buckets nothing narrower is known. */
struct quantile {
	nsec value; /* NSEC_UNDEFINED without packets, NSEC_INFINITE when loss reaches it */
	nsec low;
	nsec high;
	bool exact; /* see delays_quantile */
};

/* The p-quantile, 0 < p ≤ 1, of all packets sent in rows[0..count), lost ones as +infinity, nearest
 * rank k = ⌈p·N⌉. It lies in the bucket b that holds rank k, and is the smallest x at which
 *     Σ over rows  c · S(x)  ≥  k − (packets below b) − ½
 * where c is the row's count in b and S(x) the share of them at or below x: 0 below low, 1 from
 * high on, with low the larger of b's lower edge and the row's minimum and high the smaller of b's
 * upper edge and the row's maximum (0 and pdv_max for delay variation). In between:
 *
 * Round trip, in a row of ten answers a slot or more, where two edges of delay-variation buckets or
 * more lie between low and high, reckoned from the row's minimum m: the packets are spread as the
 * row's delay variation,
 *     S(x) = (V(x − m) − V(low − m − 1 ns)) / (V(high − m) − V(low − m − 1 ns))
 * with V(y) the row's packets of delay variation ≤ y, those of a bucket spread evenly from its
 * lower edge to the smaller of its upper edge and pdv_max. Not if the divisor is below one packet.
 *
 * Otherwise they lean as the buckets around them do:
 *     S(x) = u − t·u·(1 − u),   u = (x − low)/(high − low)
 *     t = ½·w·(d₊ − d₋)/(m₊ − m₋)/d · (high − low)/w, its first factors cut to [−1, 1]
 * with w the width of b, d its packets per width over all rows, d₋ d₊ those of its neighbours and
 * m₋ m₊ their middles; t = 0 in the first bucket and the last two.
 *
 * A round trip is marked as not exact where modes may be mixed inside b: where the smallest round
 * trip moved within a row, from one slot to another, by s = rtt_max − rtt_min − pdv_max, and both
 * ends of that move lie between low and high. It is not exact if the value moves by more than 2 %
 * when all packets of such rows are put to their low, or all to their high. See also
 * delays_check. */
struct quantile delays_quantile(const struct delays *rows, size_t count, enum delay_kind kind,
				double p);

/* A slot's smallest round trip, and its packets answered. */
struct smallest {
	nsec rtt_min;
	uint32_t answered;
};

/* Slots of a row. */
struct row_slots {
	const struct smallest *items;
	size_t count; /* 0: not known */
};

/* Whether the p-quantile q of the round trip that was read from rows is within 2 % of the one that
 * follows when each slot's packets lie above that slot's own smallest round trip, spread as the
 * row's delay variation. A row whose slots are not known is taken as for q. */
bool delays_check(const struct delays *rows, const struct row_slots *slots, size_t count,
		  struct quantile q, double p);

/* Packets answered with a delay surely or probably above bound, by the same spreading. */
double delays_above(const struct delays *rows, size_t count, enum delay_kind kind, nsec bound);

#endif
