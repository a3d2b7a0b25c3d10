/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A schedule says who sends what when: slots of a fixed interval aligned to an origin, packets
 * periodic inside a slot (RFC 3432) with a phase of the stream's own. It asks no clock. */
#ifndef NETGRADE_COLLECTOR_SCHEDULE_H
#define NETGRADE_COLLECTOR_SCHEDULE_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"

#include <stdbool.h>
#include <stdint.h>

struct schedule;

/* A packet due at the very end of its slot may leave on the next tick, be it the first. */
#define SCHEDULE_OVERRUN (25 * NSEC_PER_MSEC)

struct stream {
	nsec origin;	  /* slot k is [origin + k·interval, origin + (k+1)·interval) */
	nsec interval;	  /* > 0 */
	uint32_t packets; /* a slot, > 0 */
	nsec phase;	  /* of the first packet: [0, interval / packets) */
	nsec t_max;	  /* a slot is settled at its end + t_max */
};

enum due_kind { DUE_SEND, DUE_SETTLE };

struct due {
	enum due_kind kind;
	struct pace *pace;
	int64_t slot;
	uint32_t packet; /* DUE_SEND */
	nsec at;	 /* when it was due */
};

MUST_CHECK enum err schedule_create(struct schedule **out);
void schedule_destroy(struct schedule *schedule); /* NULL is fine */

/* A stream at work: what it sends next, and the slots begun that are to be settled. Its owner gives
 * it the memory, which lets one look-up find all there is about a stream. */
struct pace {
	struct stream stream;
	int64_t slot; /* of the next packet */
	uint32_t packet;
	uint32_t number;    /* the owner's, in use once at a time */
	int64_t settle;	    /* the oldest slot not yet settled */
	int64_t settle_end; /* slots [settle, settle_end) have been begun */
	bool sending;	    /* false: no further slot is begun */
};

/* The stream's first slot is the first one that starts at or after now: a slot already begun is
 * left out, not measured in part. The pace, of which stream and number are given, must stay where
 * it is until it is removed. */
MUST_CHECK enum err schedule_add(struct schedule *schedule, struct pace *pace, nsec now);

/* Sends nothing more for the stream; the slots already begun are still settled. */
void schedule_retire(struct schedule *schedule, struct pace *pace);

/* Forgets the stream with the slots it has begun. */
void schedule_remove(struct schedule *schedule, struct pace *pace);

/* No slot that ends after this instant is begun any more. */
void schedule_end(struct schedule *schedule, nsec end);

/* Forgets every slot begun and goes on with the first that starts at or after now: for a clock that
 * was set. */
void schedule_restart(struct schedule *schedule, nsec now);

/* When something is due next; NSEC_INFINITE when nothing ever will be. */
nsec schedule_next(const struct schedule *schedule);

/* Takes the next thing due at or before now, in the order of time. Slots that passed wholly while
 * nobody asked are skipped. False when nothing is due. */
bool schedule_take(struct schedule *schedule, nsec now, struct due *out);

/* Sends nothing more of a slot whose first packet was just taken; it is settled all the same. */
void schedule_pass_over(struct schedule *schedule, struct pace *pace, int64_t slot);

/* When a packet is to be sent. */
nsec schedule_send_time(const struct stream *stream, int64_t slot, uint32_t packet);
struct period schedule_slot(const struct stream *stream, int64_t slot);

#endif
