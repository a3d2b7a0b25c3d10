/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector/sentinel.h"
#include "collector/base/clock.h"
#include "collector/base/log.h"
#include "collector/net/routes.h"

#include <stdlib.h>
#include <string.h>

static const nsec spacing = NSEC_PER_SEC;
static const nsec t_max = NSEC_PER_SEC;

/* How often routes and neighbours are looked at, and an isolation that grows is told. */
static const nsec look_every = NSEC_PER_SEC;
static const nsec tell_every = 10 * NSEC_PER_SEC;

/* Anchors have so long to answer for the first time. */
static const nsec first_answers = 15 * NSEC_PER_SEC;

enum role { ROLE_ANCHOR, ROLE_HOP };

/* A series of the sentinel's own. */
struct watch {
	uint32_t series;
	enum role role;
	uint32_t index; /* of the anchor */
	nsec settled;	/* the end of its last slot */
};

/* The echoes to all first hops in one slot. */
struct tally {
	nsec slot;
	nsec sent_at; /* the first of them */
	uint32_t told;
	uint32_t answered;
};

/* All about one family. */
struct party {
	struct anchors *anchors; /* NULL: not watched */
	struct endpoint hosts[ANCHORS_MOST];
	uint32_t host_count;
	struct route hops[ANCHORS_MOST]; /* each gateway once */
	uint32_t hop_count;
	struct watch watches[2 * ANCHORS_MOST];
	size_t watch_count;
	struct tally tally;
	nsec hop_seen; /* the last confirmation told */
	uint32_t told; /* the number of the isolation told last */
	nsec told_until;
	bool told_open;
	nsec since;    /* monotonic: the beginning of the watch */
	bool unmanned; /* told: too few anchors answer */
};

struct sentinel {
	struct sentinel_options options;
	struct routes *routes;
	struct party parties[FAMILY_COUNT];
	nsec looked_at; /* monotonic */
};

struct target sentinel_target(const struct probe_ops *method, const struct endpoint *host)
{
	return (struct target){
		.method = method,
		.host = *host,
		.interval = spacing,
		.t_max = t_max,
		.packets = 1,
		.size = method->size_min,
	};
}

enum err sentinel_create(const struct sentinel_options *options, struct sentinel **out)
{
	struct sentinel *sentinel = calloc(1, sizeof(*sentinel));

	if (sentinel == NULL)
		return E_MEMORY;
	sentinel->options = *options;
	enum err rc = routes_open(&sentinel->routes);
	if (rc != E_OK) {
		free(sentinel);
		return rc;
	}
	*out = sentinel;
	return E_OK;
}

void sentinel_destroy(struct sentinel *sentinel)
{
	if (sentinel == NULL)
		return;
	for (enum family f = 0; f < FAMILY_COUNT; f++)
		anchors_destroy(sentinel->parties[f].anchors);
	routes_close(sentinel->routes);
	free(sentinel);
}

static uint8_t family_of(const struct sentinel *sentinel, const struct party *party)
{
	return party == &sentinel->parties[FAMILY_IPV4] ? 4 : 6;
}

static void report(const struct sentinel *sentinel, struct party *party)
{
	const struct isolation *isolations;
	size_t count = anchors_isolations(party->anchors, &isolations);

	for (size_t i = 0; i < count; i++) {
		const struct isolation *isolation = &isolations[i];
		bool news = isolation->number > party->told;
		bool over = party->told_open && !isolation->open;
		bool grown = isolation->period.until >= party->told_until + tell_every;
		if (isolation->number < party->told ||
		    !(news || over || (isolation->open && grown)))
			continue;
		party->told = isolation->number;
		party->told_until = isolation->period.until;
		party->told_open = isolation->open;
		sentinel->options.isolated(sentinel->options.context, family_of(sentinel, party),
					   isolation);
	}
}

static void count_witnesses(const struct sentinel *sentinel, struct party *party)
{
	uint32_t witnesses = anchors_witnesses(party->anchors);
	bool unmanned = witnesses < WITNESSES_LEAST;

	if (unmanned == party->unmanned || clock_monotonic() < party->since + first_answers)
		return;
	party->unmanned = unmanned;
	sentinel->options.manned(sentinel->options.context, family_of(sentinel, party), witnesses);
}

/* What is open cannot be followed any further. */
static void end_isolation(const struct sentinel *sentinel, struct party *party)
{
	anchors_restart(party->anchors);
	report(sentinel, party);
}

static uint64_t phase_of(const struct sentinel *sentinel, const struct endpoint *host)
{
	return hash_keyed(sentinel->options.secret, host->bytes, sizeof(host->bytes));
}

/* E_UNSUPPORTED where the machine lacks the family. */
static enum err add_watch(struct sentinel *sentinel, struct party *party,
			  const struct endpoint *host, struct watch watch)
{
	struct target target = sentinel_target(sentinel->options.method, host);

	target.phase_seed = phase_of(sentinel, host);
	enum err rc = agent_add(sentinel->options.agent, &target, &watch.series);
	if (rc != E_OK)
		return rc;
	watch.settled = agent_now(sentinel->options.agent);
	party->watches[party->watch_count++] = watch;
	return E_OK;
}

static void remove_watches(struct sentinel *sentinel, struct party *party, enum role role)
{
	size_t kept = 0;

	for (size_t i = 0; i < party->watch_count; i++) {
		if (party->watches[i].role == role)
			agent_retire(sentinel->options.agent, party->watches[i].series);
		else
			party->watches[kept++] = party->watches[i];
	}
	party->watch_count = kept;
}

static size_t hosts_of(const struct agent_config *agent, enum family family,
		       struct endpoint hosts[ANCHORS_MOST])
{
	size_t count = 0;

	for (size_t i = 0; i < agent->anchor_count; i++) {
		const struct address *address = &agent->anchors[i].address[family];
		if (!address->given)
			continue;
		hosts[count] = (struct endpoint){.family = family == FAMILY_IPV4 ? 4 : 6};
		memcpy(hosts[count++].bytes, address->bytes, sizeof(address->bytes));
	}
	return count;
}

static void stop_watching(struct sentinel *sentinel, struct party *party)
{
	if (party->anchors != NULL)
		end_isolation(sentinel, party);
	remove_watches(sentinel, party, ROLE_ANCHOR);
	remove_watches(sentinel, party, ROLE_HOP);
	anchors_destroy(party->anchors);
	*party = (struct party){0};
}

static enum err start_watching(struct sentinel *sentinel, struct party *party)
{
	enum err rc = anchors_create(party->host_count, &party->anchors);

	party->since = clock_monotonic();
	for (uint32_t i = 0; rc == E_OK && i < party->host_count; i++)
		rc = add_watch(sentinel, party, &party->hosts[i],
			       (struct watch){.role = ROLE_ANCHOR, .index = i});
	return rc;
}

static enum err watch_family(struct sentinel *sentinel, enum family family,
			     const struct agent_config *agent)
{
	struct party *party = &sentinel->parties[family];
	struct endpoint hosts[ANCHORS_MOST] = {0};
	size_t count = hosts_of(agent, family, hosts);

	if (count == party->host_count && memcmp(hosts, party->hosts, sizeof(hosts)) == 0)
		return E_OK;
	stop_watching(sentinel, party);
	if (count == 0)
		return E_OK;
	memcpy(party->hosts, hosts, sizeof(hosts));
	party->host_count = (uint32_t)count;
	enum err rc = start_watching(sentinel, party);
	if (rc == E_OK)
		return E_OK;
	stop_watching(sentinel, party);
	if (rc != E_UNSUPPORTED)
		return rc;
	log_warn("run", "no %s on this machine: its anchors are not watched", family_name(family));
	return E_OK;
}

enum err sentinel_watch(struct sentinel *sentinel, const struct agent_config *agent)
{
	enum err rc = E_OK;

	for (enum family f = 0; rc == E_OK && f < FAMILY_COUNT; f++)
		rc = watch_family(sentinel, f, agent);
	sentinel->looked_at = 0;
	return rc;
}

static void tell(struct party *party, const struct anchor_event *event)
{
	if (anchors_tell(party->anchors, event) != E_OK)
		log_error("run", "out of memory: an anchor's answer is not heard");
}

/* Several gateways count as one, which answers when all of them do. */
static void take_hop(struct party *party, const struct sample *sample, bool answered)
{
	struct tally *tally = &party->tally;
	nsec sent_at = sample->singletons[0].sent_at;

	if (tally->slot != sample->slot.from)
		*tally = (struct tally){.slot = sample->slot.from, .sent_at = sent_at};
	tally->told++;
	tally->answered += answered;
	if (sent_at < tally->sent_at)
		tally->sent_at = sent_at;
	if (tally->told < party->hop_count)
		return;
	enum anchor_event_kind kind =
		tally->answered == party->hop_count ? HOP_ANSWERED : HOP_SILENT;
	tell(party, &(struct anchor_event){.at = tally->sent_at, .kind = kind});
}

static void take(struct party *party, const struct watch *watch, const struct sample *sample)
{
	const struct singleton *one = &sample->singletons[0];
	bool answered = one->outcome == OUTCOME_REPLIED || one->outcome == OUTCOME_LATE;
	bool doubtful = (sample->flags & (SLOT_TAINTED | SLOT_CLOCK_STEP | SLOT_PARTIAL)) != 0;

	if (one->outcome == OUTCOME_UNSENT || (doubtful && !answered))
		return;
	if (watch->role == ROLE_HOP) {
		take_hop(party, sample, answered);
		return;
	}
	tell(party, &(struct anchor_event){.at = one->sent_at,
					   .kind = answered ? ANCHOR_ANSWERED : ANCHOR_LOST,
					   .anchor = watch->index});
}

void sentinel_take(struct sentinel *sentinel, uint32_t series, const struct sample *sample)
{
	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		struct party *party = &sentinel->parties[f];
		for (size_t i = 0; i < party->watch_count; i++) {
			struct watch *watch = &party->watches[i];
			if (watch->series != series)
				continue;
			watch->settled = sample->slot.until;
			take(party, watch, sample);
			return;
		}
	}
}

static bool same_route(const struct route *a, const struct route *b)
{
	return a->interface == b->interface && endpoint_compare(&a->gateway, &b->gateway) == 0;
}

static uint32_t find_hops(const struct sentinel *sentinel, const struct party *party,
			  struct route hops[ANCHORS_MOST])
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < party->host_count; i++) {
		struct route route;
		uint32_t known = 0;
		if (routes_find(sentinel->routes, &party->hosts[i], &route) != E_OK ||
		    route.gateway.family == 0)
			continue;
		while (known < count && !same_route(&hops[known], &route))
			known++;
		hops[known] = route;
		count += known == count;
	}
	return count;
}

static bool same_hops(const struct party *party, const struct route *hops, uint32_t count)
{
	bool same = party->hop_count == count;

	for (uint32_t i = 0; same && i < count; i++)
		same = same_route(&party->hops[i], &hops[i]);
	return same;
}

static void follow_hops(struct sentinel *sentinel, struct party *party)
{
	struct route hops[ANCHORS_MOST];
	uint32_t count = find_hops(sentinel, party, hops);

	if (same_hops(party, hops, count))
		return;
	remove_watches(sentinel, party, ROLE_HOP);
	anchors_change_hop(party->anchors);
	party->tally = (struct tally){0};
	party->hop_seen = 0;
	party->hop_count = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (add_watch(sentinel, party, &hops[i].gateway,
			      (struct watch){.role = ROLE_HOP}) == E_OK)
			party->hops[party->hop_count++] = hops[i];
	}
}

/* A gateway that does not answer echoes shows in the neighbour table that it lives. Among several,
 * only a failure counts: the others' confirmations come at other times. */
static void look_at_neighbours(struct sentinel *sentinel, struct party *party)
{
	nsec now = agent_now(sentinel->options.agent);

	for (uint32_t i = 0; i < party->hop_count; i++) {
		struct neighbour neighbour = routes_neighbour(sentinel->routes, &party->hops[i]);
		nsec seen = now - neighbour.seen_ago;
		if (neighbour.state == NEIGHBOUR_FAILED)
			tell(party, &(struct anchor_event){.at = now, .kind = HOP_FAILED});
		/* Ages come in hundredths of a second; less than a tenth is no news. */
		if (neighbour.state != NEIGHBOUR_SEEN || party->hop_count > 1 ||
		    seen < party->hop_seen + NSEC_PER_SEC / 10)
			continue;
		party->hop_seen = seen;
		tell(party, &(struct anchor_event){.at = seen, .kind = HOP_ANSWERED});
	}
}

static void look(struct sentinel *sentinel)
{
	nsec now = clock_monotonic();

	if (sentinel->looked_at != 0 && now - sentinel->looked_at < look_every)
		return;
	sentinel->looked_at = now;
	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		struct party *party = &sentinel->parties[f];
		if (party->anchors == NULL)
			continue;
		follow_hops(sentinel, party);
		look_at_neighbours(sentinel, party);
	}
}

static bool settle(struct party *party)
{
	nsec settled = party->watches[0].settled;

	for (size_t i = 1; i < party->watch_count; i++) {
		if (party->watches[i].settled < settled)
			settled = party->watches[i].settled;
	}
	return anchors_settle(party->anchors, settled);
}

bool sentinel_tick(struct sentinel *sentinel)
{
	bool more = false;

	look(sentinel);
	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		struct party *party = &sentinel->parties[f];
		if (party->anchors == NULL || !settle(party))
			continue;
		report(sentinel, party);
		count_witnesses(sentinel, party);
		more = true;
	}
	return more;
}

void sentinel_restart(struct sentinel *sentinel)
{
	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		struct party *party = &sentinel->parties[f];
		if (party->anchors == NULL)
			continue;
		end_isolation(sentinel, party);
		party->hop_seen = 0;
		party->tally = (struct tally){0};
		for (size_t i = 0; i < party->watch_count; i++)
			party->watches[i].settled = agent_now(sentinel->options.agent);
	}
}

enum standing sentinel_judge(const struct sentinel *sentinel, uint8_t family,
			     const struct suspicion *suspicion)
{
	const struct anchors *anchors =
		sentinel->parties[family == 4 ? FAMILY_IPV4 : FAMILY_IPV6].anchors;

	return anchors == NULL ? STANDING_CONNECTED : anchors_judge(anchors, suspicion);
}
