/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A timeline is how a path went through a period, as far as charts and a closed period need it:
 * stretches of one verdict, and for each hour its packets and delays. */
#ifndef NETGRADE_REPORTER_TIMELINE_H
#define NETGRADE_REPORTER_TIMELINE_H

#include "reporter/facts.h"

#include <stddef.h>
#include <stdint.h>

/* Neighbouring slots with the same verdict, unknown ones for the same reason. */
struct stretch {
	nsec from;
	nsec until; /* of the last slot, after the period perhaps */
	enum verdict verdict;
	enum unknown_reason why; /* UNKNOWN_REASONS where it is not unknown */
};

struct timeline_hour {
	nsec from;  /* UTC-aligned */
	nsec until; /* of the packets, later than the hour's end where a slot is longer, at most the
		     * period's end; NSEC_UNDEFINED: no slot begins in the hour */
	uint64_t sent; /* of the judged slots that begin in it */
	uint64_t lost;
	bool beyond;	      /* the delays count slots outside the period too */
	struct delays delays; /* as stored; slots 0: none */
	/* What the delays count that the path's quantiles do not, see facts_delays. */
	uint32_t left_out_slots;
	uint64_t left_out_lost;
};

struct timeline {
	struct period period;
	struct stretch *stretches;
	size_t stretch_count;
	struct timeline_hour *hours;
	size_t hour_count;
};

/* Of the period alone, whatever lies beside it in the record. timeline_finish frees. */
void timeline_make(const struct facts_rule *rule, const struct record *record,
		   struct timeline *out);
void timeline_finish(struct timeline *timeline);

/* The rows that a path's quantiles are read from, *count of them; the caller frees. */
struct delays *timeline_delays(const struct timeline *timeline, size_t *count);

#endif
