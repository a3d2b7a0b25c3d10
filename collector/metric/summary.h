/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A summary is what is kept of one slot of one series: counts, delay statistics, honesty flags.
 * It is what the spool carries, the curves store, and the reporter reads back. */
#ifndef NETGRADE_METRIC_SUMMARY_H
#define NETGRADE_METRIC_SUMMARY_H

#include "collector/base/nsec.h"

#include <stdint.h>

/* Why a slot says less than it should, or nothing, about the network; and what was told of its
 * losses. Stored: never renumber. */
enum slot_flag {
	SLOT_NO_RECORD = 1u << 0, /* nothing was written: the agent was off, or rows have expired */
	SLOT_PLANNED = 1u << 1,	  /* inside an announced maintenance window */
	SLOT_TAINTED = 1u << 2,	  /* the agent lost packets itself (receive overflow) */
	SLOT_ISOLATED = 1u << 3,  /* every anchor of the agent was gone */
	SLOT_CLOCK_STEP = 1u << 4, /* the system clock was set while packets were in flight */
	SLOT_UNSENT = 1u << 5,	   /* at least one packet could not be sent */
	SLOT_USER_STAMP = 1u << 6, /* at least one round trip rests on a stamp weaker than kernel */
	SLOT_UNSCHEDULED = 1u << 7, /* not to be measured then */
	SLOT_PARTIAL = 1u << 8,	    /* the agent started or stopped inside the slot */
	SLOT_DROPPED = 1u << 9,	    /* with SLOT_NO_RECORD: measured, no room to keep it */
	/* At least one packet was lost for this cause: see enum loss_cause. */
	SLOT_REFUSED = 1u << 10,
	SLOT_UNREACHABLE = 1u << 11,
	SLOT_FILTERED = 1u << 12,
	SLOT_NEIGHBOUR = 1u << 13,
	SLOT_NAME = 1u << 14,
	SLOT_TLS = 1u << 15,
	SLOT_STATUS = 1u << 16,
	SLOT_TEXT = 1u << 17,
	SLOT_BOUNDS = 1u << 18,
	SLOT_BLOCKED = 1u << 19, /* not lost: unsent */
	SLOT_FAILURE = 1u << 20,
	SLOT_WRONG = 1u << 21,
	SLOT_MALFORMED = 1u << 22,
	SLOT_TRUNCATED = 1u << 23, /* at least one DNS answer was cut and asked for over TCP */
};

/* All causes of loss. */
enum {
	SLOT_CAUSES = SLOT_REFUSED | SLOT_UNREACHABLE | SLOT_FILTERED | SLOT_NEIGHBOUR | SLOT_NAME |
		      SLOT_TLS | SLOT_STATUS | SLOT_TEXT | SLOT_BOUNDS | SLOT_FAILURE | SLOT_WRONG |
		      SLOT_MALFORMED
};

struct summary {
	nsec from; /* half-open slot, a multiple of its length */
	nsec until;
	uint32_t expected;   /* packets that the schedule asked for */
	uint32_t sent;	     /* expected − unsent */
	uint32_t lost;	     /* not back within T_max, late and rejected included */
	uint32_t duplicated; /* surplus answers */
	uint32_t reordered;
	uint32_t late;
	uint32_t rejected;
	uint32_t flags;	 /* enum slot_flag */
	nsec rtt_sum;	 /* of the answered packets; 0 if none */
	nsec rtt_min;	 /* NSEC_UNDEFINED if none was answered, as are the next two */
	nsec rtt_median; /* nearest rank over all packets sent, lost = +infinity: NSEC_INFINITE then
			  */
	nsec rtt_max;	 /* largest answered */
};

/* A slot of which nothing is known: counts 0, delays undefined, the flag given. */
struct summary summary_absent(struct period slot, enum slot_flag why);

/* Answered packets. */
static inline uint32_t summary_answered(const struct summary *s)
{
	return s->sent - s->lost;
}

/* Mean round trip of the answered packets, NSEC_UNDEFINED if none. */
nsec summary_rtt_mean(const struct summary *s);

#endif
