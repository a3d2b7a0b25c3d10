/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/probe/tcp.h"
#include "collector/base/clock.h"
#include "collector/net/origins.h"
#include "collector/net/ports.h"
#include "collector/packet/tcp.h"
#include "collector/probe/raw.h"
#include "collector/probe/sieve.h"
#include "collector/probe/tickets.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

/* A SYN has no room for a mark: its number is a ticket for it. The kernel, which knows of no
 * connection at the port, answers the SYN-ACK with a reset, so that nothing is left half open. */
struct tcp_probe {
	struct raw raw;
	struct tickets *tickets;
	struct ports ports;
	struct sieve sieve;
	struct origins *origins;
};

static struct tcp_probe *of(struct raw *raw)
{
	return (struct tcp_probe *)raw;
}

/* Each packet of a series is a new flow, as each connection of a user is: a middlebox that is stuck
 * to one, or a host that still waits for a reset which was lost, meets it again much later. */
static uint16_t source_port(const struct ports *ports, uint16_t sequence)
{
	return (uint16_t)(ports->first + sequence % PORTS_COUNT);
}

static int tcp_write(struct raw *raw, const struct probe_packet *packet, struct writer *w,
		     struct outgoing *out)
{
	struct tcp_probe *tcp = of(raw);
	struct stub stub = {
		.mark = packet->mark, .sequence = packet->sequence, .port = packet->to->port};
	nsec now = clock_monotonic();
	struct tcp_syn syn = {
		.family = packet->to->family,
		.to = packet->to->bytes,
		.source_port = source_port(&tcp->ports, packet->sequence),
		.port = packet->to->port,
		.clock = (uint32_t)(now / NSEC_PER_MSEC),
	};

	if (syn.family == 4) {
		if (!origins_find(tcp->origins, packet->to, &out->from))
			return errno;
		syn.from = out->from.bytes;
	}
	if (tickets_issue(tcp->tickets, &stub, now, &syn.number) != E_OK)
		return ENOBUFS;
	return tcp_write_syn(w, &syn) == E_OK ? 0 : EMSGSIZE;
}

/* Fills in what the ticket of one of our own packets stands for; false if it was not for this port,
 * or not ours. */
static bool redeem(const struct tcp_probe *tcp, uint32_t number, const uint16_t ports[2],
		   struct probe_event *event)
{
	struct stub stub;

	if (!tickets_find(tcp->tickets, number, &stub) || stub.port != ports[1] ||
	    source_port(&tcp->ports, stub.sequence) != ports[0])
		return false;
	event->mark = stub.mark;
	event->sequence = stub.sequence;
	return true;
}

static bool tcp_read_report(struct raw *raw, int index, const struct report *report,
			    struct probe_event *event)
{
	enum err (*read)(const uint8_t *, size_t, struct tcp_segment *) =
		report->looped ? tcp_read_looped : tcp_read_quoted;
	struct tcp_segment segment;

	if (read(report->bytes, report->len, &segment) != E_OK ||
	    !redeem(of(raw), segment.number, (uint16_t[]){segment.source_port, segment.port},
		    event))
		return false;
	event->kind = PROBE_STAMPED;
	event->stamped_by = STAMP_KERNEL;
	if (report->looped)
		return true;
	event->kind = PROBE_FAILED;
	event->cause = raw_cause(raw, index, report);
	return true;
}

/* A SYN-ACK answers; a reset refuses (RFC 9293, section 3.5.2: it acknowledges the SYN). */
static bool tcp_read_segment(struct raw *raw, int index, const struct incoming *packet,
			     struct probe_event *event)
{
	struct tcp_segment segment;
	enum err rc = tcp_read_answer(packet->bytes, packet->len, raw_family(index), &segment);

	if (rc == E_NOT_FOUND)
		return false;
	event->kind = PROBE_FORGED;
	if (rc == E_CHECKSUM)
		event->kind = PROBE_BAD_CHECKSUM;
	if (rc != E_OK)
		return true;
	bool accepts = (segment.flags & (TCP_SYN | TCP_ACK | TCP_RST)) == (TCP_SYN | TCP_ACK);
	bool refuses = (segment.flags & (TCP_ACK | TCP_RST)) == (TCP_ACK | TCP_RST);
	if (!redeem(of(raw), segment.acknowledged - 1,
		    (uint16_t[]){segment.port, segment.source_port}, event))
		return true;
	/* A host that still waits for a reset says so about the packet before (RFC 5961, 4.2). */
	if (!accepts && !refuses)
		return false;
	event->kind = accepts ? PROBE_REPLIED : PROBE_FAILED;
	event->cause = accepts ? LOSS_UNTOLD : LOSS_REFUSED;
	return true;
}

static const struct raw_codec codec = {tcp_write, tcp_read_report, tcp_read_segment};

static void tcp_close(struct probe *probe)
{
	struct tcp_probe *tcp = (struct tcp_probe *)probe;

	if (tcp == NULL)
		return;
	raw_finish(&tcp->raw);
	ports_release(&tcp->ports);
	origins_destroy(tcp->origins);
	tickets_destroy(tcp->tickets);
	free(tcp);
}

static enum err open_parts(struct tcp_probe *tcp, const struct probe_options *options)
{
	enum err rc = ports_take(PORTS_TCP, &tcp->ports);

	if (rc == E_OK)
		rc = tickets_create(TICKETS_32, &tcp->tickets);
	if (rc == E_OK)
		rc = origins_create(&tcp->origins);
	if (rc != E_OK)
		return rc;
	tcp->sieve = (struct sieve){
		.word = "tcp",
		.protocol = IPPROTO_TCP,
		.checksum_at = TCP_CHECKSUM_OFFSET,
		.first = tcp->ports.first,
	};
	return sieve_open(&tcp->sieve, &tcp->raw, options->receive_buffer);
}

static enum err tcp_open(const struct probe_options *options, struct probe **out)
{
	struct tcp_probe *tcp = calloc(1, sizeof(*tcp));

	if (tcp == NULL)
		return E_MEMORY;
	tcp->raw.probe.ops = &probe_tcp;
	tcp->raw.codec = &codec;
	tcp->ports = ports_none();
	enum err rc = open_parts(tcp, options);
	if (rc != E_OK) {
		tcp_close(&tcp->raw.probe);
		return rc;
	}
	*out = &tcp->raw.probe;
	return E_OK;
}

static enum err tcp_reserve(struct probe *probe, uint8_t family, uint16_t size)
{
	return raw_reserve((struct raw *)probe, family, (size_t)TCP_SYN_SIZE + size);
}

static void tcp_filter(const struct probe *probe, const struct endpoint *host,
		       char out[PROBE_FILTER])
{
	sieve_filter(&((const struct tcp_probe *)probe)->sieve, host, out);
}

const struct probe_ops probe_tcp = {
	.method = "tcp",
	.header = TCP_SYN_SIZE,
	.closing = TCP_RESET_SIZE,
	.open = tcp_open,
	.close = tcp_close,
	.reserve = tcp_reserve,
	.send = raw_send,
	.receive = raw_receive,
	.dropped = raw_dropped,
	.filter = tcp_filter,
};
