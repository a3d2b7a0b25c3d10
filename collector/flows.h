/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flows are all packet streams that a configuration asks for: those of its tests, those by which
 * agents watch whether they are cut off, and traces, of each the most packets that it may take. */
#ifndef NETGRADE_COLLECTOR_FLOWS_H
#define NETGRADE_COLLECTOR_FLOWS_H

#include "collector/base/err.h"
#include "collector/base/random.h"
#include "collector/net/endpoint.h"
#include "collector/packet/frame.h"
#include "collector/probe/probe.h"
#include "collector/schedule.h"
#include "config/config.h"

#include <stddef.h>
#include <stdint.h>

enum { HOST_NAME = 96 };

/* Whom packets are sent to. */
struct flow_host {
	char name[HOST_NAME];
	size_t site;		  /* CONFIG_NONE: an anchor that is no site, or a gateway */
	size_t owner;		  /* the site's organisation, CONFIG_NONE where that is not known */
	struct endpoint endpoint; /* of an anchor; family 0 otherwise */
};

/* How a target meets it. */
enum flow_manner {
	FLOW_ECHO,   /* it has no ports */
	FLOW_SYN,    /* connections begun, and no data */
	FLOW_QUERY,  /* DNS over UDP */
	FLOW_STREAM, /* DNS over TCP */
	FLOW_VISIT,  /* a page, over HTTP */
	/* Packets whose lifetime ends on the way, in the order of enum trace_choice. */
	FLOW_ICMP_TRACE,
	FLOW_UDP_TRACE,
	FLOW_TCP_TRACE,
	FLOW_MTU, /* as large as the interface lets out */
	FLOW_MANNERS
};

struct flow {
	size_t agent;
	size_t host; /* of flows->hosts */
	size_t test; /* CONFIG_NONE: it watches an anchor or a gateway */
	struct stream stream;
	nsec apart; /* its packets, from the first of a slot on; 0: evenly over the slot */
	const struct probe_ops *method;
	enum flow_manner manner;
	struct frames frames;  /* that one packet becomes */
	struct frames closing; /* what this machine sends after its answer; none: count 0 */
	uint8_t family;	       /* 4 or 6 */
	uint8_t dscp;
	uint16_t port; /* 0: the method has none */
	uint16_t size; /* octets of payload */
};

struct flows {
	struct flow *items; /* by agent */
	size_t count;
	struct flow_host *hosts; /* the sites, index for index, then the others */
	size_t host_count;
};

/* Of one agent, or of all (CONFIG_NONE). The phases are those that the secret gives; a service
 * draws one at each start. An agent with anchors is taken to have one gateway for each family: how
 * many there are, its routes tell. */
MUST_CHECK enum err flows_create(const struct config *config, size_t agent,
				 const struct hash_key *secret, struct flows *out);
void flows_finish(struct flows *flows);

#endif
