/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lateness is how long after their due instants packets left, counted in buckets a quarter of a
 * doubling wide: what an agent's own scheduling is judged by. */
#ifndef NETGRADE_COLLECTOR_LATENESS_H
#define NETGRADE_COLLECTOR_LATENESS_H

#include "collector/base/nsec.h"

#include <stdint.h>

enum { LATENESS_BUCKETS = 64 };

struct lateness {
	uint64_t buckets[LATENESS_BUCKETS]; /* bucket i counts those below 2^(i/4) µs */
};

void lateness_add(struct lateness *lateness, nsec late);

/* The bound that a share p of all stay below; NSEC_UNDEFINED if there are none. */
nsec lateness_quantile(const struct lateness *lateness, double p);

#endif
