/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/net/peek.h"

#include "collector/base/wire.h"

#include <netinet/in.h>
#include <string.h>

enum { ICMP_HEADER = 8, TCP_HEADER = 20, ICMP_CHECKSUM_AT = 2, IPV4_MORE_OR_OFFSET = 0x3fff };
enum { IPV4_SOURCE_AT = 12, IPV6_SOURCE_AT = 8 };
enum { ECHO_REPLY = 0, ECHO_REQUEST = 8, ECHO_REQUEST_V6 = 128, ECHO_REPLY_V6 = 129 };

static void take_address(struct reader *r, size_t len, uint8_t out[16])
{
	const uint8_t *bytes = read_bytes(r, len);

	memset(out, 0, 16);
	if (bytes != NULL)
		memcpy(out, bytes, len);
}

/* RFC 791, section 3.1. Leaves r behind the header; *whole tells that it is no fragment. */
static void peek_ipv4(struct reader *r, struct peek *out, bool *whole)
{
	size_t header = (size_t)(read_u8(r) & 0x0f) * 4;

	read_skip(r, 1);
	out->end = read_u16(r);
	read_skip(r, 2);
	*whole = (read_u16(r) & IPV4_MORE_OR_OFFSET) == 0;
	read_skip(r, 1);
	out->protocol = read_u8(r);
	read_skip(r, 2);
	take_address(r, 4, out->source);
	take_address(r, 4, out->destination);
	if (header < 20)
		r->failed = true;
	else
		read_skip(r, header - 20);
	out->icmp = header;
}

/* RFC 8200, section 3; extension headers are not followed. */
static void peek_ipv6(struct reader *r, struct peek *out)
{
	enum { HEADER = 40 };

	read_skip(r, 4);
	out->end = (size_t)read_u16(r) + HEADER;
	out->protocol = read_u8(r);
	read_skip(r, 1);
	take_address(r, 16, out->source);
	take_address(r, 16, out->destination);
	out->icmp = HEADER;
}

static bool is_echo(const struct peek *p)
{
	return p->family == 4 ? p->protocol == IPPROTO_ICMP &&
					(p->type == ECHO_REQUEST || p->type == ECHO_REPLY)
			      : p->protocol == IPPROTO_ICMPV6 &&
					(p->type == ECHO_REQUEST_V6 || p->type == ECHO_REPLY_V6);
}

static void peek_icmp(struct reader *r, const uint8_t *bytes, struct peek *out)
{
	out->type = read_u8(r);
	read_skip(r, 3);
	out->id = read_u16(r);
	out->seq = read_u16(r);
	out->echo = !r->failed && is_echo(out);
	out->has_tail = out->echo && out->end - out->icmp >= ICMP_HEADER + PEEK_TAIL;
	if (out->has_tail)
		memcpy(out->tail, bytes + out->end - PEEK_TAIL, PEEK_TAIL);
}

static void peek_tcp(const uint8_t *bytes, struct peek *out)
{
	out->has_tail = out->end - out->icmp >= TCP_HEADER;
	if (out->has_tail)
		memcpy(out->tail, bytes + out->icmp, PEEK_TAIL);
}

static void peek_udp(const uint8_t *bytes, struct peek *out)
{
	out->has_tail = out->end - out->icmp >= PEEK_TAIL;
	if (out->has_tail)
		memcpy(out->tail, bytes + out->icmp, PEEK_TAIL);
}

bool peek_packet(const uint8_t *bytes, size_t len, struct peek *out)
{
	struct reader r = reader_over(bytes, len);
	struct peek peek = {.family = len > 0 ? bytes[0] >> 4 : 0};
	bool whole = true;

	if (peek.family == 4)
		peek_ipv4(&r, &peek, &whole);
	else if (peek.family == 6)
		peek_ipv6(&r, &peek);
	else
		return false;
	if (r.failed)
		return false;
	if (whole && peek.end <= len && peek.end >= peek.icmp + ICMP_HEADER) {
		if (peek.protocol == IPPROTO_TCP)
			peek_tcp(bytes, &peek);
		else if (peek.protocol == IPPROTO_UDP)
			peek_udp(bytes, &peek);
		else
			peek_icmp(&r, bytes, &peek);
	}
	*out = peek;
	return true;
}

/* Changes one octet of an ICMP message and mends its checksum: RFC 1624, equation 3, for the one
 * octet, high or low half of its word by its place. */
static void change_octet(uint8_t *icmp, size_t at, uint8_t value)
{
	uint8_t *checksum = icmp + ICMP_CHECKSUM_AT;
	int shift = at % 2 == 0 ? 8 : 0;
	uint32_t before = (uint32_t)icmp[at] << shift;
	uint32_t after = (uint32_t)value << shift;
	uint32_t sum =
		(~((uint32_t)checksum[0] << 8 | checksum[1]) & 0xffff) + (~before & 0xffff) + after;

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	checksum[0] = (uint8_t)(~sum >> 8);
	checksum[1] = (uint8_t)~sum;
	icmp[at] = value;
}

bool peek_forge(uint8_t *bytes, size_t len)
{
	struct peek peek;

	if (!peek_packet(bytes, len, &peek) || !peek.echo || peek.end == peek.icmp + ICMP_HEADER)
		return false;
	change_octet(bytes + peek.icmp, peek.end - 1 - peek.icmp, bytes[peek.end - 1] ^ 0x5a);
	return true;
}

bool peek_answer(uint8_t *bytes, size_t len)
{
	struct peek peek;

	if (!peek_packet(bytes, len, &peek) || !peek.echo ||
	    (peek.type != ECHO_REQUEST && peek.type != ECHO_REQUEST_V6))
		return false;
	bool ipv4 = peek.family == 4;
	size_t octets = ipv4 ? 4 : 16;
	uint8_t *source = bytes + (ipv4 ? IPV4_SOURCE_AT : IPV6_SOURCE_AT);
	/* Sums over both addresses stay as they are. */
	memcpy(source, peek.destination, octets);
	memcpy(source + octets, peek.source, octets);
	change_octet(bytes + peek.icmp, 0, ipv4 ? ECHO_REPLY : ECHO_REPLY_V6);
	return true;
}
