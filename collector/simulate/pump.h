/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pump hands the slots of a scenario over as a running agent would: from the packets of a sample
 * to the store, under a virtual clock that moves as fast as the store can file. */
#ifndef NETGRADE_SIMULATE_PUMP_H
#define NETGRADE_SIMULATE_PUMP_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/simulate/scenario.h"

#include <stddef.h>
#include <stdint.h>

struct pump_options {
	const struct scenario *scenario;
	const char *directory; /* of the data */
	const char *truth;     /* NULL: none is written */
};

struct pump_result {
	size_t series;
	uint64_t slots;
	uint64_t sent;
	uint64_t lost;
	nsec elapsed;
	nsec processor;	 /* of the whole process, as are its parts */
	nsec generating; /* making samples, summing them up, handing them over */
	nsec librrd;
	uint64_t memory; /* octets of the process at its largest */
};

/* Runs it through; what fails is logged. */
MUST_CHECK enum err pump_run(const struct pump_options *options, struct pump_result *out);

#endif
