/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/loading.h"

#include <string.h>

#define MILLISECOND INT64_C(1000000)

static void complain(struct loading *l, struct draft_agent *draft, struct place place,
		     const char *message)
{
	char path[256];

	snprintf(path, sizeof(path), "%s.anchors", draft->named.section.path);
	diagnostics_add(l->reading.diagnostics, SEVERITY_ERROR, place, path, "%s", message);
	draft->named.section.broken = true;
}

static void take_addresses(const struct draft_anchor *draft, struct anchor_config *out)
{
	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		if (value_known(&draft->address[f]))
			address_parse(draft->address[f].text, f, &out->address[f]);
	}
}

/* An anchor is named by a site or by addresses, one of the two. */
static void resolve_anchor(struct loading *l, struct draft_anchor *draft, struct anchor_config *out)
{
	bool named = draft->site.state != VALUE_ABSENT;
	bool addressed = draft->address[FAMILY_IPV4].state != VALUE_ABSENT ||
			 draft->address[FAMILY_IPV6].state != VALUE_ABSENT;

	if (named && addressed)
		section_complain(&l->reading, &draft->section, &draft->site,
				 "a site stands beside addresses; write the site or the addresses");
	else if (!named && !addressed && !draft->section.broken)
		diagnostics_add(l->reading.diagnostics, SEVERITY_ERROR, draft->section.place,
				draft->section.path, "has no address; write site, ipv4 or ipv6");
	if (addressed)
		take_addresses(draft, out);
	size_t site = resolve_reference(l, &draft->section, &draft->site, &l->site_names);
	if (site != CONFIG_NONE)
		memcpy(out->address, l->config->sites[site].address, sizeof(out->address));
}

static bool same_host(const struct anchor_config *a, const struct anchor_config *b)
{
	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		if (a->address[f].given && b->address[f].given &&
		    memcmp(a->address[f].bytes, b->address[f].bytes, sizeof(a->address[f].bytes)) ==
			    0)
			return true;
	}
	return false;
}

static void refuse_repeated(struct loading *l, struct draft_agent *draft,
			    const struct agent_config *agent)
{
	const struct draft_anchor *drafts = (const void *)draft->anchors.items;
	char message[128];

	for (size_t i = 1; i < agent->anchor_count; i++) {
		for (size_t k = 0; k < i; k++) {
			if (!same_host(&agent->anchors[i], &agent->anchors[k]))
				continue;
			snprintf(message, sizeof(message),
				 "[%zu] is the same host as [%zu]; what both would tell is one "
				 "thing; name another host",
				 i, k);
			complain(l, draft, drafts[i].section.place, message);
			break;
		}
	}
}

static void refuse_few(struct loading *l, struct draft_agent *draft,
		       const struct agent_config *agent)
{
	char message[192];

	for (enum family f = 0; f < FAMILY_COUNT; f++) {
		size_t count = 0;
		for (size_t i = 0; i < agent->anchor_count; i++)
			count += agent->anchors[i].address[f].given;
		if (count == 0 || count >= ANCHORS_LEAST)
			continue;
		snprintf(message, sizeof(message),
			 "only %zu with %s; fewer than %d could all be down while the agent is "
			 "not cut off; name %d or none",
			 count, family_name(f), ANCHORS_LEAST, ANCHORS_LEAST);
		complain(l, draft, draft->anchors.place, message);
	}
}

static bool any_broken(const struct section_list *list)
{
	const struct draft_anchor *drafts = (const void *)list->items;
	bool broken = list->broken;

	for (size_t i = 0; i < list->count; i++)
		broken |= drafts[i].section.broken;
	return broken;
}

static void resolve_agent_anchors(struct loading *l, struct draft_agent *draft,
				  struct agent_config *agent)
{
	struct section_list *list = &draft->anchors;
	struct draft_anchor *drafts = (void *)list->items;
	size_t errors = l->reading.diagnostics->errors;

	agent->anchors = arena_zeroed(l->config->arena, list->count, sizeof(*agent->anchors));
	agent->anchor_count = list->count;
	for (size_t i = 0; i < list->count; i++)
		resolve_anchor(l, &drafts[i], &agent->anchors[i]);
	if (errors != l->reading.diagnostics->errors || any_broken(list))
		return;
	refuse_repeated(l, draft, agent);
	refuse_few(l, draft, agent);
}

void resolve_anchors(struct loading *l)
{
	struct config *config = l->config;

	for (size_t i = 0; i < config->agent_count; i++) {
		config->agents[i].site = CONFIG_NONE;
		config->agents[i].receive_buffer = RECEIVE_BUFFER_DEFAULT;
		config->agents[i].visits_at_once = VISITS_AT_ONCE_DEFAULT;
		config->agents[i].visit_distance_ns = VISIT_DISTANCE_DEFAULT_MS * MILLISECOND;
	}
	for (size_t i = 0; i < l->draft.agents.count; i++) {
		struct draft_agent *draft = l->agents[i];
		struct agent_config *agent = &config->agents[i];
		agent->site =
			resolve_reference(l, &draft->named.section, &draft->site, &l->site_names);
		if (value_known(&draft->receive_buffer))
			agent->receive_buffer = (uint32_t)draft->receive_buffer.integer;
		if (value_known(&draft->visits_at_once))
			agent->visits_at_once = (uint8_t)draft->visits_at_once.integer;
		if (value_known(&draft->visit_distance))
			agent->visit_distance_ns = draft->visit_distance.integer;
		resolve_agent_anchors(l, draft, agent);
	}
}
