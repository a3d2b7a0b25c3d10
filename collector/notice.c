/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/notice.h"
#include "collector/base/calendar.h"
#include "collector/budget.h"
#include "collector/demands.h"
#include "collector/probe/path_mtu.h"
#include "collector/probe/trace.h"
#include "config/source.h"

#include <stdlib.h>
#include <string.h>

struct notice {
	const struct notice_request *request;
	const struct config *config;
	struct flows flows; /* to the organisation's sites, of all agents */
	struct timeline *timeline;
	size_t addresses;	    /* that are sent anything */
	const char **members;	    /* room for any list, used for one at a time */
	bool (*sent)[FAMILY_COUNT]; /* by site: what is looked at is sent to that address */
	bool *visited;		    /* by site: at a page of its own */
	struct arena *arena;
	FILE *out;
};

/* Values of a text, in order. */
#define VALUES(...) ((const char *const[NOTICE_VALUES]){__VA_ARGS__})
#define NO_VALUES   VALUES(NULL)

static char *phrase(const struct notice *n, enum notice_text text,
		    const char *const values[NOTICE_VALUES])
{
	return notice_format(n->arena, n->request->language, text, values);
}

static void say(const struct notice *n, enum notice_text text,
		const char *const values[NOTICE_VALUES])
{
	notice_wrap(phrase(n, text, values), n->out);
}

/* The members of the list, so many. */
static const char *join(const struct notice *n, size_t count)
{
	const char *comma = phrase(n, NOTICE_COMMA, NO_VALUES);
	size_t len = 1;

	for (size_t i = 0; i < count; i++)
		len += strlen(comma) + strlen(n->members[i]);
	char *list = arena_zeroed(n->arena, len, 1);
	char *at = list;
	for (size_t i = 0; i < count; i++)
		at += sprintf(at, "%s%s", i == 0 ? "" : comma, n->members[i]);
	return list;
}

static const char *title_of(const struct notice *n, const struct title *title)
{
	return n->request->language == NOTICE_ZH ? title->zh : title->en;
}

/* "Title (name)"; the name alone where there is no other title. */
static const char *named(const struct notice *n, const struct title *title, const char *name)
{
	const char *text = title_of(n, title);

	return strcmp(text, name) == 0 ? name : phrase(n, NOTICE_NAMED, VALUES(text, name));
}

static const char *agent_name(const struct notice *n, size_t agent)
{
	const struct agent_config *config = &n->config->agents[agent];

	return named(n, &config->title, config->name);
}

static const char *number(const struct notice *n, double value)
{
	/* Rounded up: what is announced must not be exceeded. */
	double scale = value < 100 ? 100 : 1;
	double whole = (double)(uint64_t)(value * scale * (1 - 1e-12));

	if (whole < value * scale * (1 - 1e-9))
		whole++;
	return arena_format(n->arena, "%.10g", whole / scale);
}

static void say_opening(const struct notice *n)
{
	const struct organisation *to = &n->config->organisations[n->request->organisation];

	say(n, NOTICE_OPENING, VALUES(title_of(n, &to->title), title_of(n, &n->config->title)));
}

static bool sends(const struct notice *n, size_t agent)
{
	for (size_t i = 0; i < n->flows.count; i++) {
		if (n->flows.items[i].agent == agent)
			return true;
	}
	return false;
}

/* NULL where none is on record. */
static const char *source_addresses(const struct notice *n, const struct agent_config *agent)
{
	size_t count = 0;

	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		for (size_t i = 0; i < agent->source_count[f]; i++)
			n->members[count++] = agent->sources[f][i].text;
	}
	return count == 0 ? NULL : join(n, count);
}

static void say_sources(const struct notice *n)
{
	say(n, NOTICE_SOURCES, NO_VALUES);
	for (size_t i = 0; i < n->config->agent_count; i++) {
		const struct agent_config *agent = &n->config->agents[i];
		if (!sends(n, i))
			continue;
		const char *addresses = source_addresses(n, agent);
		if (addresses != NULL) {
			say(n, NOTICE_SOURCE, VALUES(agent_name(n, i), addresses));
			continue;
		}
		say(n, NOTICE_SOURCE_UNKNOWN, VALUES(agent_name(n, i)));
		fprintf(stderr,
			"warning: %s:%zu:%zu: agent %s has no addresses; write its ipv4 and ipv6, "
			"or add them to the notice\n",
			agent->place.file, agent->place.line, agent->place.column, agent->name);
	}
}

/* What of a site is looked at. */
static size_t list_addresses(const struct notice *n, size_t site, const char **members)
{
	size_t count = 0;

	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		if (n->sent[site][f])
			members[count++] = n->config->sites[site].address[f].text;
	}
	return count;
}

static void look_at(const struct notice *n, const struct flow *flow)
{
	n->sent[flow->host][flow->family == 6] = true;
}

static void look_at_none(const struct notice *n)
{
	memset(n->sent, 0, n->config->site_count * sizeof(*n->sent));
}

static void say_targets(const struct notice *n)
{
	look_at_none(n);
	for (size_t i = 0; i < n->flows.count; i++)
		look_at(n, &n->flows.items[i]);
	say(n, NOTICE_TARGETS, VALUES(arena_format(n->arena, "%zu", n->addresses)));
	for (size_t i = 0; i < n->config->site_count; i++) {
		const struct site *site = &n->config->sites[i];
		size_t count = list_addresses(n, i, n->members);
		if (count > 0)
			say(n, n->visited[i] ? NOTICE_TARGET_PAGE : NOTICE_TARGET,
			    VALUES(named(n, &site->title, site->name), join(n, count), site->url));
	}
}

/* Which addresses are looked at: each of the notice, or some. */
static const char *looked_at(const struct notice *n)
{
	size_t count = 0;

	for (size_t i = 0; i < n->config->site_count; i++)
		count += list_addresses(n, i, n->members + count);
	if (count == n->addresses)
		return phrase(n, NOTICE_TO_EACH, NO_VALUES);
	if (count == 1)
		return phrase(n, NOTICE_TO_ONE, VALUES(n->members[0]));
	return phrase(n, NOTICE_TO_SOME,
		      VALUES(arena_format(n->arena, "%zu", count), join(n, count)));
}

/* The flows of one test, or those that watch anchors. */
struct kind {
	const char *agents;
	const char *sizes;	 /* by family */
	const char *to;		 /* which addresses */
	const struct flow *flow; /* one of them; NULL: there is none */
};

static const char *size_of(const struct notice *n, const struct flow *flow)
{
	const char *octets = arena_format(n->arena, "%u", flow->frames.packet);
	const char *count = arena_format(n->arena, "%u", flow->frames.count);
	bool v4 = flow->family == 4;

	if (flow->frames.count == 1)
		return phrase(n, v4 ? NOTICE_SIZE_IPV4 : NOTICE_SIZE_IPV6, VALUES(octets));
	return phrase(n, v4 ? NOTICE_FRAGMENTS_IPV4 : NOTICE_FRAGMENTS_IPV6, VALUES(octets, count));
}

/* The test whose packets are visits; NULL: they are none. */
static const struct test_config *visits_of(const struct notice *n, const struct flow *flow)
{
	const struct test_config *test =
		flow->test == CONFIG_NONE ? NULL : &n->config->tests[flow->test];

	return flow->manner == FLOW_VISIT ? test : NULL;
}

static const char *page_of(const struct notice *n, const struct test_config *test)
{
	const char *body = arena_format(n->arena, "%u", (unsigned)test->body);
	const char *redirects = arena_format(n->arena, "%u", (unsigned)test->redirects);

	if (test_visits_own_pages(test))
		return phrase(n, NOTICE_OWN_PAGES, VALUES(body, redirects));
	return phrase(n, NOTICE_PAGE, VALUES(test->url, body, redirects));
}

/* By family, of those whose flow is given. */
static const char *sizes_of(const struct notice *n, const struct flow *const flows[FAMILY_COUNT])
{
	static const enum notice_text by_manner[FLOW_MANNERS] = {
		[FLOW_SYN] = NOTICE_SYN,
		[FLOW_QUERY] = NOTICE_QUERY,
		[FLOW_STREAM] = NOTICE_STREAM,
	};
	const struct flow *any = NULL;
	size_t count = 0;

	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		if (flows[f] == NULL)
			continue;
		any = flows[f];
		n->members[count++] = size_of(n, any);
	}
	const struct test_config *visits = visits_of(n, any);
	if (visits != NULL)
		return page_of(n, visits);
	if (any->manner != FLOW_ECHO)
		return phrase(n, by_manner[any->manner],
			      VALUES(arena_format(n->arena, "%u", any->port), join(n, count)));
	return phrase(n, NOTICE_SIZES,
		      VALUES(arena_format(n->arena, "%u", any->size), join(n, count)));
}

static struct kind kind_of(const struct notice *n, size_t test)
{
	const struct flow *flows[FAMILY_COUNT] = {NULL};
	struct kind kind = {0};
	size_t agents = 0;
	size_t agent = CONFIG_NONE; /* flows stand by agent */

	look_at_none(n);
	for (size_t i = 0; i < n->flows.count; i++) {
		const struct flow *flow = &n->flows.items[i];
		if (flow->test != test || flow->apart != 0)
			continue;
		kind.flow = flow;
		flows[flow->family == 6] = flow;
		look_at(n, flow);
		if (flow->agent != agent)
			n->members[agents++] = agent_name(n, flow->agent);
		agent = flow->agent;
	}
	if (kind.flow == NULL)
		return kind;
	kind.agents = join(n, agents);
	if (agents > 1)
		kind.agents = phrase(n, NOTICE_EACH_OF, VALUES(kind.agents));
	kind.sizes = sizes_of(n, flows);
	kind.to = looked_at(n);
	return kind;
}

static const char *days_of(const struct notice *n, const struct calendar_config *calendar)
{
	size_t count = 0;

	if (calendar->holidays != NULL)
		return phrase(n, NOTICE_WORKING_DAYS, NO_VALUES);
	if ((calendar->weekdays & 0x7f) == 0x7f)
		return phrase(n, NOTICE_EVERY_DAY, NO_VALUES);
	/* From Monday on, as people write it. */
	for (int i = 0; i < 7; i++) {
		int day = (i + 1) % 7;
		if ((calendar->weekdays >> day & 1) != 0)
			n->members[count++] = notice_weekday(n->request->language, day);
	}
	return join(n, count);
}

static const char *hours_of(const struct notice *n, const struct calendar_config *calendar)
{
	char text[HOURS_TEXT];

	if (calendar == NULL)
		return phrase(n, NOTICE_ALWAYS, NO_VALUES);
	for (size_t i = 0; i < calendar->hours_count; i++) {
		hours_format(calendar->hours[i], text);
		n->members[i] = arena_text(n->arena, text);
	}
	const char *list = join(n, calendar->hours_count);
	const struct hours *first = &calendar->hours[0];
	if (calendar->hours_count == 1 && first->from == 0 && first->until == CALENDAR_MINUTES)
		list = phrase(n, NOTICE_WHOLE_DAY, NO_VALUES);
	return phrase(n, NOTICE_HOURS, VALUES(days_of(n, calendar), list, n->config->time_zone));
}

/* "90 s", "5 min", "2 h". */
static const char *length(const struct notice *n, nsec interval)
{
	enum notice_text unit =
		interval <= NSEC_PER_MIN || interval % NSEC_PER_MIN != 0     ? NOTICE_IN_SECONDS
		: interval <= NSEC_PER_HOUR || interval % NSEC_PER_HOUR != 0 ? NOTICE_IN_MINUTES
									     : NOTICE_IN_HOURS;
	nsec of = unit == NOTICE_IN_SECONDS   ? NSEC_PER_SEC
		  : unit == NOTICE_IN_MINUTES ? NSEC_PER_MIN
					      : NSEC_PER_HOUR;

	return phrase(n, unit, VALUES(arena_format(n->arena, "%lld", (long long)(interval / of))));
}

static void say_test(const struct notice *n, size_t index)
{
	const struct test_config *test = &n->config->tests[index];
	struct kind kind = kind_of(n, index);

	if (kind.flow == NULL)
		return;
	say(n, visits_of(n, kind.flow) == NULL ? NOTICE_TEST : NOTICE_VISITS,
	    VALUES(test->name, kind.agents, length(n, test->interval_ns),
		   arena_format(n->arena, "%u", test->packets), kind.sizes,
		   arena_format(n->arena, "%u", test->dscp), hours_of(n, test->calendar), kind.to));
}

static void say_traces(const struct notice *n, size_t index)
{
	const struct test_config *test = &n->config->tests[index];
	struct kind kind = kind_of(n, index);

	if (kind.flow != NULL && test->trace_ns > 0)
		say(n, NOTICE_TRACES,
		    VALUES(test->name, kind.agents, length(n, test->trace_ns),
			   arena_format(n->arena, "%d", TRACE_PACKETS_MAX),
			   arena_format(n->arena, "%d", MTU_PACKETS_MAX), kind.to));
}

static bool meets(const struct notice *n, enum flow_manner manner)
{
	for (size_t i = 0; i < n->flows.count; i++) {
		if (n->flows.items[i].manner == manner)
			return true;
	}
	return false;
}

/* The smallest port above this one that is met in this manner; 0: none. */
static unsigned int next_port(const struct notice *n, enum flow_manner manner, unsigned int above)
{
	unsigned int next = 0;

	for (size_t i = 0; i < n->flows.count; i++) {
		unsigned int port = n->flows.items[i].port;
		if (n->flows.items[i].manner == manner && port > above &&
		    (next == 0 || port < next))
			next = port;
	}
	return next;
}

static const char *list_ports(const struct notice *n, enum flow_manner manner)
{
	const char *list = NULL;
	unsigned int port = next_port(n, manner, 0);

	for (; port != 0; port = next_port(n, manner, port)) {
		const char *text = arena_format(n->arena, "%u", port);
		n->members[0] = list;
		n->members[1] = text;
		list = list == NULL ? text : join(n, 2);
	}
	return list;
}

static void say_protocols(const struct notice *n)
{
	static const struct {
		enum flow_manner manner;
		enum notice_text id;
	} with_ports[] = {{FLOW_SYN, NOTICE_TCP},
			  {FLOW_QUERY, NOTICE_UDP},
			  {FLOW_STREAM, NOTICE_TCP_QUERIES},
			  {FLOW_VISIT, NOTICE_HTTP},
			  {FLOW_UDP_TRACE, NOTICE_TRACE_UDP},
			  {FLOW_TCP_TRACE, NOTICE_TRACE_TCP}};
	bool any = false;

	say(n, NOTICE_PROTOCOL, NO_VALUES);
	if (meets(n, FLOW_ECHO))
		say(n, NOTICE_ICMP, NO_VALUES);
	for (size_t i = 0; i < sizeof(with_ports) / sizeof(with_ports[0]); i++) {
		const char *ports = list_ports(n, with_ports[i].manner);
		if (ports == NULL)
			continue;
		say(n, with_ports[i].id, VALUES(ports));
		any = true;
	}
	if (meets(n, FLOW_ICMP_TRACE))
		say(n, NOTICE_TRACE_ICMP, NO_VALUES);
	if (meets(n, FLOW_MTU))
		say(n, NOTICE_TRACE_ANSWERS, NO_VALUES);
	if (!any)
		say(n, NOTICE_NO_PORTS, NO_VALUES);
}

static const char *whole(const struct notice *n, uint64_t value)
{
	return arena_format(n->arena, "%llu", (unsigned long long)value);
}

static enum err demand_of(const struct notice *n, struct demand *out)
{
	const struct flow **all = arena_zeroed(n->arena, n->flows.count, sizeof(*all));
	struct traffic *traffic;

	for (size_t i = 0; i < n->flows.count; i++)
		all[i] = &n->flows.items[i];
	enum err rc = traffic_create(all, n->flows.count, &traffic);
	if (rc != E_OK)
		return rc;
	rc = traffic_demand(traffic, n->timeline, out);
	traffic_destroy(traffic);
	return rc;
}

static enum err say_sums(const struct notice *n)
{
	struct demands targets;
	struct demand all;
	double packets = 0;
	uint64_t peak = 0;

	enum err rc = demand_of(n, &all);
	if (rc == E_OK)
		rc = demands_create(&n->flows, n->timeline, BUDGET_TARGET, &targets);
	if (rc != E_OK)
		return rc;
	for (size_t i = 0; i < targets.count; i++) {
		const struct demand *one = &targets.rows[i].demand;
		packets = one->busiest.packets > packets ? one->busiest.packets : packets;
		peak = one->peak.packets > peak ? one->peak.packets : peak;
	}
	bool queries = meets(n, FLOW_QUERY) || meets(n, FLOW_STREAM);
	say(n, queries ? NOTICE_SUM_QUERIES : NOTICE_SUM,
	    VALUES(number(n, all.busiest.packets), number(n, all.busiest.bits),
		   whole(n, all.peak.packets)));
	if (targets.count > 1)
		say(n, NOTICE_ONE, VALUES(number(n, packets), whole(n, peak)));
	demands_finish(&targets);
	if (meets(n, FLOW_ECHO))
		say(n, NOTICE_LIMITING, NO_VALUES);
	return E_OK;
}

static enum err say_rates(const struct notice *n)
{
	struct kind watching = kind_of(n, CONFIG_NONE);

	say(n, NOTICE_RATES, NO_VALUES);
	for (size_t i = 0; i < n->config->test_count; i++)
		say_test(n, i);
	for (size_t i = 0; i < n->config->test_count; i++)
		say_traces(n, i);
	if (watching.flow != NULL)
		say(n, NOTICE_WATCH, VALUES(watching.agents, watching.sizes, watching.to));
	return say_sums(n);
}

static void say_contact(const struct notice *n)
{
	const struct contact *contact = &n->config->contact;
	const struct title title = {contact->zh, contact->en};

	say(n, NOTICE_CONTACT, NO_VALUES);
	if (contact->zh != NULL)
		say(n, NOTICE_CONTACT_NAME, VALUES(title_of(n, &title)));
	if (contact->telephone != NULL)
		say(n, NOTICE_CONTACT_TELEPHONE, VALUES(contact->telephone));
	if (contact->email != NULL)
		say(n, NOTICE_CONTACT_EMAIL, VALUES(contact->email));
	if (n->config->notice_ns > 0)
		say(n, NOTICE_ANNOUNCE, VALUES(length(n, n->config->notice_ns)));
	if (contact->telephone != NULL || contact->email != NULL)
		return;
	say(n, NOTICE_CONTACT_UNKNOWN, NO_VALUES);
	fprintf(stderr,
		"warning: %s: contact has neither telephone nor email; write them, or add them to "
		"the notice\n",
		n->config->path);
}

static void say_closing(const struct notice *n)
{
	struct tm today = calendar_local(n->request->now);
	const char *date = phrase(n, NOTICE_DATE,
				  VALUES(arena_format(n->arena, "%d", today.tm_year + 1900),
					 arena_format(n->arena, "%02d", today.tm_mon + 1),
					 arena_format(n->arena, "%02d", today.tm_mday)));

	say(n, NOTICE_CLOSING, VALUES(date, source_name(n->config->path), n->config->digest));
}

/* Leaves the flows to the organisation's sites. */
static void keep_own(struct notice *n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n->flows.count; i++) {
		size_t owner = n->flows.hosts[n->flows.items[i].host].owner;
		if (config_within(n->config, owner, n->request->organisation))
			n->flows.items[kept++] = n->flows.items[i];
	}
	n->flows.count = kept;
}

static void make_room(struct notice *n)
{
	const struct config *config = n->config;
	size_t members = FAMILY_COUNT * config->site_count + config->agent_count + CALENDAR_MINUTES;

	for (size_t i = 0; i < config->agent_count; i++) {
		for (enum family f = 0; f < FAMILY_COUNT; f++)
			members += config->agents[i].source_count[f];
	}
	n->members = arena_zeroed(n->arena, members, sizeof(*n->members));
	n->sent = arena_zeroed(n->arena, config->site_count, sizeof(*n->sent));
	n->visited = arena_zeroed(n->arena, config->site_count, sizeof(*n->visited));
	for (size_t i = 0; i < n->flows.count; i++) {
		const struct flow *flow = &n->flows.items[i];
		const struct test_config *visits = visits_of(n, flow);
		look_at(n, flow);
		if (visits != NULL && test_visits_own_pages(visits))
			n->visited[flow->host] = true;
	}
	for (size_t i = 0; i < config->site_count; i++)
		n->addresses += (size_t)n->sent[i][FAMILY_IPV4] + n->sent[i][FAMILY_IPV6];
}

static enum err prepare(struct notice *n)
{
	const struct hash_key any = {{0, 0}};
	nsec from = nsec_floor(n->request->now, NSEC_PER_SEC);

	enum err rc = flows_create(n->config, CONFIG_NONE, &any, &n->flows);
	if (rc != E_OK)
		return rc;
	keep_own(n);
	if (n->flows.count == 0)
		return E_NOT_FOUND;
	make_room(n);
	return timeline_create(n->config, (struct period){from, from + BUDGET_AHEAD}, &n->timeline);
}

enum err notice_write(const struct notice_request *request, FILE *out)
{
	struct notice n = {
		.request = request, .config = request->config, .arena = arena_create(), .out = out};

	enum err rc = prepare(&n);
	if (rc == E_OK) {
		say_opening(&n);
		say_sources(&n);
		say_targets(&n);
		say_protocols(&n);
		rc = say_rates(&n);
	}
	if (rc == E_OK) {
		say_contact(&n);
		say_closing(&n);
	}
	timeline_destroy(n.timeline);
	flows_finish(&n.flows);
	arena_destroy(n.arena);
	return rc;
}
