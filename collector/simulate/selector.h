/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A selector names series by their sites, organisations, tiers, tags, families, methods and
 * agents. */
#ifndef NETGRADE_SIMULATE_SELECTOR_H
#define NETGRADE_SIMULATE_SELECTOR_H

#include "collector/simulate/draft.h"
#include "collector/simulate/scenario.h"

#include <stdbool.h>

bool selector_fits(const struct draft_selector *selector, const struct subject *subject);

/* Whether it leaves out neither this agent nor this family. */
bool selector_names_agent(const struct draft_selector *selector, const char *agent);
bool selector_names_family(const struct draft_selector *selector, enum family family);

/* Reports names that no configuration of the scenario knows, and a selector that fits no series.
 */
void selector_check(const struct reading *reading, struct section *section,
		    struct draft_selector *selector, const struct scenario *scenario);

#endif
