/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/probe/icmp.h"
#include "collector/base/log.h"
#include "collector/net/channel.h"
#include "collector/net/egress.h"
#include "collector/net/local.h"
#include "collector/packet/icmp.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A flood of errors, which bear no stamp, must not hold the loop: what is left after so many
 * batches waits for the next tick. */
enum { FAMILIES = 2, IP_HEADERS = 60, REPORTS_MAX = 1024 };

struct icmp_probe {
	struct probe probe;
	struct mark_seal seal[FAMILIES];
	struct channel *channel[FAMILIES]; /* NULL: this machine lacks the family */
	bool used[FAMILIES];		   /* packets of the family have been sent */
	struct local *local;
	struct egress *egress; /* NULL: carriers cannot be watched */
	uint8_t *bytes;	       /* PROBE_BATCH packets of room octets */
	size_t room;
};

static int index_of(uint8_t family)
{
	return family == 4 ? 0 : 1;
}

/* Echo replies to our identifiers. An IPv4 packet is seen with its IP header, an IPv6 one without.
 */
static enum err open_channel(const struct mark_seal *seal, const struct probe_options *opening,
			     struct channel **out)
{
	struct sock_filter v4[] = {
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_TYPE_REPLY_V4, 0, 4),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 4),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ICMP_IDENTIFIER_BLOCK),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, seal->identifier, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_filter v6[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_TYPE_REPLY_V6, 0, 4),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ICMP_IDENTIFIER_BLOCK),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, seal->identifier, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog own = {sizeof(v4) / sizeof(v4[0]), v4};
	struct channel_options options = {seal->family, IPPROTO_ICMP, &own,
					  opening->receive_buffer};

	if (seal->family == 6) {
		options.protocol = IPPROTO_ICMPV6;
		own = (struct sock_fprog){sizeof(v6) / sizeof(v6[0]), v6};
	}
	return channel_open(&options, out);
}

static void icmp_close(struct probe *probe)
{
	struct icmp_probe *icmp = (struct icmp_probe *)probe;

	if (icmp == NULL)
		return;
	for (int i = 0; i < FAMILIES; i++)
		channel_close(icmp->channel[i]);
	local_destroy(icmp->local);
	egress_close(icmp->egress);
	free(icmp->bytes);
	free(icmp);
}

static enum err open_families(struct icmp_probe *icmp, const struct probe_options *options)
{
	enum err rc = random_secret(&icmp->seal[0].key, sizeof(icmp->seal[0].key));
	if (rc == E_OK)
		rc = random_secret(&icmp->seal[0].identifier, sizeof(icmp->seal[0].identifier));
	if (rc == E_OK)
		rc = local_create(&icmp->local);
	if (rc != E_OK)
		return rc;
	if (egress_open(&icmp->egress) != E_OK)
		log_warn("icmp",
			 "interfaces cannot be watched (%s): packets sent without carrier "
			 "will count as lost",
			 strerror(errno));
	icmp->seal[0].identifier &= ICMP_IDENTIFIER_BLOCK;
	icmp->seal[1] = icmp->seal[0];
	icmp->seal[0].family = 4;
	icmp->seal[1].family = 6;
	for (int i = 0; i < FAMILIES; i++) {
		enum err opened = open_channel(&icmp->seal[i], options, &icmp->channel[i]);
		if (opened == E_PERMISSION)
			return opened;
		if (opened != E_OK) {
			log_warn("icmp",
				 "no raw socket for IPv%d (%s): nothing is measured over it",
				 icmp->seal[i].family, strerror(errno));
			rc = opened;
		}
	}
	return icmp->channel[0] == NULL && icmp->channel[1] == NULL ? rc : E_OK;
}

static enum err icmp_open(const struct probe_options *options, struct probe **out)
{
	struct icmp_probe *icmp = calloc(1, sizeof(*icmp));

	if (icmp == NULL)
		return E_MEMORY;
	icmp->probe.ops = &probe_icmp;
	enum err rc = open_families(icmp, options);
	if (rc != E_OK) {
		icmp_close(&icmp->probe);
		return rc;
	}
	*out = &icmp->probe;
	return E_OK;
}

static enum err icmp_reserve(struct probe *probe, uint8_t family, uint16_t size)
{
	struct icmp_probe *icmp = (struct icmp_probe *)probe;
	struct channel *channel = icmp->channel[index_of(family)];
	size_t room = (size_t)ICMP_HEADER + size;

	if (channel == NULL)
		return E_UNSUPPORTED;
	if (room > icmp->room) {
		uint8_t *bytes = realloc(icmp->bytes, PROBE_BATCH * room);
		if (bytes == NULL)
			return E_MEMORY;
		icmp->bytes = bytes;
		icmp->room = room;
	}
	return channel_reserve(channel, room + IP_HEADERS);
}

/* A family is not looked at before its first packet; what its queue lost until then is nothing. */
static void start_family(struct icmp_probe *icmp, int index)
{
	if (!icmp->used[index])
		(void)channel_overflowed(icmp->channel[index]);
	icmp->used[index] = true;
}

/* Sends those packets of a batch that are of one family. */
static void send_family(struct icmp_probe *icmp, int index, struct probe_packet *packets,
			size_t count)
{
	struct outgoing outgoing[PROBE_BATCH];
	struct probe_packet *sources[PROBE_BATCH];
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		struct probe_packet *packet = &packets[i];
		if (index_of(packet->to->family) != index)
			continue;
		struct writer w = writer_over(icmp->bytes + i * icmp->room, icmp->room);
		struct icmp_echo echo = {packet->mark, packet->sequence, packet->size,
					 packet->turn};
		packet->refused = ENETDOWN;
		if (icmp->egress != NULL && !egress_ready(icmp->egress, packet->to))
			continue;
		packet->refused = EMSGSIZE;
		if (icmp_write_echo(&w, &icmp->seal[index], &echo) != E_OK)
			continue;
		sources[used] = packet;
		outgoing[used++] = (struct outgoing){
			.to = packet->to, .bytes = w.start, .len = w.used, .dscp = packet->dscp};
	}
	if (used > 0)
		start_family(icmp, index);
	channel_send(icmp->channel[index], outgoing, used);
	for (size_t i = 0; i < used; i++) {
		sources[i]->refused = outgoing[i].refused;
		sources[i]->sent_at = outgoing[i].sent_at;
	}
}

static void icmp_send(struct probe *probe, struct probe_packet *packets, size_t count)
{
	struct icmp_probe *icmp = (struct icmp_probe *)probe;

	for (int i = 0; i < FAMILIES; i++) {
		if (icmp->channel[i] != NULL)
			send_family(icmp, i, packets, count);
	}
}

/* Whether a report tells something of ours, and what. */
static bool read_report(struct icmp_probe *icmp, int index, const struct report *report,
			struct probe_event *event)
{
	const struct mark_seal *seal = &icmp->seal[index];
	struct icmp_echo echo;

	*event = (struct probe_event){.peer = report->destination, .at = report->at};
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
	event->method = &probe_icmp;
	event->cause = icmp_cause(seal->family, report->type, report->code);
	/* Our own kernel says so when a neighbour does not answer on the last link. */
	if (report->number == EHOSTUNREACH && local_has(icmp->local, &report->offender))
		event->cause = LOSS_NEIGHBOUR;
	return true;
}

static bool read_reply(const struct mark_seal *seal, const struct incoming *packet,
		       struct probe_event *event)
{
	struct icmp_echo echo = {0};
	enum err rc = icmp_read_reply(packet->bytes, packet->len, seal, &echo);

	if (rc == E_NOT_FOUND)
		return false;
	*event = (struct probe_event){
		.kind = PROBE_REPLIED,
		.mark = echo.mark,
		.peer = packet->from,
		.sequence = echo.sequence,
		.at = packet->at,
		.stamped_by = packet->stamped_by,
	};
	if (rc == E_CHECKSUM)
		event->kind = PROBE_BAD_CHECKSUM;
	else if (rc != E_OK || packet->truncated)
		event->kind = PROBE_FORGED;
	return true;
}

static void look_for_overflow(struct icmp_probe *icmp, int index,
			      const struct probe_listener *listener)
{
	struct probe_event event = {.kind = PROBE_OVERFLOWED,
				    .peer.family = icmp->seal[index].family};

	if (channel_overflowed(icmp->channel[index]))
		listener->take(listener->context, &event, 1);
}

static void receive_reports(struct icmp_probe *icmp, int index,
			    const struct probe_listener *listener)
{
	struct report reports[CHANNEL_BATCH];
	struct probe_event events[CHANNEL_BATCH];
	size_t count;
	bool more = true;

	for (int i = 0; i < REPORTS_MAX && more; i++) {
		size_t used = 0;
		more = channel_reports(icmp->channel[index], reports, &count);
		for (size_t j = 0; j < count; j++)
			used += read_report(icmp, index, &reports[j], &events[used]);
		listener->take(listener->context, events, used);
	}
}

/* Packets come in the order of their stamps: from the first that is no older than now, all older
 * ones have been read. So no flood can hold the loop for longer than a full queue takes. */
static void receive_replies(struct icmp_probe *icmp, int index, nsec now,
			    const struct probe_listener *listener)
{
	struct incoming incoming[CHANNEL_BATCH];
	struct probe_event events[CHANNEL_BATCH];
	size_t count;
	bool more = true;

	while (more) {
		size_t used = 0;
		look_for_overflow(icmp, index, listener);
		more = channel_receive(icmp->channel[index], incoming, &count);
		for (size_t j = 0; j < count; j++)
			used += read_reply(&icmp->seal[index], &incoming[j], &events[used]);
		listener->take(listener->context, events, used);
		more = more && incoming[count - 1].at < now;
	}
}

static void icmp_receive(struct probe *probe, nsec now, const struct probe_listener *listener)
{
	struct icmp_probe *icmp = (struct icmp_probe *)probe;

	if (icmp->egress != NULL)
		egress_read(icmp->egress);
	for (int i = 0; i < FAMILIES; i++) {
		if (!icmp->used[i])
			continue;
		receive_reports(icmp, i, listener);
		receive_replies(icmp, i, now, listener);
	}
}

static bool icmp_dropped(struct probe *probe, const struct endpoint *host, nsec at)
{
	struct icmp_probe *icmp = (struct icmp_probe *)probe;

	return icmp->egress != NULL && egress_dropped(icmp->egress, host, at);
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
	.open = icmp_open,
	.close = icmp_close,
	.reserve = icmp_reserve,
	.send = icmp_send,
	.receive = icmp_receive,
	.dropped = icmp_dropped,
	.filter = icmp_filter,
};
