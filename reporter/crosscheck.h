/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A cross-check tells the loss of a path from that of a router which limits the probe packets
 * themselves: a witness, another method over the same path, does not confirm it.
 *
 * The rule, by clock hours (UTC) and by the slots in service that were judged when measured and are
 * covered wholly by measured slots of the witness, none longer than an hour. Slots that are bad in
 * both, lost/sent ≥ c1, confirm an outage and are left out of the hour. A slot is limited when
 * - it is bad, or its lost/sent is above the bound of degraded slots;
 * - that of the witness over it is below c1;
 * - the witness lost no more than the bound of degraded slots in the hour;
 * - and by Fisher's exact test, one-sided, a witness that shared the hour's loss would have lost as
 *   little in at most one case of a hundred. */
#ifndef NETGRADE_REPORTER_CROSSCHECK_H
#define NETGRADE_REPORTER_CROSSCHECK_H

#include "collector/metric/availability.h"
#include "collector/metric/summary.h"

#include <stddef.h>
#include <stdint.h>

/* Of a slot as it is read, never stored: a router limits what it lost. */
#define SLOT_LIMITED (1u << 31)

#define CROSSCHECK_LEVEL 0.01

/* Slots in the order of time. */
struct slot_list {
	struct summary *items;
	size_t count;
};

struct crosscheck_rule {
	struct availability_rule verdict;
	nsec first_reply;     /* of the path; NSEC_UNDEFINED: never */
	struct period period; /* its slots are judged apart from those before and after it */
};

/* Flags the slots that are limited. */
void crosscheck_mark(const struct crosscheck_rule *rule, const struct slot_list *slots,
		     const struct slot_list *witness);

struct loss_count {
	uint64_t sent;
	uint64_t lost;
};

/* The probability that the witness has so few of the packets that both lost, or fewer, when each
 * packet of both is as likely to be lost (R. A. Fisher, 1934: hypergeometric). 1 where nothing was
 * lost. */
double crosscheck_probability(struct loss_count path, struct loss_count witness);

#endif
