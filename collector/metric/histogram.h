/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Delay histograms whose counts stay additive over slots, hours, months and sites. */
#ifndef NETGRADE_METRIC_HISTOGRAM_H
#define NETGRADE_METRIC_HISTOGRAM_H

#include "collector/base/nsec.h"

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

#endif
