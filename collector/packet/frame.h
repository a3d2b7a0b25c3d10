/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A frame is what a probe packet becomes on an Ethernet: how many frames, and how many octets. */
#ifndef NETGRADE_PACKET_FRAME_H
#define NETGRADE_PACKET_FRAME_H

#include <stdint.h>

/* IEEE 802.3: addresses and type, check sequence, and what a frame has at least with both of them.
 * Preamble and gap, 20 octets more for each frame, are not counted. */
enum { ETHERNET_HEADER = 14, ETHERNET_CHECK = 4, ETHERNET_LEAST = 64, ETHERNET_MTU = 1500 };

/* RFC 791, 3.1, without options; RFC 8200, 3 and 4.5. */
enum { IPV4_HEADER = 20, IPV6_HEADER = 40, IPV6_FRAGMENT_HEADER = 8 };

struct frames {
	uint32_t count;	 /* more than one: the packet is sent in fragments */
	uint32_t octets; /* of all of them, Ethernet header and check sequence included */
	uint32_t packet; /* octets of the IP packet, its fragments taken together */
};

/* Of an IP packet with so many octets behind its IP header; family is 4 or 6. */
struct frames frames_of(uint8_t family, uint32_t data);

#endif
