/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first octet says what the rest is: ICMP, TCP or a looped packet, and of which flow. What is
 * found is about a packet of that flow, so that of another flow nothing may be found in it. */
#include "collector/packet/trace_packet.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum kind { KIND_ICMP, KIND_TCP, KIND_LOOPED, KIND_COUNT };

static struct trace_flow flow_of(unsigned int which)
{
	struct trace_flow flow = {
		.family = which % 2 == 0 ? 4 : 6,
		.protocol = (enum trace_protocol)(which / 2 % TRACE_PROTOCOLS),
		.from = {192, 0, 2, 1},
		.to = {198, 51, 100, 7},
		.source = 0xc001,
		.port = 443,
	};

	return flow;
}

/* The token of what is read as of this kind; 0: nothing. */
static uint16_t read_as(enum kind kind, const struct trace_flow *flow, const uint8_t *bytes,
			size_t len)
{
	struct trace_answer answer = {0};
	uint16_t token = 0;

	if (kind == KIND_LOOPED)
		return trace_read_looped(flow, bytes, len, &token) == E_OK ? token : 0;
	enum err rc = kind == KIND_ICMP ? trace_read_icmp(flow, bytes, len, &answer)
					: trace_read_tcp(flow, bytes, len, &answer);
	if (rc == E_OK && (answer.token == 0 || (answer.kind != TRACE_TOO_BIG && answer.mtu != 0)))
		abort();
	return rc == E_OK ? answer.token : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	enum kind kind = data[0] % KIND_COUNT;
	struct trace_flow flow = flow_of(data[0] / KIND_COUNT);
	struct trace_flow other = flow;
	/* A copy of its own size, so that a read beyond its end is noticed. */
	uint8_t *bytes = malloc(size - 1 == 0 ? 1 : size - 1);
	if (bytes == NULL)
		return 0;
	memcpy(bytes, data + 1, size - 1);
	other.source++;
	/* A looped packet is looked for at many places, so it may hold one of each flow. */
	if (read_as(kind, &flow, bytes, size - 1) != 0 && kind != KIND_LOOPED &&
	    read_as(kind, &other, bytes, size - 1) != 0)
		abort();
	free(bytes);
	return 0;
}
