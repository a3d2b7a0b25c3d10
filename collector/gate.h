/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A gate holds slots back until it is known whether the agent was isolated while they lost packets.
 * What is not in doubt goes through at once; the slots of a series keep their order. */
#ifndef NETGRADE_COLLECTOR_GATE_H
#define NETGRADE_COLLECTOR_GATE_H

#include "collector/anchors.h"
#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/metric/histogram.h"
#include "collector/metric/sample.h"
#include "collector/metric/summary.h"

#include <stddef.h>
#include <stdint.h>

struct gate;

struct gate_options {
	void *context;
	enum standing (*judge)(void *context, uint8_t family, const struct suspicion *suspicion);
	void (*pass)(void *context, uint32_t series, const struct summary *summary,
		     const struct delays *delays);
	nsec patience; /* a slot still in doubt after this long passes as it is */
	size_t octets; /* that may be held; beyond, the oldest passes as it is */
};

struct gate_series {
	uint32_t number; /* small: there is a count for each */
	uint8_t family;
	nsec t_max;
};

struct gate_counters {
	uint64_t held;
	uint64_t isolated;
	uint64_t overdue; /* passed in doubt */
};

MUST_CHECK enum err gate_create(const struct gate_options *options, struct gate **out);
void gate_destroy(struct gate *gate); /* what is held is lost: flush first; NULL is fine */

/* now: monotonic. Without memory to hold it the slot passes as it is. */
void gate_put(struct gate *gate, const struct gate_series *series, const struct sample *sample,
	      nsec now);

/* More is known: passes what is no longer in doubt, or for too long. */
void gate_review(struct gate *gate, nsec now);

/* Passes everything, in doubt or not. */
void gate_flush(struct gate *gate);

const struct gate_counters *gate_counters(const struct gate *gate);

#endif
