/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A chronicle puts into an archive what agents would have noted during a scenario: configurations
 * in force, starts and stops, clocks that were set, and when they were cut off. */
#ifndef NETGRADE_SIMULATE_CHRONICLE_H
#define NETGRADE_SIMULATE_CHRONICLE_H

#include "collector/base/err.h"
#include "collector/simulate/scenario.h"
#include "collector/store/archive.h"

MUST_CHECK enum err chronicle_write(struct archive *archive, const struct scenario *scenario);

/* A configuration in force from an instant on, at which its agents started. */
MUST_CHECK enum err chronicle_configuration(struct archive *archive, const struct config *config,
					    nsec at);

#endif
