/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A chronicle tells log and archive what an agent went through, in words for people. */
#ifndef NETGRADE_COLLECTOR_CHRONICLE_H
#define NETGRADE_COLLECTOR_CHRONICLE_H

#include "collector/agent.h"
#include "collector/anchors.h"
#include "collector/journal.h"
#include "collector/lookout.h"
#include "config/config.h"

#include <stdint.h>

void chronicle_isolation(struct journal *journal, uint8_t family,
			 const struct isolation *isolation);

/* Too few anchors have a say in a family, or enough again. */
void chronicle_witnesses(struct journal *journal, uint8_t family, uint32_t witnesses);

void chronicle_clock_step(struct journal *journal, nsec by);

/* A reload that changes how long rows are kept: what it takes for that to hold. */
void chronicle_retention(const struct config *before, const struct config *after);

/* A lookout whose sightings go to the journal, which must outlive it. */
MUST_CHECK enum err chronicle_visits(struct journal *journal, struct lookout **out);

void chronicle_stop(struct journal *journal, const struct agent_counters *counters);

#endif
