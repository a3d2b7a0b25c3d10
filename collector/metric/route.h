/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A route is the routers on the way to a host as one trace found them, hop by hop. */
#ifndef NETGRADE_METRIC_ROUTE_H
#define NETGRADE_METRIC_ROUTE_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ROUTE_HOPS = 30,
	HOP_ADDRESSES = 3, /* at one distance; more are not told apart */
	ROUTE_TEXT = ROUTE_HOPS * HOP_ADDRESSES * 40 + 1,
};

struct hop {
	uint8_t addresses[HOP_ADDRESSES][16]; /* IPv4: the first four octets */
	uint8_t address_count;		      /* 0: silent */
	uint8_t sent;
	uint8_t answered;
	nsec least; /* delays of those that were answered; undefined without any */
	nsec total;
	nsec most;
};

enum route_end {
	ROUTE_REACHED,	   /* the host itself answered */
	ROUTE_FILTERED,	   /* a router told that it is prohibited */
	ROUTE_UNREACHABLE, /* a router told that it cannot pass it on */
	ROUTE_SILENT,	   /* behind the last hop nothing answers */
	ROUTE_TTL_OUT,	   /* routers answer as far as was asked */
	ROUTE_LOOP,	   /* a router comes twice, with others between */
	ROUTE_UNSENT,	   /* this machine could not send */
	ROUTE_ENDS
};
const char *route_end_name(enum route_end end); /* "reached" and so on */

struct route {
	uint8_t family; /* 4 or 6 */
	uint8_t count;	/* hops up to the last that answered */
	enum route_end end;
	uint8_t type; /* of the ICMP error of filtered or unreachable */
	uint8_t code;
	struct hop hops[ROUTE_HOPS];
};

struct hop hop_silent(void);
void hop_take(struct hop *hop, const uint8_t address[16], nsec delay); /* an answer */

bool hop_has(const struct hop *hop, const uint8_t address[16]);

/* Whether a router comes twice with another between. */
bool route_loops(const struct route *route);

/* Whether both may be one route: silent hops tell nothing, a route that was not reached tells
 * nothing of what is behind its last hop. */
bool route_same(const struct route *a, const struct route *b);

/* Names in known the hops that it lacks and the other has; whether there were any. Both are the
 * same route. */
bool route_learn(struct route *known, const struct route *other);

/* "10.0.0.1 * 10.0.0.2/10.0.0.3": the hops' addresses, * for a silent one; and back, without
 * delays. E_SYNTAX. */
void route_format(const struct route *route, char out[ROUTE_TEXT]);
MUST_CHECK enum err route_parse(const char *text, uint8_t family, struct route *out);

#endif
