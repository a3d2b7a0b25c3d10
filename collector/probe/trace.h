/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A trace finds the routers on the way to a host by packets whose lifetime ends there. */
#ifndef NETGRADE_PROBE_TRACE_H
#define NETGRADE_PROBE_TRACE_H

#include "collector/base/err.h"
#include "collector/metric/route.h"
#include "collector/probe/trace_exchange.h"

enum {
	TRACE_TRIES = 3,	/* packets to each hop */
	TRACE_WINDOW = 6,	/* hops that are asked at once */
	TRACE_UDP_PORT = 33434, /* the first that traceroute(8) uses, where hosts seldom listen */
	TRACE_SILENT_MAX = 8	/* hops in a row without an answer: then none is asked further */
};

/* The most packets that one trace can send: each hop asked TRACE_TRIES times, and those behind the
 * last once. */
enum { TRACE_PACKETS_MAX = ROUTE_HOPS * TRACE_TRIES };

/* Takes at most three seconds a window and a try, half a second on most paths. Errors as
 * trace_exchange_open; E_CLOSED: it was stopped. */
MUST_CHECK enum err trace_run(struct trace_socket *socket, const struct trace_target *target,
			      struct route *out);

#endif
