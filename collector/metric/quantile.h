/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A quantile of delays as rows of counts tell it, by a published formula. */
#ifndef NETGRADE_METRIC_QUANTILE_H
#define NETGRADE_METRIC_QUANTILE_H

#include "collector/metric/histogram.h"

#include <stdbool.h>
#include <stddef.h>

/* A quantile and the interval that surely holds it: from buckets nothing narrower is known. */
struct quantile {
	nsec value; /* NSEC_UNDEFINED without packets, NSEC_INFINITE when loss reaches it */
	nsec low;
	nsec high;
	bool exact; /* see delays_quantile */
};

/* The p-quantile, 0 < p ≤ 1, of all packets sent in rows[0..count), lost ones as +infinity, nearest
 * rank k = ⌈p·N⌉. It lies in the bucket b that holds rank k, and is the smallest x at which
 *     Σ over rows  P(x)  ≥  k − (packets below b) − ½
 * where P(x) is how many of the row's packets in b lie at or below x: 0 below low, all from high
 * on, with low the larger of b's lower edge and the row's minimum and high the smaller of b's upper
 * edge and the row's maximum (0 and pdv_max for delay variation). The row's maximum, if it lies in
 * b, is one packet at high; its minimum, if it lies in b and is another packet, is one at low
 * (round trip only). Of the others the share S(x) lies at or below x:
 *
 *     S(x) = (C(u(x)) − C(u(low))) / (C(u(high)) − C(u(low))),  u(x) = (x − lower edge)/width of b
 *     C(u) = (u² + α·u·(1 − u)) / (1 + (α + β − 2)·u·(1 − u))
 *     α = e₋/d, β = e₊/d, each cut to [⅓, 3]
 * with d the packets per width of b over all rows, and e₋ and e₊ what it is at b's edges: at the
 * edge between the second and the third of four buckets e = √(d₂d₃)·r, r = ((d₂/d₁)·(d₃/d₄))^⅛ cut
 * to [⅔, 3/2]; r = 1 where d₁ or d₄ is 0, or the first of them or an upper bound of the fourth is
 * missing. α = β = 1 in the first bucket and the last two. In the last bucket S(x) = (x −
 * low)/(high − low).
 *
 * A row whose delay variation tells more is spread by that. With V(y) its packets of a delay
 * variation ≤ y by the rules above, Q(n) the smallest y with V(y) ≥ n, m its minimum and
 * s = rtt_max − m − pdv_max how far its slots' smallest moved,
 *     S(x) = (V(y(x)) − V(y(low))) / (V(y(high)) − V(y(low)))
 *     y(x) = x − m − o(x), o linear in x from o(low) to o(high)
 *     o(high) = s at the row's maximum, else high − m − Q(packets at or below b), cut to [0, s]
 *     o(low) = o(high) at the row's minimum, else low − m − Q(packets below b), cut to [0, s]
 * where at least two edges of delay variation lie above y(low), not at it, and below y(high), and
 * the divisor is at least one packet.
 *
 * A round trip is marked as not exact where modes may be mixed inside b: where s is more than 2 %
 * of m, and m and m + s both lie between low and high. It is not exact if the value moves by more
 * than 2 % when all such rows have o = 0, or all o = s (without the shape of delay variation: all
 * packets at low, or all at high). See also delays_check.
 *
 * Losing a packet never lowers the bucket, but may lower the value inside it. No function of counts
 * and extremes is free of that and within 2 %: c packets with one at the top and the others at the
 * bottom leave the row that an even spread leaves, and without the top one it must say bottom.
 * Delay variation falls by its definition: of 5, 9 and 9 ms it is 0, 4 and 4; without the fastest,
 * of 9 and 9, it is 0 and 0. */
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
