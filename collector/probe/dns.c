/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/probe/dns.h"
#include "collector/base/clock.h"
#include "collector/net/origins.h"
#include "collector/net/ports.h"
#include "collector/packet/icmp.h"
#include "collector/packet/udp.h"
#include "collector/probe/exchange.h"
#include "collector/probe/raw.h"
#include "collector/probe/sieve.h"
#include "collector/probe/tickets.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID_BITS = 16, ID_SIZE = 2, MESSAGE_MAX = 4096 };

/* A query has room for an id of 16 bits; the port that it comes from, one of a block, has 8 more:
 * both together are a ticket for its mark. Nobody reads the sockets that hold the ports: answers
 * are seen by raw ones, which stamp them. */
struct dns_probe {
	struct raw raw;
	struct tickets *tickets;
	struct ports ports;
	struct sieve sieve;
	struct origins *origins;
	struct exchanges *exchanges;
	struct hash_key key; /* of the hosts in tickets */
	struct dns_answer answer;
};

static struct dns_probe *of(struct raw *raw)
{
	return (struct dns_probe *)raw;
}

static uint32_t hash_host(const struct dns_probe *dns, const struct endpoint *host)
{
	return (uint32_t)hash_keyed(&dns->key, host->bytes, host->family == 4 ? 4 : 16);
}

static int write_datagram(const struct dns_probe *dns, const struct probe_packet *packet,
			  struct writer *w, const struct udp_ends *ends, uint32_t number)
{
	uint8_t bytes[DNS_QUERY_MAX];
	struct writer message = writer_over(bytes, sizeof(bytes));
	struct dns_query query = packet->ask->query;

	query.id = (uint16_t)number;
	if (dns_write_query(&message, &query) != E_OK)
		return EMSGSIZE;
	struct udp_datagram datagram = {
		.source_port = (uint16_t)(dns->ports.first + (number >> ID_BITS)),
		.port = packet->to->port,
		.data = bytes,
		.len = message.used,
	};
	return udp_write(w, ends, &datagram) == E_OK ? 0 : EMSGSIZE;
}

static int dns_write(struct raw *raw, const struct probe_packet *packet, struct writer *w,
		     struct outgoing *out)
{
	struct dns_probe *dns = of(raw);
	struct udp_ends ends = {.family = packet->to->family, .to = packet->to->bytes};
	struct stub stub = {
		.mark = packet->mark,
		.sequence = packet->sequence,
		.port = packet->to->port,
		.host = hash_host(dns, packet->to),
		.ask = packet->ask,
	};
	uint32_t number;

	if (ends.family == 4) {
		if (!origins_find(dns->origins, packet->to, &out->from))
			return errno;
		ends.from = out->from.bytes;
	}
	if (tickets_issue(dns->tickets, &stub, clock_monotonic(), &number) != E_OK)
		return ENOBUFS;
	return write_datagram(dns, packet, w, &ends, number);
}

/* What one of our own queries stands for, by its port and id; false if it was not to this port, or
 * is not ours. */
static bool redeem(const struct dns_probe *dns, const uint16_t ports[2], const uint8_t *id,
		   struct stub *stub)
{
	uint32_t place = (uint32_t)(ports[0] - dns->ports.first);
	uint32_t number = place << ID_BITS | (uint32_t)id[0] << 8 | id[1];

	return place < PORTS_COUNT && tickets_find(dns->tickets, number, stub) &&
	       stub->port == ports[1];
}

/* That nothing listens is the host's own word, be it from another address of its own; a firewall
 * that forges it cannot be told from it. */
static enum loss_cause cause_of(struct raw *raw, int index, const struct report *report)
{
	if (icmp_closes_port(raw_family(index), report->type, report->code))
		return LOSS_REFUSED;
	return raw_cause(raw, index, report);
}

static bool dns_read_report(struct raw *raw, int index, const struct report *report,
			    struct probe_event *event)
{
	enum err (*read)(const uint8_t *, size_t, struct udp_datagram *) =
		report->looped ? udp_read_looped : udp_read_quoted;
	struct udp_datagram datagram;
	struct stub stub;

	/* An error that quotes less than the id leaves open which query it is about. */
	if (read(report->bytes, report->len, &datagram) != E_OK || datagram.len < ID_SIZE ||
	    !redeem(of(raw), (uint16_t[]){datagram.source_port, datagram.port}, datagram.data,
		    &stub))
		return false;
	event->mark = stub.mark;
	event->sequence = stub.sequence;
	event->kind = PROBE_STAMPED;
	event->stamped_by = STAMP_KERNEL;
	if (report->looped)
		return true;
	event->kind = PROBE_FAILED;
	event->cause = cause_of(raw, index, report);
	return true;
}

/* What was cut is asked for again over TCP (RFC 7766, section 5). Where this machine cannot, it is
 * this machine that loses the packet. */
static bool ask_again(struct dns_probe *dns, const struct stub *stub, const struct incoming *packet,
		      struct probe_event *event)
{
	struct endpoint host = packet->from;
	struct exchange_order order = {
		.mark = stub->mark,
		.sequence = stub->sequence,
		.patience = EXCHANGE_LONGEST,
		.host = &host,
		.ask = stub->ask,
		.cut_at = packet->at,
	};

	host.port = stub->port;
	event->kind = PROBE_OVERFLOWED;
	return exchanges_begin(dns->exchanges, &order) != 0;
}

static bool take_answer(struct dns_probe *dns, const struct stub *stub,
			const struct incoming *packet, const struct udp_datagram *datagram,
			struct probe_event *event)
{
	struct dns_query query = stub->ask->query;

	query.id = (uint16_t)(datagram->data[0] << 8 | datagram->data[1]);
	enum err rc = dns_read_answer(datagram->data, datagram->len, &query, &dns->answer);
	if (rc == E_NOT_FOUND)
		return true;
	if (rc == E_OK && dns->answer.truncated)
		return ask_again(dns, stub, packet, event);
	event->mark = stub->mark;
	event->sequence = stub->sequence;
	exchange_judge(rc, stub->ask, &dns->answer, event);
	return true;
}

static bool dns_read_datagram(struct raw *raw, int index, const struct incoming *packet,
			      struct probe_event *event)
{
	struct dns_probe *dns = of(raw);
	struct udp_datagram datagram;
	struct stub stub;
	enum err rc = udp_read(packet->bytes, packet->len, raw_family(index), &datagram);

	if (rc == E_NOT_FOUND)
		return false;
	event->kind = PROBE_FORGED;
	if (rc == E_CHECKSUM)
		event->kind = PROBE_BAD_CHECKSUM;
	if (rc != E_OK || datagram.len < ID_SIZE ||
	    !redeem(dns, (uint16_t[]){datagram.port, datagram.source_port}, datagram.data, &stub) ||
	    stub.host != hash_host(dns, &packet->from))
		return true;
	return take_answer(dns, &stub, packet, &datagram, event);
}

static const struct raw_codec codec = {dns_write, dns_read_report, dns_read_datagram};

static void dns_close(struct probe *probe)
{
	struct dns_probe *dns = (struct dns_probe *)probe;

	if (dns == NULL)
		return;
	raw_finish(&dns->raw);
	exchanges_destroy(dns->exchanges);
	ports_release(&dns->ports);
	origins_destroy(dns->origins);
	tickets_destroy(dns->tickets);
	free(dns);
}

static enum err open_parts(struct dns_probe *dns, const struct probe_options *options)
{
	enum err rc = ports_take(PORTS_UDP, &dns->ports);

	if (rc == E_OK)
		rc = tickets_create(TICKETS_24, &dns->tickets);
	if (rc == E_OK)
		rc = origins_create(&dns->origins);
	if (rc == E_OK)
		rc = exchanges_create(&dns->exchanges);
	if (rc == E_OK)
		rc = random_secret(&dns->key, sizeof(dns->key));
	if (rc != E_OK)
		return rc;
	dns->sieve = (struct sieve){
		.word = "udp",
		.protocol = IPPROTO_UDP,
		.checksum_at = UDP_CHECKSUM_OFFSET,
		.first = dns->ports.first,
	};
	return sieve_open(&dns->sieve, &dns->raw, options->receive_buffer);
}

static enum err dns_open(const struct probe_options *options, struct probe **out)
{
	struct dns_probe *dns = calloc(1, sizeof(*dns));

	if (dns == NULL)
		return E_MEMORY;
	dns->raw.probe.ops = &probe_dns;
	dns->raw.codec = &codec;
	dns->ports = ports_none();
	enum err rc = open_parts(dns, options);
	if (rc != E_OK) {
		dns_close(&dns->raw.probe);
		return rc;
	}
	*out = &dns->raw.probe;
	return E_OK;
}

/* An answer may be as large as a query allows, or larger: then it is cut here, and malformed. */
static enum err dns_reserve(struct probe *probe, uint8_t family, uint16_t size)
{
	(void)size;
	return raw_reserve((struct raw *)probe, family, MESSAGE_MAX);
}

static void begin_exchange(struct dns_probe *dns, struct probe_packet *packet)
{
	struct exchange_order order = {
		.mark = packet->mark,
		.sequence = packet->sequence,
		.dscp = packet->dscp,
		.patience = packet->t_max < EXCHANGE_LONGEST ? packet->t_max : EXCHANGE_LONGEST,
		.host = packet->to,
		.ask = packet->ask,
		.cut_at = NSEC_UNDEFINED,
	};

	packet->sent_at = clock_realtime();
	packet->refused = raw_ready(&dns->raw, packet->to) ? exchanges_begin(dns->exchanges, &order)
							   : ENETDOWN;
}

/* Packets that go the same way stand together as often as not; each run of them is sent at once. */
static void dns_send(struct probe *probe, struct probe_packet *packets, size_t count)
{
	struct dns_probe *dns = (struct dns_probe *)probe;

	for (size_t i = 0, run; i < count; i += run) {
		run = 1;
		assert(packets[i].ask != NULL);
		if (packets[i].ask->transport == ASK_STREAM) {
			begin_exchange(dns, &packets[i]);
			continue;
		}
		while (i + run < count && packets[i + run].ask->transport == ASK_DATAGRAM)
			run++;
		raw_send(probe, packets + i, run);
	}
}

static void dns_receive(struct probe *probe, nsec now, const struct probe_listener *listener)
{
	raw_receive(probe, now, listener);
	exchanges_look(((struct dns_probe *)probe)->exchanges, listener);
}

static bool dns_waits(const struct probe *probe)
{
	return exchanges_open(((const struct dns_probe *)probe)->exchanges);
}

/* The kernel chooses the ports of connections: others to the same port are seen too. */
static void dns_filter(const struct probe *probe, const struct endpoint *host,
		       char out[PROBE_FILTER])
{
	const struct dns_probe *dns = (const struct dns_probe *)probe;
	char text[ENDPOINT_TEXT];
	struct endpoint plain;

	sieve_filter(&dns->sieve, host, out);
	size_t used = strlen(out);
	if (host == NULL) {
		snprintf(out + used, PROBE_FILTER - used, " or tcp port 53");
		return;
	}
	plain = *host;
	plain.scope = 0;
	endpoint_format(&plain, text);
	snprintf(out + used, PROBE_FILTER - used, " or (host %s and tcp port %u)", text,
		 host->port);
}

const struct probe_ops probe_dns = {
	.method = "dns",
	.header = UDP_HEADER,
	.open = dns_open,
	.close = dns_close,
	.reserve = dns_reserve,
	.send = dns_send,
	.receive = dns_receive,
	.waits = dns_waits,
	.dropped = raw_dropped,
	.filter = dns_filter,
};
