/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/metric/histogram.h"

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

uint64_t delays_answered(const struct delays *d)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < RTT_BUCKETS; i++)
		sum += d->rtt[i];
	return sum;
}
