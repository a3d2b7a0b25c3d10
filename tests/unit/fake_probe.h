/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A fake probe is a method without sockets: it records what the agent sends, and a policy says what
 * comes back and when, under the virtual clock. */
#ifndef NETGRADE_TESTS_UNIT_FAKE_PROBE_H
#define NETGRADE_TESTS_UNIT_FAKE_PROBE_H

#include "collector/agent.h"
#include "collector/probe/probe.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Policies tell what becomes of a packet by these; with none the packet is lost. */
void fake_answer(const struct probe_packet *packet, nsec delay);
void fake_event(const struct probe_packet *packet, nsec delay, const struct probe_event *event);

/* Something that is about no packet, such as an overflow, this long from now. */
void fake_happen(nsec delay, const struct probe_event *event);

typedef void fake_policy(void *context, struct probe_packet *packet);

struct fake_sent {
	struct mark mark;
	uint16_t sequence;
	nsec at; /* monotonic */
};

/* One fake at a time: agent_open makes it, agent_destroy ends it. */
struct fake {
	fake_policy *policy;
	void *context;
	struct fake_sent *sent; /* as long as record is set */
	size_t sent_count;
	size_t largest; /* the most packets that left at one instant */
	bool record;
	struct period dropped;	 /* realtime: what was sent then, this machine lost itself */
	uint32_t receive_buffer; /* what it was opened with */
};

extern const struct probe_ops fake_probe;
struct fake *fake_state(void);

/* Forgets everything and says what is to become of packets from now on. */
void fake_reset(fake_policy *policy, void *context);
void fake_finish(void);

#endif
