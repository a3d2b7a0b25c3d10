/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/packet/ip.h"

enum { IPV4_HEADER_MIN = 20 };

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
