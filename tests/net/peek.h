/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A peek tells what the emulator's log says of an IP packet, and can turn it into a forgery or
 * an answer. */
#ifndef NETGRADE_TESTS_NET_PEEK_H
#define NETGRADE_TESTS_NET_PEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PEEK_TAIL = 16 };

struct peek {
	uint8_t family;	  /* 4 or 6 */
	uint8_t protocol; /* of the first header after the IP header */
	uint8_t source[16];
	uint8_t destination[16];
	bool echo;     /* an unfragmented ICMP or ICMPv6 echo request or reply: */
	uint8_t type;  /* its type */
	uint16_t id;   /* its identifier */
	uint16_t seq;  /* its sequence number */
	size_t icmp;   /* where its ICMP header starts */
	size_t end;    /* where its payload ends */
	bool has_tail; /* its payload has at least PEEK_TAIL octets; or it is an unfragmented
			* TCP segment, or a UDP datagram of so many octets: */
	uint8_t tail[PEEK_TAIL]; /* the last ones; or the first ones from that header on */
};

/* false when the octets are no whole IPv4 or IPv6 header. */
bool peek_packet(const uint8_t *bytes, size_t len, struct peek *out);

/* Changes the last octet of an echo's payload, and its checksum with it, so that every layer below
 * the prober's own check takes it. false for anything but an echo with a payload. */
bool peek_forge(uint8_t *bytes, size_t len);

/* An unfragmented echo request becomes the reply that its target would send; checksums mended.
 * false, and nothing is changed, for anything else. */
bool peek_answer(uint8_t *bytes, size_t len);

#endif
