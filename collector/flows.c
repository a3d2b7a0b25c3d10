/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/flows.h"
#include "collector/plan.h"
#include "collector/probe/path_mtu.h"
#include "collector/probe/trace.h"
#include "collector/sentinel.h"
#include "collector/tracks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where a site answers. */
struct spot {
	struct endpoint endpoint;
	size_t site;
};

struct gathering {
	const struct config *config;
	const struct hash_key *secret;
	struct flows flows;
	size_t room;
	struct spot *spots; /* by endpoint */
	size_t spot_count;
};

static struct endpoint endpoint_of(const struct address *address, enum family family)
{
	struct endpoint endpoint = {.family = family == FAMILY_IPV4 ? 4 : 6};

	memcpy(endpoint.bytes, address->bytes, sizeof(endpoint.bytes));
	return endpoint;
}

static int compare_spots(const void *a, const void *b)
{
	const struct spot *x = a;
	const struct spot *y = b;
	int order = endpoint_compare(&x->endpoint, &y->endpoint);

	return order != 0 ? order : (x->site > y->site) - (x->site < y->site);
}

static enum err gather_sites(struct gathering *g)
{
	const struct config *config = g->config;

	/* Each agent may have as many anchors, and a gateway, of each family. */
	size_t others = config->agent_count * (ANCHORS_MOST + 1) * FAMILY_COUNT;
	g->flows.hosts = calloc(config->site_count + others, sizeof(*g->flows.hosts));
	g->spots = calloc(config->site_count * FAMILY_COUNT, sizeof(*g->spots));
	if (g->flows.hosts == NULL || g->spots == NULL)
		return E_MEMORY;
	for (size_t i = 0; i < config->site_count; i++) {
		const struct site *site = &config->sites[i];
		struct flow_host *host = &g->flows.hosts[g->flows.host_count++];
		snprintf(host->name, HOST_NAME, "%s", site->name);
		host->site = i;
		host->owner = site->organisation;
		for (enum family f = 0; f < FAMILY_COUNT; f++) {
			if (site->address[f].given)
				g->spots[g->spot_count++] =
					(struct spot){endpoint_of(&site->address[f], f), i};
		}
	}
	qsort(g->spots, g->spot_count, sizeof(*g->spots), compare_spots);
	return E_OK;
}

/* The site that has the address, CONFIG_NONE if none has. */
static size_t find_site(const struct gathering *g, const struct endpoint *endpoint)
{
	size_t low = 0;
	size_t high = g->spot_count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (endpoint_compare(&g->spots[middle].endpoint, endpoint) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < g->spot_count && endpoint_compare(&g->spots[low].endpoint, endpoint) == 0)
		return g->spots[low].site;
	return CONFIG_NONE;
}

static size_t add_host(struct gathering *g, const char *kind, const char *name)
{
	struct flow_host *host = &g->flows.hosts[g->flows.host_count];

	snprintf(host->name, HOST_NAME, "%s %s", kind, name);
	host->site = CONFIG_NONE;
	host->owner = CONFIG_NONE;
	return g->flows.host_count++;
}

/* A host that is no site and that several agents may share. */
static size_t find_other(struct gathering *g, const struct endpoint *endpoint, const char *name)
{
	for (size_t i = g->config->site_count; i < g->flows.host_count; i++) {
		if (endpoint_compare(&g->flows.hosts[i].endpoint, endpoint) == 0)
			return i;
	}
	size_t host = add_host(g, "anchor", name);
	g->flows.hosts[host].endpoint = *endpoint;
	return host;
}

static enum err append(struct gathering *g, const struct flow *flow)
{
	if (g->flows.count == g->room) {
		size_t room = g->room == 0 ? 64 : 2 * g->room;
		struct flow *items = realloc(g->flows.items, room * sizeof(*items));
		if (items == NULL)
			return E_MEMORY;
		g->flows.items = items;
		g->room = room;
	}
	g->flows.items[g->flows.count++] = *flow;
	return E_OK;
}

static enum flow_manner manner_of(const struct target *target)
{
	if (target->host.port == 0)
		return FLOW_ECHO;
	if (target->ask == NULL)
		return FLOW_SYN;
	if (target->ask->url != NULL)
		return FLOW_VISIT;
	return target->ask->transport == ASK_STREAM ? FLOW_STREAM : FLOW_QUERY;
}

/* RFC 9293, section 3.1, with the time stamps of RFC 7323; RFC 7766, section 8. */
enum { SEGMENT_HEADER = 32, STREAM_SYN = 40, STREAM_LENGTH = 2 };

/* A connection takes a SYN, two segments that acknowledge and one that closes, besides the one with
 * the query. */
static void carry_by_stream(struct flow *flow)
{
	struct frames syn = frames_of(flow->family, STREAM_SYN);
	struct frames empty = frames_of(flow->family, SEGMENT_HEADER);

	flow->frames = frames_of(flow->family, SEGMENT_HEADER + STREAM_LENGTH + flow->size);
	flow->closing = (struct frames){
		.count = syn.count + 3 * empty.count,
		.octets = syn.octets + 3 * empty.octets,
		.packet = syn.packet + 3 * empty.packet,
	};
}

static struct flow flow_over(const struct target *target)
{
	const struct probe_ops *method = target->method;
	uint8_t family = target->host.family;

	struct flow flow = {
		.stream = track_over(target, 0).pace.stream,
		.frames = frames_of(family, (uint32_t)method->header + target->size),
		.closing = method->closing == 0 ? (struct frames){0}
						: frames_of(family, method->closing),
		.method = method,
		.manner = manner_of(target),
		.port = target->host.port,
		.family = family,
		.size = target->size,
		.dscp = target->dscp,
	};

	if (flow.manner == FLOW_STREAM)
		carry_by_stream(&flow);
	return flow;
}

/* A trace sends no faster, and no two of an agent's run at once. */
static const nsec trace_apart = 50 * NSEC_PER_MSEC;

static struct flow trace_over(const struct flow *flow, const struct test_config *test)
{
	bool tcp = test->trace_protocol == TRACE_BY_TCP;
	bool udp = test->trace_protocol == TRACE_BY_UDP;
	struct flow trace = *flow;

	trace.manner = FLOW_ICMP_TRACE + test->trace_protocol;
	trace.stream.interval = test->trace_ns;
	trace.stream.packets = TRACE_PACKETS_MAX;
	trace.apart = trace_apart;
	trace.port = udp ? TRACE_UDP_PORT : tcp ? flow->port : 0;
	trace.size = 0;
	trace.dscp = 0;
	trace.frames = frames_of(flow->family, SEGMENT_HEADER);
	trace.closing = (struct frames){0};
	return trace;
}

static struct flow mtu_over(const struct flow *trace, const struct test_config *test)
{
	struct flow flow = *trace;
	uint32_t header = trace->family == 4 ? IPV4_HEADER : IPV6_HEADER;

	flow.manner = FLOW_MTU;
	flow.stream.packets = MTU_PACKETS_MAX;
	/* A segment that opens a connection carries no data. */
	if (test->trace_protocol == TRACE_BY_TCP)
		flow.port = 0;
	flow.frames = frames_of(flow.family, ETHERNET_MTU - header);
	return flow;
}

/* An agent spreads its traces over their interval, in some order. */
static void spread_traces(struct gathering *g, size_t first)
{
	size_t count = 0;
	size_t number = 0;

	for (size_t i = first; i < g->flows.count; i++)
		count += g->flows.items[i].manner == FLOW_MTU;
	for (size_t i = first; i < g->flows.count; i++) {
		struct flow *flow = &g->flows.items[i];
		if (flow->apart == 0)
			continue;
		flow->stream.phase = flow->stream.interval / (nsec)count * (nsec)number;
		if (flow->manner != FLOW_MTU)
			continue;
		flow->stream.phase += TRACE_PACKETS_MAX * trace_apart;
		number++;
	}
}

static enum err append_trace(struct gathering *g, const struct flow *flow)
{
	const struct test_config *test = &g->config->tests[flow->test];

	if (test->trace_ns == 0)
		return E_OK;
	struct flow trace = trace_over(flow, test);
	enum err rc = append(g, &trace);
	if (rc != E_OK)
		return rc;
	trace = mtu_over(&trace, test);
	return append(g, &trace);
}

static enum err gather_tests(struct gathering *g, size_t agent)
{
	size_t first = g->flows.count;
	struct plan plan;

	enum err rc = plan_create(g->config, agent, g->secret, &plan);
	if (rc != E_OK)
		return rc;
	for (size_t i = 0; rc == E_OK && i < plan.count; i++) {
		struct flow flow = flow_over(&plan.items[i].target);
		flow.agent = agent;
		flow.host = plan.items[i].site;
		flow.test = plan.items[i].test;
		rc = append(g, &flow);
		if (rc == E_OK)
			rc = append_trace(g, &flow);
	}
	plan_finish(&plan);
	spread_traces(g, first);
	return rc;
}

static enum err watch(struct gathering *g, size_t agent, const struct endpoint *endpoint,
		      size_t host)
{
	struct target target = sentinel_target(probe_find("icmp"), endpoint);
	struct flow flow = flow_over(&target);

	flow.agent = agent;
	flow.host = host;
	flow.test = CONFIG_NONE;
	return append(g, &flow);
}

static enum err gather_anchors(struct gathering *g, size_t agent, enum family family)
{
	const struct agent_config *config = &g->config->agents[agent];
	struct endpoint gateway = {.family = family == FAMILY_IPV4 ? 4 : 6};
	size_t count = 0;
	enum err rc = E_OK;

	for (size_t i = 0; rc == E_OK && i < config->anchor_count; i++) {
		const struct address *address = &config->anchors[i].address[family];
		struct endpoint endpoint = endpoint_of(address, family);
		if (!address->given)
			continue;
		size_t host = find_site(g, &endpoint);
		if (host == CONFIG_NONE)
			host = find_other(g, &endpoint, address->text);
		rc = watch(g, agent, &endpoint, host);
		count++;
	}
	if (rc != E_OK || count == 0)
		return rc;
	size_t host = add_host(g, family == FAMILY_IPV4 ? "IPv4 gateway of" : "IPv6 gateway of",
			       config->name);
	return watch(g, agent, &gateway, host);
}

static enum err gather(struct gathering *g, size_t agent)
{
	enum err rc = gather_sites(g);

	for (size_t i = 0; rc == E_OK && i < g->config->agent_count; i++) {
		if (agent != CONFIG_NONE && i != agent)
			continue;
		rc = gather_tests(g, i);
		for (enum family f = 0; rc == E_OK && f < FAMILY_COUNT; f++)
			rc = gather_anchors(g, i, f);
	}
	return rc;
}

enum err flows_create(const struct config *config, size_t agent, const struct hash_key *secret,
		      struct flows *out)
{
	struct gathering gathering = {.config = config, .secret = secret};

	enum err rc = gather(&gathering, agent);
	free(gathering.spots);
	if (rc != E_OK) {
		flows_finish(&gathering.flows);
		return rc;
	}
	*out = gathering.flows;
	return E_OK;
}

void flows_finish(struct flows *flows)
{
	free(flows->items);
	free(flows->hosts);
	*flows = (struct flows){0};
}
