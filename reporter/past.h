/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A past is what was asked for in a period and before it: the configurations in force, and a source
 * that follows every path through them. */
#ifndef NETGRADE_REPORTER_PAST_H
#define NETGRADE_REPORTER_PAST_H

#include "reporter/configurations.h"
#include "reporter/succession.h"

struct past {
	struct configurations configurations;
	struct successions *successions; /* NULL: the source has its facts ready made */
	struct source source;
};

/* The source must outlive it; given is the configuration of who asks. past_finish frees, also what
 * is all zero. */
MUST_CHECK enum err past_read(const struct source *source, struct period period,
			      const struct config *given, struct past *out);
void past_finish(struct past *past);

#endif
