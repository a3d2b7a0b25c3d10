/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether what a configuration asks for stays within its own budget. */
#ifndef NETGRADE_COLLECTOR_BUDGET_H
#define NETGRADE_COLLECTOR_BUDGET_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "config/config.h"
#include "config/diagnostic.h"

/* Calendars are followed so far ahead, which is more than any run of holidays. */
#define BUDGET_AHEAD (31 * NSEC_PER_DAY)

/* Adds an error for every bound that is exceeded from now on, at the place of what exceeds it: an
 * agent, a site, an organisation. Rates are those that last while the most tests run at once: they
 * depend on no phases, so that every start judges alike. The zone of the configuration must be the
 * process's. E_RANGE: a bound is exceeded; E_MEMORY. */
MUST_CHECK enum err budget_check(const struct config *config, nsec now,
				 struct diagnostics *diagnostics);

#endif
