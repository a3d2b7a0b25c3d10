/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/packet/ip.h"

/* No link has a longer header before the IP header. */
enum { IPV4_HEADER_MIN = 20, IPV6_SIZE = 40, LINK_MAX = 64 };

uint64_t ip_sum(uint64_t sum, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	if (len % 2 != 0)
		sum += (uint32_t)bytes[len - 1] << 8;
	return sum;
}

uint16_t ip_fold(uint64_t sum)
{
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

enum err ip_skip_v4(struct reader *r, uint8_t protocol)
{
	uint8_t version = read_u8(r);
	size_t header = (size_t)(version & 0x0f) * 4;

	read_skip(r, 1);
	size_t total = read_u16(r);
	read_skip(r, 5);
	uint8_t carried = read_u8(r);
	read_skip(r, 10);
	if (r->failed)
		return E_SHORT;
	if (version >> 4 != 4 || header < IPV4_HEADER_MIN || total < header)
		return E_CORRUPT;
	if (carried != protocol)
		return E_NOT_FOUND;
	read_skip(r, header - IPV4_HEADER_MIN);
	if (r->failed || r->left < total - header)
		return E_SHORT;
	r->left = total - header;
	return E_OK;
}

/* Where an IP header of either version can begin whose length is that of the rest. */
static bool begins_v4(struct reader r, uint8_t protocol, struct reader *out)
{
	size_t all = r.left;
	uint8_t first = read_u8(&r);
	size_t header = (size_t)(first & 0x0f) * 4;

	read_skip(&r, 1);
	if (first >> 4 != 4 || read_u16(&r) != all)
		return false;
	read_skip(&r, 5);
	if (read_u8(&r) != protocol || header < IPV4_HEADER_MIN || header > all)
		return false;
	read_skip(&r, header - 10);
	*out = r;
	return !r.failed;
}

static bool begins_v6(struct reader r, uint8_t protocol, struct reader *out)
{
	uint8_t first = read_u8(&r);

	read_skip(&r, 3);
	size_t rest = read_u16(&r);
	if (first >> 4 != 6 || read_u8(&r) != protocol)
		return false;
	read_skip(&r, IPV6_SIZE - 7);
	*out = r;
	return !r.failed && r.left == rest;
}

bool ip_find(const uint8_t *bytes, size_t len, uint8_t protocol, struct reader *out)
{
	for (size_t at = 0; at < len && at <= LINK_MAX; at++) {
		struct reader r = reader_over(bytes + at, len - at);
		if (begins_v4(r, protocol, out) || begins_v6(r, protocol, out))
			return true;
	}
	return false;
}
