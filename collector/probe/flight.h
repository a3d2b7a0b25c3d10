/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A flight is the packets of one slot of one series on their way: from the first send until every
 * packet is settled. It hears events and knows no socket. Instants are realtime. */
#ifndef NETGRADE_PROBE_FLIGHT_H
#define NETGRADE_PROBE_FLIGHT_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/metric/sample.h"
#include "collector/metric/singleton.h"

#include <stdbool.h>
#include <stdint.h>

/* Kept small: an agent of 100,000 series holds millions. Times are biased, so that negative ones
 * can be told, and stand at their bounds beyond 39 hours. */
struct flight_packet {
	uint64_t sent : 48;	     /* after the slot's start */
	uint64_t outcome : 4;	     /* enum outcome */
	uint64_t sent_stamp : 4;     /* enum stamp_source */
	uint64_t received_stamp : 3; /* enum stamp_source, of the first answer */
	uint64_t answered : 1;
	uint64_t cause : 4;	  /* enum loss_cause */
	uint64_t round_trip : 48; /* of the first answer */
	uint64_t duplicates : 8;
};

struct flight {
	struct flight *next; /* the series' next slot */
	int64_t number;	     /* the slot starts at number × its length */
	struct period slot;
	nsec t_max;
	uint32_t expected;
	uint32_t room;	 /* elements of packets, 0: withheld; the others are unsent */
	uint32_t passed; /* packets [0, passed) have been sent or refused */
	uint32_t ripe;	 /* the deadlines of packets [0, ripe) have passed */
	uint32_t lost;	 /* among them */
	uint32_t flags;	 /* enum slot_flag */
	struct flight_packet packets[];
};

MUST_CHECK enum err flight_create(struct period slot, uint32_t expected, nsec t_max,
				  struct flight **out);
void flight_destroy(struct flight *flight); /* NULL is fine */

/* A flight begins with room for a few packets only: while it is young the one before it is still in
 * memory. Whether this packet needs more; that moves the flight, or E_MEMORY leaves it as it is. */
bool flight_needs_room(const struct flight *flight, uint32_t packet);
MUST_CHECK enum err flight_grow(struct flight **flight);

/* Nothing is to be sent, for the reason of this flag: all its packets are unsent, or, with
 * SLOT_UNSCHEDULED, none was ever asked for. Call it before anything else. */
void flight_withhold(struct flight *flight, uint32_t why);

static inline bool flight_withheld(const struct flight *flight)
{
	return flight->room == 0;
}

/* The system call took the packet or refused it; in the order of the packets. */
void flight_sent(struct flight *flight, uint32_t packet, nsec at);
void flight_refused(struct flight *flight, uint32_t packet);

/* A better stamp of sending; it may come after the answer. */
void flight_stamped(struct flight *flight, uint32_t packet, nsec at, enum stamp_source source);

/* An answer. False when the packet was never sent, so that it cannot be one. */
bool flight_replied(struct flight *flight, uint32_t packet, nsec at, enum stamp_source source);

/* Somebody said that no answer will come: lost where nobody is on the last link, failed where the
 * service answered and not as it should, else rejected.
 * False when the packet is not waiting for an answer. A true answer that comes all the same is
 * believed instead: errors prove nothing. */
bool flight_failed(struct flight *flight, uint32_t packet, enum loss_cause cause);

/* It proves nothing after all: as good as unsent, for this cause. False when it was answered. */
bool flight_withdrawn(struct flight *flight, uint32_t packet, enum loss_cause cause);

/* Somebody watched it until its deadline: lost. False when it is not waiting for an answer. */
bool flight_timed_out(struct flight *flight, uint32_t packet);

/* Loses the packets whose deadline is before now. Call it after reading everything that arrived. */
void flight_expire(struct flight *flight, nsec now);

/* The same where every packet's end is told, by one of the above: it waits on for that, and what
 * has not been told at the end is this program's own fault, so unsent. */
void flight_ripen(struct flight *flight, nsec now);
void flight_disown(struct flight *flight);

/* Whether a packet that was sent still waits for its answer, its deadline or what is told of it. */
bool flight_waits(const struct flight *flight);

/* When the last packet was answered, if all were within T_max; NSEC_UNDEFINED otherwise. */
nsec flight_answered_at(const struct flight *flight);

/* Whether an answer in time may have come within this time and is missing: some packet without
 * answer was on its way then. */
bool flight_missed(const struct flight *flight, struct period when);

/* What became of it: fills expected singletons and gives the sample over them. */
struct sample flight_finish(const struct flight *flight, struct singleton *out);

#endif
