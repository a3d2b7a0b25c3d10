/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrivals are the events that one look at the probes' sockets gives: each is taken to the packet
 * in flight that it is about, or counted. */
#ifndef NETGRADE_COLLECTOR_ARRIVALS_H
#define NETGRADE_COLLECTOR_ARRIVALS_H

#include "collector/agent.h"
#include "collector/methods.h"
#include "collector/overflows.h"
#include "collector/tracks.h"

struct arrivals {
	struct tracks *tracks;
	const struct methods *methods;
	struct overflows *overflows; /* by family: IPv4, IPv6 */
	struct agent_counters *counters;
	const struct agent_listener *listener;
	nsec clock_offset; /* of the realtime from the monotonic clock */
	nsec since;	   /* realtime: what arrived before was read by an earlier look */
};

/* What a probe_listener is to call, with the arrivals as its context. */
void arrivals_take(void *arrivals, const struct probe_event *events, size_t count);

#endif
