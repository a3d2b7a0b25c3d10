/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Anchors tell when an agent was cut off from the network, in one family: hosts beyond its first
 * hop, each sent a packet a second. Pure: it is told what became of them, and asks no clock.
 *
 * The agent is isolated in [a, b) when every witness lost at least three packets sent in it, no
 * anchor answered one, and the first hop was alive throughout. A witness is an anchor that answered
 * in the ten minutes before; with fewer than three of them nothing is proved. a is the sending of
 * the last anchor packet answered before, b of the first one after; where the hop died meanwhile,
 * its last sign of life before and its first one after are the borders. The hop is alive between
 * two signs of life unless it fails to answer three echoes in a row (a hop that answers none in
 * good times is not blamed for that) or its neighbour entry fails. At least one sign must be its
 * own: without it, the loss is the network's. */
#ifndef NETGRADE_COLLECTOR_ANCHORS_H
#define NETGRADE_COLLECTOR_ANCHORS_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WITNESSES_LEAST = 3, WITNESS_PACKETS = 3 };

struct anchors;

enum anchor_event_kind {
	ANCHOR_ANSWERED,
	ANCHOR_LOST,
	HOP_ANSWERED, /* at: the sending of an echo that it answered, or a confirmation */
	HOP_SILENT,   /* it did not answer an echo */
	HOP_FAILED,   /* its neighbour entry failed */
};

struct anchor_event {
	nsec at; /* realtime; the sending of the packet */
	enum anchor_event_kind kind;
	uint32_t anchor; /* 0 to count − 1 */
};

MUST_CHECK enum err anchors_create(uint32_t count, struct anchors **out);
void anchors_destroy(struct anchors *anchors); /* NULL is fine */

/* In any order; one that is earlier than what is settled is left out. E_MEMORY. */
MUST_CHECK enum err anchors_tell(struct anchors *anchors, const struct anchor_event *event);

/* All events before this instant have been told; whether that is news. */
bool anchors_settle(struct anchors *anchors, nsec until);

/* The instants before and after cannot be compared: what is open ends. */
void anchors_restart(struct anchors *anchors);

/* Another first hop: the habits of the old one say nothing. */
void anchors_change_hop(struct anchors *anchors);

/* How many anchors have a say: with fewer than WITNESSES_LEAST no isolation can be proved. */
uint32_t anchors_witnesses(const struct anchors *anchors);

struct isolation {
	struct period period; /* known so far */
	bool open;
	uint32_t number; /* from 1 on, in the order of time */
};

/* The isolations known, at most some hours or hundreds back; the last may be open. */
size_t anchors_isolations(const struct anchors *anchors, const struct isolation **out);

/* A slot, with the sendings of the packets that it lost, in the order of time. */
struct suspicion {
	struct period slot;
	nsec t_max;
	const nsec *lost;
	size_t lost_count;
};

enum standing {
	STANDING_CONNECTED,
	STANDING_ISOLATED, /* it lost a packet in an isolation, or just before, or lies in one */
	STANDING_UNDECIDED
};

enum standing anchors_judge(const struct anchors *anchors, const struct suspicion *suspicion);

#endif
