/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A measured network: packets with chance from a seed put through the real statistics into a real
 * store, beside configurations in its archive; and the truth of every packet. */
#ifndef NETGRADE_TESTS_UNIT_MEASURED_H
#define NETGRADE_TESTS_UNIT_MEASURED_H

#include "collector/base/random.h"
#include "collector/store/store.h"
#include "reporter/assessment.h"
#include "reporter/past.h"
#include "reporter/query.h"

struct measured {
	char folder[64]; /* the data directory */
	struct store_options options;
	struct store *store; /* NULL while it is closed */
	struct random random;
};

/* What a path did: every packet's round trip, and beside it what it was more than the least of its
 * slot; INFINITY for a lost one. */
struct truth {
	double *delays;
	double *variations;
	size_t count;
	size_t capacity;
	uint64_t lost;
	nsec bad;
	nsec judged;
};

/* How a path behaves while it is measured by slots of one length. */
struct conduct {
	struct period period; /* slots that begin in it */
	nsec interval;
	uint32_t packets;
	double least_ms;      /* the delay that all are above */
	double typical_ms;    /* the median above that; log-normal with sigma 0.6 */
	double loss;	      /* 0 to 1 */
	struct period outage; /* slots that begin in it lose all */
};

void measured_begin(struct measured *measured, uint64_t seed);
void measured_end(struct measured *measured); /* removes the folder */

/* As a collector does: after a restart, with what is configured now. */
void measured_open(struct measured *measured);
void measured_close(struct measured *measured);

/* A configuration takes effect; the text is that of the file, without data. */
void measured_configure(struct measured *measured, nsec at, const char *text);
struct config *measured_load(const char *text);

/* Puts the slots and adds them to the truth, NULL for none; gives the end of the last. */
nsec measured_put(struct measured *measured, const struct series_key *key,
		  const struct conduct *conduct, struct truth *truth);

/* The quantile of the truth, nearest rank; sorts the list. */
double truth_quantile(double *list, size_t count, double share);
void truth_finish(struct truth *truth);

/* What the reporter makes of a month; judged_finish frees. */
struct judged_month {
	struct query *query;
	struct config *config;
	struct past past;
	struct assessment assessment;
};
/* now: NSEC_UNDEFINED for ten days after the month's end. */
void judge_month(const struct measured *measured, const char *given, const char *month,
		 struct judged_month *out);
void judged_finish(struct judged_month *judged);

#endif
