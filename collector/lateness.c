/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/lateness.h"

#include <math.h>

static uint32_t bucket_of(nsec late)
{
	if (late < NSEC_PER_USEC)
		return 0;
	double bucket = 4 * log2((double)late / (double)NSEC_PER_USEC) + 1;
	return bucket < LATENESS_BUCKETS - 1 ? (uint32_t)bucket : LATENESS_BUCKETS - 1;
}

void lateness_add(struct lateness *lateness, nsec late)
{
	lateness->buckets[bucket_of(late)]++;
}

nsec lateness_quantile(const struct lateness *lateness, double p)
{
	uint64_t total = 0;
	uint64_t below = 0;

	for (uint32_t i = 0; i < LATENESS_BUCKETS; i++)
		total += lateness->buckets[i];
	for (uint32_t i = 0; i < LATENESS_BUCKETS; i++) {
		below += lateness->buckets[i];
		if (total > 0 && (double)below >= p * (double)total)
			return (nsec)(exp2(i / 4.0) * (double)NSEC_PER_USEC);
	}
	return NSEC_UNDEFINED;
}
