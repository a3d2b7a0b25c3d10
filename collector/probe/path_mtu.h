/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The path MTU is the largest packet that reaches a host unfragmented, found by sending such
 * packets and awaiting the host's own word for each (RFC 8899). */
#ifndef NETGRADE_PROBE_PATH_MTU_H
#define NETGRADE_PROBE_PATH_MTU_H

#include "collector/base/err.h"
#include "collector/metric/mtu_search.h"
#include "collector/probe/trace_exchange.h"

enum { MTU_TRIES = 3 }; /* packets of a size before it counts as lost; MAX_PROBES of RFC 8899 */

/* The most packets that one search can send. */
enum { MTU_PACKETS_MAX = 32 * MTU_TRIES };

struct path_mtu {
	enum mtu_state state;
	uint16_t size; /* largest that was confirmed; 0: none */
	uint16_t from; /* smallest that was not, 0 where even the interface's was confirmed */
	uint16_t told; /* what a router told; 0: nothing */
	struct endpoint teller;
};

/* For a host that a trace reached: who else tells that a port is closed is not asked for.
 * Of a TCP target by ICMP echo, for a segment that opens a connection carries no data. Errors as
 * trace_exchange_open; E_CLOSED: it was stopped. */
MUST_CHECK enum err path_mtu_find(struct trace_socket *socket, const struct trace_target *target,
				  struct path_mtu *out);

#endif
