/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A trace socket sends packets whose IP header the caller has written, to either family, and hears
 * the ICMP and TCP that may answer them, with the kernel's stamps for both. */
#ifndef NETGRADE_NET_TRACE_SOCKET_H
#define NETGRADE_NET_TRACE_SOCKET_H

#include "collector/base/err.h"
#include "collector/base/nsec.h"
#include "collector/net/endpoint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trace_socket;

/* E_PERMISSION without CAP_NET_RAW. A machine that lacks a family has the other. */
MUST_CHECK enum err trace_socket_open(struct trace_socket **out);
void trace_socket_close(struct trace_socket *socket); /* NULL is fine */

/* A port of UDP and TCP that no other program can take, also for ICMP identifiers. */
uint16_t trace_socket_port(const struct trace_socket *socket);

/* How packets leave for a host. */
struct trace_way {
	struct endpoint from;
	uint32_t mtu; /* of the interface */
};

/* E_UNSUPPORTED: no such family here; E_NOT_FOUND: no route leads there. */
MUST_CHECK enum err trace_socket_way(struct trace_socket *socket, const struct endpoint *host,
				     struct trace_way *out);

/* 0 or the errno of the refusal; *at: this program's own stamp. */
int trace_socket_send(struct trace_socket *socket, const struct endpoint *to, const uint8_t *bytes,
		      size_t len, nsec *at);

enum trace_heard_kind { TRACE_HEARD_LOOPED, TRACE_HEARD_ICMP, TRACE_HEARD_TCP };

struct trace_heard {
	enum trace_heard_kind kind;
	const uint8_t *bytes; /* until the next call */
	size_t len;
	struct endpoint from;
	nsec at;
};

/* Waits for a packet of a family, until a monotonic instant. False: none came. */
bool trace_socket_hear(struct trace_socket *socket, uint8_t family, nsec until,
		       struct trace_heard *out);

#endif
