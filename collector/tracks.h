/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tracks are the series that an agent measures, each with its open slots: here the packet in flight
 * is found that an event is about. A number is never used twice in a run, so that an answer to a
 * series long gone cannot be taken for another's. */
#ifndef NETGRADE_COLLECTOR_TRACKS_H
#define NETGRADE_COLLECTOR_TRACKS_H

#include "collector/agent.h"
#include "collector/base/err.h"
#include "collector/probe/flight.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct track {
	struct target target;
	struct probe *probe;
	struct flight *oldest; /* the open slots, in the order of time */
	uint16_t salt;	       /* where its sequence numbers start */
	bool retired;
	bool was_bad;  /* the slot settled last */
	int64_t alarm; /* the last slot that was reported as worsened */
};

struct tracks {
	struct track **items; /* by number; NULL: gone */
	size_t count;
	size_t room;
	struct track **by_host; /* sorted by address, for errors that quote no cookie */
	size_t sorted_count;
	bool sorted;
	size_t open_slots;
};

void tracks_finish(struct tracks *tracks);

MUST_CHECK enum err tracks_add(struct tracks *tracks, const struct track *track, uint32_t *number);
void tracks_remove(struct tracks *tracks, uint32_t number);

/* NULL if there is none of this number. */
struct track *tracks_at(const struct tracks *tracks, uint32_t number);

/* Sequence numbers run on from slot to slot, modulo 65,536. */
uint16_t track_sequence(const struct track *track, int64_t slot, uint32_t packet);

/* The open slot of this number, NULL if there is none; the second looks at its last 16 bits only.
 */
struct flight *track_flight(const struct track *track, int64_t slot);
struct flight *track_flight_marked(const struct track *track, uint16_t slot);

/* E_MEMORY; the new slot is the newest. */
MUST_CHECK enum err tracks_begin(struct tracks *tracks, struct track *track, int64_t slot,
				 struct period period);
/* Takes the oldest open slot away; the caller destroys it. */
struct flight *tracks_take_oldest(struct tracks *tracks, struct track *track);

/* Fails the packet in flight to this host with this sequence number; whether there was one. */
bool tracks_fail(struct tracks *tracks, const struct endpoint *host, uint16_t sequence,
		 enum outcome how);

#endif
