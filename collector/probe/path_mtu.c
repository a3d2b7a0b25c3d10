/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/probe/path_mtu.h"

#include <errno.h>

enum { TTL = 64 };

/* How long an answer is awaited: a second until the first has come, then by how long that took. */
static const nsec wait_most = NSEC_PER_SEC;
static const nsec wait_least = 250 * NSEC_PER_MSEC;

struct finding {
	struct trace_exchange *exchange;
	struct mtu_search search;
	struct endpoint teller;
	nsec wait;
	uint32_t told;
};

/* A port that is closed is told by the host alone. */
static bool acknowledges(const struct sending *sending)
{
	return sending->answered &&
	       (sending->answer.kind == TRACE_REPLIED || sending->answer.kind == TRACE_UNREACHABLE);
}

static void learn_wait(struct finding *finding, nsec round_trip)
{
	nsec wait = 4 * round_trip;

	if (finding->search.good == 0)
		finding->wait = wait < wait_least  ? wait_least
				: wait < wait_most ? wait
						   : wait_most;
}

static enum mtu_outcome judge(struct finding *finding, const struct sending *sending)
{
	if (acknowledges(sending)) {
		learn_wait(finding, sending->round_trip);
		return MTU_CONFIRMED;
	}
	/* The interface, or a route of our own, is smaller than it says. */
	if (sending->refused == EMSGSIZE)
		return MTU_TOLD;
	if (!sending->answered || sending->answer.kind != TRACE_TOO_BIG)
		return MTU_LOST;
	finding->told = sending->answer.mtu;
	finding->teller = sending->from;
	return MTU_TOLD;
}

/* The next try begins before the last answer of the one before can have come. */
static enum err send_tries(struct finding *finding, uint16_t size, size_t *first)
{
	size_t number = 0;
	enum err rc = E_OK;

	*first = trace_exchange_sent(finding->exchange);
	for (int i = 0; i < MTU_TRIES; i++) {
		rc = trace_exchange_send(finding->exchange, TTL, size, &number);
		if (rc != E_OK)
			return rc;
		trace_exchange_await(finding->exchange, number, finding->wait / 5);
		if (acknowledges(trace_exchange_sending(finding->exchange, number)))
			return E_OK;
	}
	trace_exchange_await(finding->exchange, *first, finding->wait);
	return trace_exchange_stopped(finding->exchange) ? E_CLOSED : E_OK;
}

/* A word that is told does not spare the other tries: anybody may have forged it. */
static enum err try_size(struct finding *finding, uint16_t size)
{
	enum mtu_outcome outcome = MTU_LOST;
	size_t first;

	finding->told = 0;
	enum err rc = send_tries(finding, size, &first);
	if (rc != E_OK)
		return rc;
	for (size_t i = first; i < trace_exchange_sent(finding->exchange); i++) {
		enum mtu_outcome now = judge(finding, trace_exchange_sending(finding->exchange, i));
		if (outcome != MTU_CONFIRMED && now != MTU_LOST)
			outcome = now;
	}
	mtu_search_take(&finding->search, outcome, finding->told);
	return E_OK;
}

static struct path_mtu result_of(const struct finding *finding)
{
	const struct mtu_search *search = &finding->search;
	struct path_mtu result = {.state = search->state, .size = search->good};

	if (search->bad <= search->most && search->state != MTU_UNKNOWN)
		result.from = search->bad;
	if (search->told != 0) {
		result.told = search->told;
		result.teller = finding->teller;
	}
	return result;
}

enum err path_mtu_find(struct trace_socket *socket, const struct trace_target *target,
		       struct path_mtu *out)
{
	struct finding finding = {.wait = wait_most};
	struct trace_target asked = *target;

	if (asked.protocol == TRACE_TCP)
		asked.protocol = TRACE_ICMP;
	enum err rc = trace_exchange_open(socket, &asked, &finding.exchange);
	if (rc != E_OK)
		return rc;
	finding.search =
		mtu_search_start(target->host.family, trace_exchange_way(finding.exchange)->mtu);
	while (rc == E_OK && finding.search.state == MTU_SEARCHING)
		rc = try_size(&finding, mtu_search_next(&finding.search));
	trace_exchange_close(finding.exchange);
	if (rc == E_OK)
		*out = result_of(&finding);
	return rc;
}
