/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ICMP echo as octets, both families (RFC 792; RFC 4443, sections 4.1 and 4.2). */
#ifndef NETGRADE_PACKET_ICMP_H
#define NETGRADE_PACKET_ICMP_H

#include "collector/base/err.h"
#include "collector/metric/singleton.h"
#include "collector/packet/mark.h"

#include <stddef.h>
#include <stdint.h>

enum {
	ICMP_HEADER = 8,
	ICMP_TYPE_ECHO_V4 = 8,
	ICMP_TYPE_ECHO_V6 = 128,
	ICMP_TYPE_REPLY_V4 = 0,
	ICMP_TYPE_REPLY_V6 = 129,
};

/* A seal's identifier is the first of a block of so many, a multiple of it. */
enum { ICMP_IDENTIFIERS = 8, ICMP_IDENTIFIER_BLOCK = 0xffff & ~(ICMP_IDENTIFIERS - 1) };

struct icmp_echo {
	struct mark mark;
	uint16_t sequence;
	uint16_t size; /* octets of payload, at least MARK_SIZE */
	uint8_t turn;  /* which identifier of the block, modulo ICMP_IDENTIFIERS */
};

/* Writes an echo request without IP header. The IPv4 checksum is filled in; the IPv6 one, which
 * covers addresses too, is the kernel's part. E_RANGE: payload too small; E_SHORT: no room. */
MUST_CHECK enum err icmp_write_echo(struct writer *w, const struct mark_seal *seal,
				    const struct icmp_echo *echo);

/* Reads an echo reply as a raw socket gives it: with its IP header for IPv4, without for IPv6.
 * E_NOT_FOUND: no echo reply to this block of identifiers. E_SHORT or E_CORRUPT: cut or
 * contradictory. E_CHECKSUM: the IPv4 checksum (the kernel has verified the IPv6 one).
 * E_PERMISSION: a forged cookie. size is set on success. */
MUST_CHECK enum err icmp_read_reply(const uint8_t *bytes, size_t len, const struct mark_seal *seal,
				    struct icmp_echo *out);

/* Finds our echo request in a packet that the kernel looped back to tell its send stamp. It may
 * have link and IP headers before it and link padding (zeros) behind. E_NOT_FOUND otherwise. */
MUST_CHECK enum err icmp_read_looped(const uint8_t *bytes, size_t len, const struct mark_seal *seal,
				     struct icmp_echo *out);

/* Reads what an ICMP error quotes of an echo request, from its ICMP header on; only the first 8
 * octets are sure to be there, so no cookie proves it. E_NOT_FOUND: not an echo request with an
 * identifier of this block. */
MUST_CHECK enum err icmp_read_quoted(const uint8_t *bytes, size_t len, const struct mark_seal *seal,
				     uint16_t *sequence);

/* What an ICMP error of this type and code says (RFC 792; RFC 1812, section 5.2.7.1; RFC 4443,
 * section 3.1): LOSS_FILTERED where a router says that it is prohibited, else LOSS_UNREACHABLE. */
enum loss_cause icmp_cause(uint8_t family, uint8_t type, uint8_t code);

/* Whether it says that nothing listens at a port, which only the host itself can know. */
bool icmp_closes_port(uint8_t family, uint8_t type, uint8_t code);

#endif
