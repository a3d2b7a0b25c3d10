/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/packet/udp.h"
#include "collector/packet/ip.h"

enum { ADDRESS_V4 = 4, SOURCE_IN_IPV4 = 12 };

/* RFC 768: both addresses, the protocol and the length. */
static uint64_t pseudo_header(const uint8_t *from, const uint8_t *to, size_t len)
{
	return ip_sum(ip_sum(IP_PROTOCOL_UDP + (uint64_t)len, from, ADDRESS_V4), to, ADDRESS_V4);
}

enum err udp_write(struct writer *w, const struct udp_ends *ends,
		   const struct udp_datagram *datagram)
{
	size_t start = w->used;
	size_t len = UDP_HEADER + datagram->len;

	if (len > UINT16_MAX)
		return E_RANGE;
	write_u16(w, datagram->source_port);
	write_u16(w, datagram->port);
	write_u16(w, (uint16_t)len);
	write_u16(w, 0);
	write_bytes(w, datagram->data, datagram->len);
	if (w->failed)
		return E_SHORT;
	if (ends->family == 4) {
		uint8_t *bytes = w->start + start;
		uint64_t sum = pseudo_header(ends->from, ends->to, len);
		uint16_t check = (uint16_t)~ip_fold(ip_sum(sum, bytes, len));
		/* A sum of 0 would say that there is none. */
		if (check == 0)
			check = UINT16_MAX;
		bytes[UDP_CHECKSUM_OFFSET] = (uint8_t)(check >> 8);
		bytes[UDP_CHECKSUM_OFFSET + 1] = (uint8_t)check;
	}
	return E_OK;
}

static enum err read_header(struct reader *r, struct udp_datagram *out)
{
	size_t left = r->left;

	out->source_port = read_u16(r);
	out->port = read_u16(r);
	size_t len = read_u16(r);
	read_skip(r, 2);
	if (r->failed)
		return E_SHORT;
	if (len < UDP_HEADER || len > left)
		return E_CORRUPT;
	out->data = r->at;
	out->len = len - UDP_HEADER;
	return E_OK;
}

static bool is_right(const uint8_t *addresses, const uint8_t *bytes, size_t len)
{
	uint64_t pseudo = pseudo_header(addresses, addresses + ADDRESS_V4, len);
	uint16_t check =
		(uint16_t)(bytes[UDP_CHECKSUM_OFFSET] << 8 | bytes[UDP_CHECKSUM_OFFSET + 1]);

	return check == 0 || ip_fold(ip_sum(pseudo, bytes, len)) == 0xffff ||
	       check == ip_fold(pseudo);
}

enum err udp_read(const uint8_t *bytes, size_t len, uint8_t family, struct udp_datagram *out)
{
	struct reader r = reader_over(bytes, len);
	struct udp_datagram datagram;

	if (family == 4) {
		enum err rc = ip_skip_v4(&r, IP_PROTOCOL_UDP);
		if (rc != E_OK)
			return rc;
	}
	const uint8_t *start = r.at;
	enum err rc = read_header(&r, &datagram);
	if (rc != E_OK)
		return rc;
	*out = datagram;
	return family == 4 && !is_right(bytes + SOURCE_IN_IPV4, start, UDP_HEADER + datagram.len)
		       ? E_CHECKSUM
		       : E_OK;
}

enum err udp_read_looped(const uint8_t *bytes, size_t len, struct udp_datagram *out)
{
	struct reader r;
	struct udp_datagram datagram;

	if (!ip_find(bytes, len, IP_PROTOCOL_UDP, &r))
		return E_NOT_FOUND;
	if (read_header(&r, &datagram) != E_OK)
		return E_NOT_FOUND;
	*out = datagram;
	return E_OK;
}

enum err udp_read_quoted(const uint8_t *bytes, size_t len, struct udp_datagram *out)
{
	struct reader r = reader_over(bytes, len);
	struct udp_datagram datagram = {.source_port = read_u16(&r), .port = 0};

	datagram.port = read_u16(&r);
	read_skip(&r, UDP_HEADER - 4);
	if (r.failed)
		return E_SHORT;
	datagram.data = r.at;
	datagram.len = r.left;
	*out = datagram;
	return E_OK;
}
