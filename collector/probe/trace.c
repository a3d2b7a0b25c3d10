/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/probe/trace.h"
#include "collector/base/clock.h"
#include "collector/packet/icmp.h"

/* An answer is awaited for a second until some have come, then by how long those took. */
static const nsec first_wait = NSEC_PER_SEC;
static const nsec wait_least = 500 * NSEC_PER_MSEC;
static const nsec wait_most = 3 * NSEC_PER_SEC;
static const nsec spacing = 5 * NSEC_PER_MSEC;

struct trace {
	struct trace_exchange *exchange;
	struct endpoint host;
	struct endpoint from;
	struct route route;
	struct hop passed[ROUTE_HOPS]; /* who let a packet expire there */
	nsec longest;		       /* round trip so far */
	bool ended;		       /* who is at route.count is the last */
};

static bool is_port_unreachable(const struct trace_answer *answer, uint8_t family)
{
	return answer->kind == TRACE_UNREACHABLE &&
	       (family == 4 ? answer->type == 3 && answer->code == 3
			    : answer->type == 1 && answer->code == 4);
}

static bool is_router(const struct trace *trace, const struct endpoint *from)
{
	for (uint8_t i = 0; i < ROUTE_HOPS; i++) {
		if (hop_has(&trace->passed[i], from->bytes))
			return true;
	}
	return false;
}

/* A host may tell of a closed port from another of its addresses, but a router that does so, and
 * has let a packet expire, refuses in the host's name. */
static enum route_end end_told(const struct trace *trace, const struct sending *sending)
{
	const struct trace_answer *answer = &sending->answer;
	uint8_t family = trace->host.family;

	if (answer->kind == TRACE_REPLIED || answer->kind == TRACE_REFUSED)
		return ROUTE_REACHED;
	if (is_port_unreachable(answer, family))
		return is_router(trace, &sending->from) ? ROUTE_FILTERED : ROUTE_REACHED;
	return icmp_cause(family, answer->type, answer->code) == LOSS_FILTERED ? ROUTE_FILTERED
									       : ROUTE_UNREACHABLE;
}

/* The nearest that ends the way counts, and of what is said there the host's own word. */
static void take_end(struct trace *trace, const struct sending *sending)
{
	enum route_end end = end_told(trace, sending);
	struct route *route = &trace->route;

	if (trace->ended && route->end == ROUTE_REACHED && end != ROUTE_REACHED)
		return;
	if (trace->ended && end == route->end && route->count <= sending->ttl)
		return;
	trace->ended = true;
	route->end = end;
	route->count = sending->ttl;
	route->type = sending->answer.type;
	route->code = sending->answer.code;
}

static void take_sending(struct trace *trace, const struct sending *sending)
{
	struct hop *hop = &trace->route.hops[sending->ttl - 1];

	if (sending->refused != 0)
		return;
	hop->sent++;
	if (!sending->answered || sending->answer.kind == TRACE_TOO_BIG)
		return;
	if (sending->round_trip > trace->longest)
		trace->longest = sending->round_trip;
	/* Our own kernel tells that a neighbour does not answer: that names no router. */
	if (endpoint_compare(&sending->from, &trace->from) != 0 ||
	    endpoint_compare(&trace->host, &trace->from) == 0)
		hop_take(hop, sending->from.bytes, sending->round_trip);
	if (sending->answer.kind == TRACE_EXCEEDED)
		hop_take(&trace->passed[sending->ttl - 1], sending->from.bytes, 0);
	if (sending->answer.kind != TRACE_EXCEEDED)
		take_end(trace, sending);
	else if (!trace->ended && sending->ttl > trace->route.count)
		trace->route.count = sending->ttl;
}

static nsec wait_of(const struct trace *trace)
{
	nsec wait = 4 * trace->longest;

	if (trace->longest == 0)
		return first_wait;
	return wait < wait_least ? wait_least : wait < wait_most ? wait : wait_most;
}

/* Asks the hops from first to last, each once. */
static enum err ask(struct trace *trace, uint8_t first, uint8_t last)
{
	size_t start = trace_exchange_sent(trace->exchange);
	size_t number;

	for (uint8_t ttl = first; ttl <= last; ttl++) {
		enum err rc = trace_exchange_send(trace->exchange, ttl, 0, &number);
		if (rc != E_OK)
			return rc;
		if (trace_exchange_sending(trace->exchange, number)->refused != 0)
			break;
		trace_exchange_await(trace->exchange, start, spacing);
	}
	trace_exchange_await(trace->exchange, start, wait_of(trace));
	for (size_t i = start; i < trace_exchange_sent(trace->exchange); i++)
		take_sending(trace, trace_exchange_sending(trace->exchange, i));
	return trace_exchange_stopped(trace->exchange) ? E_CLOSED : E_OK;
}

static bool was_refused(const struct trace *trace)
{
	size_t sent = trace_exchange_sent(trace->exchange);

	return sent > 0 && trace_exchange_sending(trace->exchange, sent - 1)->refused != 0;
}

static enum err find_hops(struct trace *trace)
{
	struct route *route = &trace->route;
	uint8_t asked = 0;
	enum err rc = E_OK;

	while (rc == E_OK && !trace->ended && asked < ROUTE_HOPS && !was_refused(trace) &&
	       asked - route->count < TRACE_SILENT_MAX && !route_loops(route)) {
		uint8_t last =
			asked + TRACE_WINDOW < ROUTE_HOPS ? asked + TRACE_WINDOW : ROUTE_HOPS;
		rc = ask(trace, (uint8_t)(asked + 1), last);
		asked = last;
	}
	if (!trace->ended)
		route->end = was_refused(trace)		  ? ROUTE_UNSENT
			     : route_loops(route)	  ? ROUTE_LOOP
			     : route->count == ROUTE_HOPS ? ROUTE_TTL_OUT
							  : ROUTE_SILENT;
	return rc;
}

/* A hop that is beyond the end was asked only to look for it. */
static void cut(struct route *route)
{
	for (uint8_t i = route->count; i < ROUTE_HOPS; i++)
		route->hops[i] = hop_silent();
}

enum err trace_run(struct trace_socket *socket, const struct trace_target *target,
		   struct route *out)
{
	struct trace trace = {.host = target->host, .route.family = target->host.family};

	enum err rc = trace_exchange_open(socket, target, &trace.exchange);
	if (rc != E_OK)
		return rc;
	trace.from = trace_exchange_way(trace.exchange)->from;
	cut(&trace.route);
	rc = find_hops(&trace);
	for (int i = 1; rc == E_OK && i < TRACE_TRIES && trace.route.count > 0; i++)
		rc = ask(&trace, 1, trace.route.count);
	cut(&trace.route);
	trace_exchange_close(trace.exchange);
	if (rc == E_OK)
		*out = trace.route;
	return rc;
}
