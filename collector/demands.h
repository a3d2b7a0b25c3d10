/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Demands are what each agent sends, and what each target and each owner of targets is sent. */
#ifndef NETGRADE_COLLECTOR_DEMANDS_H
#define NETGRADE_COLLECTOR_DEMANDS_H

#include "collector/base/err.h"
#include "collector/flows.h"
#include "collector/timeline.h"
#include "collector/traffic.h"
#include "config/budget.h"

#include <stddef.h>

struct demand_row {
	/* Of the agent, the host of the flows or the organisation; CONFIG_NONE: hosts whose owner
	 * is not known. */
	size_t index;
	struct demand demand;
	size_t main_test; /* makes most of it when it is busiest; CONFIG_NONE: no test does */
};

struct demands {
	struct demand_row *rows; /* the most bits when busiest first */
	size_t count;
};

/* A row for each that has flows. */
MUST_CHECK enum err demands_create(const struct flows *flows, const struct timeline *timeline,
				   enum budget_scope scope, struct demands *out);
void demands_finish(struct demands *demands);

#endif
