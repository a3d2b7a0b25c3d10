/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Capacity is what this machine can carry: compared with what a plan needs, and with what its
 * configuration gives, it tells what falls short and what mends that. */
#ifndef NETGRADE_COLLECTOR_CAPACITY_H
#define NETGRADE_COLLECTOR_CAPACITY_H

#include "collector/plan.h"
#include "config/config.h"

#include <stdbool.h>
#include <stddef.h>

enum { SHORTFALLS_MOST = 16, SHORTFALL_TEXT = 192 };

struct shortfall {
	const char *what;
	char need[SHORTFALL_TEXT];
	char have[SHORTFALL_TEXT];
	char mend[SHORTFALL_TEXT]; /* what to do or to run */
};

struct shortfalls {
	struct shortfall items[SHORTFALLS_MOST];
	size_t count;
};

struct capacity_request {
	const struct config *config;
	size_t agent; /* that this machine is */
	const struct plan *plan;
	double ceiling; /* probes a second, NAN where it was not measured */
	bool forced;	/* buffers may be larger than the kernel's limit */
};

/* What falls short, nothing else. */
void capacity_compare(const struct capacity_request *request, struct shortfalls *out);

/* Tells the log what falls short. */
void capacity_warn(const struct capacity_request *request);

/* The agent has nothing to tell by whether it is cut off. */
bool capacity_lack_anchors(const struct agent_config *agent, struct shortfall *out);

#endif
