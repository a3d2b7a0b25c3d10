/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/probe/icmp.h"
#include "collector/packet/icmp.h"
#include "collector/probe/raw.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

struct icmp_probe {
	struct raw raw;
	struct mark_seal seal[RAW_FAMILIES];
};

static struct icmp_probe *of(struct raw *raw)
{
	return (struct icmp_probe *)raw;
}

static int icmp_write(struct raw *raw, const struct probe_packet *packet, struct writer *w,
		      struct outgoing *out)
{
	const struct mark_seal *seal = &of(raw)->seal[raw_index(packet->to->family)];
	struct icmp_echo echo = {packet->mark, packet->sequence, packet->size, packet->turn};

	(void)out;
	return icmp_write_echo(w, seal, &echo) == E_OK ? 0 : EMSGSIZE;
}

static bool icmp_read_report(struct raw *raw, int index, const struct report *report,
			     struct probe_event *event)
{
	const struct mark_seal *seal = &of(raw)->seal[index];
	struct icmp_echo echo;

	if (report->looped) {
		if (icmp_read_looped(report->bytes, report->len, seal, &echo) != E_OK)
			return false;
		event->kind = PROBE_STAMPED;
		event->mark = echo.mark;
		event->sequence = echo.sequence;
		event->stamped_by = STAMP_KERNEL;
		return true;
	}
	if (icmp_read_quoted(report->bytes, report->len, seal, &event->sequence) != E_OK)
		return false;
	event->kind = PROBE_REJECTED;
	event->cause = raw_cause(raw, index, report);
	return true;
}

static bool icmp_read_answer(struct raw *raw, int index, const struct incoming *packet,
			     struct probe_event *event)
{
	struct icmp_echo echo = {0};
	enum err rc = icmp_read_reply(packet->bytes, packet->len, &of(raw)->seal[index], &echo);

	if (rc == E_NOT_FOUND)
		return false;
	event->kind = PROBE_REPLIED;
	event->mark = echo.mark;
	event->sequence = echo.sequence;
	if (rc == E_CHECKSUM)
		event->kind = PROBE_BAD_CHECKSUM;
	else if (rc != E_OK || packet->truncated)
		event->kind = PROBE_FORGED;
	return true;
}

static const struct raw_codec codec = {icmp_write, icmp_read_report, icmp_read_answer};

/* Echo replies to our identifiers. An IPv4 packet is seen with its IP header, an IPv6 one without.
 */
static enum err open_channels(struct icmp_probe *icmp, const struct probe_options *options)
{
	uint16_t identifier = icmp->seal[0].identifier;
	struct sock_filter v4[] = {
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_TYPE_REPLY_V4, 0, 4),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 4),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ICMP_IDENTIFIER_BLOCK),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, identifier, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_filter v6[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_TYPE_REPLY_V6, 0, 4),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ICMP_IDENTIFIER_BLOCK),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, identifier, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog own[] = {{sizeof(v4) / sizeof(v4[0]), v4},
				   {sizeof(v6) / sizeof(v6[0]), v6}};
	struct channel_options channels[] = {
		{.family = 4, .protocol = IPPROTO_ICMP, .own = &own[0]},
		{.family = 6, .protocol = IPPROTO_ICMPV6, .own = &own[1]},
	};

	for (int i = 0; i < RAW_FAMILIES; i++)
		channels[i].receive_buffer = options->receive_buffer;
	return raw_open(&icmp->raw, channels);
}

static enum err make_seals(struct icmp_probe *icmp)
{
	struct mark_seal seal = {.family = 4};

	enum err rc = random_secret(&seal.key, sizeof(seal.key));
	if (rc == E_OK)
		rc = random_secret(&seal.identifier, sizeof(seal.identifier));
	if (rc != E_OK)
		return rc;
	seal.identifier &= ICMP_IDENTIFIER_BLOCK;
	icmp->seal[0] = seal;
	seal.family = 6;
	icmp->seal[1] = seal;
	return E_OK;
}

static void icmp_close(struct probe *probe)
{
	struct icmp_probe *icmp = (struct icmp_probe *)probe;

	if (icmp == NULL)
		return;
	raw_finish(&icmp->raw);
	free(icmp);
}

static enum err icmp_open(const struct probe_options *options, struct probe **out)
{
	struct icmp_probe *icmp = calloc(1, sizeof(*icmp));

	if (icmp == NULL)
		return E_MEMORY;
	icmp->raw.probe.ops = &probe_icmp;
	icmp->raw.codec = &codec;
	enum err rc = make_seals(icmp);
	if (rc == E_OK)
		rc = open_channels(icmp, options);
	if (rc != E_OK) {
		icmp_close(&icmp->raw.probe);
		return rc;
	}
	*out = &icmp->raw.probe;
	return E_OK;
}

static enum err icmp_reserve(struct probe *probe, uint8_t family, uint16_t size)
{
	return raw_reserve((struct raw *)probe, family, (size_t)ICMP_HEADER + size);
}

/* Errors about our packets come from any host. They are known by the address and the identifier
 * that they quote, behind 8 octets of ICMP and the quoted IP header. */
static void filter_v4(unsigned int identifier, const struct endpoint *host, char out[PROBE_FILTER])
{
	char text[ENDPOINT_TEXT];

	if (host == NULL) {
		snprintf(out, PROBE_FILTER,
			 "icmp and (icmp[4:2] & %u == %u or icmp[32:2] & %u == %u)",
			 ICMP_IDENTIFIER_BLOCK, identifier, ICMP_IDENTIFIER_BLOCK, identifier);
		return;
	}
	endpoint_format(host, text);
	const uint8_t *b = host->bytes;
	snprintf(out, PROBE_FILTER,
		 "icmp and ((host %s and icmp[4:2] & %u == %u) or (icmp[32:2] & %u == %u and "
		 "icmp[24:4] == 0x%02x%02x%02x%02x))",
		 text, ICMP_IDENTIFIER_BLOCK, identifier, ICMP_IDENTIFIER_BLOCK, identifier, b[0],
		 b[1], b[2], b[3]);
}

static void filter_v6(unsigned int identifier, const struct endpoint *host, char out[PROBE_FILTER])
{
	char text[ENDPOINT_TEXT];

	if (host == NULL) {
		snprintf(out, PROBE_FILTER,
			 "icmp6 and (ip6[44:2] & %u == %u or ip6[92:2] & %u == %u)",
			 ICMP_IDENTIFIER_BLOCK, identifier, ICMP_IDENTIFIER_BLOCK, identifier);
		return;
	}
	struct endpoint plain = *host;
	plain.scope = 0;
	endpoint_format(&plain, text);
	const uint8_t *b = host->bytes;
	snprintf(out, PROBE_FILTER,
		 "icmp6 and ((host %s and ip6[44:2] & %u == %u) or (ip6[92:2] & %u == %u and "
		 "ip6[72:4] == 0x%02x%02x%02x%02x and ip6[76:4] == 0x%02x%02x%02x%02x and "
		 "ip6[80:4] == 0x%02x%02x%02x%02x and ip6[84:4] == 0x%02x%02x%02x%02x))",
		 text, ICMP_IDENTIFIER_BLOCK, identifier, ICMP_IDENTIFIER_BLOCK, identifier, b[0],
		 b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13],
		 b[14], b[15]);
}

static void icmp_filter(const struct probe *probe, const struct endpoint *host,
			char out[PROBE_FILTER])
{
	const struct icmp_probe *icmp = (const struct icmp_probe *)probe;
	unsigned int identifier = icmp->seal[0].identifier;
	char v4[PROBE_FILTER];
	char v6[PROBE_FILTER];

	if (host != NULL) {
		(host->family == 4 ? filter_v4 : filter_v6)(identifier, host, out);
		return;
	}
	filter_v4(identifier, NULL, v4);
	filter_v6(identifier, NULL, v6);
	snprintf(out, PROBE_FILTER, "(%.200s) or (%.200s)", v4, v6);
}

const struct probe_ops probe_icmp = {
	.method = "icmp",
	.size_min = MARK_SIZE,
	.header = ICMP_HEADER,
	.open = icmp_open,
	.close = icmp_close,
	.reserve = icmp_reserve,
	.send = raw_send,
	.receive = raw_receive,
	.dropped = raw_dropped,
	.filter = icmp_filter,
};
