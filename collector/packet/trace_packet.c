/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/packet/trace_packet.h"
#include "collector/packet/icmp.h"
#include "collector/packet/ip.h"
#include "collector/packet/tcp.h"

#include <string.h>

enum {
	IPV4_HEADER = 20,
	IPV6_HEADER = 40,
	LINK_HEADER_MAX = 32,
	DO_NOT_FRAGMENT = 0x4000,
	PLAIN = 32, /* octets behind the IP header of a packet of ICMP or UDP with no size of its
		       own */
	UDP_HEADER = 8,
	PROTOCOL_UDP = 17,
	PROTOCOL_ICMPV6 = 58,
	FILLER = 0xa5,
};

/* RFC 792; RFC 4443, section 3. */
enum {
	V4_UNREACHABLE = 3,
	V4_TOO_BIG_CODE = 4,
	V4_EXCEEDED = 11,
	V6_UNREACHABLE = 1,
	V6_TOO_BIG = 2,
	V6_EXCEEDED = 3,
};

static size_t address_size(const struct trace_flow *flow)
{
	return flow->family == 4 ? 4 : 16;
}

static uint8_t protocol_number(const struct trace_flow *flow)
{
	if (flow->protocol == TRACE_UDP)
		return PROTOCOL_UDP;
	if (flow->protocol == TRACE_TCP)
		return IP_PROTOCOL_TCP;
	return flow->family == 4 ? IP_PROTOCOL_ICMP : PROTOCOL_ICMPV6;
}

static uint8_t echo_type(const struct trace_flow *flow)
{
	return flow->family == 4 ? ICMP_TYPE_ECHO_V4 : ICMP_TYPE_ECHO_V6;
}

/* A token and its complement: whatever the token, their sum and so the checksum are the same. */
static void write_token(struct writer *w, uint16_t token)
{
	write_u16(w, token);
	write_u16(w, (uint16_t)~token);
}

static bool read_token(struct reader *r, uint16_t *token)
{
	*token = read_u16(r);
	uint16_t complement = (uint16_t) ~*token;
	return read_u16(r) == complement && !r->failed;
}

static void write_ipv4(struct writer *w, const struct trace_flow *flow,
		       const struct trace_packet *packet, size_t len)
{
	write_u8(w, 4 << 4 | IPV4_HEADER / 4);
	write_u8(w, 0);
	write_u16(w, (uint16_t)(IPV4_HEADER + len));
	write_u16(w, packet->token);
	write_u16(w, DO_NOT_FRAGMENT);
	write_u8(w, packet->ttl);
	write_u8(w, protocol_number(flow));
	write_u16(w, 0); /* the kernel's part */
	write_bytes(w, flow->from, 4);
	write_bytes(w, flow->to, 4);
}

static void write_ipv6(struct writer *w, const struct trace_flow *flow,
		       const struct trace_packet *packet, size_t len)
{
	write_u32(w, UINT32_C(6) << 28);
	write_u16(w, (uint16_t)len);
	write_u8(w, protocol_number(flow));
	write_u8(w, packet->ttl);
	write_bytes(w, flow->from, 16);
	write_bytes(w, flow->to, 16);
}

/* Behind the IP header; the checksum is 0 yet. */
static void write_echo(struct writer *w, const struct trace_flow *flow, uint16_t token, size_t len)
{
	write_u8(w, echo_type(flow));
	write_u8(w, 0);
	write_u16(w, 0);
	write_u16(w, flow->source);
	write_token(w, token);
	write_fill(w, FILLER, len - ICMP_HEADER - 2);
}

static void write_datagram(struct writer *w, const struct trace_flow *flow, uint16_t token,
			   size_t len)
{
	write_u16(w, flow->source);
	write_u16(w, flow->port);
	write_u16(w, (uint16_t)len);
	write_u16(w, 0);
	write_token(w, token);
	write_fill(w, FILLER, len - UDP_HEADER - 4);
}

static enum err write_segment(struct writer *w, const struct trace_flow *flow, uint16_t token)
{
	/* As an IPv6 one it bears no checksum yet. */
	const struct tcp_syn syn = {
		.family = 6,
		.source_port = flow->source,
		.port = flow->port,
		.number = (uint32_t)token << 16 | (uint16_t)~token,
		.clock = flow->source,
	};

	return tcp_write_syn(w, &syn);
}

/* ICMPv4 has no pseudo header. */
static uint16_t checksum(const struct trace_flow *flow, const uint8_t *bytes, size_t len)
{
	uint64_t sum = 0;

	if (flow->family == 6 || flow->protocol != TRACE_ICMP) {
		sum = (uint64_t)protocol_number(flow) + len;
		sum = ip_sum(sum, flow->from, address_size(flow));
		sum = ip_sum(sum, flow->to, address_size(flow));
	}
	uint16_t check = (uint16_t)~ip_fold(ip_sum(sum, bytes, len));
	return check == 0 && flow->protocol == TRACE_UDP ? 0xffff : check;
}

static void place_checksum(const struct trace_flow *flow, uint8_t *bytes, size_t len)
{
	static const size_t at[TRACE_PROTOCOLS] = {
		[TRACE_ICMP] = 2, [TRACE_UDP] = 6, [TRACE_TCP] = TCP_CHECKSUM_OFFSET};
	uint8_t *place = bytes + at[flow->protocol];
	uint16_t check = checksum(flow, bytes, len);

	place[0] = (uint8_t)(check >> 8);
	place[1] = (uint8_t)check;
}

enum err trace_write(struct writer *w, const struct trace_flow *flow,
		     const struct trace_packet *packet)
{
	size_t header = flow->family == 4 ? IPV4_HEADER : IPV6_HEADER;
	size_t len = packet->size < header + PLAIN ? PLAIN : packet->size - header;
	enum err rc = E_OK;

	if (flow->protocol == TRACE_TCP)
		len = TCP_SYN_SIZE;
	if (flow->family == 4)
		write_ipv4(w, flow, packet, len);
	else
		write_ipv6(w, flow, packet, len);
	size_t start = w->used;
	if (flow->protocol == TRACE_TCP)
		rc = write_segment(w, flow, packet->token);
	else if (flow->protocol == TRACE_UDP)
		write_datagram(w, flow, packet->token, len);
	else
		write_echo(w, flow, packet->token, len);
	if (rc != E_OK || w->failed)
		return E_SHORT;
	place_checksum(flow, w->start + start, len);
	return E_OK;
}

static bool is_at(struct reader *r, const uint8_t *address, size_t size)
{
	const uint8_t *bytes = read_bytes(r, size);

	return bytes != NULL && memcmp(bytes, address, size) == 0;
}

/* Of the IP header of one of our packets, wherever it is met. */
static bool read_own_header(struct reader *r, const struct trace_flow *flow, uint16_t *identifier)
{
	uint8_t first = read_u8(r);

	if (first >> 4 != flow->family)
		return false;
	if (flow->family == 4) {
		read_skip(r, 3);
		*identifier = read_u16(r);
		read_skip(r, 3);
	} else {
		*identifier = 0;
		read_skip(r, 5);
	}
	bool ours = read_u8(r) == protocol_number(flow);
	read_skip(r, flow->family == 4 ? 2 : 1);
	ours = ours && is_at(r, flow->from, address_size(flow)) &&
	       is_at(r, flow->to, address_size(flow));
	if (flow->family == 4 && (first & 0x0f) * 4 > IPV4_HEADER)
		read_skip(r, (size_t)(first & 0x0f) * 4 - IPV4_HEADER);
	return ours && !r->failed;
}

static bool read_own_echo(struct reader *r, const struct trace_flow *flow, uint16_t *token)
{
	bool ours = read_u8(r) == echo_type(flow) && read_u8(r) == 0;

	read_skip(r, 2);
	ours = ours && read_u16(r) == flow->source;
	*token = read_u16(r);
	return ours && !r->failed;
}

static bool read_own_ports(struct reader *r, const struct trace_flow *flow)
{
	bool ours = read_u16(r) == flow->source;

	return read_u16(r) == flow->port && ours;
}

/* Eight octets of UDP tell nothing of the packet; in IPv4 its identification does. */
static bool read_own_datagram(struct reader *r, const struct trace_flow *flow, uint16_t identifier,
			      uint16_t *token)
{
	bool ours = read_own_ports(r, flow);

	read_skip(r, 4);
	if (!ours || r->failed)
		return false;
	struct reader rest = *r;
	if (read_token(&rest, token))
		return true;
	*token = identifier;
	return flow->family == 4;
}

/* One of our packets from its IP header on; what follows the first eight octets behind that may be
 * missing. */
static bool read_own(struct reader r, const struct trace_flow *flow, uint16_t *out)
{
	uint16_t identifier;
	uint16_t token = 0;
	bool found = read_own_header(&r, flow, &identifier);

	if (found && flow->protocol == TRACE_ICMP)
		found = read_own_echo(&r, flow, &token);
	else if (found && flow->protocol == TRACE_UDP)
		found = read_own_datagram(&r, flow, identifier, &token);
	else if (found)
		found = read_own_ports(&r, flow) && read_token(&r, &token);
	if (!found || token == 0)
		return false;
	*out = token;
	return true;
}

static bool classify(const struct trace_flow *flow, struct trace_answer *answer)
{
	bool v4 = flow->family == 4;

	if (answer->type == (v4 ? V4_EXCEEDED : V6_EXCEEDED) && answer->code == 0)
		answer->kind = TRACE_EXCEEDED;
	else if (v4 ? answer->type == V4_UNREACHABLE && answer->code == V4_TOO_BIG_CODE
		    : answer->type == V6_TOO_BIG)
		answer->kind = TRACE_TOO_BIG;
	else if (answer->type == (v4 ? V4_UNREACHABLE : V6_UNREACHABLE))
		answer->kind = TRACE_UNREACHABLE;
	else
		return false;
	return true;
}

static enum err read_reply(struct reader *r, const struct trace_flow *flow,
			   struct trace_answer *answer)
{
	bool ours =
		flow->protocol == TRACE_ICMP && answer->code == 0 && read_u16(r) == flow->source;

	if (!ours || !read_token(r, &answer->token) || answer->token == 0)
		return E_NOT_FOUND;
	answer->kind = TRACE_REPLIED;
	return E_OK;
}

/* RFC 1191, section 4: the lower half of the second word; RFC 4443, section 3.2: all of it. */
static enum err read_error(struct reader *r, const struct trace_flow *flow,
			   struct trace_answer *answer)
{
	uint32_t word = read_u32(r);

	if (r->failed)
		return E_SHORT;
	if (!classify(flow, answer) || !read_own(*r, flow, &answer->token))
		return E_NOT_FOUND;
	if (answer->kind == TRACE_TOO_BIG)
		answer->mtu = flow->family == 4 ? word & 0xffff : word;
	return E_OK;
}

enum err trace_read_icmp(const struct trace_flow *flow, const uint8_t *bytes, size_t len,
			 struct trace_answer *out)
{
	struct reader r = reader_over(bytes, len);
	struct trace_answer answer = {0};

	if (flow->family == 4) {
		enum err rc = ip_skip_v4(&r, IP_PROTOCOL_ICMP);
		if (rc != E_OK)
			return rc;
	}
	const uint8_t *start = r.at;
	size_t size = r.left;
	answer.type = read_u8(&r);
	answer.code = read_u8(&r);
	read_skip(&r, 2);
	if (r.failed)
		return E_SHORT;
	enum err rc = answer.type == (flow->family == 4 ? ICMP_TYPE_REPLY_V4 : ICMP_TYPE_REPLY_V6)
			      ? read_reply(&r, flow, &answer)
			      : read_error(&r, flow, &answer);
	if (rc != E_OK)
		return rc;
	if (flow->family == 4 && ip_fold(ip_sum(0, start, size)) != 0xffff)
		return E_CHECKSUM;
	*out = answer;
	return E_OK;
}

enum err trace_read_tcp(const struct trace_flow *flow, const uint8_t *bytes, size_t len,
			struct trace_answer *out)
{
	struct tcp_segment segment;
	enum err rc = tcp_read_answer(bytes, len, flow->family, &segment);

	if (rc != E_OK)
		return rc;
	bool accepts = (segment.flags & (TCP_SYN | TCP_ACK | TCP_RST)) == (TCP_SYN | TCP_ACK);
	bool refuses = (segment.flags & (TCP_ACK | TCP_RST)) == (TCP_ACK | TCP_RST);
	uint32_t number = segment.acknowledged - 1;
	uint16_t token = (uint16_t)(number >> 16);
	uint16_t complement = (uint16_t)~token;
	if (flow->protocol != TRACE_TCP || (!accepts && !refuses) ||
	    segment.source_port != flow->port || segment.port != flow->source || token == 0 ||
	    (uint16_t)number != complement)
		return E_NOT_FOUND;
	*out = (struct trace_answer){.kind = accepts ? TRACE_REPLIED : TRACE_REFUSED,
				     .token = token};
	return E_OK;
}

enum err trace_read_looped(const struct trace_flow *flow, const uint8_t *bytes, size_t len,
			   uint16_t *token)
{
	for (size_t start = 0; start < len && start <= LINK_HEADER_MAX; start++) {
		if (bytes[start] >> 4 == flow->family &&
		    read_own(reader_over(bytes + start, len - start), flow, token))
			return E_OK;
	}
	return E_NOT_FOUND;
}
