/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The period that a report is about, as a user asked for it and as far as it has passed. */
#ifndef NETGRADE_REPORTER_PERIOD_H
#define NETGRADE_REPORTER_PERIOD_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"

#include <stdbool.h>

enum { PERIOD_NAME = 48 };

struct report_period {
	struct period asked;  /* half-open, in the process's zone (calendar.h) */
	struct period passed; /* asked, cut at now when it is not over yet */
	nsec now;
	bool in_progress;	/* whether it was cut */
	bool month;		/* a whole calendar month was asked for */
	char name[PERIOD_NAME]; /* for file names: "2026-10", "20261005-20261012" */
};

/* The options as given, NULL where not. */
struct period_request {
	const char *month;
	const char *from;
	const char *until;
};

/* now comes from the caller; a period that is not over is cut there, floored to the minute.
 * E_USAGE: neither or both ways of asking; E_SYNTAX: not a time; E_RANGE: a time out of range, an
 * end not after the start, or nothing of the period has passed. *wrong then names what is wrong in
 * a phrase; it stays valid. */
MUST_CHECK enum err period_ask(const struct period_request *request, nsec now,
			       struct report_period *out, const char **wrong);

#endif
