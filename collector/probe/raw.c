/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/probe/raw.h"
#include "collector/base/log.h"
#include "collector/packet/icmp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A flood of errors, which bear no stamp, must not hold the loop: what is left after so many
 * batches waits for the next tick. */
enum { IP_HEADERS = 60, REPORTS_MAX = 1024 };

enum err raw_open(struct raw *raw, const struct channel_options options[RAW_FAMILIES])
{
	const char *method = raw->probe.ops->method;
	enum err rc = local_create(&raw->local);

	if (rc != E_OK)
		return rc;
	if (egress_open(&raw->egress) != E_OK)
		log_warn(method,
			 "interfaces cannot be watched (%s): packets sent without carrier "
			 "will count as lost",
			 strerror(errno));
	for (int i = 0; i < RAW_FAMILIES; i++) {
		enum err opened = channel_open(&options[i], &raw->channel[i]);
		if (opened == E_PERMISSION)
			return opened;
		if (opened != E_OK) {
			log_warn(method,
				 "no raw socket for IPv%d (%s): nothing is measured over it",
				 raw_family(i), strerror(errno));
			rc = opened;
		}
	}
	return raw->channel[0] == NULL && raw->channel[1] == NULL ? rc : E_OK;
}

void raw_finish(struct raw *raw)
{
	for (int i = 0; i < RAW_FAMILIES; i++)
		channel_close(raw->channel[i]);
	local_destroy(raw->local);
	egress_close(raw->egress);
	free(raw->bytes);
}

enum err raw_reserve(struct raw *raw, uint8_t family, size_t octets)
{
	struct channel *channel = raw->channel[raw_index(family)];

	if (channel == NULL)
		return E_UNSUPPORTED;
	if (octets > raw->room) {
		uint8_t *bytes = realloc(raw->bytes, PROBE_BATCH * octets);
		if (bytes == NULL)
			return E_MEMORY;
		raw->bytes = bytes;
		raw->room = octets;
	}
	return channel_reserve(channel, octets + IP_HEADERS);
}

/* A family is not looked at before its first packet; what its queue lost until then is nothing. */
static void start_family(struct raw *raw, int index)
{
	if (!raw->used[index])
		(void)channel_overflowed(raw->channel[index]);
	raw->used[index] = true;
}

bool raw_ready(const struct raw *raw, const struct endpoint *host)
{
	return raw->egress == NULL || egress_ready(raw->egress, host);
}

/* Makes a packet ready to leave; 0, or the errno by which it is refused. */
static int prepare(struct raw *raw, const struct probe_packet *packet, uint8_t *bytes,
		   struct outgoing *out)
{
	struct writer w = writer_over(bytes, raw->room);

	if (!raw_ready(raw, packet->to))
		return ENETDOWN;
	*out = (struct outgoing){.to = packet->to, .bytes = w.start, .dscp = packet->dscp};
	int refused = raw->codec->write(raw, packet, &w, out);
	out->len = w.used;
	return refused;
}

/* Sends those packets of a batch that are of one family. */
static void send_family(struct raw *raw, int index, struct probe_packet *packets, size_t count)
{
	struct outgoing outgoing[PROBE_BATCH];
	struct probe_packet *sources[PROBE_BATCH];
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		struct probe_packet *packet = &packets[i];
		if (raw_index(packet->to->family) != index)
			continue;
		packet->refused = prepare(raw, packet, raw->bytes + i * raw->room, &outgoing[used]);
		if (packet->refused == 0)
			sources[used++] = packet;
	}
	if (used > 0)
		start_family(raw, index);
	channel_send(raw->channel[index], outgoing, used);
	for (size_t i = 0; i < used; i++) {
		sources[i]->refused = outgoing[i].refused;
		sources[i]->sent_at = outgoing[i].sent_at;
	}
}

void raw_send(struct probe *probe, struct probe_packet *packets, size_t count)
{
	struct raw *raw = (struct raw *)probe;

	for (int i = 0; i < RAW_FAMILIES; i++) {
		if (raw->channel[i] != NULL)
			send_family(raw, i, packets, count);
	}
}

static void look_for_overflow(struct raw *raw, int index, const struct probe_listener *listener)
{
	struct probe_event event = {.kind = PROBE_OVERFLOWED, .peer.family = raw_family(index)};

	if (channel_overflowed(raw->channel[index]))
		listener->take(listener->context, &event, 1);
}

static void receive_reports(struct raw *raw, int index, const struct probe_listener *listener)
{
	struct report reports[CHANNEL_BATCH];
	struct probe_event events[CHANNEL_BATCH];
	size_t count;
	bool more = true;

	for (int i = 0; i < REPORTS_MAX && more; i++) {
		size_t used = 0;
		more = channel_reports(raw->channel[index], reports, &count);
		for (size_t j = 0; j < count; j++) {
			events[used] = (struct probe_event){.peer = reports[j].destination,
							    .at = reports[j].at,
							    .method = raw->probe.ops};
			used += raw->codec->read_report(raw, index, &reports[j], &events[used]);
		}
		listener->take(listener->context, events, used);
	}
}

/* Packets come in the order of their stamps: from the first that is no older than now, all older
 * ones have been read. So no flood can hold the loop for longer than a full queue takes. */
static void receive_answers(struct raw *raw, int index, nsec now,
			    const struct probe_listener *listener)
{
	struct incoming incoming[CHANNEL_BATCH];
	struct probe_event events[CHANNEL_BATCH];
	size_t count;
	bool more = true;

	while (more) {
		size_t used = 0;
		look_for_overflow(raw, index, listener);
		more = channel_receive(raw->channel[index], incoming, &count);
		for (size_t j = 0; j < count; j++) {
			events[used] = (struct probe_event){.peer = incoming[j].from,
							    .at = incoming[j].at,
							    .stamped_by = incoming[j].stamped_by};
			used += raw->codec->read_answer(raw, index, &incoming[j], &events[used]);
		}
		listener->take(listener->context, events, used);
		more = more && incoming[count - 1].at < now;
	}
}

void raw_receive(struct probe *probe, nsec now, const struct probe_listener *listener)
{
	struct raw *raw = (struct raw *)probe;

	if (raw->egress != NULL)
		egress_read(raw->egress);
	for (int i = 0; i < RAW_FAMILIES; i++) {
		if (!raw->used[i])
			continue;
		receive_reports(raw, i, listener);
		receive_answers(raw, i, now, listener);
	}
}

bool raw_dropped(struct probe *probe, const struct endpoint *host, nsec at)
{
	struct raw *raw = (struct raw *)probe;

	return raw->egress != NULL && egress_dropped(raw->egress, host, at);
}

enum loss_cause raw_cause(struct raw *raw, int index, const struct report *report)
{
	if (report->number == EHOSTUNREACH && local_has(raw->local, &report->offender))
		return LOSS_NEIGHBOUR;
	return icmp_cause(raw_family(index), report->type, report->code);
}
