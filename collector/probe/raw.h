/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What methods on raw sockets have in common: a channel for each family, a watch over the
 * interfaces that packets leave by, and loops that no flood can hold. A method brings the codec. */
#ifndef NETGRADE_PROBE_RAW_H
#define NETGRADE_PROBE_RAW_H

#include "collector/base/wire.h"
#include "collector/net/channel.h"
#include "collector/net/egress.h"
#include "collector/net/local.h"
#include "collector/probe/probe.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RAW_FAMILIES = 2 };

struct raw;

struct raw_codec {
	/* Writes a packet, to be the bytes of out, and sets from whom it is where that matters. 0,
	 * or the errno by which it is refused. */
	int (*write)(struct raw *raw, const struct probe_packet *packet, struct writer *w,
		     struct outgoing *out);
	/* Whether a report tells something of ours: sets kind and what belongs to it. The event is
	 * filled in with peer and time. */
	bool (*read_report)(struct raw *raw, int index, const struct report *report,
			    struct probe_event *event);
	/* Whether a packet is for us; the same. */
	bool (*read_answer)(struct raw *raw, int index, const struct incoming *packet,
			    struct probe_event *event);
};

/* The beginning of the state of a method. */
struct raw {
	struct probe probe;
	const struct raw_codec *codec;
	struct channel *channel[RAW_FAMILIES]; /* NULL: this machine lacks the family */
	bool used[RAW_FAMILIES];	       /* packets of the family have been sent */
	struct local *local;
	struct egress *egress; /* NULL: carriers cannot be watched */
	uint8_t *bytes;	       /* PROBE_BATCH packets of room octets */
	size_t room;
};

static inline uint8_t raw_family(int index)
{
	return index == 0 ? 4 : 6;
}

static inline int raw_index(uint8_t family)
{
	return family == 4 ? 0 : 1;
}

/* Fills in all but probe, codec and the channels; then each family's channel, as probe_ops.open has
 * it. */
MUST_CHECK enum err raw_open(struct raw *raw, const struct channel_options options[RAW_FAMILIES]);
void raw_finish(struct raw *raw); /* of all that raw_open made, be it half */

/* Room for packets of this many octets behind the IP header, and for answers as large. */
MUST_CHECK enum err raw_reserve(struct raw *raw, uint8_t family, size_t octets);

/* As probe_ops has them. */
void raw_send(struct probe *probe, struct probe_packet *packets, size_t count);
void raw_receive(struct probe *probe, nsec now, const struct probe_listener *listener);
bool raw_dropped(struct probe *probe, const struct endpoint *host, nsec at);

/* Whether this machine can send to the host now, as far as its interfaces tell. */
bool raw_ready(const struct raw *raw, const struct endpoint *host);

/* What an ICMP error says; our own kernel makes one when a neighbour does not answer. */
enum loss_cause raw_cause(struct raw *raw, int index, const struct report *report);

#endif
