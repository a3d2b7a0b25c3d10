/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sums that the rows of a facts file must give, whoever wrote them. */
#ifndef NETGRADE_REPORTER_CLOSED_CHECK_H
#define NETGRADE_REPORTER_CLOSED_CHECK_H

#include "reporter/closed_schema.h"

struct closed_check {
	sqlite3_stmt *hours;
	sqlite3_stmt *stretches;
	struct period period;
};

MUST_CHECK enum err closed_check_init(struct closed_check *check, sqlite3 *db,
				      struct period period);
void closed_check_finish(struct closed_check *check); /* all zero is fine */

/* What is wrong with a series, whose facts have their period, in a phrase; NULL where its time and
 * slots, its packets and delays by hour, and its stretches add up. */
const char *closed_check_series(struct closed_check *check, const struct closed_series *series);

#endif
