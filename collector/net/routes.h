/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Routes are how packets leave this machine: the interface and the neighbour that they are handed
 * to, as the kernel tells (rtnetlink). */
#ifndef NETGRADE_NET_ROUTES_H
#define NETGRADE_NET_ROUTES_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/net/endpoint.h"

#include <stdint.h>

struct routes;

MUST_CHECK enum err routes_open(struct routes **out);
void routes_close(struct routes *routes); /* NULL is fine */

/* A netlink socket that hears these groups, without waiting. */
MUST_CHECK enum err routes_listen(uint32_t groups, int *out);

struct route {
	uint32_t interface;
	struct endpoint gateway; /* of family 0 when the host is on the link itself */
};

/* E_NOT_FOUND when no route leads to the host. */
MUST_CHECK enum err routes_find(struct routes *routes, const struct endpoint *host,
				struct route *out);

enum neighbour_state {
	NEIGHBOUR_UNKNOWN,
	NEIGHBOUR_SEEN,	  /* its answer was heard, so long ago */
	NEIGHBOUR_FAILED, /* it was asked for and did not answer */
};

struct neighbour {
	enum neighbour_state state;
	nsec seen_ago;
};

/* What the kernel knows of the route's gateway. */
struct neighbour routes_neighbour(struct routes *routes, const struct route *route);

#endif
