/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/packet/tcp.h"
#include "collector/packet/ip.h"

/* What Linux asks for on an Ethernet. */
enum { SEGMENT_V4 = 1460, SEGMENT_V6 = 1440, WINDOW = 64240, WINDOW_SCALE = 7 };

enum { HEADER_MIN = 20, ADDRESS_V4 = 4, SOURCE_IN_IPV4 = 12 };

/* RFC 9293, section 3.2; RFC 7323, sections 2.2 and 3.2; RFC 2018, section 2. */
enum option { OPTION_NOP = 1, OPTION_MSS = 2, OPTION_SCALE = 3, OPTION_SACK = 4, OPTION_STAMP = 8 };

/* RFC 9293, section 3.1: both addresses, the protocol and the length of the segment. */
static uint64_t pseudo_header(const uint8_t *from, const uint8_t *to, size_t len)
{
	return ip_sum(ip_sum(IP_PROTOCOL_TCP + (uint64_t)len, from, ADDRESS_V4), to, ADDRESS_V4);
}

static void write_options(struct writer *w, const struct tcp_syn *syn)
{
	write_u8(w, OPTION_MSS);
	write_u8(w, 4);
	write_u16(w, syn->family == 4 ? SEGMENT_V4 : SEGMENT_V6);
	write_u8(w, OPTION_SACK);
	write_u8(w, 2);
	write_u8(w, OPTION_STAMP);
	write_u8(w, 10);
	write_u32(w, syn->clock);
	write_u32(w, 0);
	write_u8(w, OPTION_NOP);
	write_u8(w, OPTION_SCALE);
	write_u8(w, 3);
	write_u8(w, WINDOW_SCALE);
}

enum err tcp_write_syn(struct writer *w, const struct tcp_syn *syn)
{
	size_t start = w->used;

	write_u16(w, syn->source_port);
	write_u16(w, syn->port);
	write_u32(w, syn->number);
	write_u32(w, 0);
	write_u8(w, TCP_SYN_SIZE / 4 << 4);
	write_u8(w, TCP_SYN);
	write_u16(w, WINDOW);
	write_u16(w, 0);
	write_u16(w, 0);
	write_options(w, syn);
	if (w->failed)
		return E_SHORT;
	if (syn->family == 4) {
		uint8_t *segment = w->start + start;
		uint64_t sum = pseudo_header(syn->from, syn->to, TCP_SYN_SIZE);
		uint16_t check = (uint16_t)~ip_fold(ip_sum(sum, segment, TCP_SYN_SIZE));
		segment[TCP_CHECKSUM_OFFSET] = (uint8_t)(check >> 8);
		segment[TCP_CHECKSUM_OFFSET + 1] = (uint8_t)check;
	}
	return E_OK;
}

static void read_ports_and_number(struct reader *r, struct tcp_segment *out)
{
	out->source_port = read_u16(r);
	out->port = read_u16(r);
	out->number = read_u32(r);
}

static enum err read_header(struct reader *r, struct tcp_segment *out)
{
	size_t len = r->left;

	read_ports_and_number(r, out);
	out->acknowledged = read_u32(r);
	size_t header = (size_t)(read_u8(r) >> 4) * 4;
	out->flags = read_u8(r);
	read_skip(r, 6);
	if (r->failed)
		return E_SHORT;
	return header < HEADER_MIN || header > len ? E_CORRUPT : E_OK;
}

static bool is_right(const uint8_t *addresses, const uint8_t *segment, size_t len)
{
	uint64_t pseudo = pseudo_header(addresses, addresses + ADDRESS_V4, len);
	uint16_t check =
		(uint16_t)(segment[TCP_CHECKSUM_OFFSET] << 8 | segment[TCP_CHECKSUM_OFFSET + 1]);

	return ip_fold(ip_sum(pseudo, segment, len)) == 0xffff || check == ip_fold(pseudo);
}

enum err tcp_read_answer(const uint8_t *bytes, size_t len, uint8_t family, struct tcp_segment *out)
{
	struct reader r = reader_over(bytes, len);
	struct tcp_segment segment;

	if (family == 4) {
		enum err rc = ip_skip_v4(&r, IP_PROTOCOL_TCP);
		if (rc != E_OK)
			return rc;
	}
	const uint8_t *start = r.at;
	size_t size = r.left;
	enum err rc = read_header(&r, &segment);
	if (rc != E_OK)
		return rc;
	*out = segment;
	return family == 4 && !is_right(bytes + SOURCE_IN_IPV4, start, size) ? E_CHECKSUM : E_OK;
}

enum err tcp_read_looped(const uint8_t *bytes, size_t len, struct tcp_segment *out)
{
	struct tcp_segment segment;

	if (len < TCP_SYN_SIZE)
		return E_NOT_FOUND;
	struct reader r = reader_over(bytes + len - TCP_SYN_SIZE, TCP_SYN_SIZE);
	if (read_header(&r, &segment) != E_OK || segment.flags != TCP_SYN)
		return E_NOT_FOUND;
	*out = segment;
	return E_OK;
}

enum err tcp_read_quoted(const uint8_t *bytes, size_t len, struct tcp_segment *out)
{
	struct reader r = reader_over(bytes, len);
	struct tcp_segment segment = {0};

	read_ports_and_number(&r, &segment);
	if (r.failed)
		return E_SHORT;
	*out = segment;
	return E_OK;
}
