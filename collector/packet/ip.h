/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IP headers as raw sockets give them, and the checksum that IP, ICMP and TCP share. */
#ifndef NETGRADE_PACKET_IP_H
#define NETGRADE_PACKET_IP_H

#include "collector/base/err.h"
#include "collector/base/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IP_PROTOCOL_ICMP = 1, IP_PROTOCOL_TCP = 6, IP_PROTOCOL_UDP = 17 };

/* RFC 1071: adds 16-bit words to a sum, an odd last octet padded with zero; then the ones'
 * complement sum of 16 bits. */
uint64_t ip_sum(uint64_t sum, const uint8_t *bytes, size_t len);
uint16_t ip_fold(uint64_t sum);

/* Moves over an IPv4 header and cuts the reader to the packet's own length. E_SHORT, E_CORRUPT;
 * E_NOT_FOUND: of another protocol. */
MUST_CHECK enum err ip_skip_v4(struct reader *r, uint8_t protocol);

/* Finds the IP packet, of either version, that ends with the octets and carries the protocol,
 * behind a link header of any length; out begins behind its IP header. */
bool ip_find(const uint8_t *bytes, size_t len, uint8_t protocol, struct reader *out);

#endif
