/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets that are answered on the way because their lifetime or size is bounded, as octets with
 * their IP header, and what answers them: ICMP errors that quote them, echo replies, TCP segments.
 * Whatever routers choose a way by is the same in all packets of a flow: addresses, protocol,
 * ports or ICMP type, code and identifier, IPv6 flow label, and the checksum. */
#ifndef NETGRADE_PACKET_TRACE_PACKET_H
#define NETGRADE_PACKET_TRACE_PACKET_H

#include "collector/base/err.h"
#include "collector/base/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum trace_protocol { TRACE_ICMP, TRACE_UDP, TRACE_TCP, TRACE_PROTOCOLS };

struct trace_flow {
	uint8_t family; /* 4 or 6 */
	enum trace_protocol protocol;
	uint8_t from[16]; /* IPv4: four octets */
	uint8_t to[16];
	uint16_t source; /* port, or the ICMP identifier */
	uint16_t port;	 /* of UDP and TCP */
};

struct trace_packet {
	uint8_t ttl;	/* or hop limit */
	uint16_t token; /* not 0: which packet it is */
	uint16_t size;	/* octets with the IP header; less than fits: as few as can be */
};

/* TCP packets, which are SYN segments without data, have no other size. */
MUST_CHECK enum err trace_write(struct writer *w, const struct trace_flow *flow,
				const struct trace_packet *packet);

enum trace_answer_kind {
	TRACE_EXCEEDED,	   /* its lifetime ended on the way */
	TRACE_UNREACHABLE, /* type and code say why */
	TRACE_TOO_BIG,
	TRACE_REPLIED, /* echo reply or SYN-ACK */
	TRACE_REFUSED, /* TCP reset */
};

struct trace_answer {
	enum trace_answer_kind kind;
	uint16_t token;
	uint8_t type; /* of an ICMP error */
	uint8_t code;
	uint32_t mtu; /* of TRACE_TOO_BIG, as it is told; 0: not told */
};

/* Reads ICMP or TCP as a raw socket gives it: with its IP header for IPv4, without for IPv6.
 * E_NOT_FOUND: nothing about a packet of the flow; E_SHORT, E_CORRUPT; E_CHECKSUM (IPv4; the
 * kernel has verified the others). */
MUST_CHECK enum err trace_read_icmp(const struct trace_flow *flow, const uint8_t *bytes, size_t len,
				    struct trace_answer *out);
MUST_CHECK enum err trace_read_tcp(const struct trace_flow *flow, const uint8_t *bytes, size_t len,
				   struct trace_answer *out);

/* Reads a packet that the kernel looped back to tell its send stamp, behind any link header. */
MUST_CHECK enum err trace_read_looped(const struct trace_flow *flow, const uint8_t *bytes,
				      size_t len, uint16_t *token);

#endif
