/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A rerun drives slots that were measured before through the store again, under the rules of
 * another configuration. Their counts and delays stay as they are: the configuration says which of
 * them are bad, by its c1, and which are not scheduled, by its calendars. */
#ifndef NETGRADE_SIMULATE_RERUN_H
#define NETGRADE_SIMULATE_RERUN_H

#include "collector/base/err.h"
#include "collector/simulate/pump.h"
#include "config/config.h"

struct rerun_options {
	const char *slots;	     /* a file of slot rows */
	const struct config *config; /* its zone is the process's */
	const char *directory;	     /* of the data to be made */
	/* Data whose announced maintenance holds, by the configuration's rule, and whose agents
	 * were cut off then; NULL: planned are the slots that say so. */
	const char *windows;
};

/* E_SYNTAX when the file has lines that are no slots: they are printed on standard error and
 * nothing is made. What fails otherwise is logged. */
MUST_CHECK enum err rerun_run(const struct rerun_options *options, struct pump_result *out);

#endif
