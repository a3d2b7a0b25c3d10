/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Traces by hand: the hops on the way to hosts and how large a packet gets there. */
#ifndef NETGRADE_COLLECTOR_TRACE_ONCE_H
#define NETGRADE_COLLECTOR_TRACE_ONCE_H

#include "collector/base/err.h"
#include "collector/net/endpoint.h"
#include "collector/privilege.h"
#include "collector/traced.h"

#include <stddef.h>

struct trace_once {
	struct account account; /* becomes this user once its sockets are open */
	enum trace_protocol protocol;
	uint16_t port;
};

/* port: 0 where none is given. What is wrong goes to standard error. */
bool trace_once_read(const char *protocol, uint16_t port, struct trace_once *out);

/* Traces the hosts named in the items, one after the other, and fills in the rest. False after
 * telling why on standard error. */
bool trace_once_run(const struct trace_once *once, struct traced *items, size_t count);

#endif
