/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/probe/trace_exchange.h"
#include "collector/base/clock.h"
#include "collector/base/random.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PACKET_MAX = 9216 };

/* How often the wish to stop is looked at. */
static const nsec glance = 100 * NSEC_PER_MSEC;

struct trace_exchange {
	struct trace_socket *socket;
	struct trace_target target;
	struct trace_way way;
	struct trace_flow flow;
	uint16_t first_token;
	size_t count;
	struct sending sendings[TRACE_EXCHANGE_MOST];
	uint8_t bytes[PACKET_MAX];
};

static void describe(struct trace_exchange *exchange)
{
	struct trace_flow *flow = &exchange->flow;

	flow->family = exchange->target.host.family;
	flow->protocol = exchange->target.protocol;
	flow->source = trace_socket_port(exchange->socket);
	flow->port = exchange->target.host.port;
	memcpy(flow->from, exchange->way.from.bytes, sizeof(flow->from));
	memcpy(flow->to, exchange->target.host.bytes, sizeof(flow->to));
}

enum err trace_exchange_open(struct trace_socket *socket, const struct trace_target *target,
			     struct trace_exchange **out)
{
	struct random random;
	enum err rc = random_secret(&random, sizeof(random));
	struct trace_exchange *exchange = calloc(1, sizeof(*exchange));

	if (exchange == NULL)
		return E_MEMORY;
	exchange->socket = socket;
	exchange->target = *target;
	if (rc == E_OK)
		rc = trace_socket_way(socket, &target->host, &exchange->way);
	if (rc != E_OK) {
		free(exchange);
		return rc;
	}
	describe(exchange);
	/* None is 0, which the kernel would replace where it is an identification. */
	exchange->first_token =
		(uint16_t)(1 + random_below(&random, UINT16_MAX - TRACE_EXCHANGE_MOST));
	*out = exchange;
	return E_OK;
}

void trace_exchange_close(struct trace_exchange *exchange)
{
	free(exchange);
}

const struct trace_way *trace_exchange_way(const struct trace_exchange *exchange)
{
	return &exchange->way;
}

bool trace_exchange_stopped(const struct trace_exchange *exchange)
{
	return exchange->target.stop != NULL && atomic_load(exchange->target.stop);
}

enum err trace_exchange_send(struct trace_exchange *exchange, uint8_t ttl, uint16_t size,
			     size_t *number)
{
	struct writer w = writer_over(exchange->bytes, sizeof(exchange->bytes));

	if (exchange->count == TRACE_EXCHANGE_MOST)
		return E_FULL;
	if (trace_exchange_stopped(exchange))
		return E_CLOSED;
	const struct trace_packet packet = {
		ttl, (uint16_t)(exchange->first_token + exchange->count), size};
	enum err rc = trace_write(&w, &exchange->flow, &packet);
	if (rc != E_OK)
		return rc;
	struct sending *sending = &exchange->sendings[exchange->count];
	*sending = (struct sending){.ttl = ttl, .size = (uint16_t)w.used};
	sending->refused = trace_socket_send(exchange->socket, &exchange->target.host,
					     exchange->bytes, w.used, &sending->sent_at);
	*number = exchange->count++;
	return E_OK;
}

static struct sending *find(struct trace_exchange *exchange, uint16_t token)
{
	size_t number = (uint16_t)(token - exchange->first_token);

	return number < exchange->count ? &exchange->sendings[number] : NULL;
}

/* Only the host itself can have answered for itself. */
static bool is_plausible(const struct trace_exchange *exchange, const struct trace_heard *heard,
			 const struct trace_answer *answer)
{
	bool own = answer->kind == TRACE_REPLIED || answer->kind == TRACE_REFUSED;

	return !own || endpoint_compare(&heard->from, &exchange->target.host) == 0;
}

static void take(struct trace_exchange *exchange, const struct trace_heard *heard)
{
	enum err (*read)(const struct trace_flow *, const uint8_t *, size_t,
			 struct trace_answer *) =
		heard->kind == TRACE_HEARD_ICMP ? trace_read_icmp : trace_read_tcp;
	struct trace_answer answer;
	struct sending *sending = NULL;
	uint16_t token;

	if (heard->kind == TRACE_HEARD_LOOPED) {
		if (trace_read_looped(&exchange->flow, heard->bytes, heard->len, &token) == E_OK)
			sending = find(exchange, token);
		if (sending != NULL && !sending->answered)
			sending->sent_at = heard->at;
		return;
	}
	if (read(&exchange->flow, heard->bytes, heard->len, &answer) == E_OK &&
	    is_plausible(exchange, heard, &answer))
		sending = find(exchange, answer.token);
	if (sending == NULL || sending->answered || sending->refused != 0)
		return;
	sending->answered = true;
	sending->answer = answer;
	sending->from = heard->from;
	sending->round_trip = heard->at > sending->sent_at ? heard->at - sending->sent_at : 0;
}

static bool all_answered(const struct trace_exchange *exchange, size_t first)
{
	for (size_t i = first; i < exchange->count; i++) {
		if (!exchange->sendings[i].answered && exchange->sendings[i].refused == 0)
			return false;
	}
	return true;
}

void trace_exchange_await(struct trace_exchange *exchange, size_t first, nsec wait)
{
	nsec end = clock_monotonic() + wait;
	struct trace_heard heard;

	while (!all_answered(exchange, first) && !trace_exchange_stopped(exchange)) {
		nsec now = clock_monotonic();
		nsec until = now + glance < end ? now + glance : end;
		if (trace_socket_hear(exchange->socket, exchange->target.host.family, until,
				      &heard))
			take(exchange, &heard);
		else if (now >= end)
			return;
	}
}

const struct sending *trace_exchange_sending(const struct trace_exchange *exchange, size_t number)
{
	assert(number < exchange->count);
	return &exchange->sendings[number];
}

size_t trace_exchange_sent(const struct trace_exchange *exchange)
{
	return exchange->count;
}
