/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Departures are packets of one probe that are gathered to leave in one system call. */
#ifndef NETGRADE_COLLECTOR_DEPARTURES_H
#define NETGRADE_COLLECTOR_DEPARTURES_H

#include "collector/base/nsec.h"
#include "collector/lateness.h"
#include "collector/probe/flight.h"
#include "collector/probe/probe.h"

#include <stdbool.h>
#include <stddef.h>

struct departures {
	struct probe *probe;
	struct probe_packet packets[PROBE_BATCH];
	struct flight *flights[PROBE_BATCH]; /* which they belong to */
	nsec due_at[PROBE_BATCH];	     /* realtime */
	size_t count;
};

/* Whether packets of this probe can be added without sending first. */
bool departures_open(const struct departures *departures, const struct probe *probe);

/* Adds a packet, which the caller fills in. */
struct probe_packet *departures_add(struct departures *departures, struct probe *probe,
				    struct flight *flight, nsec due_at);

/* Sends them and tells their flights; counts how late they are now (realtime). */
void departures_send(struct departures *departures, nsec now, struct lateness *lateness);

#endif
