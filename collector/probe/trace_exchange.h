/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An exchange sends trace packets of one flow to a host and pairs with them what answers. */
#ifndef NETGRADE_PROBE_TRACE_EXCHANGE_H
#define NETGRADE_PROBE_TRACE_EXCHANGE_H

#include "collector/base/err.h"
#include "collector/net/endpoint.h"
#include "collector/net/trace_socket.h"
#include "collector/packet/trace_packet.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct trace_target {
	struct endpoint host; /* with its port for UDP and TCP */
	enum trace_protocol protocol;
	const atomic_bool *stop; /* once it is true nothing more is sent or awaited; may be NULL */
};

struct sending {
	uint8_t ttl;
	uint16_t size;
	int refused; /* errno of the system call that did not send it */
	nsec sent_at;
	bool answered;
	nsec round_trip;
	struct endpoint from; /* who answered first, and with what */
	struct trace_answer answer;
};

struct trace_exchange;

/* E_UNSUPPORTED: the machine lacks the family; E_NOT_FOUND: no route. */
MUST_CHECK enum err trace_exchange_open(struct trace_socket *socket,
					const struct trace_target *target,
					struct trace_exchange **out);
void trace_exchange_close(struct trace_exchange *exchange); /* NULL is fine */

const struct trace_way *trace_exchange_way(const struct trace_exchange *exchange);
bool trace_exchange_stopped(const struct trace_exchange *exchange);

/* size: octets with the IP header, 0 for as few as can be. Gives its number, which counts from 0.
 * E_FULL after TRACE_EXCHANGE_MOST. */
enum { TRACE_EXCHANGE_MOST = 512 };
MUST_CHECK enum err trace_exchange_send(struct trace_exchange *exchange, uint8_t ttl, uint16_t size,
					size_t *number);

/* Hears answers until all sendings from this number on are answered, or for so long. */
void trace_exchange_await(struct trace_exchange *exchange, size_t first, nsec wait);

const struct sending *trace_exchange_sending(const struct trace_exchange *exchange, size_t number);
size_t trace_exchange_sent(const struct trace_exchange *exchange);

#endif
