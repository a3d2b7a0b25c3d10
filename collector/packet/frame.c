/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/packet/frame.h"

enum { FRAGMENT_UNIT = 8 };

static uint32_t frame_octets(uint32_t packet)
{
	uint32_t octets = ETHERNET_HEADER + packet + ETHERNET_CHECK;

	return octets < ETHERNET_LEAST ? ETHERNET_LEAST : octets;
}

/* Fragments are as long as they can be, in units of 8 octets, all but the last. */
static struct frames fragments_of(uint32_t headers, uint32_t data)
{
	uint32_t part = (ETHERNET_MTU - headers) / FRAGMENT_UNIT * FRAGMENT_UNIT;
	struct frames frames = {0};

	while (data > 0) {
		uint32_t taken = data < part ? data : part;
		frames.count++;
		frames.octets += frame_octets(headers + taken);
		frames.packet += headers + taken;
		data -= taken;
	}
	return frames;
}

struct frames frames_of(uint8_t family, uint32_t data)
{
	uint32_t header = family == 4 ? IPV4_HEADER : IPV6_HEADER;

	if (header + data > ETHERNET_MTU)
		return fragments_of(family == 4 ? header : header + IPV6_FRAGMENT_HEADER, data);
	return (struct frames){1, frame_octets(header + data), header + data};
}
