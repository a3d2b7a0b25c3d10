/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sample is the singletons of one slot, in the order of their sequence (RFC 2330, section 11). */
#ifndef NETGRADE_METRIC_SAMPLE_H
#define NETGRADE_METRIC_SAMPLE_H

#include "collector/metric/histogram.h"
#include "collector/metric/singleton.h"
#include "collector/metric/summary.h"

#include <stddef.h>

struct sample {
	struct period slot;
	uint32_t expected; /* elements of singletons */
	uint32_t flags;	   /* enum slot_flag, what the agent knows against the slot */
	const struct singleton *singletons;
};

/* Counts and statistics. A packet still pending counts as lost: call it after the last deadline.
 * Sets SLOT_UNSENT, SLOT_USER_STAMP and the flags of causes itself. */
struct summary sample_summary(const struct sample *sample);

/* The delays for the histogram; empty unless the slot may be judged (see availability.h). */
struct delays sample_delays(const struct sample *sample);

/* Nearest-rank p-quantile, 0 < p ≤ 1, over all packets sent, lost = NSEC_INFINITE;
 * NSEC_UNDEFINED if none was sent. */
nsec sample_quantile(const struct sample *sample, double p);

#endif
