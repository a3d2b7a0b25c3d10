/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UDP datagrams as octets (RFC 768), both families. */
#ifndef NETGRADE_PACKET_UDP_H
#define NETGRADE_PACKET_UDP_H

#include "collector/base/err.h"
#include "collector/base/wire.h"

#include <stddef.h>
#include <stdint.h>

/* Octets behind the IP header, and where the checksum stands. */
enum { UDP_HEADER = 8, UDP_CHECKSUM_OFFSET = 6 };

struct udp_datagram {
	uint16_t source_port; /* of who sent it */
	uint16_t port;	      /* of whom it is for */
	const uint8_t *data;
	size_t len; /* of data, as far as it is there */
};

/* What the IPv4 checksum covers besides; four octets each. The IPv6 checksum is the kernel's part.
 */
struct udp_ends {
	uint8_t family; /* 4 or 6 */
	const uint8_t *from;
	const uint8_t *to;
};

/* Writes a datagram without IP header. E_SHORT: no room; E_RANGE: too long. */
MUST_CHECK enum err udp_write(struct writer *w, const struct udp_ends *ends,
			      const struct udp_datagram *datagram);

/* Reads a datagram as a raw socket gives it: with its IP header for IPv4, without for IPv6.
 * E_NOT_FOUND: no UDP. E_SHORT or E_CORRUPT: cut or contradictory. E_CHECKSUM, with the datagram
 * set: the IPv4 checksum (the kernel has verified the IPv6 one); none at all is right (RFC 768),
 * and so is one that only holds the sum of addresses and length, from a sender on the same
 * machine. */
MUST_CHECK enum err udp_read(const uint8_t *bytes, size_t len, uint8_t family,
			     struct udp_datagram *out);

/* Reads a datagram that the kernel looped back behind link headers of any length, to tell its send
 * stamp. E_NOT_FOUND: something else. */
MUST_CHECK enum err udp_read_looped(const uint8_t *bytes, size_t len, struct udp_datagram *out);

/* Reads what an ICMP error quotes of a datagram, from its UDP header on. E_SHORT. */
MUST_CHECK enum err udp_read_quoted(const uint8_t *bytes, size_t len, struct udp_datagram *out);

#endif
