/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/probe/sieve.h"
#include "collector/net/ports.h"

#include <stdio.h>

/* An IPv4 packet is seen with its IP header, an IPv6 one without. */
enum err sieve_open(const struct sieve *sieve, struct raw *raw, uint32_t receive_buffer)
{
	struct sock_filter v4[] = {
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, PORTS_BLOCK),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, sieve->first, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_filter v6[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 2),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, PORTS_BLOCK),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, sieve->first, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog own[] = {{sizeof(v4) / sizeof(v4[0]), v4},
				   {sizeof(v6) / sizeof(v6[0]), v6}};
	struct channel_options channels[RAW_FAMILIES];

	for (int i = 0; i < RAW_FAMILIES; i++)
		channels[i] = (struct channel_options){
			.family = raw_family(i),
			.protocol = sieve->protocol,
			.checksum_at = sieve->checksum_at,
			.own = &own[i],
			.receive_buffer = receive_buffer,
		};
	return raw_open(raw, channels);
}

/* An error quotes the packet behind 8 octets of ICMP, with its IP header. */
static void filter_of(const struct sieve *sieve, const struct endpoint *host,
		      char out[PROBE_FILTER])
{
	unsigned int first = sieve->first;
	char text[ENDPOINT_TEXT];
	struct endpoint plain = *host;
	const uint8_t *b = host->bytes;

	plain.scope = 0;
	endpoint_format(&plain, text);
	if (host->family == 4)
		snprintf(out, PROBE_FILTER,
			 "(host %s and %s port %u and %s portrange %u-%u) or (icmp and "
			 "icmp[28:2] & %u == %u and icmp[24:4] == 0x%02x%02x%02x%02x)",
			 text, sieve->word, host->port, sieve->word, first, first + PORTS_COUNT - 1,
			 PORTS_BLOCK, first, b[0], b[1], b[2], b[3]);
	else
		snprintf(out, PROBE_FILTER,
			 "(host %s and %s port %u and %s portrange %u-%u) or (icmp6 and "
			 "ip6[88:2] & %u == %u and ip6[72:4] == 0x%02x%02x%02x%02x and "
			 "ip6[76:4] == 0x%02x%02x%02x%02x and ip6[80:4] == 0x%02x%02x%02x%02x and "
			 "ip6[84:4] == 0x%02x%02x%02x%02x)",
			 text, sieve->word, host->port, sieve->word, first, first + PORTS_COUNT - 1,
			 PORTS_BLOCK, first, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8],
			 b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

void sieve_filter(const struct sieve *sieve, const struct endpoint *host, char out[PROBE_FILTER])
{
	unsigned int first = sieve->first;

	if (host != NULL)
		filter_of(sieve, host, out);
	else
		snprintf(out, PROBE_FILTER,
			 "%s portrange %u-%u or (icmp and icmp[28:2] & %u == %u) or (icmp6 and "
			 "ip6[88:2] & %u == %u)",
			 sieve->word, first, first + PORTS_COUNT - 1, PORTS_BLOCK, first,
			 PORTS_BLOCK, first);
}
