/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sieve lets through what comes to a block of ports of this machine: to sockets, and to captures.
 */
#ifndef NETGRADE_PROBE_SIEVE_H
#define NETGRADE_PROBE_SIEVE_H

#include "collector/base/err.h"
#include "collector/probe/raw.h"

#include <stdint.h>

struct sieve {
	const char *word; /* of the protocol in a capture's filter: "tcp", "udp" */
	int protocol;	  /* IPPROTO_TCP, IPPROTO_UDP */
	int checksum_at;  /* as in struct channel_options */
	uint16_t first;	  /* of the block: struct ports */
};

/* raw_open with sockets that take what comes to the block. */
MUST_CHECK enum err sieve_open(const struct sieve *sieve, struct raw *raw, uint32_t receive_buffer);

/* As probe_ops.filter has it. Errors about our packets come from any host: they are known by the
 * address and the port that they quote. */
void sieve_filter(const struct sieve *sieve, const struct endpoint *host, char out[PROBE_FILTER]);

#endif
