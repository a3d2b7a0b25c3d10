/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TCP segments that open a connection, and those that answer one, as octets (RFC 9293, section
 * 3.1), both families. */
#ifndef NETGRADE_PACKET_TCP_H
#define NETGRADE_PACKET_TCP_H

#include "collector/base/err.h"
#include "collector/base/wire.h"

#include <stddef.h>
#include <stdint.h>

/* A SYN of ours has the options of an ordinary client, and no data; TCP_RESET is what ends what it
 * began. Octets behind the IP header. */
enum { TCP_SYN_SIZE = 40, TCP_RESET_SIZE = 20 };

/* Where the checksum stands. */
enum { TCP_CHECKSUM_OFFSET = 16 };

enum tcp_flag { TCP_SYN = 0x02, TCP_RST = 0x04, TCP_ACK = 0x10 };

struct tcp_syn {
	uint8_t family;	     /* 4 or 6 */
	const uint8_t *from; /* IPv4: four octets of address, which the checksum covers */
	const uint8_t *to;
	uint16_t source_port;
	uint16_t port;
	uint32_t number; /* initial sequence number */
	uint32_t clock;	 /* milliseconds since any instant: the time stamp option */
};

/* Writes a SYN without IP header. The IPv6 checksum is the kernel's part. E_SHORT: no room. */
MUST_CHECK enum err tcp_write_syn(struct writer *w, const struct tcp_syn *syn);

struct tcp_segment {
	uint16_t source_port; /* of who sent it */
	uint16_t port;	      /* of whom it is for */
	uint32_t number;
	uint32_t acknowledged; /* meaningful with TCP_ACK */
	uint8_t flags;
};

/* Reads a segment as a raw socket gives it: with its IP header for IPv4, without for IPv6.
 * E_NOT_FOUND: no TCP. E_SHORT or E_CORRUPT: cut or contradictory. E_CHECKSUM, with the segment
 * set: the IPv4 checksum (the kernel has verified the IPv6 one). A checksum that only holds the sum
 * of addresses and length is right: so it comes from a sender on the same machine, whose kernel
 * leaves the rest to a network card. */
MUST_CHECK enum err tcp_read_answer(const uint8_t *bytes, size_t len, uint8_t family,
				    struct tcp_segment *out);

/* Reads a SYN of ours that the kernel looped back to tell its send stamp: the last octets of it.
 * E_NOT_FOUND: something else. */
MUST_CHECK enum err tcp_read_looped(const uint8_t *bytes, size_t len, struct tcp_segment *out);

/* Reads what an ICMP error quotes of a segment, from its TCP header on: ports and number, which
 * stand in the 8 octets that are sure to be there. E_SHORT. */
MUST_CHECK enum err tcp_read_quoted(const uint8_t *bytes, size_t len, struct tcp_segment *out);

#endif
