/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A refusal is why a connection was not made: what the host, a router or this machine said. */
#ifndef NETGRADE_NET_REFUSAL_H
#define NETGRADE_NET_REFUSAL_H

#include "collector/metric/singleton.h"
#include "collector/net/endpoint.h"
#include "collector/net/local.h"

#include <stdbool.h>

struct refusal {
	enum loss_cause cause;
	bool by_machine; /* it was never tried: the network has no part in it */
};

/* A system call refused. */
struct refusal refusal_by_machine(void);

/* Of a TCP socket with IP_RECVERR or IPV6_RECVERR on whose connection to the host failed. */
struct refusal refusal_read(int fd, const struct endpoint *host, struct local *local);

#endif
