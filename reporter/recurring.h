/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recurring trouble of a path: hours of the day that are bad again and again, read from the rows
 * that are kept of every hour. */
#ifndef NETGRADE_REPORTER_RECURRING_H
#define NETGRADE_REPORTER_RECURRING_H

#include "reporter/timeline.h"

#include <stddef.h>
#include <stdint.h>

/* The published rule. The ordinary value of a path is the one that a quarter of its hours stay
 * below. An hour is bad when its p95 is RECURRING_RATIO times the ordinary one and RECURRING_DELAY
 * above it, or when it lost RECURRING_PACKETS and RECURRING_LOSS at least, and three times the
 * ordinary share. An hour of the day recurs when it was measured on RECURRING_DAYS at least and is
 * bad on RECURRING_OFTEN of them, while the hours of the day that do not recur are bad together in
 * no more than RECURRING_SELDOM. */
#define RECURRING_RATIO	 2
#define RECURRING_DELAY	 (5 * NSEC_PER_MSEC)
#define RECURRING_LOSS	 0.01
#define RECURRING_OFTEN	 0.5
#define RECURRING_SELDOM 0.1
enum { RECURRING_PACKETS = 3, RECURRING_DAYS = 14, DAY_HOURS = 24 };

/* Some hours of a path taken together. */
struct hours_taken {
	nsec p95; /* NSEC_UNDEFINED where nothing is kept, NSEC_INFINITE where loss reaches it */
	uint64_t sent;
	uint64_t lost;
};

/* Neighbouring hours of the day that recur, over midnight too. */
struct recurring {
	int from_hour;	 /* local: 0 to 23 */
	int hours;	 /* 1 to 24 */
	int minute;	 /* of the local clock at which hours begin */
	nsec bad_time;	 /* unavailable stretches that lie wholly in them */
	size_t days;	 /* on which they were measured */
	size_t bad_days; /* on which half of their hours were bad, or more */
	nsec first;	 /* start of the first bad hour among them */
	nsec last;	 /* end of the last one */
	struct hours_taken within;
	struct hours_taken otherwise; /* the hours of the day that do not recur */
};

enum { RECURRING_MOST = 4 };

/* In the order of the day, RECURRING_MOST at most; how many there are. */
size_t recurring_find(const struct timeline *timeline, struct recurring out[RECURRING_MOST]);

/* Whether the period lies in these hours of the day. */
bool recurring_holds(const struct recurring *recurring, struct period period);

#endif
