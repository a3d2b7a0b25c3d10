/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Outages of a path: runs of bad slots, read from its verdicts in the order of time. */
#ifndef NETGRADE_REPORTER_OUTAGE_H
#define NETGRADE_REPORTER_OUTAGE_H

#include "collector/base/nsec.h"
#include "collector/metric/availability.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct outage_rule {
	uint32_t slots;	 /* consecutive bad ones that make an outage */
	nsec bridge;	 /* an unknown gap up to this long does not end it */
	nsec long_after; /* the bad time whose passing is a veto where the profile says so */
};

/* A slot and its verdict. */
struct judged {
	nsec from;
	nsec until;
	enum verdict verdict;
};

struct outage {
	nsec from;	/* start of the first bad slot, before the period perhaps */
	nsec until;	/* end of the last bad slot; NSEC_UNDEFINED while open */
	nsec length;	/* bad time up to the period's end; bridged gaps do not count */
	nsec within;	/* of it in the period */
	bool before;	/* began before the period */
	bool open;	/* not over at the period's end */
	bool unseen;	/* what ended it was a longer gap: nobody saw the path come back */
	bool long_here; /* its length passed rule.long_after in this period */
};

/* The outages with bad time in the period, oldest first; the caller frees *out. The slots may begin
 * before the period and end after it, so that runs over its borders are seen whole; bad time after
 * its end makes an outage open and adds nothing to its length. */
void outages_find(const struct outage_rule *rule, const struct judged *slots, size_t count,
		  struct period period, struct outage **out, size_t *found);

/* Mean length of the outages that ended in the period, NSEC_UNDEFINED if none did. */
nsec outages_mean_repair(const struct outage *outages, size_t count);

#endif
