/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tracks are the series that an agent measures, each with its open slots: here the packet in flight
 * is found that an event is about. A number is never used twice in a run, so that an answer to a
 * series long gone cannot be taken for another's. */
#ifndef NETGRADE_COLLECTOR_TRACKS_H
#define NETGRADE_COLLECTOR_TRACKS_H

#include "collector/agent.h"
#include "collector/base/err.h"
#include "collector/probe/flight.h"
#include "collector/schedule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct track {
	struct pace pace; /* its number is the series' */
	struct endpoint host;
	const struct ask *ask; /* of a service; NULL */
	struct flight *oldest; /* the open slots, in the order of time */
	nsec t_max;
	int64_t alarm; /* the last slot that was reported as worsened */
	uint16_t salt; /* where its sequence numbers start */
	uint16_t size;
	uint8_t dscp;
	uint8_t probe; /* which of the agent's */
	bool retired;
	bool was_bad; /* the slot settled last */
	uint8_t dark; /* slots settled last of which nothing came back */
	uint8_t turn; /* see struct probe_packet */
};

struct tracks {
	struct track **items; /* by number; NULL: gone */
	size_t count;
	size_t room;
	struct track **by_host; /* sorted by address, for errors that quote no cookie */
	size_t sorted_count;
	bool sorted; /* false: by_host is to be made anew when it is needed */
	size_t open_slots;
};

/* A track of no number yet. */
struct track track_over(const struct target *target, uint8_t probe);

void tracks_finish(struct tracks *tracks);

/* Gives the copy that it keeps, which has a number. */
MUST_CHECK enum err tracks_add(struct tracks *tracks, const struct track *track,
			       struct track **out);
void tracks_remove(struct tracks *tracks, uint32_t number);

/* NULL if there is none of this number. */
struct track *tracks_at(const struct tracks *tracks, uint32_t number);

/* Bring what is there of a series, or of a packet of its oldest slot, near the processor. */
void tracks_expect(const struct tracks *tracks, uint32_t number);
void track_expect(const struct track *track, uint32_t packet);

struct track *track_of(struct pace *pace);

/* Sequence numbers run on from slot to slot, modulo 65,536. */
uint16_t track_sequence(const struct track *track, int64_t slot, uint32_t packet);

/* The open slot of this number, NULL if there is none; the second looks at its last 16 bits only.
 */
struct flight *track_flight(const struct track *track, int64_t slot);
struct flight *track_flight_marked(const struct track *track, uint16_t slot);

/* Answers stamped from then on are not of the slot any more. */
nsec track_settles_at(const struct track *track, const struct flight *flight);

/* E_MEMORY; the new slot is the newest. */
MUST_CHECK enum err tracks_begin(struct tracks *tracks, struct track *track, int64_t slot,
				 struct flight **out);
/* Makes room for all packets of an open slot, which moves it. E_MEMORY: it is as it was. */
MUST_CHECK enum err track_grow(struct track *track, struct flight **flight);

/* Nothing more is sent: what is not sent yet makes its slot partial. */
void track_cut_short(struct track *track);

/* Takes the oldest open slot away; the caller destroys it. */
struct flight *tracks_take_oldest(struct tracks *tracks, struct track *track);

/* How many of a settled slot's packets were sent, and how many of them lost: after a few slots with
 * no answer at all the next packets take another turn. */
void track_note_settled(struct track *track, uint32_t sent, uint32_t lost);

/* An error that tells no more of a packet than where it went and its sequence number. */
struct complaint {
	const struct endpoint *host;
	uint16_t sequence;
	uint8_t probe; /* whose packet it was */
	enum loss_cause cause;
};

/* Fails the packet in flight that it is about; whether there was one. */
bool tracks_fail(struct tracks *tracks, const struct complaint *complaint);

#endif
