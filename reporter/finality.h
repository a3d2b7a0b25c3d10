/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A month is final when the data of every series have passed its end, or on the third day of the
 * next month. */
#ifndef NETGRADE_REPORTER_FINALITY_H
#define NETGRADE_REPORTER_FINALITY_H

#include "collector/base/err.h"
#include "reporter/period.h"
#include "reporter/source.h"
#include "reporter/subjects.h"

#include <stdbool.h>

struct finality {
	bool final;
	char *missing; /* what it waits for, in words; NULL when it is final */
};

/* The calendar must be in the month's zone. */
MUST_CHECK enum err finality_judge(const struct source *source, const struct subjects *subjects,
				   const struct report_period *period, struct finality *out);
void finality_finish(struct finality *finality);

#endif
